"""What WeChat encrypts and signs: user data of a mini-program, and the check of a callback address.

Everything here answers None or False for whatever does not fit, and never says why: told apart, the reasons would let a
stranger decrypt by asking (a padding oracle).
"""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK_BITS = 128
_CALLBACK_BLOCK_BITS = 256
"""Messages to a callback are padded to 32 bytes, twice the cipher's block."""
_NOISE, _LENGTH = 16, 4
"""A decrypted message begins with 16 random bytes and the length of its text as 4 bytes, big-endian."""


def user_data(encrypted: str, iv: str, session_key: str, appid: str) -> dict[str, Any] | None:
    """What ``encryptedData`` holds: AES-128-CBC under the session key, meant for this mini-program by its watermark."""
    key, start = _decoded(session_key, 16), _decoded(iv, 16)
    box = _decoded(encrypted)
    if key is None or start is None or box is None:
        return None
    text = _decrypted(box, key, start, _BLOCK_BITS)
    try:
        found = json.loads(text.decode()) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and marked_for(found, appid) else None


def marked_for(data: dict[str, Any], appid: str) -> bool:
    """Whether the watermark of WeChat's data names this mini-program: data of another would be an answer to its question."""
    mark = data.get("watermark")
    return isinstance(mark, dict) and mark.get("appid") == appid


def raw_data_fits(raw_data: str, session_key: str, signature: str) -> bool:
    """Whether WeChat signed ``rawData``: sha1 of it and the session key, in lower-case hexadecimal."""
    return _equal(_sha1(raw_data + session_key), signature)


def echo(token: str, signature: str, timestamp: str, nonce: str, echostr: str) -> str | None:
    """The answer to the check of a callback address in the plain mode: what was sent, if it is signed with our token."""
    return echostr if _equal(_sorted_sha1(token, timestamp, nonce), signature) else None


def opened_echo(
    token: str, aes_key: str, receiver: str, signature: str, timestamp: str, nonce: str, echostr: str
) -> str | None:
    """The answer in the encrypted mode: the text inside ``echostr``, if it is signed with our token and meant for us."""
    if not _equal(_sorted_sha1(token, timestamp, nonce, echostr), signature):
        return None
    key, box = _decoded(aes_key + "=", 32), _decoded(echostr)
    if key is None or box is None:
        return None
    message = _decrypted(box, key, key[:16], _CALLBACK_BLOCK_BITS)
    return None if message is None else _text_for(receiver, message[_NOISE:])


def _text_for(receiver: str, message: bytes) -> str | None:
    """The text of a message whose rest names the receiver."""
    length = int.from_bytes(message[:_LENGTH])
    text, rest = message[_LENGTH : _LENGTH + length], message[_LENGTH + length :]
    if not hmac.compare_digest(rest, receiver.encode()):
        return None
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _decrypted(box: bytes, key: bytes, iv: bytes, block_bits: int) -> bytes | None:
    try:
        opener = Cipher(AES(key), CBC(iv)).decryptor()
        padded = opener.update(box) + opener.finalize()
        padding = PKCS7(block_bits).unpadder()
        return padding.update(padded) + padding.finalize()
    except ValueError:
        return None


def _decoded(text: str, length: int | None = None) -> bytes | None:
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if length in {None, len(found)} else None


def _sorted_sha1(*parts: str) -> str:
    return _sha1("".join(sorted(parts)))


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - the hash WeChat's protocol uses


def _equal(ours: str, theirs: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(ours.encode(), theirs.encode())
