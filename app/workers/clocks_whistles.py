"""What is due of whistles: limits to warn of or to tell the next rung about, drafts that lapse, ratings that are over."""

from app.core.clock import now
from app.domain.whistles import BEFORE_BLOWN, RATE_WINDOW
from app.models import Whistle, WhistleClock
from app.models.base import literal_in
from app.services import whistle_clocks, whistles_steps
from app.workers.clocks_due import Due, ids_of

_WAITING = literal_in("state", BEFORE_BLOWN)


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    moment = now()
    return [
        (ids_of(WhistleClock.id, "next_at IS NOT NULL", WhistleClock.next_at, moment), whistle_clocks.tell),
        (ids_of(Whistle.id, _WAITING, Whistle.lapses_at, moment), whistles_steps.lapse),
        (ids_of(Whistle.id, "state = 'acted'", Whistle.acted_at, moment - RATE_WINDOW), whistles_steps.close),
    ]
