"""Extensions 延期 of an order's limit: asked by who holds it before the limit is over, decided by somebody else (LIFECYCLE.md).

An extension moves the limit; a suspension stops the clock. Neither is a state the holder gives themselves.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.lifecycle import Lifecycle, Step
from app.domain.orders import OrderState
from app.domain.people import Actor, Relation, Role
from app.domain.work_time import Unit, time_of
from app.domain.workdays import add_working_days


class ExtensionState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    VOID = "void"


class ExtensionAction(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


class ExtensionReason(StrEnum):
    COMPLEX = "complex"
    PARTS_OR_FUNDS = "parts_or_funds"
    OTHER_UNIT = "other_unit"
    ASKER_UNAVAILABLE = "asker_unavailable"
    WEATHER = "weather"
    OTHER = "other"


REASON_NAMES = {
    ExtensionReason.COMPLEX: "情况复杂",
    ExtensionReason.PARTS_OR_FUNDS: "等待材料或资金",
    ExtensionReason.OTHER_UNIT: "须其他单位配合",
    ExtensionReason.ASKER_UNAVAILABLE: "点单人不便",
    ExtensionReason.WEATHER: "天气等不可抗力",
    ExtensionReason.OTHER: "其他",
}
MOST_APPROVED = 2
"""House rule: how often the limit of one round is moved; after that the order is planned (挂账) or escalates."""
MOST_DAYS = 30
"""House rule: how many working days one extension may ask for."""
EXTENDABLE = frozenset({OrderState.ACCEPTED, OrderState.IN_PROGRESS})
"""While the order is in somebody's hands and its clock runs."""

_S, _A = ExtensionState, ExtensionAction
_HUB = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_OWN = frozenset({Relation.HOLDER, Relation.UNIT, Relation.PROPOSER})
EXTENSION = Lifecycle(
    "extension",
    "延期",
    initial=_S.ASKED,
    actions=_A,
    state_names={
        _S.ASKED: "待批",
        _S.APPROVED: "已批准",
        _S.DENIED: "未批准",
        _S.WITHDRAWN: "已撤回",
        _S.VOID: "已失效",
    },
    action_names={_A.APPROVE: "批准", _A.DENY: "不批准", _A.WITHDRAW: "撤回", _A.LAPSE: "失效"},
    steps=(
        Step(
            _A.APPROVE,
            frozenset({_S.ASKED}),
            _S.APPROVED,
            _HUB,
            barred=_OWN,
            note=f"承办人、提出人不得批准；办结期限随之后移并告知点单人；每轮最多 {MOST_APPROVED} 次",
        ),
        Step(_A.DENY, frozenset({_S.ASKED}), _S.DENIED, _HUB, barred=_OWN, note="写明理由"),
        Step(_A.WITHDRAW, frozenset({_S.ASKED}), _S.WITHDRAWN, frozenset({Relation.PROPOSER, Relation.UNIT})),
        Step(_A.LAPSE, frozenset({_S.ASKED}), _S.VOID, frozenset({Relation.SYSTEM}), note="工单已报告、易手或结束"),
    ),
)


def asked_it(actor: Actor, path: str, asked_by: object) -> bool:
    """Whether the actor asked for it, or could decide on it only by a role that whoever asked has lent."""
    if actor.person_id == asked_by:
        return True
    others = frozenset(g.role for g in actor.grants if g.lent_by != asked_by and path.startswith(g.path))
    return bool(_HUB & actor.roles_at(path)) and not _HUB & others


def extended(due_at: datetime, working_days: int) -> datetime:
    """The limit so many working days later, at the same time of day."""
    return add_working_days(due_at, working_days)


def granted(due_at: datetime, working_days: int, unit: Unit) -> timedelta:
    """So many working days in the measure of the clock; one of clock minutes (a sender's deadline) knows no weekend."""
    if unit is Unit.CLOCK_MINUTES:
        return extended(due_at, working_days) - due_at
    return time_of(working_days, Unit.WORKING_DAYS)
