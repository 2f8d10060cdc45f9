"""The access table of what stands beside an order; each one's lifecycle adds its own steps."""

from app.domain.access_parties import ALL, READERS
from app.domain.co_handlings import DISPATCHERS, LEADS
from app.domain.people import Parties, Relation

BESIDE: dict[str, Parties] = {
    "extensions:list": ALL,
    "extensions:read": READERS | {Relation.HOLDER, Relation.UNIT, Relation.PROPOSER, Relation.ASKER},
    "extensions:ask": frozenset({Relation.HOLDER, Relation.UNIT}),
    "co-handlings:list": ALL,
    "co-handlings:read": READERS | LEADS | {Relation.ASKED, Relation.SUPPORT},
    "co-handlings:invite": LEADS | DISPATCHERS,
}
