"""Batches of dispatch 整批派单: all open orders of a place at once, whom to ask so that it all costs least.

A worker carries them out. People are asked, never ordered (志愿服务条例 §25): what a batch decides are invitations, or proposals
nobody hears of yet.
"""

from collections.abc import Collection
from enum import StrEnum

from app.domain.assignments import ACTIVE, NOT_AGAIN, AssignmentState
from app.domain.dispatch import most_unfinished
from app.domain.dispatch_ways import Way
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.places import PlaceKind

BATCH_PLACES = frozenset({PlaceKind.COMMUNITY, PlaceKind.SUBDISTRICT, PlaceKind.DISTRICT})
"""Whose open orders may be taken together."""
OPEN_NEEDS = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE})
OPEN_ORDERS = frozenset({OrderState.OPEN, OrderState.OFFERED})
"""Where some were asked and others could not be, the places of these do not wait until everybody has answered."""
MOST_AT_ONCE = 3
"""House rule: a batch asks nobody for more orders than this at once, however much they would carry."""
MOST_ORDERS = 20_000
"""One batch looks at so many, the oldest; the rest waits for the next."""
MOST_TRIES = 3
"""A batch whose worker was lost so often is given up."""
WRITTEN = 500
"""Orders a transaction: each order is asked for whole or not at all."""
BARRED = ACTIVE | NOT_AGAIN | {AssignmentState.INVITED}
"""Who is in one of these for an order is not asked for it by a batch."""


class BatchMode(StrEnum):
    APPLY = "apply"
    PROPOSE = "propose"


class ChoiceResult(StrEnum):
    PROPOSED = "proposed"
    OVERTAKEN = "overtaken"
    """Something happened to the order, or to those chosen for it, while the batch was thinking: these were not asked."""


MODE_NAMES = {BatchMode.APPLY: "直接邀请", BatchMode.PROPOSE: "只出方案"}


def room(load_limit: int | None, unfinished: int, pending: int) -> int:
    """How many more orders somebody may be asked for now: as many as they could hold if they said yes to everything."""
    return max(0, min(most_unfinished(load_limit) - unfinished - pending, MOST_AT_ONCE))


def free_places(wanted: int, taken: Collection[int]) -> list[int]:
    """The places of an order nobody holds or is being asked for, lowest first (``OrderCase.free_slots``)."""
    return [slot for slot in range(1, wanted + 1) if slot not in taken]


def takes_way(way: Way | None, *, every_way: bool) -> bool:
    """Whether a batch takes an order whose chain is at such a step; None: it follows none.

    A batch chooses as a wave does. Who is on duty by turn, what a dispatcher has kept for themselves, and what waits in the pool or
    is going to a unit, it takes only when told to.
    """
    return every_way or way in {None, Way.WAVES}
