"""Sealed columns: AES-256-GCM bound to the cell it stands in, and a keyed index to find a value without opening it.

Envelope: one byte of key id, 12 bytes of nonce, then ciphertext with its 16-byte tag. The associated data names district,
table, column and row, so that a value copied into another cell no longer opens.
"""

import hashlib
import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_ID = 1


class SealBroken(Exception):
    """A sealed value does not open: wrong key, or moved or altered."""


def _where(district_id: int, table: str, column: str, row: UUID) -> bytes:
    return f"{district_id}/{table}/{column}/{row}".encode()


class Sealer:
    """Seals and opens values with one master key of 32 bytes; separate keys are derived for sealing and indexing."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the field key must be 32 bytes")
        self._aead = AESGCM(hmac.digest(key, b"seal", hashlib.sha256))
        self._index_key = hmac.digest(key, b"index", hashlib.sha256)

    def seal(self, value: str, district_id: int, table: str, column: str, row: UUID) -> bytes:
        return self.seal_bytes(value.encode(), district_id, table, column, row)

    def seal_bytes(self, value: bytes, district_id: int, table: str, column: str, row: UUID) -> bytes:
        nonce = os.urandom(12)
        box = self._aead.encrypt(nonce, value, _where(district_id, table, column, row))
        return b"".join((bytes([_KEY_ID]), nonce, box))

    def open(self, box: bytes, district_id: int, table: str, column: str, row: UUID) -> str:
        return self.open_bytes(box, district_id, table, column, row).decode()

    def open_bytes(self, box: bytes, district_id: int, table: str, column: str, row: UUID) -> bytes:
        if not box or box[0] != _KEY_ID:
            raise SealBroken("unknown key id")
        try:
            return self._aead.decrypt(box[1:13], memoryview(box)[13:], _where(district_id, table, column, row))
        except (InvalidTag, ValueError) as broken:
            raise SealBroken(f"{table}.{column}") from broken

    def blind_index(self, value: str, district_id: int, column: str) -> bytes:
        """Equal values of one column in one district give equal 32 bytes; nothing else can be learnt from them."""
        return hmac.digest(self._index_key, f"{district_id}/{column}/{value}".encode(), hashlib.sha256)
