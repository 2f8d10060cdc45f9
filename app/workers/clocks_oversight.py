"""What is due beside orders: supervisions and escalations that nobody has answered in time."""

from app.core.clock import now
from app.models import Escalation, Supervision
from app.services import escalations, supervisions_due
from app.workers.clocks_due import Due, ids_of


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    moment = now()
    return [
        (ids_of(Supervision.id, "tell_at IS NOT NULL", Supervision.tell_at, moment), supervisions_due.due),
        (ids_of(Escalation.id, "tell_at IS NOT NULL", Escalation.tell_at, moment), escalations.due),
    ]
