"""The life of an activity 活动: people come together at a time and a place; some take part, some help.

Participants have attendance; helpers serve, and their minutes are recorded like those of orders (DOMAIN.md, "Hours"). A unit
draws up its own activity and the community lists it; staff of the place list what they organize themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.errors import Conflict, RuleBroken
from app.domain.catalogue import Skill
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role


class ActivityState(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    OPEN = "open"
    CLOSED = "closed"
    HELD = "held"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


class ActivityAction(StrEnum):
    PROPOSE = "propose"
    SEND_BACK = "send_back"
    PUBLISH = "publish"
    CLOSE = "close"
    REOPEN = "reopen"
    START = "start"
    CONCLUDE = "conclude"
    CANCEL = "cancel"


class Audience(StrEnum):
    """Who sees an open activity and may sign up."""

    DISTRICT = "district"
    COMMUNITY = "community"
    """Whoever has a role in the community, or, of an activity above the communities, anywhere under its place."""
    UNIT = "unit"
    """The people of the organizing unit."""


class PartKind(StrEnum):
    PARTICIPANT = "participant"
    """Comes to enjoy it: attendance, and no hours."""
    HELPER = "helper"
    """Serves: registered or known as a volunteer or party member, with hours."""


AUDIENCE_NAMES = {Audience.DISTRICT: "全区", Audience.COMMUNITY: "本社区", Audience.UNIT: "本单位"}
PART_NAMES = {PartKind.PARTICIPANT: "参加者", PartKind.HELPER: "志愿者"}

_S, _A = ActivityState, ActivityAction
_STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_RUN = _STAFF | {Relation.UNIT}
_SYSTEM = frozenset({Relation.SYSTEM})
_LISTED = frozenset({_S.OPEN, _S.CLOSED})

ACTIVITY = Lifecycle(
    "activity",
    "活动",
    plural="activities",
    initial=_S.DRAFT,
    actions=ActivityAction,
    state_names={
        _S.DRAFT: "草稿",
        _S.PROPOSED: "待发布",
        _S.OPEN: "报名中",
        _S.CLOSED: "报名已截止",
        _S.HELD: "进行中",
        _S.CONCLUDED: "已结束",
        _S.CANCELLED: "已取消",
    },
    action_names={
        _A.PROPOSE: "提请发布",
        _A.SEND_BACK: "退回修改",
        _A.PUBLISH: "发布",
        _A.CLOSE: "截止报名",
        _A.REOPEN: "重新开放报名",
        _A.START: "开始",
        _A.CONCLUDE: "总结",
        _A.CANCEL: "取消",
    },
    steps=(
        Step(_A.PROPOSE, frozenset({_S.DRAFT}), _S.PROPOSED, _RUN, note="单位的活动由社区发布"),
        Step(_A.SEND_BACK, frozenset({_S.PROPOSED}), _S.DRAFT, _STAFF, note="写明理由"),
        Step(_A.PUBLISH, frozenset({_S.DRAFT, _S.PROPOSED}), _S.OPEN, _STAFF, note="开始时间未到"),
        Step(_A.CLOSE, frozenset({_S.OPEN}), _S.CLOSED, _RUN, note="提前截止；到期由报名截止时间决定"),
        Step(_A.REOPEN, frozenset({_S.CLOSED}), _S.OPEN, _RUN, note="开始时间未到"),
        Step(_A.START, _LISTED, _S.HELD, _RUN | _SYSTEM, note="开始前三十分钟起；可签到"),
        Step(_A.CONCLUDE, frozenset({_S.HELD}), _S.CONCLUDED, _RUN, note="志愿者都已签退；附类别要求的材料"),
        Step(
            _A.CANCEL,
            frozenset({_S.DRAFT, _S.PROPOSED, _S.OPEN, _S.CLOSED}),
            _S.CANCELLED,
            _RUN,
            note="写明理由，告知全部报名者",
        ),
    ),
)

HIDDEN = frozenset({_S.DRAFT, _S.PROPOSED})
"""Seen by whoever works on it, and by nobody else."""
CHANGEABLE = frozenset({_S.DRAFT, _S.PROPOSED, _S.OPEN, _S.CLOSED})
TAKES_ON_SPOT = frozenset({_S.OPEN, _S.CLOSED, _S.HELD})
"""When the organizer may sign people up: also at the door."""
UPCOMING = frozenset({_S.OPEN, _S.CLOSED})
OVER = frozenset({_S.CONCLUDED, _S.CANCELLED})
CHECK_IN_OPENS = timedelta(minutes=30)
"""House rule: how long before the start people may be checked in."""
FORGOTTEN = timedelta(hours=2)
"""House rule: who has not checked out this long after the end has forgotten to; the time is not guessed."""
REMINDED = timedelta(hours=24)
"""House rule."""
PROMOTION_ENDS = timedelta(hours=2)
"""House rule: nobody is promoted from the waiting list later than this before the start, when they could no longer plan to come."""
LONGEST = timedelta(hours=16)
"""House rule: what lasts longer is several activities."""
MOST_PARTS = 10
MOST_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """As what one may come: how many, and what is asked of them."""

    kind: PartKind
    skill: Skill | None = None
    certified: bool = False
    min_age: int | None = None


def check_times(
    starts_at: datetime, ends_at: datetime, sign_up_from: datetime | None, sign_up_until: datetime | None
) -> None:
    """422 for times out of order."""
    if ends_at <= starts_at:
        raise RuleBroken("结束时间须晚于开始时间", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise RuleBroken("一次活动不能超过十六小时", field="ends_at")
    if sign_up_until is not None and sign_up_until > ends_at:
        raise RuleBroken("报名截止不能晚于活动结束", field="sign_up_until")
    if sign_up_from is not None and sign_up_from >= (sign_up_until or starts_at):
        raise RuleBroken("报名开始须早于报名截止", field="sign_up_from")


def check_parts(parts: Iterable[tuple[str, PartKind, Skill | None, bool]]) -> None:
    """422 for parts nobody could tell apart, or that ask of participants what only helpers show."""
    names = []
    for name, kind, skill, certified in parts:
        names.append(name)
        if kind is PartKind.PARTICIPANT and skill is not None:
            raise RuleBroken("只对志愿者要求技能", field="roles")
        if certified and skill is None:
            raise RuleBroken("要求证书须指明技能", field="roles")
    if len(names) != len(set(names)):
        raise RuleBroken("角色名称不能重复", field="roles")


def must_be_before(starts_at: datetime, moment: datetime) -> None:
    if moment >= starts_at:
        raise Conflict("活动开始时间已过")


def must_take_sign_ups(
    state: ActivityState, sign_up_from: datetime | None, sign_up_until: datetime, moment: datetime
) -> None:
    """409 outside the time in which people sign up by themselves."""
    if state is not _S.OPEN:
        raise Conflict("活动现在不接受报名")
    if sign_up_from is not None and moment < sign_up_from:
        raise Conflict("报名尚未开始")
    if moment >= sign_up_until:
        raise Conflict("报名已截止")


def promotes(starts_at: datetime, moment: datetime) -> bool:
    """Whether the waiting list still moves by itself."""
    return moment < starts_at - PROMOTION_ENDS
