// Shows the published document, and lets people sign in from the top of the page.
"use strict";
(() => {
  const SCHEME = "password"; // the name in components.securitySchemes
  const KEY = "Idempotency-Key";
  const AUTO = "auto";
  const form = document.getElementById("sign-in");
  const signOut = document.getElementById("sign-out");
  const who = document.getElementById("who");
  const demo = document.getElementById("demo");
  const [username, password] = [form.elements.namedItem("username"), form.elements.namedItem("password")];

  const say = (words, refused = false) => {
    who.textContent = words;
    who.classList.toggle("refused", refused);
  };
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  // A key that is made anew for each request serves whoever tries something out; one typed in is sent as typed.
  const withKeys = (text) => {
    const read = JSON.parse(text);
    for (const operations of Object.values(read.paths)) {
      for (const operation of Object.values(operations)) {
        for (const parameter of operation.parameters ?? []) {
          if (parameter.name === KEY) {
            parameter.example = AUTO;
            parameter.description += `。此页填 ${AUTO} 时，每次发送自动生成一个`;
          }
        }
      }
    }
    if (demo) read.components.securitySchemes[SCHEME].description += `。演示密码：${demo.dataset.password}`;
    return JSON.stringify(read);
  };

  const signedIn = async (token) => {
    signOut.hidden = false;
    say("已登录");
    const answer = await fetch("/v1/me", { headers: { authorization: `Bearer ${token.access_token}` } });
    if (!answer.ok) return say("登录已失效，请重新登录", true);
    const me = await answer.json();
    const roles = [...new Set(me.grants.map((grant) => grant.role_name))].join("、");
    const until = new Date(Date.now() + token.expires_in * 1000).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
    return say(`已登录：${me.person.name}（${roles}），至 ${until}`);
  };
  const signedOut = () => {
    signOut.hidden = true;
    say("未登录");
  };
  // Both ways of signing in, this strip and the dialog of Swagger UI, pass through here.
  const Watch = () => ({
    statePlugins: {
      auth: {
        wrapActions: {
          authorizeOauth2: (act) => (payload) => {
            void signedIn(payload.token);
            return act(payload);
          },
          logout: (act) => (names) => {
            signedOut();
            return act(names);
          },
        },
      },
    },
  });

  const ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [Watch],
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    requestInterceptor: (request) => {
      if (request.headers?.[KEY] === AUTO) request.headers[KEY] = newKey();
      return request;
    },
    responseInterceptor: (answer) => {
      if (answer.ok && answer.url.endsWith("/openapi.json")) answer.text = withKeys(answer.text);
      if (answer.status === 401 && !answer.url.endsWith("/v1/token")) say("登录已失效，请重新登录", true);
      return answer;
    },
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("正在登录……");
    const body = new URLSearchParams({ username: username.value, password: password.value });
    try {
      const answer = await fetch("/v1/token", { method: "POST", body });
      const told = await answer.json();
      if (!answer.ok) return say(told.detail, true);
      const schema = ui.specSelectors.securityDefinitions().get(SCHEME);
      ui.authActions.authorizeOauth2({ auth: { name: SCHEME, schema, username: username.value }, token: told });
    } catch {
      say("连不上服务器", true);
    }
    return undefined;
  });
  signOut.addEventListener("click", () => ui.authActions.logout([SCHEME]));
  demo?.addEventListener("change", () => {
    if (!demo.value) return;
    [username.value, password.value] = [demo.value, demo.dataset.password];
    form.requestSubmit();
  });
})();
