"""The system acts when time has passed; a person whenever they decide to."""

from datetime import datetime

from app.core.clock import now
from app.core.errors import Conflict, RuleBroken
from app.domain.people import Actor


def must_be_due(actor: Actor | None, moment: datetime | None) -> None:
    """409 for the system before its time: a row that was due when it was found may have moved on before it was locked."""
    if actor is None and (moment is None or moment > now()):
        raise Conflict("时间未到")


def must_be_ahead(until: datetime) -> None:
    """422 for putting something off until a moment that has passed, also when only the approval came too late."""
    if until <= now():
        raise RuleBroken("挂账日期须在今后", field="until")
