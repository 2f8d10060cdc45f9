"""The life of an assignment 接单: one person, or one unit, on one order (LIFECYCLE.md, "Assignment")."""

from datetime import timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role


class AssignmentState(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    VERIFIED = "verified"
    DECLINED = "declined"
    EXPIRED = "expired"
    FILLED = "filled"
    CANCELLED_EARLY = "cancelled_early"
    CANCELLED_LATE = "cancelled_late"
    SUBSTITUTED = "substituted"
    NO_SHOW = "no_show"
    EXCUSED = "excused"


class AssignmentAction(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    FILL = "fill"
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    VERIFY = "verify"
    CANCEL = "cancel"
    RELEASE = "release"
    SUBSTITUTE = "substitute"
    MISS = "miss"
    EXCUSE = "excuse"


class CheckMethod(StrEnum):
    POSITION = "position"
    """The helper's phone is within the place's fence."""
    QR = "qr"
    """The helper has scanned the code the organizer shows, of activities."""
    ORGANIZER = "organizer"
    """A grid worker, or the organizer of an activity, witnesses it."""


_S, _A = AssignmentState, AssignmentAction
_SYSTEM = frozenset({Relation.SYSTEM})
_HOLDER = frozenset({Relation.HOLDER})
_GRID = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN})
_MAY_BE_LEFT = frozenset({_S.ACCEPTED, _S.CHECKED_OUT})
"""Who served already may be wanted again: the work was not done, or sent back."""

ASSIGNMENT = Lifecycle(
    "assignment",
    "接单记录",
    initial=_S.INVITED,
    actions=AssignmentAction,
    state_names={
        _S.INVITED: "已邀请",
        _S.ACCEPTED: "已接单",
        _S.CHECKED_IN: "已签到",
        _S.CHECKED_OUT: "已签退",
        _S.VERIFIED: "已核实",
        _S.DECLINED: "已婉拒",
        _S.EXPIRED: "已过期",
        _S.FILLED: "名额已满",
        _S.CANCELLED_EARLY: "提前取消",
        _S.CANCELLED_LATE: "临时取消",
        _S.SUBSTITUTED: "已由他人接替",
        _S.NO_SHOW: "未到场",
        _S.EXCUSED: "有正当理由",
    },
    action_names={
        _A.ACCEPT: "接单",
        _A.DECLINE: "婉拒",
        _A.EXPIRE: "过期",
        _A.FILL: "名额已满",
        _A.CHECK_IN: "签到",
        _A.CHECK_OUT: "签退",
        _A.VERIFY: "核实",
        _A.CANCEL: "取消接单",
        _A.RELEASE: "释放",
        _A.SUBSTITUTE: "由他人接替",
        _A.MISS: "登记未到场",
        _A.EXCUSE: "认可理由",
    },
    steps=(
        Step(_A.ACCEPT, frozenset({_S.INVITED}), _S.ACCEPTED, _SYSTEM, note="随工单接单"),
        Step(_A.DECLINE, frozenset({_S.INVITED}), _S.DECLINED, _SYSTEM, note="随工单婉拒"),
        Step(_A.EXPIRE, frozenset({_S.INVITED}), _S.EXPIRED, _SYSTEM, note="答复期限已过"),
        Step(
            _A.FILL,
            frozenset({_S.INVITED}),
            _S.FILLED,
            _SYSTEM,
            note="同时邀请了几位，名额已由他人接下；不计入个人记录，以后仍可邀请",
        ),
        Step(
            _A.CHECK_IN,
            frozenset({_S.ACCEPTED, _S.CHECKED_OUT}),
            _S.CHECKED_IN,
            _HOLDER | _GRID,
            note="在服务地点范围内，或由网格员见证；同一时间只能在一处服务",
        ),
        Step(
            _A.CHECK_OUT,
            frozenset({_S.CHECKED_IN}),
            _S.CHECKED_OUT,
            _HOLDER | _GRID | _SYSTEM,
            note="记录服务时长（分钟）",
        ),
        Step(_A.VERIFY, frozenset({_S.CHECKED_OUT, _S.ACCEPTED}), _S.VERIFIED, _SYSTEM, note="点单人确认后"),
        Step(
            _A.CANCEL,
            _MAY_BE_LEFT,
            _S.CANCELLED_EARLY,
            _HOLDER,
            also=frozenset({_S.CANCELLED_LATE}),
            note="不能到场应及时告知（志愿服务条例第二十二条）；已签退的，工单还在办理中才可取消，已服务的时长保留",
        ),
        Step(
            _A.RELEASE,
            frozenset({_S.INVITED, _S.ACCEPTED, _S.CHECKED_IN, _S.CHECKED_OUT}),
            _S.EXCUSED,
            _SYSTEM,
            note="工单撤回、终止、重派时释放，不计入个人记录",
        ),
        Step(_A.SUBSTITUTE, frozenset({_S.ACCEPTED}), _S.SUBSTITUTED, _SYSTEM, note="转交时；接手人另须同意"),
        Step(_A.MISS, _MAY_BE_LEFT, _S.NO_SHOW, _GRID, note="已签退的，工单还在办理中才可登记，已服务的时长保留"),
        Step(
            _A.EXCUSE,
            frozenset({_S.NO_SHOW, _S.CANCELLED_LATE}),
            _S.EXCUSED,
            frozenset({Role.COMMUNITY_ADMIN}),
            barred=_HOLDER,
        ),
    ),
)

ACTIVE = frozenset({_S.ACCEPTED, _S.CHECKED_IN, _S.CHECKED_OUT})
"""Who holds a place in the order now; at most one a place (I1)."""
WORKED = ACTIVE | {_S.VERIFIED}
"""Whose work an order is, or was in its last round."""
UNFINISHED = frozenset({_S.ACCEPTED, _S.CHECKED_IN})
"""What counts against a helper's limit of unfinished orders."""
NOT_AGAIN = frozenset({_S.DECLINED, _S.EXPIRED, _S.CANCELLED_EARLY, _S.CANCELLED_LATE, _S.SUBSTITUTED, _S.NO_SHOW})
"""Whoever is in one of these for an order is not asked again for it without a supervisor's word."""
FENCE_M = 300.0
"""House rule: a check-in counts within this distance of the place, in metres."""
LATE_CANCEL = timedelta(hours=2)
"""House rule: a cancellation less than this before the wanted time counts as late."""


def cancelled_when(state: AssignmentState, hours_ahead: timedelta | None) -> AssignmentState:
    """Early or late: a helper who cannot come tells in time (志愿服务条例 §22). Who has served did come when it was wanted."""
    late = state is _S.ACCEPTED and hours_ahead is not None and hours_ahead < LATE_CANCEL
    return _S.CANCELLED_LATE if late else _S.CANCELLED_EARLY
