"""Clocks 时限: until when something must be signed for, the asker spoken to, the matter done; and what follows when it is not.

A clock runs beside the state of what it is about, never as part of it (LIFECYCLE.md). It is warned of before it is due,
overdue then, and climbs from grid to district while nothing happens. What it counts is working time (``work_time``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role
from app.domain.work_time import NOTHING, Measure, Unit


class ClockKind(StrEnum):
    SIGN = "sign"
    """签收: until somebody takes it on."""
    CONTACT = "contact"
    """首次联系: until whoever took it on has spoken to the asker."""
    RESOLVE = "resolve"
    """办结: until the report that it is done."""


class ClockSubject(StrEnum):
    """What a clock is about."""

    NEED = "need"
    ORDER = "order"
    WHISTLE = "whistle"


class ClockState(StrEnum):
    RUNNING = "running"
    WARNED = "warned"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    MET = "met"
    STOPPED = "stopped"


class ClockAction(StrEnum):
    WARN = "warn"
    OVERDUE = "overdue"
    ESCALATE = "escalate"
    RECOUNT = "recount"
    MEET = "meet"
    STOP = "stop"


class Mark(StrEnum):
    """What a clock's own record notes, one row each."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    RELIMIT = "relimit"
    """Another limit: the category has changed."""
    RECOUNT = "recount"
    """Counted again: a notice is out, or the office hours have changed."""
    WARN = "warn"
    OVERDUE = "overdue"
    ESCALATE = "escalate"
    MEET = "meet"
    STOP = "stop"


KIND_NAMES = {ClockKind.SIGN: "签收", ClockKind.CONTACT: "首次联系", ClockKind.RESOLVE: "办结"}
MARK_NAMES = {
    Mark.START: "起算",
    Mark.PAUSE: "暂停",
    Mark.RESUME: "恢复",
    Mark.EXTEND: "延期",
    Mark.RELIMIT: "类别变更",
    Mark.RECOUNT: "重新计算",
    Mark.WARN: "预警",
    Mark.OVERDUE: "逾期",
    Mark.ESCALATE: "升级",
    Mark.MEET: "完成",
    Mark.STOP: "终止",
}
CAUSES = {
    "open": "开单",
    "submit": "点单",
    "publish": "发布抢单",
    "offer": "派单邀请",
    "assign": "指派单位",
    "accept": "接单",
    "take": "抢单",
    "transfer": "转交",
    "sign": "签收",
    "first_contact": "首次联系",
    "start": "开始服务",
    "report": "报告完成",
    "rework": "返工",
    "reopen": "重新办理",
    "suspend": "挂起",
    "resume": "恢复办理",
    "plan": "挂账",
    "due": "到期销账",
    "ask": "要求补充",
    "answer": "补充说明",
    "object": "提出异议",
    "uphold": "异议成立",
    "vacate": "承办人退出",
    "extension": "批准延期",
    "recategorise": "类别变更",
    "notice": "节假日安排已公布",
    "office_hours": "办公时间已调整",
}
"""Why a mark was made: mostly the action it followed from. A code without a name here is shown as it is."""

_S, _A = ClockState, ClockAction
_SYSTEM = frozenset({Relation.SYSTEM})
OPEN = frozenset({_S.RUNNING, _S.WARNED, _S.OVERDUE, _S.ESCALATED})
LATE = frozenset({_S.OVERDUE, _S.ESCALATED})

CLOCK = Lifecycle(
    "clock",
    "时限",
    initial=_S.RUNNING,
    actions=ClockAction,
    state_names={
        _S.RUNNING: "计时中",
        _S.WARNED: "已预警",
        _S.OVERDUE: "已逾期",
        _S.ESCALATED: "已升级",
        _S.MET: "已完成",
        _S.STOPPED: "已终止",
    },
    action_names={
        _A.WARN: "预警",
        _A.OVERDUE: "逾期",
        _A.ESCALATE: "升级",
        _A.RECOUNT: "重新计算",
        _A.MEET: "完成",
        _A.STOP: "终止",
    },
    steps=(
        Step(
            _A.WARN,
            frozenset({_S.RUNNING}),
            _S.WARNED,
            _SYSTEM,
            note="时限已用去五分之四；告知承办人和网格员，需求的并告知社区；该级无人的告知上一级",
        ),
        Step(
            _A.OVERDUE,
            frozenset({_S.RUNNING, _S.WARNED}),
            _S.OVERDUE,
            _SYSTEM,
            note="告知承办人和网格员，需求的并告知社区；该级无人的告知上一级",
        ),
        Step(
            _A.ESCALATE,
            frozenset({_S.OVERDUE, _S.ESCALATED}),
            _S.ESCALATED,
            _SYSTEM,
            note="每再过时限的一半升一级：社区、街道、区",
        ),
        Step(
            _A.RECOUNT,
            frozenset({_S.WARNED, _S.OVERDUE, _S.ESCALATED}),
            _S.RUNNING,
            _SYSTEM,
            also=frozenset({_S.WARNED}),
            note="延期、类别变更、节假日安排公布或办公时间调整后，期限移到以后",
        ),
        Step(_A.MEET, OPEN, _S.MET, _SYSTEM, note="所限之事已做；逾期做的也算，并可看出晚了多久"),
        Step(_A.STOP, OPEN, _S.STOPPED, _SYSTEM, note="所限之事不必再做：撤回、终止、重新派单"),
    ),
)

WARN_AT_PERCENT = 80
"""House rule: how much of the time has been used when it is warned of."""
CLIMB_PERCENT = 50
"""House rule: what further share of the time takes an overdue clock one level up."""
LEAST_CLIMB = timedelta(hours=8)
"""House rule: a sender's own deadline may leave minutes, or nothing; the share is then of no less than this."""
TOLD_AT = {
    1: Role.GRID_WORKER,
    2: Role.COMMUNITY_ADMIN,
    3: Role.SUBDISTRICT_ADMIN,
    4: Role.DISTRICT_ADMIN,
}
"""Who is told at each level of an overdue clock (LIFECYCLE.md: grid → community → subdistrict → district)."""
TOP = max(TOLD_AT)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take, in its unit's measure, and which law or house rule says so."""

    time: timedelta
    unit: Unit
    source: str


@dataclass(frozen=True, slots=True)
class Count:
    """How far a clock has come: what it was granted in all, what was left of that at the moment it is counted from."""

    granted: timedelta
    left: timedelta
    since: datetime

    def left_at(self, ruler: Measure, moment: datetime) -> timedelta:
        """What is left at a moment; below nothing, how late it is."""
        return self.left - ruler.between(self.since, moment)

    def when(self, ruler: Measure, left: timedelta) -> datetime:
        """The moment at which so much is left; since when it is counted, for what has passed before."""
        return ruler.add(self.since, max(self.left - left, NOTHING))

    def warned_at(self, ruler: Measure) -> datetime:
        return self.when(ruler, self.granted * (100 - WARN_AT_PERCENT) / 100)

    def due_at(self, ruler: Measure) -> datetime:
        return self.when(ruler, NOTHING)

    def climbs_at(self, ruler: Measure, level: int) -> datetime:
        """When an overdue clock leaves this level."""
        time = max(self.granted, LEAST_CLIMB) if ruler.unit is Unit.CLOCK_MINUTES else self.granted
        return self.when(ruler, -time * CLIMB_PERCENT * level / 100)

    def next_at(self, ruler: Measure, state: ClockState, level: int) -> datetime | None:
        """When something happens next by itself; None for what has reached the top."""
        if state is _S.RUNNING:
            return self.warned_at(ruler)
        if state is _S.WARNED:
            return self.due_at(ruler)
        return self.climbs_at(ruler, level) if level < TOP else None


def due_step(state: ClockState, moment: datetime, due_at: datetime, next_at: datetime | None) -> ClockAction | None:
    """What time has brought about; None while nothing is due. Warning comes too late for what is overdue already."""
    if state in LATE:
        return _A.ESCALATE if next_at is not None and next_at <= moment else None
    if due_at <= moment:
        return _A.OVERDUE
    return _A.WARN if state is _S.RUNNING and next_at is not None and next_at <= moment else None


def recounted(state: ClockState, count: Count, ruler: Measure, moment: datetime) -> ClockState:
    """The state after the limit or the calendar has changed: what is due later is no longer overdue, or warned of."""
    if count.due_at(ruler) <= moment:
        return state if state in LATE else _S.WARNED if state is _S.WARNED else _S.RUNNING
    return _S.RUNNING if count.warned_at(ruler) > moment or state is _S.RUNNING else _S.WARNED
