"""Which clock an order's steps start, pause, meet and stop, and how long each may take."""

from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.catalogue import Terms
from app.domain.clocks import ClockKind, Limit
from app.domain.needs import NeedState, Urgency
from app.domain.orders import ENDED, OrderAction, OrderState
from app.domain.work_time import HOUSE_HOURS, NOTHING, Unit, measure, time_of

HOUSE = "本系统规定"


class Move(StrEnum):
    """What happens to a clock. Where there is none to pause, resume, meet or stop, or one runs that would start, nothing."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    MEET = "meet"
    STOP = "stop"


_A, _K, _M = OrderAction, ClockKind, Move
Effects = tuple[tuple[ClockKind, Move], ...]

BY_ACTION: dict[OrderAction, Effects] = {
    _A.PUBLISH: ((_K.SIGN, _M.START),),
    _A.OFFER: ((_K.SIGN, _M.START),),
    _A.ASSIGN: ((_K.SIGN, _M.START), (_K.CONTACT, _M.START)),
    _A.OBJECT: ((_K.SIGN, _M.MEET),),
    _A.UPHOLD: ((_K.CONTACT, _M.STOP),),
    _A.START: ((_K.SIGN, _M.MEET), (_K.CONTACT, _M.MEET)),
    _A.REPORT: ((_K.SIGN, _M.MEET), (_K.CONTACT, _M.MEET), (_K.RESOLVE, _M.MEET)),
    _A.REWORK: ((_K.RESOLVE, _M.START),),
    _A.REOPEN: ((_K.RESOLVE, _M.START),),
}
"""A unit signs for what it was assigned by whatever it does first. Work that has begun has met the asker."""
FILLED: Effects = ((_K.SIGN, _M.MEET), (_K.CONTACT, _M.START))
"""Every place is taken: somebody has accepted."""
EMPTIED: Effects = ((_K.SIGN, _M.STOP), (_K.CONTACT, _M.STOP), (_K.RESOLVE, _M.START))
"""Open again, since whoever held it fell out: what was reported goes on."""
OVER: Effects = tuple((kind, _M.STOP) for kind in ClockKind)
ASIDE = frozenset({OrderState.SUSPENDED, OrderState.PLANNED})
_UNHELD = frozenset({OrderState.OPEN, OrderState.PUBLISHED, OrderState.OFFERED})


def effects(action: OrderAction, target: OrderState) -> Effects:
    """What a step of an order does to its clocks."""
    if target in ENDED:
        return OVER
    if action is _A.VACATE:
        return EMPTIED if target is OrderState.OPEN else ()
    if action in {_A.TAKE, _A.ACCEPT}:
        return FILLED if target is OrderState.ACCEPTED else ()
    return BY_ACTION.get(action, ())


def stands_still(state: OrderState, accepted: int, need: NeedState) -> bool:
    """Whether its clocks are paused: put aside by itself, or held by nobody while its need is on the books (挂账)."""
    return state in ASIDE or (state in _UNHELD and not accepted and need is NeedState.PLANNED)


def limits(terms: Terms, urgency: Urgency) -> dict[ClockKind, Limit]:
    """How long each may take on these terms; a kind without a limit has no clock."""
    share = {Urgency.NORMAL: 100, Urgency.URGENT: terms.urgent_percent, Urgency.CRITICAL: terms.critical_percent}[
        urgency
    ]
    amounts = {
        _K.SIGN: (terms.sign_minutes, Unit.WORKING_MINUTES, HOUSE),
        _K.CONTACT: (terms.contact_minutes, Unit.WORKING_MINUTES, HOUSE),
        _K.RESOLVE: (terms.resolve_working_days, Unit.WORKING_DAYS, terms.deadline_source or HOUSE),
    }
    return {
        kind: Limit(_share(time_of(amount, unit), share), unit, source)
        for kind, (amount, unit, source) in amounts.items()
        if amount is not None
    }


def resolved_by(limit: Limit, start: datetime, sender: datetime | None, round_: int) -> Limit:
    """The limit of the work itself: until the sender's own deadline where that is sooner, none once it has passed; first round."""
    ruler = measure(limit.unit, HOUSE_HOURS, start)
    if sender is None or round_ > 1 or ruler.add(start, limit.time) <= sender:
        return limit
    return Limit(max(sender - start, NOTHING), Unit.CLOCK_MINUTES, "来件期限")


def _share(time: timedelta, percent: int) -> timedelta:
    return time if percent == 100 else time * percent / 100
