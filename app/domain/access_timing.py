"""Who sees the clocks and meets them, and who sets what they go by."""

from app.domain.access_parties import ALL, PARTIES, READERS
from app.domain.people import Parties, Relation, Role

TIMING: dict[str, Parties] = {
    "clocks:list": READERS,
    "clocks:read": READERS | PARTIES | {Relation.SENDER},
    "clocks:trace": READERS | PARTIES | {Relation.SENDER},
    "needs:recategorise": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "orders:clocks": READERS | PARTIES | {Relation.SENDER},
    "orders:first_contact": frozenset({Relation.HOLDER, Relation.UNIT}),
    "orders:sign": frozenset({Relation.UNIT}),
    "office-hours:read": ALL | {Role.CLIENT},
    "office-hours:set": frozenset({Role.DISTRICT_ADMIN}),
}
"""Whoever takes part in a matter may know by when it is due."""
