"""What the unit on duty sees to: the joint meeting 联席会议, the claim round 认领, and by when each step of its turn is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.duty_turns import REPORT_DAYS, working_days_after
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Relation, Role

NOTICE_DAYS = 5
"""Days a meeting is called ahead. House rule."""
MOST_CLAIMS = 5
"""Items one unit may hold claims on in one turn. House rule."""
PROMPT_DAYS = 3
"""Working days a unit is reminded ahead of a step; and after how many more an overdue one climbs. House rule."""

_UNIT: Parties = frozenset({Relation.UNIT})
_COMMUNITY: Parties = frozenset({Role.COMMUNITY_ADMIN})
_ADMINS: Parties = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_SYSTEM: Parties = frozenset({Relation.SYSTEM})


class MeetingState(StrEnum):
    CALLED = "called"
    MINUTED = "minuted"
    SEALED = "sealed"
    CANCELLED = "cancelled"


HELD = frozenset({MeetingState.MINUTED, MeetingState.SEALED})
"""Of a meeting that took place."""


class MeetingAction(StrEnum):
    MINUTE = "minute"
    SEAL = "seal"
    CANCEL = "cancel"


MEETING = Lifecycle(
    "joint-meeting",
    "联席会议",
    initial=MeetingState.CALLED,
    actions=MeetingAction,
    state_names={
        MeetingState.CALLED: "已通知",
        MeetingState.MINUTED: "已记录",
        MeetingState.SEALED: "纪要已确认",
        MeetingState.CANCELLED: "已取消",
    },
    action_names={MeetingAction.MINUTE: "记录", MeetingAction.SEAL: "确认纪要", MeetingAction.CANCEL: "取消"},
    steps=(
        Step(
            MeetingAction.MINUTE,
            frozenset({MeetingState.CALLED, MeetingState.MINUTED}),
            MeetingState.MINUTED,
            _UNIT,
            note="开会之后：到会单位、纪要、决定事项；确认之前可以修改",
        ),
        Step(
            MeetingAction.SEAL,
            frozenset({MeetingState.MINUTED}),
            MeetingState.SEALED,
            _COMMUNITY,
            note="此后不能修改，只能补充",
        ),
        Step(MeetingAction.CANCEL, frozenset({MeetingState.CALLED}), MeetingState.CANCELLED, _UNIT, note="写明理由"),
    ),
)


class ItemState(StrEnum):
    LISTED = "listed"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


class ItemAction(StrEnum):
    CONFIRM = "confirm"
    DROP = "drop"


ITEM = Lifecycle(
    "claim-item",
    "认领事项",
    initial=ItemState.LISTED,
    actions=ItemAction,
    state_names={ItemState.LISTED: "待认领", ItemState.CONFIRMED: "已确认", ItemState.DROPPED: "已撤下"},
    action_names={ItemAction.CONFIRM: "确认认领", ItemAction.DROP: "撤下"},
    steps=(
        Step(
            ItemAction.CONFIRM,
            frozenset({ItemState.LISTED}),
            ItemState.CONFIRMED,
            _COMMUNITY,
            note="须有牵头单位；需求的待派工单即指派给牵头单位，单位仍可提出异议；项目即由各单位牵头、配合",
        ),
        Step(ItemAction.DROP, frozenset({ItemState.LISTED}), ItemState.DROPPED, _ADMINS | _UNIT),
    ),
)


class ClaimState(StrEnum):
    MADE = "made"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"


class ClaimAction(StrEnum):
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    DROP = "drop"


STANDING = frozenset({ClaimState.MADE, ClaimState.CONFIRMED})
_MADE = frozenset({ClaimState.MADE})
CLAIM = Lifecycle(
    "service-claim",
    "认领",
    initial=ClaimState.MADE,
    actions=ClaimAction,
    state_names={
        ClaimState.MADE: "已认领",
        ClaimState.CONFIRMED: "已确认",
        ClaimState.WITHDRAWN: "已撤回",
        ClaimState.DROPPED: "事项已撤下",
    },
    action_names={ClaimAction.CONFIRM: "确认", ClaimAction.WITHDRAW: "撤回", ClaimAction.DROP: "撤下"},
    steps=(
        Step(ClaimAction.CONFIRM, _MADE, ClaimState.CONFIRMED, _SYSTEM),
        Step(
            ClaimAction.WITHDRAW,
            _MADE,
            ClaimState.WITHDRAWN,
            _UNIT | _SYSTEM,
            note="确认之前；牵头单位撤回的，由下一个单位牵头；单位退出大党委的，随之撤回",
        ),
        Step(ClaimAction.DROP, _MADE, ClaimState.DROPPED, _SYSTEM),
    ),
)


class DutyStep(StrEnum):
    """A step of the checklist of a turn."""

    CALL = "call"
    MEET = "meet"
    CLAIM = "claim"
    REPORT = "report"


STEP_NAMES = {
    DutyStep.CALL: "发出联席会议通知",
    DutyStep.MEET: "召开联席会议并记录",
    DutyStep.CLAIM: "组织成员单位认领服务事项",
    DutyStep.REPORT: "提交轮值报告",
}
_DAYS = {DutyStep.CALL: 10, DutyStep.MEET: 20, DutyStep.CLAIM: 25}
"""Working days after the turn begins. House rule."""


class Level(StrEnum):
    """Who is told that a step is due, or overdue."""

    PROMPT = "prompt"
    UNIT = "unit"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to be told once."""

    step: DutyStep
    level: Level
    due_on: date

    @property
    def key(self) -> str:
        return f"{self.step}:{self.level}"


def due_days(starts_on: date, ends_on: date) -> dict[DutyStep, date]:
    """By when each step is due."""
    due = {step: working_days_after(starts_on, days) for step, days in _DAYS.items()}
    return due | {DutyStep.REPORT: working_days_after(ends_on, REPORT_DAYS)}


def tellings(due: Mapping[DutyStep, date], done: frozenset[DutyStep], today: date) -> list[Telling]:
    """Whatever is to be told by today of steps that are not done."""
    undone = {step: day for step, day in due.items() if step not in done}
    return [Telling(step, level, day) for step, day in undone.items() for level in levels_by(day, today)]


def levels_by(day: date, today: date) -> list[Level]:
    """Who is to have been told by today of what is due on this day: the unit ahead; then the unit, the community, the street."""
    ahead = [Level.PROMPT] if today <= day <= prompted_until(today) else []
    climbing = zip(
        (Level.UNIT, Level.COMMUNITY, Level.SUBDISTRICT), (1, 1 + PROMPT_DAYS, 1 + 2 * PROMPT_DAYS), strict=True
    )
    return ahead + [level for level, days in climbing if today >= working_days_after(day, days)]


def prompted_until(today: date) -> date:
    """What is due up to this day is told of ahead."""
    return working_days_after(today, PROMPT_DAYS)


def quorum(present: int, members: int) -> bool:
    """More than half of the member units. House rule, after the residents' meeting's (城市居民委员会组织法)."""
    return 2 * present > members
