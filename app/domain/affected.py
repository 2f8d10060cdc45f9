"""Whom a need affects besides whoever asked: those who live where it is, as far as its asker let neighbours know of it."""

from app.domain.needs import Privacy
from app.domain.places import PlaceKind

PREMISES = frozenset({PlaceKind.OFFICE_BUILDING, PlaceKind.SHOP, PlaceKind.VENUE})
"""Where nobody lives: what is amiss there affects those around."""
TOLD = frozenset({Privacy.PUBLIC, Privacy.COMMUNITY})
"""What neighbours may know of. Whoever lives at a place is of its community."""


def area_of(kind: PlaceKind, path: str) -> str:
    """The path of the place whose residents a need at this place affects: a lift its building's, a home's own that household."""
    return path[: path.rindex("/", 0, len(path) - 1) + 1] if kind in PREMISES else path


def affects(privacy: Privacy, kind: PlaceKind, path: str, home: str) -> bool:
    """Whether whoever lives at ``home`` is affected by a need at a place of this kind and path."""
    return privacy in TOLD and home.startswith(area_of(kind, path))
