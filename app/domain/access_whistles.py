"""The part of the access table about whistles; what moves one comes from the lifecycles themselves."""

from app.domain.access_parties import FIELD_STAFF, READERS, UNITS
from app.domain.people import Parties, Relation, Role

WHISTLES: dict[str, Parties] = {
    "whistle-types:list": READERS | UNITS,
    "whistle-types:read": READERS | UNITS,
    "whistle-types:create": frozenset({Role.DISTRICT_ADMIN}),
    "whistle-types:update": frozenset({Role.DISTRICT_ADMIN}),
    "whistles:list": READERS | UNITS,
    "whistles:read": READERS | {Relation.PROPOSER, Relation.UNIT, Relation.ASKED},
    "whistles:draft": FIELD_STAFF,
    "whistles:update": frozenset({Relation.PROPOSER}),
    "whistle-calls:list": READERS | UNITS,
    "whistle-calls:read": READERS | {Relation.PROPOSER, Relation.UNIT},
    "whistle-figures:read": READERS,
}
"""A department sees its own call and the whistle it was called by; of whistles that are not blown it knows nothing."""
