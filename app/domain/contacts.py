"""When a helper may see how to reach the asker: from acceptance, for the visit, and no longer. All values are house rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.hours import LONGEST_SERVICE
from app.domain.orders import OrderState

BEFORE_VISIT = timedelta(hours=24)
"""Where the asker wants somebody at a certain time, the contact opens this long before."""
AFTER_VISIT = timedelta(hours=24)
"""After checking out, it stays open this long: for what was left behind, or has to be told."""
LONGEST = timedelta(days=30)
"""A helper who has not come this long after the wanted time, or after accepting, does not reach the asker any more."""

_AT_WORK = frozenset(
    {
        OrderState.OPEN,
        OrderState.PUBLISHED,
        OrderState.OFFERED,
        OrderState.ACCEPTED,
        OrderState.IN_PROGRESS,
        OrderState.SUSPENDED,
    }
)
"""The first three while others are still sought for an order that takes several. Not while a unit says that it is not theirs,
nor while the order waits on the list of what cannot be solved now.
"""


class Closed(StrEnum):
    NOT_ACCEPTED = "not_accepted"
    ENDED = "ended"
    RESTING = "resting"
    NOT_YET = "not_yet"
    OVER = "over"


CLOSED_NAMES = {
    Closed.NOT_ACCEPTED: "接单后方可查看联系方式",
    Closed.ENDED: "服务已结束，联系方式已关闭",
    Closed.RESTING: "工单现不在办理中，联系方式暂不开放",
    Closed.NOT_YET: "约定时间前二十四小时起开放联系方式",
    Closed.OVER: "服务时段已过，联系方式已关闭",
}
_ENDED_ORDERS = frozenset({OrderState.REPORTED, OrderState.CLOSED, OrderState.TERMINATED, OrderState.WITHDRAWN})
_NEVER_HELD = frozenset(
    {AssignmentState.INVITED, AssignmentState.DECLINED, AssignmentState.EXPIRED, AssignmentState.FILLED}
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What the window hangs on: the helper's assignment and its order."""

    assignment: AssignmentState
    order: OrderState
    accepted_at: datetime
    wanted_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None

    @property
    def opens_at(self) -> datetime:
        if self.wanted_at is None:
            return self.accepted_at
        return max(self.accepted_at, self.wanted_at - BEFORE_VISIT)

    @property
    def closes_at(self) -> datetime:
        if self.assignment is AssignmentState.CHECKED_IN and self.checked_in_at is not None:
            return self.checked_in_at + LONGEST_SERVICE
        if self.assignment is AssignmentState.CHECKED_OUT and self.checked_out_at is not None:
            return self.checked_out_at + AFTER_VISIT
        return max(self.accepted_at, self.wanted_at or self.accepted_at) + LONGEST


def closed(visit: Visit, moment: datetime) -> Closed | None:
    """Why the contact is closed at this moment; None while it is open. It closes at the very end of its window.

    A helper who is there (checked in) came whenever it was wanted, and is shut out only when nobody serves that long.
    """
    if visit.assignment in _NEVER_HELD:
        return Closed.NOT_ACCEPTED
    if visit.assignment not in ACTIVE or visit.order in _ENDED_ORDERS:
        return Closed.ENDED
    if visit.order not in _AT_WORK:
        return Closed.RESTING
    if moment < visit.opens_at and visit.assignment is not AssignmentState.CHECKED_IN:
        return Closed.NOT_YET
    return Closed.OVER if moment >= visit.closes_at else None
