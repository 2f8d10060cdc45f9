"""What is due of the clocks: warnings, overdue ones and those that climb; and those to be counted again."""

from sqlalchemy import select, text

from app.core.clock import now
from app.domain.clocks import OPEN
from app.domain.workdays import announced
from app.models import Clock
from app.models.base import literal_in
from app.services import clocks_tick
from app.workers.clocks_due import BATCH, Due, ids_of

_OPEN = literal_in("state", OPEN)


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it. Counted again first, so that nothing is warned of wrongly."""
    awaiting = text(f"awaits_year IS NOT NULL AND {_OPEN}")
    announced_now = select(Clock.id).where(awaiting, Clock.awaits_year <= announced()).order_by(Clock.awaits_year)
    return [
        (select(Clock.id).where(text("stale"), text(_OPEN)).order_by(Clock.id).limit(BATCH), clocks_tick.recount),
        (announced_now.limit(BATCH), clocks_tick.recount),
        (ids_of(Clock.id, _OPEN, Clock.next_at, now()), clocks_tick.look),
    ]
