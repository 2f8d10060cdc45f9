"""What a joint meeting decided that a unit does: by when, done or not, and who is told when it is not."""

from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Relation, Role

_UNIT: Parties = frozenset({Relation.UNIT})
_COMMUNITY: Parties = frozenset({Role.COMMUNITY_ADMIN})


class DecisionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class DecisionAction(StrEnum):
    COMPLETE = "complete"
    REOPEN = "reopen"
    REASSIGN = "reassign"
    DROP = "drop"


_S, _A = DecisionState, DecisionAction
DECISION = Lifecycle(
    "meeting-decision",
    "联席会议决定事项",
    initial=_S.OPEN,
    actions=DecisionAction,
    state_names={_S.OPEN: "待办理", _S.DONE: "已办结", _S.DROPPED: "不再办理"},
    action_names={_A.COMPLETE: "办结", _A.REOPEN: "退回重办", _A.REASSIGN: "改派或改期", _A.DROP: "不再办理"},
    steps=(
        Step(_A.COMPLETE, frozenset({_S.OPEN}), _S.DONE, _UNIT, note="由办理单位写明结果"),
        Step(_A.REOPEN, frozenset({_S.DONE}), _S.OPEN, _COMMUNITY, note="结果不符，写明理由"),
        Step(
            _A.REASSIGN,
            frozenset({_S.OPEN}),
            _S.OPEN,
            _COMMUNITY,
            note="改由另一成员单位办理或另定期限，写明理由；提醒重新开始",
        ),
        Step(_A.DROP, frozenset({_S.OPEN}), _S.DROPPED, _COMMUNITY, note="写明理由"),
    ),
)
