"""Bookings 预订 of resources: the lifecycle as one table, what fits, and what is left free.

What a resource has is never booked twice (I3). The database holds it whoever races: exclusive use by an exclusion constraint,
shared use and stock by a trigger on the locked resource. The rules here say the same in words beforehand, and say why.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.core.errors import Conflict, RuleBroken
from app.domain import availability
from app.domain.availability import DayException, Window
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Parties, Relation, Role
from app.domain.resources import Nature

HOLD_MINUTES = 30
"""House rule: how long a hold waits to be confirmed, unless it says otherwise."""
LONGEST_HOLD_MINUTES = 3 * 24 * 60
LONGEST_USE = timedelta(days=31)
"""House rule: one booking lasts no longer; whoever needs more books again."""
FREE_RANGE = timedelta(days=62)
"""How far one look at free times reaches."""


class BookingState(StrEnum):
    HELD = "held"
    CONFIRMED = "confirmed"
    FULFILLED = "fulfilled"
    RELEASED = "released"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class BookingAction(StrEnum):
    CONFIRM = "confirm"
    FULFILL = "fulfill"
    RELEASE = "release"
    EXPIRE = "expire"
    CANCEL = "cancel"


class Purpose(StrEnum):
    """What the booking is for; ``purpose_id`` names the row."""

    NEED = "need"
    ORDER = "order"
    ACTIVITY = "activity"
    PROJECT = "project"


_S, _A = BookingState, BookingAction
STAFF: Parties = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_OWNER: Parties = frozenset({Relation.OWNER})
_BOOKER: Parties = frozenset({Relation.BOOKER})
_SYSTEM: Parties = frozenset({Relation.SYSTEM})
TAKING = frozenset({_S.HELD, _S.CONFIRMED, _S.FULFILLED})
"""States in which it takes of the resource."""
PENDING = frozenset({_S.HELD, _S.CONFIRMED})
"""States in which something is still to come of it."""

BOOKING = Lifecycle(
    "booking",
    "预订",
    initial=_S.HELD,
    actions=BookingAction,
    state_names={
        _S.HELD: "暂留",
        _S.CONFIRMED: "已确认",
        _S.FULFILLED: "已使用",
        _S.RELEASED: "已释放",
        _S.EXPIRED: "暂留到期",
        _S.CANCELLED: "已取消",
    },
    action_names={
        _A.CONFIRM: "确认",
        _A.FULFILL: "登记已使用",
        _A.RELEASE: "释放",
        _A.EXPIRE: "暂留到期",
        _A.CANCEL: "取消",
    },
    steps=(
        Step(_A.CONFIRM, frozenset({_S.HELD}), _S.CONFIRMED, STAFF | _BOOKER, note="暂留期内"),
        Step(_A.FULFILL, frozenset({_S.CONFIRMED}), _S.FULFILLED, STAFF | _BOOKER | _OWNER, note="使用时间已开始"),
        Step(
            _A.RELEASE,
            PENDING,
            _S.RELEASED,
            STAFF | _BOOKER | _SYSTEM,
            note="不再需要；需求或工单未经服务即结束的，使用时间未到的由系统释放",
        ),
        Step(_A.EXPIRE, frozenset({_S.HELD}), _S.EXPIRED, _SYSTEM, note="暂留到期仍未确认"),
        Step(_A.CANCEL, PENDING, _S.CANCELLED, STAFF | _OWNER, note="写明理由，告知预订人"),
    ),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A booking that takes of a resource over a time."""

    starts_at: datetime
    ends_at: datetime
    quantity: int = 1
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to book: how much, when open, within what validity."""

    nature: Nature
    quantity: int
    starts_at: datetime
    ends_at: datetime | None = None
    windows: tuple[Window, ...] = ()
    exceptions: tuple[DayException, ...] = ()
    reserved: int = 0
    """Of stock: what is taken already."""

    def valid(self, start: datetime, end: datetime) -> bool:
        return self.starts_at <= start and (self.ends_at is None or end <= self.ends_at)


@dataclass(frozen=True, slots=True)
class Free:
    """A span in which this much is free throughout."""

    starts_at: datetime
    ends_at: datetime
    quantity: int


def check_span(nature: Nature, start: datetime | None, end: datetime | None) -> None:
    """422 when stock is given a time, or what is used over a time has none, an empty or an endless one."""
    if nature is Nature.STOCK:
        if start is not None or end is not None:
            raise RuleBroken("按库存领用的资源不填使用时间", field="starts_at")
        return
    if start is None or end is None:
        raise RuleBroken("须填写使用的起止时间", field="starts_at")
    if end <= start:
        raise RuleBroken("结束时间须晚于开始时间", field="ends_at")
    if end - start > LONGEST_USE:
        raise RuleBroken("一次预订不超过 31 天", field="ends_at")


def must_be_given_out(offer: Offer, moment: datetime) -> None:
    """409 for stock before or after its validity; of what is used over a time, that time counts (``must_fit``)."""
    if offer.nature is Nature.STOCK and not offer.valid(moment, moment):
        raise Conflict("现在不在资源的有效期内，不能领用")


def must_fit(offer: Offer, taken: Sequence[Taken], start: datetime | None, end: datetime | None, wanted: int) -> None:
    """409 when the resource is closed then, not valid, or has not that much left."""
    if start is None or end is None:
        if offer.quantity - offer.reserved < wanted:
            raise Conflict("余量不足", left=max(0, offer.quantity - offer.reserved))
        return
    if not offer.valid(start, end):
        raise Conflict("使用时间不在资源的有效期内")
    if not availability.free(offer.windows, offer.exceptions, start, end):
        raise Conflict("使用时间不在资源的开放时段内")
    left = offer.quantity - peak(taken, start, end)
    if left < wanted:
        raise Conflict("该时段已被预订" if offer.nature is Nature.EXCLUSIVE else "该时段余量不足", left=max(0, left))


def peak(taken: Iterable[Taken], start: datetime, end: datetime) -> int:
    """The most that is taken at one moment of the time. It is reached where a booking begins, or at the start."""
    there = [t for t in taken if t.starts_at < end and t.ends_at > start]
    moments = {start} | {t.starts_at for t in there if t.starts_at > start}
    return max(sum(t.quantity for t in there if t.starts_at <= m < t.ends_at) for m in moments)


def free_spans(offer: Offer, taken: Sequence[Taken], start: datetime, end: datetime) -> list[Free]:
    """When how much is free between two times, in order; where nothing is, there is a gap."""
    start = max(start, offer.starts_at)
    end = end if offer.ends_at is None else min(end, offer.ends_at)
    if offer.nature is Nature.STOCK:
        left = offer.quantity - offer.reserved
        return [Free(start, end, left)] if left > 0 and start < end else []
    found: list[Free] = []
    for since, until in availability.open_spans(offer.windows, offer.exceptions, start, end):
        edges = {m for t in taken for m in (t.starts_at, t.ends_at) if since < m < until}
        cuts = [since, *sorted(edges), until]
        for piece in itertools.pairwise(cuts):
            _add(found, *piece, offer.quantity - peak(taken, *piece))
    return found


def _add(found: list[Free], since: datetime, until: datetime, quantity: int) -> None:
    """One more span; it goes on with the one before where the same is free."""
    if quantity <= 0:
        return
    if found and found[-1].ends_at == since and found[-1].quantity == quantity:
        found[-1] = Free(found[-1].starts_at, until, quantity)
    else:
        found.append(Free(since, until, quantity))


def in_the_way(offer: Offer, taken: Sequence[Taken]) -> list[Taken]:
    """The bookings that an offer changed so would no longer hold: out of its times, or in too great a number at once."""
    return [
        t
        for t in taken
        if not offer.valid(t.starts_at, t.ends_at)
        or not availability.free(offer.windows, offer.exceptions, t.starts_at, t.ends_at)
        or peak(taken, t.starts_at, t.ends_at) > offer.quantity
    ]
