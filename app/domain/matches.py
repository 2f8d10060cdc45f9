"""Matches 对接: a resource proposed for a need. The lifecycle as one table, what a confirmed one leads to, and what time is meant.

What was proposed and what came of it is kept, runners-up too: the score, its parts, the weights of the day and the reasons.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.needs import NeedState
from app.domain.people import Parties, Relation, Role
from app.domain.resources import STAFF, Nature, ResourceKind, ResourceState


class MatchState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


class MatchAction(StrEnum):
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    LAPSE = "lapse"


class LapseReason(StrEnum):
    """Why a proposal no longer stands."""

    NEED_ENDED = "need_ended"
    RESOURCE_GONE = "resource_gone"
    SUPERSEDED = "superseded"
    """A newer run proposed again."""


class MatchResult(StrEnum):
    """What a confirmed match led to, beside the booking."""

    UNIT_ASSIGNED = "unit_assigned"
    PERSON_ASKED = "person_asked"
    BOOKED = "booked"


LAPSE_NAMES = {
    LapseReason.NEED_ENDED: "需求已不在办理",
    LapseReason.RESOURCE_GONE: "资源已不在库",
    LapseReason.SUPERSEDED: "已有新一轮对接建议",
}
RESULT_NAMES = {
    MatchResult.UNIT_ASSIGNED: "已预订，并已将工单指派给提供单位",
    MatchResult.PERSON_ASKED: "已预订，并已邀请提供人接单",
    MatchResult.BOOKED: "已预订",
}
_S, _A = MatchState, MatchAction
CONFIRMERS: Parties = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN})
"""Who also opens orders, since a confirmed match may lead to one."""
_SYSTEM: Parties = frozenset({Relation.SYSTEM})
ACTIVE = frozenset({_S.PROPOSED, _S.CONFIRMED})
"""States of which there is at most one for a need and a resource."""

MATCH = Lifecycle(
    "match",
    "对接",
    initial=_S.PROPOSED,
    actions=MatchAction,
    plural="matches",
    state_names={
        _S.PROPOSED: "待确认",
        _S.CONFIRMED: "已确认",
        _S.DISMISSED: "未采用",
        _S.LAPSED: "已失效",
    },
    action_names={_A.CONFIRM: "确认", _A.DISMISS: "不采用", _A.LAPSE: "失效"},
    steps=(
        Step(
            _A.CONFIRM,
            frozenset({_S.PROPOSED}),
            _S.CONFIRMED,
            CONFIRMERS,
            note="同时预订资源；单位的服务或人才则指派工单，个人的则邀请，其他只预订；订不到即不成立",
        ),
        Step(
            _A.DISMISS,
            frozenset({_S.PROPOSED}),
            _S.DISMISSED,
            STAFF,
            note="写明原因；同一需求不再建议此资源，同类需求的得分按原因降低",
        ),
        Step(_A.LAPSE, frozenset({_S.PROPOSED}), _S.LAPSED, _SYSTEM, note="需求结束、资源不在库或已有新一轮建议"),
    ),
)
OPEN_NEEDS = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE})
"""States of a need in which something is still looked for."""
STANDING = frozenset({ResourceState.LISTED, ResourceState.PAUSED})
"""States of a resource in which a proposal of it stands; a pause may end."""
USE = timedelta(hours=2)
"""House rule: how long a wanted time is taken to last, where nobody says."""
LATELY = timedelta(days=90)
"""How far back confirmed matches count for fairness."""
COARSE_M = 100.0
"""What a person offers may lie in their home: its distance is only told in steps of this."""
_WORK = frozenset({ResourceKind.EXPERTISE, ResourceKind.SERVICE})
_COUNTED = frozenset({ResourceKind.VENUE, ResourceKind.MATERIALS, ResourceKind.SERVICE, ResourceKind.EXPERTISE})


def result_of(kind: ResourceKind, *, of_a_person: bool) -> MatchResult:
    """Work leads to an order: a unit is assigned, a person only asked (志愿服务条例 §25). Things, venues and money are booked."""
    if kind not in _WORK:
        return MatchResult.BOOKED
    return MatchResult.PERSON_ASKED if of_a_person else MatchResult.UNIT_ASSIGNED


def wanted_of(kind: ResourceKind, nature: Nature, people: int) -> int:
    """How much a need of so many people wants: one of what is used alone or not counted by heads, else one for each."""
    return 1 if nature is Nature.EXCLUSIVE or kind not in _COUNTED else people


def span_of(wanted_at: datetime | None) -> tuple[datetime, datetime] | None:
    return None if wanted_at is None else (wanted_at, wanted_at + USE)


def distance_told(metres: float | None, *, of_a_person: bool) -> float | None:
    """The distance as it may be scored and shown."""
    return round(metres / COARSE_M) * COARSE_M if of_a_person and metres is not None else metres


def lapse_reason(need: NeedState, resource: ResourceState) -> LapseReason | None:
    """Why a proposal no longer stands; None while it does."""
    if need not in OPEN_NEEDS:
        return LapseReason.NEED_ENDED
    return None if resource in STANDING else LapseReason.RESOURCE_GONE
