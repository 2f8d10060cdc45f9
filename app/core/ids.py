"""Identifiers: UUIDv7 made by the app, and reproducible ones for seeded rows."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils
import uuid_utils.compat

_SEED_MILLIS = 1_577_836_800_000
"""2020-01-01T00:00:00Z: every seeded id is older than any id made at run time."""


def new_id() -> UUID:
    """A time-ordered UUIDv7 (RFC 9562 §5.7)."""
    return uuid_utils.compat.uuid7()


def new_ids(count: int) -> list[Any]:
    """As many for the database's driver, which wants no more of an id than its bytes; as ``UUID`` each costs ten times as much."""
    return [uuid_utils.uuid7() for _ in range(count)]


def first_id_of(moment: datetime) -> UUID:
    """No id made from this moment on is less, and none made before the millisecond is more."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)


def seeded_id(*parts: object) -> UUID:
    """The same UUIDv7-shaped id for the same parts, so that seeding twice changes nothing."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    value = int.from_bytes(_SEED_MILLIS.to_bytes(6) + digest[:10])
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
