"""Who may do what beside an order to see that it is done: urge it, supervise it, escalate it. Part of ``app.domain.access``."""

from app.domain.access_parties import ADMINS, ALL, READERS
from app.domain.people import Parties, Relation, Role

_WORKERS: Parties = READERS | {Relation.HOLDER, Relation.UNIT}
"""Who looks after the order or does it. Its asker is told in plain words, and reads the order itself."""
OVERSIGHT: dict[str, Parties] = {
    "urges:list": ALL,
    "urges:read": _WORKERS | {Relation.SUBJECT},
    "urges:create": frozenset({Relation.ASKER, Relation.FOLLOWER, Relation.AFFECTED, Role.COMMUNITY_ADMIN}),
    "rates:read": READERS,
    "supervisions:list": ALL,
    "supervisions:read": _WORKERS,
    "supervisions:set": ADMINS,
    "escalations:list": ALL,
    "escalations:read": _WORKERS,
    "escalations:raise": frozenset(
        {Relation.HOLDER, Relation.UNIT, Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN}
    ),
}
