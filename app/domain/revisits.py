"""A revisit 回访: after an order was closed, somebody who did not handle it asks the resident. Solved? Satisfied? (LIFECYCLE.md)

Who is not content has it taken up again: an order found unsolved begins a new round (LIFECYCLE.md, "Order", reopen).
"""

from datetime import datetime
from enum import StrEnum

from app.core.clock import CHINA
from app.domain.access_parties import FIELD_STAFF
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation
from app.domain.workdays import add_working_days

LOW_RATING = 2
"""House rule: a rating of this or less opens a revisit; so does an order closed with an explanation instead of a solution."""
REVISIT_DAYS = 3
"""House rule: working days until it must have been made."""
MOST_TRIES = 3
"""House rule: after so many tries that reached nobody it ends."""


class RevisitState(StrEnum):
    DUE = "due"
    DONE = "done"
    UNREACHED = "unreached"
    VOID = "void"


class RevisitAction(StrEnum):
    MISS = "miss"
    RECORD = "record"
    VOID = "void"


class RevisitReason(StrEnum):
    LOW_RATING = "low_rating"
    EXPLAINED = "explained"
    CHOSEN = "chosen"
    """Somebody on the staff wished to know."""


REASON_NAMES = {
    RevisitReason.LOW_RATING: "评分低",
    RevisitReason.EXPLAINED: "解释办结",
    RevisitReason.CHOSEN: "人工抽选",
}
_DUE = frozenset({RevisitState.DUE})
_HANDLER = frozenset({Relation.HOLDER})
REVISIT = Lifecycle(
    "revisit",
    "回访",
    initial=RevisitState.DUE,
    actions=RevisitAction,
    state_names={
        RevisitState.DUE: "待回访",
        RevisitState.DONE: "已回访",
        RevisitState.UNREACHED: "未联系上",
        RevisitState.VOID: "已失效",
    },
    action_names={
        RevisitAction.MISS: "记未联系上",
        RevisitAction.RECORD: "记回访结果",
        RevisitAction.VOID: "失效",
    },
    steps=(
        Step(
            RevisitAction.MISS,
            _DUE,
            RevisitState.DUE,
            FIELD_STAFF,
            also=frozenset({RevisitState.UNREACHED}),
            barred=_HANDLER,
            note=f"每个工作日计一次；{MOST_TRIES} 次未联系上即结束",
        ),
        Step(
            RevisitAction.RECORD,
            _DUE,
            RevisitState.DONE,
            FIELD_STAFF,
            barred=_HANDLER,
            note="承办、协办、被反映的人和作出办结决定的人不得回访；未解决的工单重新办理，轮次加一",
        ),
        Step(
            RevisitAction.VOID,
            _DUE,
            RevisitState.VOID,
            frozenset({Relation.SYSTEM}),
            note="工单已重新办理",
        ),
    ),
)


def after_a_miss(tries: int) -> RevisitState:
    """The state after so many tries that reached nobody."""
    return RevisitState.UNREACHED if tries >= MOST_TRIES else RevisitState.DUE


def counts_again(last: datetime, moment: datetime) -> bool:
    """Whether a working day has begun since the last try: whoever was not there is likely not to be there an hour later."""
    return moment.astimezone(CHINA).date() >= add_working_days(last, 1).astimezone(CHINA).date()
