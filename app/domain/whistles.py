"""The life of a whistle 吹哨报到: a community or street calls departments, on an order or a free matter (DOMAIN.md, "Whistle").

What each called department does stands in ``whistle_calls``.
"""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from app.domain.levels import ROLE_OF, Level
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Party, Relation, Role
from app.domain.whistle_types import LADDER, LEADING

RATE_WINDOW = timedelta(days=7)
"""House rule: a whistle that all departments have acted on closes after this long, rated by both sides or not."""
MOST_CALLED = 10
"""Departments of one whistle."""
CALLERS: Parties = frozenset({Relation.PROPOSER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
"""On whose behalf it is blown: whoever drafted it, and the administrators of its place."""
_LEADER: Parties = frozenset({Relation.LEADER})
_DRAFTER = frozenset({Relation.PROPOSER})
_SYSTEM: Parties = frozenset({Relation.SYSTEM})


class WhistleState(StrEnum):
    DRAFTED = "drafted"
    APPROVED = "approved"
    DENIED = "denied"
    BLOWN = "blown"
    ACTED = "acted"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class WhistleAction(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    BLOW = "blow"
    REPLACE = "replace"
    COMPLETE = "complete"
    CLOSE = "close"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


_S, _A = WhistleState, WhistleAction
BEFORE_BLOWN = frozenset({_S.DRAFTED, _S.APPROVED})
NOT_ACTED = BEFORE_BLOWN | {_S.BLOWN}
"""In one of these a whistle ends with its order."""
ORDER_ENDED = "所附工单已结束"
AFTER_BLOWN = frozenset({_S.BLOWN, _S.ACTED, _S.CLOSED, _S.CANCELLED})
WHISTLE = Lifecycle(
    "whistle",
    "哨单",
    initial=_S.DRAFTED,
    actions=WhistleAction,
    state_names={
        _S.DRAFTED: "待审批",
        _S.APPROVED: "已批准待吹哨",
        _S.DENIED: "未批准",
        _S.BLOWN: "已吹哨",
        _S.ACTED: "已处置待互评",
        _S.CLOSED: "已办结",
        _S.WITHDRAWN: "已撤回",
        _S.CANCELLED: "已取消",
        _S.LAPSED: "已失效",
    },
    action_names={
        _A.APPROVE: "批准",
        _A.DENY: "不批准",
        _A.BLOW: "吹哨",
        _A.REPLACE: "改召其他部门",
        _A.COMPLETE: "全部处置",
        _A.CLOSE: "办结",
        _A.CANCEL: "取消",
        _A.WITHDRAW: "撤回",
        _A.LAPSE: "失效",
    },
    steps=(
        Step(
            _A.APPROVE,
            frozenset({_S.DRAFTED}),
            _S.APPROVED,
            _LEADER,
            barred=_DRAFTER,
            note="由吹哨方一级的领导批准；起草人及其代理人不得批准",
        ),
        Step(_A.DENY, frozenset({_S.DRAFTED}), _S.DENIED, _LEADER, barred=_DRAFTER, note="写明理由"),
        Step(
            _A.BLOW,
            frozenset({_S.APPROVED}),
            _S.BLOWN,
            CALLERS,
            note="召集所列部门，各有一张报到单；时限自此固定，此后种类的改动不影响本次",
        ),
        Step(
            _A.REPLACE,
            frozenset({_S.BLOWN, _S.ACTED}),
            _S.BLOWN,
            CALLERS,
            note="管辖争议成立或不再召集的部门由另一部门代替；每个部门一次哨只召集一次",
        ),
        Step(_A.COMPLETE, frozenset({_S.BLOWN}), _S.ACTED, _SYSTEM, note="没有待办的报到单，且至少一个部门已处置"),
        Step(
            _A.CLOSE,
            frozenset({_S.ACTED}),
            _S.CLOSED,
            _SYSTEM,
            note=f"双方互评完毕；{RATE_WINDOW.days} 天未评完由系统办结并注明",
        ),
        Step(
            _A.CANCEL,
            frozenset({_S.BLOWN}),
            _S.CANCELLED,
            CALLERS | _SYSTEM,
            note="写明理由；未处置的报到单一并取消并告知；所附工单结束时由系统取消",
        ),
        Step(_A.WITHDRAW, BEFORE_BLOWN, _S.WITHDRAWN, _DRAFTER),
        Step(
            _A.LAPSE,
            BEFORE_BLOWN,
            _S.LAPSED,
            _SYSTEM,
            note="逾期未审批，或批准后逾期未吹哨，或所附工单已结束；告知起草人",
        ),
    ),
)


def level_of(least: Level, depth: int, roles: Iterable[Party]) -> Level:
    """At which level a whistle is approved: the type's, that of its place, or that of the drafter's own office, the highest.

    ``depth``: of the place in the tree, 1 for the district itself.
    """
    at = {1: Level.DISTRICT, 2: Level.SUBDISTRICT}.get(depth, Level.COMMUNITY)
    held = [rung for rung in LEADING if ROLE_OF[rung] in frozenset(roles)]
    return max(least, at, *held, key=LADDER.index)


def leading(level: Level) -> frozenset[Role]:
    """Who leads at this level or above."""
    return frozenset(ROLE_OF[rung] for rung in LADDER[LADDER.index(level) :])


def ruling_level(level: Level) -> Level:
    """Who rules on a dispute of jurisdiction: the street, or the level above the caller; above the district there is nobody."""
    above = LADDER[min(LADDER.index(level) + 1, len(LADDER) - 1)]
    return max(Level.SUBDISTRICT, above, key=LADDER.index)
