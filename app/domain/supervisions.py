"""Supervision 督办: somebody above whoever handles an order asks, on stated grounds and by a day of its own, what is being done.

It stands beside the order and never moves it (LIFECYCLE.md, "Beside the main state"). Grounds as in the ordinances of 接诉即办
(LAW.md): overdue, repeated, refused duty, should be solved but is not, bad effect; and what practice adds. Its time is the
setter's, in working days by the Chinese calendar. Overdue it climbs: the level above the setter is told, then the next.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from app.core.errors import Conflict
from app.domain.levels import LEVEL_TITLES, Level, above, is_above
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Relation
from app.domain.workdays import add_working_days


class Ground(StrEnum):
    OVERDUE = "overdue"
    URGED = "urged"
    REWORKED = "reworked"
    REFUSED_DUTY = "refused_duty"
    UNSOLVED = "unsolved"
    BAD_EFFECT = "bad_effect"
    INSTRUCTED = "instructed"
    OTHER = "other"


GROUND_NAMES = {
    Ground.OVERDUE: "超期未办",
    Ground.URGED: "群众反复催办",
    Ground.REWORKED: "重新办理两次以上",
    Ground.REFUSED_DUTY: "推诿责任",
    Ground.UNSOLVED: "应解决而未解决",
    Ground.BAD_EFFECT: "造成不良影响",
    Ground.INSTRUCTED: "领导批示",
    Ground.OTHER: "其他",
}


class SupervisionState(StrEnum):
    RUNNING = "running"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    LIFTED = "lifted"
    LAPSED = "lapsed"


class SupervisionAction(StrEnum):
    ANSWER = "answer"
    RETURN = "return"
    LIFT = "lift"
    OVERDUE = "overdue"
    CLIMB = "climb"
    LAPSE = "lapse"


_S, _A = SupervisionState, SupervisionAction
_SYSTEM: Parties = frozenset({Relation.SYSTEM})
_SUPERVISOR = frozenset({Relation.SUPERVISOR})
_HOLDER = frozenset({Relation.HOLDER})
_OWED = frozenset({_S.RUNNING, _S.OVERDUE})
OPEN_SUPERVISIONS = _OWED | {_S.ANSWERED}
"""Of these there is one an order and office."""
SUPERVISION = Lifecycle(
    "supervision",
    "督办",
    initial=_S.RUNNING,
    actions=SupervisionAction,
    state_names={
        _S.RUNNING: "督办中",
        _S.OVERDUE: "逾期未答复",
        _S.ANSWERED: "已答复",
        _S.LIFTED: "已解除",
        _S.LAPSED: "已失效",
    },
    action_names={
        _A.ANSWER: "答复督办",
        _A.RETURN: "退回再办",
        _A.LIFT: "解除督办",
        _A.OVERDUE: "逾期",
        _A.CLIMB: "逐级上报",
        _A.LAPSE: "失效",
    },
    steps=(
        Step(
            _A.ANSWER,
            _OWED,
            _S.ANSWERED,
            frozenset({Relation.HOLDER, Relation.DISPATCHER}),
            barred=_SUPERVISOR,
            note="写明正在怎样办；志愿者可以答复，不负答复之责",
        ),
        Step(
            _A.RETURN,
            frozenset({_S.ANSWERED}),
            _S.RUNNING,
            _SUPERVISOR,
            barred=_HOLDER,
            note="写明还缺什么，另给期限；仅限督办方，承办人除外",
        ),
        Step(
            _A.LIFT,
            OPEN_SUPERVISIONS,
            _S.LIFTED,
            _SUPERVISOR,
            barred=_HOLDER,
            note="仅限督办人；督办人已离任的由同一岗位的人解除；承办人除外",
        ),
        Step(_A.OVERDUE, frozenset({_S.RUNNING}), _S.OVERDUE, _SYSTEM, note="逾期未答复，告知督办人及其上一级"),
        Step(_A.CLIMB, frozenset({_S.OVERDUE}), _S.OVERDUE, _SYSTEM, note="仍未答复，逐级告知，直至区级"),
        Step(_A.LAPSE, _OWED, _S.LAPSED, _SYSTEM, note="工单已撤回或终止，到期不再催"),
    ),
)
SETS = frozenset({Level.COMMUNITY, Level.SUBDISTRICT, Level.DISTRICT})
"""Levels with somebody below them who handles orders."""
MOST_WORKING_DAYS = 30
CLIMB_WORKING_DAYS = 1
"""House rule: how long a level that was told has before the next is told, in working days."""


def must_stand_above(level: Level, handling: Level) -> None:
    """409 for a setter who does not stand above whoever handles the order now."""
    if not is_above(level, handling):
        raise Conflict(f"此工单已由{LEVEL_TITLES[handling]}接手，须由其上级督办")


def in_charge(*, in_office: bool, setter: bool, stands_in: bool, setter_left: bool) -> bool:
    """Whether somebody lifts it or sends it back: whoever set it, or who holds the office now that they have left, or are away."""
    return in_office and (setter or stands_in or setter_left)


def first_told(level: Level) -> Level:
    """The level that is told when nobody has answered in time: above the setter's, or the setter's where nothing is above."""
    return above(level) or level


def tells_next(told: Level, moment: datetime) -> datetime | None:
    """When the level above the told one is told; None when that was the last."""
    return None if above(told) is None else add_working_days(moment, CLIMB_WORKING_DAYS)


def said_of(grounds: Collection[str]) -> str:
    return "、".join(GROUND_NAMES[Ground(code)] for code in grounds)
