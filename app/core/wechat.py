"""WeChat's server interface, as far as signing in needs it: code2Session, stable_token, getPhoneNumber.

Codes are good once, so a call that carries one is sent again only when it surely never arrived. The app's secret and the
users' session keys are in no error and in no log.
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx
import structlog

from app.core.clock import now
from app.core.errors import AppError, Forbidden, SignInUnavailable, TooManyRequests, Unauthenticated, Unavailable
from app.core.start_errors import SettingsWrong
from app.core.wechat_crypto import marked_for
from app.settings import Settings

CALL_SECONDS = 5.0
_LARGEST = 65_536
"""Bytes of an answer; WeChat's are a few hundred."""
_EARLY = timedelta(minutes=5)
"""An access token is fetched anew this long before it ends: from then on WeChat gives out the next one."""
_OPENID = re.compile(r"[0-9A-Za-z_-]{1,128}")
_SESSION_KEY = re.compile(r"[0-9A-Za-z+/]{22}==")
_CHINA = "86"
_PHONE = re.compile(r"1[3-9][0-9]{9}")
_TOKEN_BAD = frozenset({40001, 40014, 42001})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before the request left: to send it again repeats nothing."""
_FAILURES = (httpx.RequestError, TimeoutError, ValueError, RecursionError)
_BUSY = "微信服务繁忙，请稍后再试"
_REFUSALS: dict[int, Callable[[], AppError]] = {
    -1: lambda: Unavailable(_BUSY),
    40029: lambda: Unauthenticated("微信凭证无效或已过期，请重新获取"),
    40163: lambda: Unauthenticated("微信凭证已使用过，请重新获取"),
    40226: lambda: Forbidden("微信判定该用户有风险，已拦截登录"),
    45011: lambda: TooManyRequests(60),
}
"""What an errcode means to the person in front of the screen; any other is a matter of how we are set up."""

_HEADERS = {"accept-encoding": "identity"}

_log = structlog.get_logger()
Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class WechatSession:
    """Who is behind a login code. The session key decrypts and checks this user's data until WeChat renews it."""

    openid: str = field(repr=False)
    session_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _AccessToken:
    value: str = field(repr=False)
    ends_at: datetime


class WechatClient:
    """Speaks for one mini-program. Close it when the process ends."""

    def __init__(self, appid: str, secret: str, base_url: str, *, seconds: float = CALL_SECONDS) -> None:
        self.appid = appid
        self._secret = secret
        self._seconds = seconds
        self._http = httpx.AsyncClient(base_url=base_url, timeout=seconds, trust_env=False, headers=_HEADERS)
        self._token: _AccessToken | None = None
        self._renewing = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def session_of(self, code: str) -> WechatSession:
        """The user behind a code of ``wx.login``, which is then used up.

        Raises Unauthenticated (unknown, used or old code), Forbidden (blocked by WeChat), TooManyRequests, Unavailable.
        """
        given = {"appid": self.appid, "secret": self._secret, "js_code": code, "grant_type": "authorization_code"}
        answer = await self._send("GET", "/sns/jscode2session", params=given)
        _refuse(answer, "code2session")
        openid, key = answer.get("openid"), answer.get("session_key")
        if not (
            isinstance(openid, str)
            and _OPENID.fullmatch(openid)
            and isinstance(key, str)
            and _SESSION_KEY.fullmatch(key)
        ):
            raise _misunderstood("code2session")
        return WechatSession(openid, key)

    async def phone_of(self, code: str) -> str:
        """The mainland phone number behind a code of the phone button, eleven digits; the code is then used up.

        Raises like ``session_of``.
        """
        token = await self._access_token()
        answer = await self._phone_answer(code, token)
        if answer.get("errcode") in _TOKEN_BAD:
            answer = await self._phone_answer(code, await self._access_token(instead_of=token))
        _refuse(answer, "getuserphonenumber")
        info = answer.get("phone_info")
        if not isinstance(info, dict) or not marked_for(info, self.appid):
            raise _misunderstood("getuserphonenumber")
        return mainland_phone(info)

    async def _phone_answer(self, code: str, token: str) -> dict[str, Any]:
        params = {"access_token": token}
        return await self._send("POST", "/wxa/business/getuserphonenumber", params=params, content={"code": code})

    async def _access_token(self, instead_of: str | None = None) -> str:
        """The token calls need, fetched once for all who wait. ``instead_of`` is one that WeChat took for bad.

        Force makes the tokens of all other processes bad, so it is used only when WeChat still gives out the bad one.
        """
        async with self._renewing:
            known = self._token
            if known is not None and known.value != instead_of and known.ends_at > now():
                return known.value
            self._token = await self._fetched_token(force=False)
            if self._token.value == instead_of:
                self._token = await self._fetched_token(force=True)
            return self._token.value

    async def _fetched_token(self, *, force: bool) -> _AccessToken:
        given = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self._secret,
            "force_refresh": force,
        }
        answer = await self._send("POST", "/cgi-bin/stable_token", content=given, again=not force)
        _refuse(answer, "stable_token")
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not (isinstance(value, str) and 0 < len(value) <= 1024 and type(seconds) is int and 0 < seconds <= 86_400):
            raise _misunderstood("stable_token")
        return _AccessToken(value, now() + timedelta(seconds=seconds) - _EARLY)

    async def _send(
        self,
        method: Method,
        path: str,
        *,
        params: dict[str, str] | None = None,
        content: dict[str, Any] | None = None,
        again: bool = False,
    ) -> dict[str, Any]:
        """One call, sent a second time when the first never left, or failed in any way and may be repeated (``again``)."""
        request = self._http.build_request(method, path, params=params, json=content)
        try:
            return await self._once(request)
        except _FAILURES as failed:
            if not (again or isinstance(failed, _NOT_SENT)):
                raise _unreached(path, failed) from None
        try:
            return await self._once(self._http.build_request(method, path, params=params, json=content))
        except _FAILURES as failed:
            raise _unreached(path, failed) from None

    async def _once(self, request: httpx.Request) -> dict[str, Any]:
        """The JSON object of an answer, whole within the time. Raises ValueError when it is anything else."""
        async with asyncio.timeout(self._seconds):
            answer = await self._http.send(request, stream=True)
            try:
                body = await _bounded(answer)
            finally:
                await answer.aclose()
        found = json.loads(body)
        if answer.status_code != 200 or not isinstance(found, dict):
            raise ValueError(answer.status_code)
        return found


def wechat_client(settings: Settings) -> WechatClient | None:
    """The client of the mini-program in the settings; None when there is none. Raises SettingsWrong."""
    appid, secret, base = settings.wechat_appid, settings.wechat_secret, settings.wechat_base_url
    if appid is None and secret is None:
        return None
    if appid is None or secret is None:
        raise SettingsWrong("SANSHUN_WECHAT_APPID and SANSHUN_WECHAT_SECRET must be set together.")
    if settings.environment == "production" and not base.startswith("https://"):
        raise SettingsWrong("SANSHUN_WECHAT_BASE_URL must begin with https:// in production.")
    return WechatClient(appid, secret.get_secret_value(), base)


def mainland_phone(info: dict[str, Any]) -> str:
    """The number in WeChat's phone information. Raises Forbidden for one of another country or region."""
    number = info.get("purePhoneNumber")
    if str(info.get("countryCode")) != _CHINA or not isinstance(number, str) or not _PHONE.fullmatch(number):
        raise Forbidden("只支持中国大陆手机号")
    return number


async def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _LARGEST:
            raise ValueError("too long")
    return bytes(body)


def _refuse(answer: dict[str, Any], what: str) -> None:
    """Raise what an answer's errcode means; none, or 0, is success."""
    code = answer.get("errcode", 0)
    if code == 0:
        return
    known = _REFUSALS.get(code) if type(code) is int else None
    _log.warning("wechat_refused", call=what, errcode=code if type(code) is int else "odd")
    raise known() if known else SignInUnavailable("微信登录暂不可用，请联系管理员")


def _misunderstood(what: str) -> AppError:
    _log.warning("wechat_misunderstood", call=what)
    return Unavailable(_BUSY)


def _unreached(what: str, failed: Exception) -> AppError:
    """The kind of failure alone: its words may hold the address, and that the secret."""
    _log.warning("wechat_unreached", call=what, kind=type(failed).__name__)
    return Unavailable(_BUSY)
