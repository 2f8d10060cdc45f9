"""Co-handling 联办: others help with part of an order, beside whoever leads it (LIFECYCLE.md, "lead + invited parties").

People are asked and may decline or leave without any consequence (志愿服务条例 §25). A unit is given its part by who dispatches;
where the lead asks it, it answers like anybody who is asked.
"""

from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.orders import OrderState
from app.domain.people import Parties, Relation, Role


class CoHandlingState(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class CoHandlingAction(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    COMPLETE = "complete"
    LEAVE = "leave"
    CANCEL = "cancel"


_S, _A = CoHandlingState, CoHandlingAction
DISPATCHERS: Parties = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Relation.DISPATCHER})
"""Who may give a unit its part, as they may assign the order: a level above that has taken dispatching over as well."""
LEADS: Parties = frozenset({Relation.HOLDER, Relation.UNIT})
_PARTY = frozenset({Relation.ASKED, Relation.SUPPORT})
RUNNING = frozenset({_S.INVITED, _S.ACCEPTED})
JOINABLE = frozenset({OrderState.ACCEPTED, OrderState.IN_PROGRESS, OrderState.SUSPENDED})
"""While somebody leads the order."""
MOST_PARTIES = 20
"""House rule: how many parties may be at work on one order beside its lead."""

CO_HANDLING = Lifecycle(
    "co-handling",
    "联办",
    initial=_S.INVITED,
    begins=frozenset({_S.ACCEPTED}),
    actions=_A,
    state_names={
        _S.INVITED: "已邀请",
        _S.ACCEPTED: "协办中",
        _S.DONE: "已完成",
        _S.DECLINED: "已婉拒",
        _S.CANCELLED: "已取消",
    },
    action_names={
        _A.ACCEPT: "同意协办",
        _A.DECLINE: "婉拒",
        _A.COMPLETE: "报告完成",
        _A.LEAVE: "退出",
        _A.CANCEL: "取消",
    },
    steps=(
        Step(_A.ACCEPT, frozenset({_S.INVITED}), _S.ACCEPTED, _PARTY, note="派单人直接交给单位的不必答复"),
        Step(_A.DECLINE, frozenset({_S.INVITED}), _S.DECLINED, _PARTY, note="可不说明理由，不影响评价"),
        Step(_A.COMPLETE, frozenset({_S.ACCEPTED}), _S.DONE, _PARTY, note="写明结果；全部完成后牵头方才能报告完成"),
        Step(
            _A.LEAVE,
            frozenset({_S.ACCEPTED}),
            _S.CANCELLED,
            frozenset({Relation.ASKED}),
            note="仅限个人，不影响评价；单位须完成或由派单人取消",
        ),
        Step(
            _A.CANCEL,
            RUNNING,
            _S.CANCELLED,
            LEADS | DISPATCHERS | {Relation.SYSTEM},
            note="牵头方或派单人；工单报告时未答复的、工单结束时未完成的由系统取消",
        ),
    ),
)


SEES = {
    _S.INVITED: Relation.CO_INVITED,
    _S.ACCEPTED: Relation.CO_HANDLER,
    _S.DONE: Relation.CO_INVITED,
}
"""What a party is to the order, by the state of its part: the door is shown while there is work to do at it."""


def begins_in(*, unit: bool, parties: Parties) -> CoHandlingState:
    """A unit given its part by who dispatches has accepted it; everybody else is asked first."""
    return _S.ACCEPTED if unit and parties & DISPATCHERS and not parties & LEADS else _S.INVITED
