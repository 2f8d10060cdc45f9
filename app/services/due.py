"""The system acts when time has passed; a person whenever they decide to."""

from datetime import datetime

from app.core.clock import now
from app.core.errors import Conflict
from app.domain.people import Actor


def must_be_due(actor: Actor | None, moment: datetime | None) -> None:
    """409 for the system before its time: a row that was due when it was found may have moved on before it was locked."""
    if actor is None and (moment is None or moment > now()):
        raise Conflict("时间未到")
