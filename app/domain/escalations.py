"""Escalation 升级（提级）: who handles or dispatches an order and cannot solve it asks the level above, one level at a time.

grid → community → subdistrict → district (LIFECYCLE.md, "Beside the main state"). The level asked decides what is done and what
help it gives, and may take dispatching over, or returns it with a reason. What it cannot solve either it raises further itself.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from app.core.errors import Conflict
from app.domain.levels import Level, above, is_above, reaches
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Relation
from app.domain.workdays import add_working_days


class EscalationState(StrEnum):
    RAISED = "raised"
    ANSWERED = "answered"
    RETURNED = "returned"
    LAPSED = "lapsed"


class EscalationAction(StrEnum):
    ANSWER = "answer"
    RETURN = "return"
    OVERDUE = "overdue"
    LAPSE = "lapse"


_S, _A = EscalationState, EscalationAction
_SYSTEM: Parties = frozenset({Relation.SYSTEM})
_ASKED = frozenset({Relation.ADDRESSEE})
_RAISED = frozenset({_S.RAISED})
ESCALATION = Lifecycle(
    "escalation",
    "升级",
    initial=_S.RAISED,
    actions=EscalationAction,
    state_names={_S.RAISED: "待上级答复", _S.ANSWERED: "上级已答复", _S.RETURNED: "已退回", _S.LAPSED: "已失效"},
    action_names={_A.ANSWER: "答复升级", _A.RETURN: "退回升级", _A.OVERDUE: "逾期上报", _A.LAPSE: "失效"},
    steps=(
        Step(
            _A.ANSWER,
            _RAISED,
            _S.ANSWERED,
            _ASKED,
            barred=frozenset({Relation.HOLDER}),
            note="写明决定与给予的支持；可接手派单；逾期后被告知的上级也可答复",
        ),
        Step(_A.RETURN, _RAISED, _S.RETURNED, _ASKED, barred=frozenset({Relation.HOLDER}), note="写明理由"),
        Step(_A.OVERDUE, _RAISED, _S.RAISED, _SYSTEM, note="逾期未答复，逐级告知，直至区级"),
        Step(_A.LAPSE, _RAISED, _S.LAPSED, _SYSTEM, note="工单已结束，到期不再催"),
    ),
)
ANSWER_WORKING_DAYS = {Level.COMMUNITY: 1, Level.SUBDISTRICT: 2, Level.DISTRICT: 3}
"""House rule: how many working days a level has to answer. The same again before the next level above is told."""
_RAISES = frozenset({Level.GRID, Level.COMMUNITY})


def raised_from(levels: Collection[Level], *, holds: bool, reached: Level | None) -> Level:
    """The level an order is raised from: the highest its raiser stands at that the order has come to.

    ``levels``: those the raiser answers for; whoever holds the order stands at its grid. ``reached``: the highest level that has
    answered in this round. 409 for a level that the order has not come to, or above which there is nothing.
    """
    own = {Level.GRID} if holds else set()
    own |= {level for level in levels if level in _RAISES or (reached and not is_above(level, reached))}
    standing = [level for level in Level if level in own and above(level) is not None]
    if not standing:
        raise Conflict("此工单尚未升级到本级，或本级之上已无上级")
    return standing[-1]


def is_asked(levels: Collection[Level], to_level: Level, told: Level | None) -> bool:
    """Whether somebody of these levels answers: the level it was raised to, and those told since."""
    return any(reaches(level, to_level, told or to_level) for level in levels)


def due_at(to_level: Level, moment: datetime) -> datetime:
    return add_working_days(moment, ANSWER_WORKING_DAYS[to_level])


def tells_next(to_level: Level, told: Level, moment: datetime) -> datetime | None:
    """When the level above the told one is told; None when that was the last."""
    return None if above(told) is None else due_at(to_level, moment)
