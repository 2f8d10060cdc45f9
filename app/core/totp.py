"""Time-based one-time passwords (RFC 6238 on RFC 4226) as authenticator apps know them: SHA-1, six digits, 30 seconds."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

DIGITS = 6
PERIOD = 30
WINDOW = 1
"""So many steps a clock may be ahead or behind (RFC 6238 §5.2 recommends at most one for the way of the message)."""
_SECRET_BYTES = 20
"""The length of a SHA-1 (RFC 4226 §4 recommends 160 bits)."""


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def step_at(moment: datetime) -> int:
    """The number of the time step: whole periods since 1970."""
    return int(moment.timestamp()) // PERIOD


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """HOTP of the step (RFC 4226 §5.3): dynamic truncation of an HMAC-SHA-1."""
    digest = hmac.digest(secret, step.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, moment: datetime) -> int | None:
    """The step this code belongs to, now or next to now. All are compared, so that timing tells nothing."""
    here = step_at(moment)
    steps = range(here - WINDOW, here + WINDOW + 1)
    fitting = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), code.encode())]
    return fitting[-1] if fitting else None


def base32(secret: bytes) -> str:
    """The secret as people type it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, issuer: str, account: str) -> str:
    """What an authenticator reads from a QR code (the key URI format all of them share)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    query = f"secret={base32(secret)}&issuer={quote(issuer, safe='')}&algorithm=SHA1&digits={DIGITS}&period={PERIOD}"
    return f"otpauth://totp/{label}?{query}"
