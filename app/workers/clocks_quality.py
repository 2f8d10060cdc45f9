"""What is due in the quality loop: revisits that nobody has made in time."""

from app.core.clock import now
from app.models import Revisit
from app.services import revisits_open
from app.workers.clocks_due import Due, ids_of


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    return [(ids_of(Revisit.id, "state = 'due' AND overdue_at IS NULL", Revisit.due_at, now()), revisits_open.overdue)]
