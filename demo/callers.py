"""The people of the story as clients of the server: each signs in and acts for themselves, over HTTP alone."""

from typing import Any
from uuid import uuid4

import httpx

from app.services.seeding_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD

DESCRIPTIONS = {account.login: account.description for account in DEMO_ACCOUNTS}


class StoryFailed(Exception):
    """The story cannot go on; the sentence says where and why, in Chinese."""


class Refused(StoryFailed):
    """The server said no: ``status`` and the stable ``code`` of its problem document."""

    def __init__(self, who: str, method: str, path: str, answer: httpx.Response) -> None:
        problem = _problem(answer)
        self.status = answer.status_code
        self.code = str(problem.get("code", ""))
        super().__init__(f"{who} {method} {path} 得到 {self.status} {self.code}：{problem.get('detail', '')}")


class Caller:
    """One person with a demo account. Raises Refused when the server says no, StoryFailed when it cannot be reached."""

    def __init__(self, http: httpx.Client, login: str, district: int) -> None:
        self.login = login
        self._http = http
        self._username = f"{login}@{district}"
        self._token = self._sign_in()
        self.me: dict[str, Any] = self.get("/v1/me")["person"]

    @property
    def id(self) -> str:
        return str(self.me["id"])

    def __str__(self) -> str:
        """The masked name with what the account is: 王*涛（居民，点单人）."""
        return f"{self.me['name']}（{DESCRIPTIONS[self.login]}）"

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params=query)

    def post(self, path: str, **form: Any) -> Any:
        """Each step carries a key of its own, so that sending it twice would count once."""
        return self._ask("POST", path, json=form, headers={"idempotency-key": str(uuid4())})

    def items(self, path: str, **query: Any) -> list[Any]:
        """The first page of a list, at most 100."""
        return list(self.get(path, limit=100, **query)["items"])

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._send(method, path, **arguments)
        if answer.status_code == 401:  # tokens are short-lived, and the story takes its time
            self._token = self._sign_in()
            answer = self._send(method, path, **arguments)
        if not answer.is_success:
            raise Refused(self.login, method, path, answer)
        return answer.json()

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token}"} | arguments.pop("headers", {})
        return _reach(self._http, method, path, headers=headers, **arguments)

    def _sign_in(self) -> str:
        form = {"username": self._username, "password": DEMO_PASSWORD}
        answer = _reach(self._http, "POST", "/v1/token", data=form)
        if answer.status_code == 401:
            raise StoryFailed(
                f"{self._username} 不能登录：这个服务器上没有演示账号。"
                "演示账号只在开发环境、首次启动时建立；请对着 `make run` 起的服务器运行。"
            )
        if not answer.is_success:
            raise Refused(self.login, "POST", "/v1/token", answer)
        return str(answer.json()["access_token"])


def _reach(http: httpx.Client, method: str, path: str, **arguments: Any) -> httpx.Response:
    try:
        return http.request(method, path, **arguments)
    except httpx.ConnectError:
        raise StoryFailed(
            f"{http.base_url} 没有服务器在运行。请先在另一个终端运行 `make run`；在别处时用 SANSHUN_URL 指明地址。"
        ) from None
    except httpx.HTTPError as error:
        raise StoryFailed(f"{http.base_url} 没有正常答复（{type(error).__name__}）。") from None


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
