"""Urging 催单: whoever an unfinished order concerns says that it is time. Counted, told, and never a state of the order.

LIFECYCLE.md, "Beside the main state". A reported order waits for its asker, who rates it or sends it back: it is not urged.
"""

from datetime import date, timedelta
from enum import StrEnum

from app.core.errors import Duplicate, WrongState
from app.domain.levels import DISPATCHES, Level, above, highest
from app.domain.orders import ORDER, WORKED_ON, OrderState
from app.domain.workdays import is_working_day

NOUN = "urge"
URGED = WORKED_ON - {OrderState.REPORTED}
"""States in which it is somebody else's turn than the asker's."""
TELLS_ABOVE = 3
"""House rule: the urge of a round that the level above is told of."""


class UrgedAs(StrEnum):
    """What whoever urges is to the order."""

    ASKER = "asker"
    PROXY = "proxy"
    FOLLOWER = "follower"
    """Whose need was merged into the order's, or whom it affects where they live."""
    COMMUNITY = "community"


URGED_AS_NAMES = {
    UrgedAs.ASKER: "点单人",
    UrgedAs.PROXY: "代点单人",
    UrgedAs.FOLLOWER: "受影响的居民",
    UrgedAs.COMMUNITY: "社区",
}


def counted_on(day: date) -> date:
    """The working day an urge counts for: the day itself, or the next on which anybody reads it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def must_be_unfinished(state: OrderState) -> None:
    """409 for an order that nobody has to do anything about."""
    if state not in URGED:
        raise WrongState(f"工单现为“{ORDER.state_names[state]}”，不能催办", state=state.value)


def must_be_first(today: date, urged_on: date | None) -> None:
    """409 when this person has urged the order for the same working day."""
    if urged_on == counted_on(today):
        raise Duplicate("每个工作日只能催办一次：您已催办过，请下一个工作日再催")


def told_above(number: int, dispatching: Level) -> Level | None:
    """The level that is told of the round's urge of this number: the one above whoever dispatches."""
    at = highest(DISPATCHES | {dispatching})
    return above(at) if at is not None and number == TELLS_ABOVE else None
