"""Sealed columns: authenticated encryption bound to the cell it stands in, and a keyed index to find a value without opening it.

Envelope: one byte, 12 bytes of nonce, then ciphertext with its 16-byte tag. The low seven bits of the first byte are the
number of the master key; the high bit says that the personal secret of the row's person is part of the key, so that nothing
sealed for a person opens once their secret is destroyed. The associated data names district, table, column and row, so that
a value copied into another cell no longer opens.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.base import Cipher as _Cipher
from cryptography.hazmat.primitives.ciphers.modes import GCM

SECRET_BYTES = 32
PERSONAL = 0x80
"""The bit of an envelope's first byte that asks for a personal secret."""
_NONCE = 12
_TAG = 16


class Cipher(StrEnum):
    AES = "aes-256-gcm"
    SM4 = "sm4-gcm"
    """The block cipher of GB/T 32907 in Galois/counter mode, as RFC 8998 has it; its keys are 16 bytes."""


class SealBroken(Exception):
    """A sealed value does not open: wrong key, moved, altered, or the person's secret is destroyed."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """32 bytes with the number that envelopes know them by (1 to 127), and the cipher they seal with."""

    key: bytes
    number: int = 1
    cipher: Cipher = Cipher.AES

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise ValueError("a field key must be 32 bytes")
        if not 1 <= self.number < PERSONAL:
            raise ValueError("a field key's number must be between 1 and 127")

    def derived(self, purpose: bytes) -> bytes:
        """A key of its own for each purpose."""
        return hmac.digest(self.key, purpose, hashlib.sha256)


class Sm4Gcm:
    """SM4-GCM in the shape of AESGCM; the library offers the mode, not the one-shot class."""

    def __init__(self, key: bytes) -> None:
        self._key = SM4(key[:16])

    def encrypt(self, nonce: bytes, data: bytes, where: bytes) -> bytes:
        box = _Cipher(self._key, GCM(nonce)).encryptor()
        box.authenticate_additional_data(where)
        return box.update(data) + box.finalize() + box.tag

    def decrypt(self, nonce: bytes, data: bytes | memoryview, where: bytes) -> bytes:
        content, tag = bytes(data[:-_TAG]), bytes(data[-_TAG:])
        box = _Cipher(self._key, GCM(nonce, tag)).decryptor()
        box.authenticate_additional_data(where)
        return box.update(content) + box.finalize()


_Aead: TypeAlias = "AESGCM | Sm4Gcm"


def _where(district_id: int, table: str, column: str, row: UUID) -> bytes:
    return f"{district_id}/{table}/{column}/{row}".encode()


def _indexed(value: str, district_id: int, column: str) -> bytes:
    return f"{district_id}/{column}/{value}".encode()


def new_secret() -> bytes:
    """A person's part of the key their values are sealed with; destroying it destroys them (crypto-shredding)."""
    return os.urandom(SECRET_BYTES)


class Sealer:
    """Seals with the first of its master keys, opens with any of them."""

    def __init__(self, *keys: MasterKey) -> None:
        self._keys = {key.number: key for key in keys}
        if not keys or len(self._keys) != len(keys):
            raise ValueError("field keys need different numbers")
        self.current = keys[0]
        self._shared = {number: _aead(key, None) for number, key in self._keys.items()}
        self._index_keys = [key.derived(b"index") for key in keys]
        self._steady = self._index_keys[min(range(len(keys)), key=lambda i: keys[i].number)]

    def seal(
        self, value: str, district_id: int, table: str, column: str, row: UUID, secret: bytes | None = None
    ) -> bytes:
        """Seal a text; with ``secret``, the personal secret of the person it belongs to."""
        return self.seal_bytes(value.encode(), district_id, table, column, row, secret)

    def seal_bytes(
        self, value: bytes, district_id: int, table: str, column: str, row: UUID, secret: bytes | None = None
    ) -> bytes:
        nonce, number = os.urandom(_NONCE), self.current.number
        aead = self._shared[number] if secret is None else _aead(self.current, secret)
        box = aead.encrypt(nonce, value, _where(district_id, table, column, row))
        return b"".join((bytes([number if secret is None else number | PERSONAL]), nonce, box))

    def open(
        self, box: bytes, district_id: int, table: str, column: str, row: UUID, secret: bytes | None = None
    ) -> str:
        """The text in an envelope. Raises SealBroken."""
        return self.open_bytes(box, district_id, table, column, row, secret).decode()

    def open_bytes(
        self, box: bytes, district_id: int, table: str, column: str, row: UUID, secret: bytes | None = None
    ) -> bytes:
        aead = self._aead_of(box, secret)
        view = memoryview(box)
        try:
            return aead.decrypt(box[1 : 1 + _NONCE], view[1 + _NONCE :], _where(district_id, table, column, row))
        except (InvalidTag, ValueError) as broken:
            raise SealBroken(f"{table}.{column}") from broken

    def _aead_of(self, box: bytes, secret: bytes | None) -> _Aead:
        number = box[0] & ~PERSONAL if box else 0
        if number not in self._keys:
            raise SealBroken("unknown key number")
        if not box[0] & PERSONAL:
            return self._shared[number]
        if secret is None:
            raise SealBroken("the personal secret is destroyed")
        return _aead(self._keys[number], secret)

    def is_current(self, box: bytes, *, personal: bool) -> bool:
        """Whether a value is sealed with the master key that seals now, and with a personal secret if it should be."""
        return bool(box) and box[0] == self.head(personal=personal)

    def head(self, *, personal: bool) -> int:
        """The first byte of what is sealed now."""
        return self.current.number | (PERSONAL if personal else 0)

    @property
    def numbers(self) -> list[int]:
        """The numbers of its keys, the current one first."""
        return list(self._keys)

    def blind_index(self, value: str, district_id: int, column: str) -> bytes:
        """Equal values of one column in one district give equal 32 bytes; nothing else can be learnt from them."""
        return self.blind_indexes(value, district_id, column)[0]

    def blind_indexes(self, value: str, district_id: int, column: str) -> list[bytes]:
        """The index under each master key, the current first: while keys are being rotated rows are under either."""
        text = _indexed(value, district_id, column)
        return [hmac.digest(key, text, hashlib.sha256) for key in self._index_keys]

    def numbered_indexes(self, value: str, district_id: int, column: str) -> list[bytes]:
        """The same, each after the number of its key: for rows in which nothing else tells it."""
        indexes = self.blind_indexes(value, district_id, column)
        return [bytes([number]) + index for number, index in zip(self._keys, indexes, strict=True)]

    def steady_index(self, value: str, district_id: int, column: str) -> bytes:
        """The same for every process with these keys, whichever of them comes first: what writers of a value wait on."""
        return hmac.digest(self._steady, _indexed(value, district_id, column), hashlib.sha256)


def supported(cipher: Cipher) -> bool:
    """Whether this machine's OpenSSL knows the cipher; builds without SM4 exist."""
    try:
        probe = Sealer(MasterKey(bytes(32), cipher=cipher))
        return bool(probe.seal_bytes(b"", 0, "", "", UUID(int=0)))
    except UnsupportedAlgorithm:
        return False


def _aead(key: MasterKey, secret: bytes | None) -> _Aead:
    derived = key.derived(b"seal") if secret is None else key.derived(b"person" + secret)
    return AESGCM(derived) if key.cipher is Cipher.AES else Sm4Gcm(derived)
