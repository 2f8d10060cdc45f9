"""Orders at risk 风险工单: what is not finished, the nearest to its limit first, and why it may not be done in time.

Where the clock stands still (suspended, on the books) or it is the asker's turn (reported), nothing is at risk. Invitations
that were declined say that the order is hard to place, and nothing about who declined (志愿服务条例 §25).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.orders import WORKED_ON, OrderState
from app.domain.workdays import add_working_days

_S = OrderState
AT_RISK = WORKED_ON - {_S.REPORTED, _S.SUSPENDED, _S.PLANNED}


class Risk(StrEnum):
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    UNDISPATCHED = "undispatched"
    NOBODY = "nobody"
    DECLINED = "declined"
    URGED = "urged"


RISK_NAMES = {
    Risk.OVERDUE: "已超期",
    Risk.DUE_SOON: "将超期",
    Risk.UNDISPATCHED: "未派出",
    Risk.NOBODY: "无人接",
    Risk.DECLINED: "多次婉拒",
    Risk.URGED: "催办",
}
SOON_WORKING_DAYS = 1
"""House rule: an order whose limit is no further than this is due soon."""
OFTEN = 2
"""House rule: so many invitations that came to nothing are many."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an order's risk is seen by. ``refusals``: invitations declined or expired; ``urges``: of the present round."""

    state: OrderState
    due_at: datetime
    accepted: int
    refusals: int
    urges: int


def risks(facts: Facts, moment: datetime) -> dict[Risk, int | None]:
    """Why an order is at risk, the gravest first, with the number where it is counted."""
    late = facts.due_at <= moment
    out = facts.state in {_S.PUBLISHED, _S.OFFERED}
    found: dict[Risk, tuple[bool, int | None]] = {
        Risk.OVERDUE: (late, None),
        Risk.DUE_SOON: (not late and facts.due_at <= add_working_days(moment, SOON_WORKING_DAYS), None),
        Risk.UNDISPATCHED: (facts.state is _S.OPEN and not facts.accepted, None),
        Risk.NOBODY: (out and not facts.accepted, None),
        Risk.DECLINED: (facts.refusals >= OFTEN, facts.refusals),
        Risk.URGED: (facts.urges > 0, facts.urges),
    }
    return {risk: count for risk, (there, count) in found.items() if there}
