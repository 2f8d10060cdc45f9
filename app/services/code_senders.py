"""How one-time codes reach a phone: printed on the developer's console, or posted to a gateway that sends them on.

A request to the gateway is a JSON object ``{"phone": …, "code": …, "expires_in": seconds}``, signed in two headers:
``X-Sanshun-Timestamp`` (seconds since 1970) and ``X-Sanshun-Signature``, which is ``sha256=`` and the hexadecimal HMAC-SHA256
of timestamp, a full stop and the body under the shared secret. Any 2xx means that the gateway has taken it.
"""

import asyncio
import hashlib
import hmac
import sys
from typing import Protocol

import httpx
import orjson
import structlog

from app.core.clock import now
from app.core.errors import Unavailable
from app.core.start_errors import SettingsWrong
from app.core.types import masked_phone
from app.domain.phone_codes import LIFETIME
from app.settings import Settings

CALL_SECONDS = 5.0

_log = structlog.get_logger()


class CodeSender(Protocol):
    async def send(self, phone: str, code: str) -> None:
        """Send a code on its way. Raises Unavailable."""

    async def close(self) -> None:
        """Let go of connections."""


class ConsoleSender:
    """For the developer at the terminal, who has no gateway; never in production."""

    async def send(self, phone: str, code: str) -> None:
        sys.stderr.write(f"phone code for {masked_phone(phone)}: {code}\n")
        sys.stderr.flush()

    async def close(self) -> None:
        return


class GatewaySender:
    """Posts codes to a gateway. Not repeated: the phone might ring twice."""

    def __init__(self, url: str, secret: str, *, seconds: float = CALL_SECONDS) -> None:
        self._url, self._secret, self._seconds = url, secret.encode(), seconds
        self._http = httpx.AsyncClient(timeout=seconds, trust_env=False)

    async def send(self, phone: str, code: str) -> None:
        body = orjson.dumps({"phone": phone, "code": code, "expires_in": int(LIFETIME.total_seconds())})
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._http.stream("POST", self._url, content=body, headers=self._headers(body)) as answer,
            ):
                status = answer.status_code
        except (httpx.RequestError, TimeoutError) as failed:
            raise _failed(type(failed).__name__) from None
        if not 200 <= status < 300:
            raise _failed(f"status {status}")

    def _headers(self, body: bytes) -> dict[str, str]:
        stamp = str(int(now().timestamp()))
        return {
            "content-type": "application/json",
            "x-sanshun-timestamp": stamp,
            "x-sanshun-signature": signature(self._secret, stamp, body),
        }

    async def close(self) -> None:
        await self._http.aclose()


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def code_sender(settings: Settings) -> CodeSender | None:
    """The sender the settings name; None when there is none. Raises SettingsWrong."""
    production = settings.environment == "production"
    kind = settings.code_sender or ("none" if production else "log")
    if kind == "none":
        return None
    if kind == "log":
        if production:
            raise SettingsWrong("SANSHUN_CODE_SENDER=log prints codes on the console; production needs http or none.")
        return ConsoleSender()
    url, secret = settings.code_sender_url, settings.code_sender_secret
    if url is None or secret is None or not secret.get_secret_value():
        raise SettingsWrong("SANSHUN_CODE_SENDER=http needs SANSHUN_CODE_SENDER_URL and SANSHUN_CODE_SENDER_SECRET.")
    if production and not url.startswith("https://"):
        raise SettingsWrong("SANSHUN_CODE_SENDER_URL must begin with https:// in production.")
    return GatewaySender(url, secret.get_secret_value())


def _failed(kind: str) -> Unavailable:
    _log.warning("code_not_sent", kind=kind)
    return Unavailable("短信暂时无法发送，请稍后再试")
