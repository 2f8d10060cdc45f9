"""Resources 资源库: what organizations and people offer. The lifecycle as one table, the kinds, and how each may be used.

How much of a resource is taken has one of three natures. *Exclusive*: one user at a time (a room, a person's hours). *Shared*: so
many at the same time (twenty chairs). *Stock*: used up (goods in pieces, money in fen).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from app.core.errors import RuleBroken
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import HELPERS, UNIT_ROLES, Parties, Relation, Role


class ResourceKind(StrEnum):
    VENUE = "venue"
    EXPERTISE = "expertise"
    """人才: what people know and can do."""
    MATERIALS = "materials"
    FUNDS = "funds"
    SERVICE = "service"
    INFORMATION = "information"


class Nature(StrEnum):
    EXCLUSIVE = "exclusive"
    SHARED = "shared"
    STOCK = "stock"


_N, _K = Nature, ResourceKind
NATURES: dict[ResourceKind, tuple[Nature, ...]] = {
    _K.VENUE: (_N.EXCLUSIVE, _N.SHARED),
    _K.EXPERTISE: (_N.EXCLUSIVE, _N.SHARED),
    _K.MATERIALS: (_N.STOCK, _N.SHARED),
    _K.FUNDS: (_N.STOCK,),
    _K.SERVICE: (_N.SHARED, _N.EXCLUSIVE, _N.STOCK),
    _K.INFORMATION: (_N.SHARED,),
}
"""kind → how it may be used; the first is meant when nothing is said."""
FUNDS_UNIT = "分"
"""Money is counted in fen."""
MOST = 10**12
"""The largest quantity: ten thousand million yuan in fen."""
REMIND_DAYS = 14
"""House rule: how long before its end the owner is reminded, unless the offer says otherwise."""


class ResourceState(StrEnum):
    OFFERED = "offered"
    LISTED = "listed"
    PAUSED = "paused"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class ResourceAction(StrEnum):
    PUBLISH = "publish"
    REFUSE = "refuse"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


_S, _A = ResourceState, ResourceAction
STAFF: frozenset[Role] = frozenset(
    {Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN}
)
OFFERERS: Parties = STAFF | UNIT_ROLES | HELPERS | {Role.RESIDENT}
_OWNER: frozenset[Relation] = frozenset({Relation.OWNER})
_SYSTEM: Parties = frozenset({Relation.SYSTEM})
USABLE = frozenset({_S.LISTED})
"""States in which it can be booked."""
STANDING = frozenset({_S.OFFERED, _S.LISTED, _S.PAUSED})
"""States in which it is still on offer."""
SHOWN = frozenset({_S.LISTED, _S.PAUSED})
"""States in which whom it serves sees it."""

RESOURCE = Lifecycle(
    "resource",
    "资源",
    initial=_S.OFFERED,
    actions=ResourceAction,
    state_names={
        _S.OFFERED: "待审核",
        _S.LISTED: "已入库",
        _S.PAUSED: "暂停",
        _S.REFUSED: "未予入库",
        _S.WITHDRAWN: "已撤回",
        _S.LAPSED: "已到期",
    },
    action_names={
        _A.PUBLISH: "入库",
        _A.REFUSE: "不予入库",
        _A.PAUSE: "暂停",
        _A.RESUME: "恢复",
        _A.WITHDRAW: "撤回",
        _A.LAPSE: "到期",
    },
    steps=(
        Step(
            _A.PUBLISH, frozenset({_S.OFFERED}), _S.LISTED, STAFF, barred=_OWNER, note="有效期未过；不能审核自己提供的"
        ),
        Step(_A.REFUSE, frozenset({_S.OFFERED}), _S.REFUSED, STAFF, barred=_OWNER, note="写明理由，告知提供方"),
        Step(_A.PAUSE, frozenset({_S.LISTED}), _S.PAUSED, STAFF | _OWNER, note="不再接受新预订，已有预订照常"),
        Step(_A.RESUME, frozenset({_S.PAUSED}), _S.LISTED, STAFF | _OWNER),
        Step(_A.WITHDRAW, STANDING, _S.WITHDRAWN, STAFF | _OWNER, note="没有未完成的预订"),
        Step(_A.LAPSE, STANDING, _S.LAPSED, _SYSTEM, note="有效期已过"),
    ),
)


def nature_of(kind: ResourceKind, nature: Nature | None) -> Nature:
    """How the resource is used; 422 when its kind is not used so."""
    if nature is None:
        return NATURES[kind][0]
    if nature not in NATURES[kind]:
        raise RuleBroken("此类资源不能按这种方式使用", field="nature")
    return nature


def check_quantity(kind: ResourceKind, nature: Nature, quantity: int, unit: str) -> None:
    """422 for more than one of what only one may use at a time, and for money in another unit than fen."""
    if nature is Nature.EXCLUSIVE and quantity != 1:
        raise RuleBroken("独占使用的资源数量为 1", field="quantity")
    if (kind is ResourceKind.FUNDS) != (unit == FUNDS_UNIT):
        raise RuleBroken("资金以“分”计，其他资源不以“分”计", field="unit")


def check_validity(starts_at: datetime, ends_at: datetime | None, moment: datetime) -> None:
    """422 for a validity that is empty or over."""
    if ends_at is not None and ends_at <= max(starts_at, moment):
        raise RuleBroken("有效期的截止须晚于开始和现在", field="ends_at")


def remind_at(ends_at: datetime | None, days: int) -> datetime | None:
    """When the owner is told that the end is near."""
    return None if ends_at is None else ends_at - timedelta(days=days)
