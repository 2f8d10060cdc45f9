"""What one called department does on a whistle: 签到, 联系, 报到, 处置, 互评; or it disputes its jurisdiction (管辖争议) once.

Every step has a limit. Each limit is a clock of its own: it warns, and once overdue it climbs, one rung at a time.
"""

from datetime import datetime
from enum import StrEnum

from app.domain.levels import Level
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Relation
from app.domain.whistle_types import LADDER, Limits, due
from app.domain.whistles import CALLERS, ruling_level
from app.domain.work_time import HOUSE_HOURS, OfficeHours

WARNED_AT = 0.75
"""House rule: which share of a limit has passed when its department is warned."""
_UNIT = frozenset({Relation.UNIT})
_LEADER: Parties = frozenset({Relation.LEADER})
_PARTIAL = frozenset({Relation.UNIT, Relation.PROPOSER})


class CallState(StrEnum):
    CALLED = "called"
    SIGNED = "signed"
    CONTACTED = "contacted"
    REPORTED = "reported"
    ACTED = "acted"
    RATED = "rated"
    DISPUTED = "disputed"
    RULED_OUT = "ruled_out"
    CANCELLED = "cancelled"


class CallAction(StrEnum):
    SIGN = "sign"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    OVERRULE = "overrule"
    CONTACT = "contact"
    REPORT = "report"
    ACT = "act"
    RATE = "rate"
    RATE_BACK = "rate_back"
    CANCEL = "cancel"


_S, _A = CallState, CallAction
OPEN = frozenset({_S.CALLED, _S.SIGNED, _S.CONTACTED, _S.REPORTED, _S.DISPUTED})
DONE = frozenset({_S.ACTED, _S.RATED})
"""The department has acted."""
OFF = frozenset({_S.RULED_OUT, _S.CANCELLED})
"""The matter is no longer its business."""
CALL = Lifecycle(
    "whistle-call",
    "报到单",
    initial=_S.CALLED,
    actions=CallAction,
    state_names={
        _S.CALLED: "待签到",
        _S.SIGNED: "已签到",
        _S.CONTACTED: "已联系",
        _S.REPORTED: "已报到",
        _S.ACTED: "已处置",
        _S.RATED: "已互评",
        _S.DISPUTED: "管辖争议",
        _S.RULED_OUT: "争议成立",
        _S.CANCELLED: "已取消",
    },
    action_names={
        _A.SIGN: "签到",
        _A.DISPUTE: "提出管辖争议",
        _A.UPHOLD: "裁定争议成立",
        _A.OVERRULE: "裁定争议不成立",
        _A.CONTACT: "联系",
        _A.REPORT: "现场报到",
        _A.ACT: "处置",
        _A.RATE: "评价部门",
        _A.RATE_BACK: "评价吹哨",
        _A.CANCEL: "取消",
    },
    steps=(
        Step(_A.SIGN, frozenset({_S.CALLED}), _S.SIGNED, _UNIT, note="签到即接受管辖"),
        Step(
            _A.DISPUTE,
            frozenset({_S.CALLED}),
            _S.DISPUTED,
            _UNIT,
            note="一次，签到时限内，引用职责依据；其余时限停止",
        ),
        Step(
            _A.UPHOLD,
            frozenset({_S.DISPUTED}),
            _S.RULED_OUT,
            _LEADER,
            barred=_PARTIAL,
            note="由街道或吹哨方的上一级裁定，写明理由；可改召其他部门",
        ),
        Step(
            _A.OVERRULE,
            frozenset({_S.DISPUTED}),
            _S.CALLED,
            _LEADER,
            barred=_PARTIAL,
            note="由街道或吹哨方的上一级裁定，写明理由；必须办理，不得再提，时限自裁定起重新计算",
        ),
        Step(_A.CONTACT, frozenset({_S.SIGNED}), _S.CONTACTED, _UNIT, note="与吹哨方取得联系，记下约定"),
        Step(_A.REPORT, frozenset({_S.CONTACTED}), _S.REPORTED, _UNIT, note="到场：谁、何时"),
        Step(_A.ACT, frozenset({_S.REPORTED}), _S.ACTED, _UNIT, note="结果与佐证"),
        Step(
            _A.RATE,
            frozenset({_S.ACTED}),
            _S.ACTED,
            CALLERS,
            also=frozenset({_S.RATED}),
            barred=_UNIT,
            note="一至五，一次；双方评完转为已互评",
        ),
        Step(
            _A.RATE_BACK,
            frozenset({_S.ACTED}),
            _S.ACTED,
            _UNIT,
            also=frozenset({_S.RATED}),
            note="一至五，一次；双方评完转为已互评",
        ),
        Step(
            _A.CANCEL,
            OPEN,
            _S.CANCELLED,
            frozenset({Relation.SYSTEM}),
            note="随哨单取消，或此部门不再召集",
        ),
    ),
)


class Task(StrEnum):
    """What has a limit of its own."""

    SIGN = "sign"
    CONTACT = "contact"
    REPORT = "report"
    ACT = "act"
    RULE = "rule"


TASK_NAMES = {
    Task.SIGN: "签到",
    Task.CONTACT: "联系",
    Task.REPORT: "报到",
    Task.ACT: "处置",
    Task.RULE: "管辖裁定",
}
OF_DEPARTMENT = (Task.SIGN, Task.CONTACT, Task.REPORT, Task.ACT)


class Told(StrEnum):
    """How far a delay is known."""

    NOBODY = "nobody"
    WARNED = "warned"
    GRID = "grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"


TOLD_NAMES = {
    Told.NOBODY: "计时中",
    Told.WARNED: "已提醒",
    Told.GRID: "逾期，已报网格",
    Told.COMMUNITY: "逾期，已报社区",
    Told.SUBDISTRICT: "逾期，已报街道",
    Told.DISTRICT: "逾期，已报区",
}


def due_of(task: Task, start: datetime, limits: Limits, hours: OfficeHours = HOUSE_HOURS) -> datetime:
    return due(start, getattr(limits, task.value), hours)


def warned_at(start: datetime, due_at: datetime) -> datetime:
    return start + (due_at - start) * WARNED_AT


def rungs(task: Task, level: Level, *, grid: bool, community: bool) -> tuple[Level, ...]:
    """Who is told of a delay, in turn: from the grid up; of a ruling, from whoever rules.

    ``grid``, ``community``: whether the whistle's place lies in one.
    """
    lowest = ruling_level(level) if task is Task.RULE else Level.GRID
    missing = {rung for rung, there in ((Level.GRID, grid), (Level.COMMUNITY, community)) if not there}
    return tuple(rung for rung in LADDER[LADDER.index(lowest) :] if rung not in missing)


def next_told(told: Told, ladder: tuple[Level, ...], *, overdue: bool) -> Told | None:
    """Whom to tell next: a warning before it is due, then one rung after the other; None when the highest knows."""
    if told is Told.NOBODY and not overdue:
        return Told.WARNED
    if told in {Told.NOBODY, Told.WARNED}:
        return Told(ladder[0].value)
    place = ladder.index(Level(told.value)) + 1
    return Told(ladder[place].value) if place < len(ladder) else None


def next_at(
    told: Told,
    ladder: tuple[Level, ...],
    due_at: datetime,
    moment: datetime,
    limits: Limits,
    hours: OfficeHours = HOUSE_HOURS,
) -> datetime | None:
    """When somebody more is to be told, after this telling at this moment; None when there is nobody left."""
    if told is Told.WARNED:
        return due_at
    return None if next_told(told, ladder, overdue=True) is None else due(moment, limits.climb, hours)
