"""Handles: what a client holds of a row of ours. The district, the row's id and a keyed hash of both.

They cannot be guessed or made up, and one that was issued for one purpose is nothing for another.
"""

import base64
import hmac
import re
from uuid import UUID

from app.core.crypto import Sealer

_PROOF = 16
_CODE = re.compile(r"(?P<turn>[1-9][0-9]{0,11})\.(?P<proof>[A-Za-z0-9_-]{22})")
_HANDLE = re.compile(r"(?P<district>[1-9][0-9]{5})\.(?P<tail>[A-Za-z0-9_-]{43})")


def handle_of(sealer: Sealer, district_id: int, row_id: UUID, purpose: str) -> str:
    """The handle of a row, 50 characters long."""
    proof = sealer.blind_index(str(row_id), district_id, purpose)[:_PROOF]
    return f"{district_id}.{_written(row_id.bytes + proof)}"


def row_of(sealer: Sealer, handle: str, purpose: str) -> tuple[int, UUID] | None:
    """District and row of a handle; None when we did not make it for this purpose."""
    found = _HANDLE.fullmatch(handle)
    if found is None:
        return None
    district_id, raw = int(found["district"]), base64.urlsafe_b64decode(found["tail"] + "=")
    row_id = UUID(bytes=raw[:16])
    proofs = sealer.blind_indexes(str(row_id), district_id, purpose)
    fits = any(hmac.compare_digest(raw[16:], proof[:_PROOF]) for proof in proofs)
    return (district_id, row_id) if fits and _written(raw) == found["tail"] else None


def _written(raw: bytes) -> str:
    """The last sign of Base64 has bits to spare; only one way to write a handle is good."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def code_of(sealer: Sealer, district_id: int, row_id: UUID, purpose: str, turn: int) -> str:
    """A code about a row that is good for one turn, a number that counts up with time; to be shown and scanned."""
    return f"{turn}.{_written(sealer.blind_index(_turned(row_id, turn), district_id, purpose)[:_PROOF])}"


def turn_of(sealer: Sealer, district_id: int, row_id: UUID, purpose: str, code: str) -> int | None:
    """The turn a code is good for; None when we did not make it for this row and purpose."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    turn = int(found["turn"])
    proofs = sealer.blind_indexes(_turned(row_id, turn), district_id, purpose)
    fits = any(hmac.compare_digest(found["proof"], _written(proof[:_PROOF])) for proof in proofs)
    return turn if fits else None


def _turned(row_id: UUID, turn: int) -> str:
    return f"{row_id}:{turn}"
