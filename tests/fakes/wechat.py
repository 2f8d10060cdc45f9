"""WeChat's server interface as its documentation describes it: codes good once and for five minutes, access tokens that end."""

import asyncio
import base64
import hashlib
import json
import os
import secrets
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from tests.fakes.servers import Answer, Asked, Hangup, serving

CODE_SECONDS = 300
APPID, SECRET = "wx0123456789abcdef", "made-up-secret-of-the-mini-program"


@dataclass
class _Code:
    of: str
    made_at: float
    used: bool = False


@dataclass
class FakeWechat:
    """One mini-program's WeChat. ``moods`` are taken by the next calls, one each: an errcode, or a way to go wrong."""

    appid: str = APPID
    secret: str = SECRET
    calls: Counter[str] = field(default_factory=Counter)
    moods: deque[int | str] = field(default_factory=deque)
    always: dict[str, int] = field(default_factory=dict)
    """Paths that answer an errcode whatever is asked."""
    session_keys: dict[str, str] = field(default_factory=dict)
    stubborn: bool = False
    """Gives out the same access token, though it is bad, until asked by force."""
    _logins: dict[str, _Code] = field(default_factory=dict)
    _phones: dict[str, _Code] = field(default_factory=dict)
    _token: str = field(default_factory=secrets.token_hex)
    _bad_tokens: dict[str, int] = field(default_factory=dict)

    # what happens on the user's phone

    def login(self, openid: str) -> str:
        """``wx.login``: a code for the server."""
        code = secrets.token_hex(16)
        self._logins[code] = _Code(openid, time.time())
        return code

    def press_phone_button(self, phone: str) -> str:
        """``getPhoneNumber``: the user lets the mini-program have their number."""
        code = secrets.token_hex(32)
        self._phones[code] = _Code(phone, time.time())
        return code

    def grow_old(self, code: str) -> None:
        """Five minutes pass for this code."""
        (self._logins | self._phones)[code].made_at -= CODE_SECONDS + 1

    def encrypted_phone(self, openid: str, phone: str, **changed: Any) -> dict[str, str]:
        """What older clients get from the phone button: the number, encrypted under the user's session key."""
        return self.encrypted(openid, self.phone_info(phone) | changed)

    def encrypted(self, openid: str, data: Any) -> dict[str, str]:
        key, iv = base64.b64decode(self.session_keys[openid]), os.urandom(16)
        padding = PKCS7(128).padder()
        text = padding.update(json.dumps(data).encode()) + padding.finalize()
        box = Cipher(AES(key), CBC(iv)).encryptor()
        sealed = box.update(text) + box.finalize()
        return {"encrypted_data": base64.b64encode(sealed).decode(), "iv": base64.b64encode(iv).decode()}

    def signed(self, openid: str, raw_data: str) -> dict[str, str]:
        """``wx.getUserInfo``'s raw data with its signature."""
        digest = hashlib.sha1((raw_data + self.session_keys[openid]).encode())  # noqa: S324 - the protocol's
        return {"raw_data": raw_data, "signature": digest.hexdigest()}

    def phone_info(self, phone: str) -> dict[str, Any]:
        mark = {"timestamp": int(time.time()), "appid": self.appid}
        return {"phoneNumber": phone, "purePhoneNumber": phone, "countryCode": "86", "watermark": mark}

    def spoil_token(self, errcode: int) -> None:
        """The access token is bad from now on: 42001 ended, 40001 replaced, 40014 not a token."""
        self._bad_tokens[self._token] = errcode
        if not self.stubborn:
            self._token = secrets.token_hex()

    # what the server is asked

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        async with serving(self._answer) as address:
            yield address

    async def _answer(self, asked: Asked) -> Answer:
        self.calls[asked.path] += 1
        mood = self.always.get(asked.path) or (self.moods.popleft() if self.moods else None)
        if isinstance(mood, int):
            return _json({"errcode": mood, "errmsg": "as the test wants it"})
        if mood is not None:
            return await _gone_wrong(mood)
        match (asked.method, asked.path):
            case ("GET", "/sns/jscode2session"):
                return _json(self._session(asked.query))
            case ("POST", "/cgi-bin/stable_token"):
                return _json(self._stable_token(json.loads(asked.body)))
            case ("POST", "/wxa/business/getuserphonenumber"):
                return _json(self._phone(asked.query, json.loads(asked.body)))
            case _:
                return 404, b""

    def _session(self, query: dict[str, str]) -> dict[str, Any]:
        if (wrong := self._wrong_app(query)) is not None:
            return wrong
        if query.get("grant_type") != "authorization_code":
            return {"errcode": 40002, "errmsg": "invalid grant_type"}
        if isinstance(openid := _spent(self._logins, query.get("js_code", "")), dict):
            return openid
        self.session_keys[openid] = base64.b64encode(os.urandom(16)).decode()
        return {"openid": openid, "session_key": self.session_keys[openid]}

    def _stable_token(self, form: dict[str, Any]) -> dict[str, Any]:
        if (wrong := self._wrong_app(form)) is not None:
            return wrong
        if form.get("force_refresh"):
            self.calls["force"] += 1
            self._token = secrets.token_hex()
        return {"access_token": self._token, "expires_in": 7200}

    def _phone(self, query: dict[str, str], form: dict[str, Any]) -> dict[str, Any]:
        token = query.get("access_token", "")
        if token in self._bad_tokens or token != self._token:
            return {"errcode": self._bad_tokens.get(token, 40001), "errmsg": "invalid credential"}
        if isinstance(phone := _spent(self._phones, form.get("code", "")), dict):
            return phone
        return {"errcode": 0, "errmsg": "ok", "phone_info": self.phone_info(phone)}

    def _wrong_app(self, given: dict[str, Any]) -> dict[str, Any] | None:
        if given.get("appid") != self.appid:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        return None if given.get("secret") == self.secret else {"errcode": 40125, "errmsg": "invalid appsecret"}


def _spent(codes: dict[str, _Code], code: str) -> str | dict[str, Any]:
    """What a code stands for; an error for one that is unknown, old, or used before."""
    found = codes.get(code)
    if found is None or time.time() - found.made_at > CODE_SECONDS:
        return {"errcode": 40029, "errmsg": "invalid code"}
    if found.used:
        return {"errcode": 40163, "errmsg": "code been used"}
    found.used = True
    return found.of


_WRONG_ANSWERS: dict[str, Answer] = {
    "not json": (200, b"<html>502 Bad Gateway</html>"),
    "not an object": (200, b'["openid", "session_key"]'),
    "nested": (200, b"[" * 50_000),
    "endless": (200, b'{"openid": "' + b"x" * 200_000 + b'"}'),
    "empty": (200, b"{}"),
    "status 502": (502, b"{}"),
    "slow": (200, b'{"errcode": -1}'),
}


async def _gone_wrong(mood: str) -> Answer:
    if mood == "hang up":
        raise Hangup
    if mood == "slow":
        await asyncio.sleep(5)
    return _WRONG_ANSWERS[mood]


def _json(found: dict[str, Any]) -> Answer:
    return 200, json.dumps(found).encode()
