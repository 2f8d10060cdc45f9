"""Client systems: where they may stand, how they are named, how long their secrets hold."""

import re
from datetime import timedelta
from uuid import UUID

from app.domain.places import PlaceKind

STANDS_AT = frozenset({PlaceKind.DISTRICT, PlaceKind.SUBDISTRICT, PlaceKind.COMMUNITY, PlaceKind.GRID})
"""A client system serves at least a grid: nobody's home is a third party's field of work."""
MOST_SECRETS = 2
"""In force at once: while a secret is being changed the old one and the new one work."""
USUAL_DAYS = 180
LONGEST_DAYS = 365
"""House rule."""
LONGEST = timedelta(days=LONGEST_DAYS)
SECRET_BYTES = 32
SECRET_PREFIX = "sanshun_cs_"  # noqa: S105 - says what the rest is, so that scanners of code find one that was left lying
_NAME = re.compile(r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@(?P<district>[1-9][0-9]{5})")


def name_of(client_id: UUID, district_id: int) -> str:
    """The ``client_id`` of RFC 6749: it says in which district the client is, as people's user names do."""
    return f"{client_id}@{district_id}"


def named(name: str) -> tuple[UUID, int] | None:
    """The client and the district a name stands for; None for what is no such name."""
    found = _NAME.fullmatch(name)
    return (UUID(found["id"]), int(found["district"])) if found else None
