"""Whoever else was asked for the last place: their invitations end with the acceptance that fills it, in its own statement.

That they were asked and another was quicker counts against nobody: a state of its own, which no rule looks at.
"""

from typing import Any

from sqlalchemy import (
    ColumnClause,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.domain.assignments import ASSIGNMENT, AssignmentAction, AssignmentState
from app.models import Assignment, Event, OutboxRow

_INVITED = AssignmentState.INVITED.value
_FILLED = AssignmentState.FILLED.value


def let_go(moved: Any) -> list[Any]:
    """What ends the other invitations of the order: the rows, their events and the outbox.

    ``moved`` is empty when somebody was quicker than this acceptance; then nothing is written here either.
    """
    ended = _ended(moved).cte("rest_ended")
    events = _told(ended, moved).cte("rest_events")
    keys = select(events.c.district_id, events.c.id)
    outbox = insert(OutboxRow).from_select(["district_id", "id"], keys, include_defaults=False)
    return [ended, events, outbox.cte("rest_outbox")]


def _ended(moved: Any) -> Any:
    asked = (Assignment.order_id == moved.c.id, text(f"assignments.state = '{_INVITED}'"))
    others = Assignment.id != bindparam("assignment", type_=Uuid())
    return (
        update(Assignment)
        .where(Assignment.district_id == bindparam("district", type_=Integer()), *asked, others)
        .values(
            state=_literal(_FILLED),
            version=Assignment.version + 1,
            updated_at=bindparam("now", type_=DateTime(timezone=True)),
        )
        .returning(Assignment.district_id, Assignment.id, Assignment.person_id, Assignment.version)
    )


def _literal(value: str) -> ColumnClause[str]:
    return literal_column(f"'{value}'", Text())


def _told(ended: Any, moved: Any) -> Any:
    """One event each, by the system. Ids are the database's, of the same kind as the app's own (RFC 9562 §5.7)."""
    about = ("'person_id'", ended.c.person_id, "'order_id'", moved.c.id)
    data = [literal_column(part) if isinstance(part, str) else cast(part, Text) for part in about]
    columns = {
        "district_id": ended.c.district_id,
        "id": func.uuidv7(),
        "aggregate": _literal(ASSIGNMENT.noun),
        "aggregate_id": ended.c.id,
        "seq": ended.c.version,
        "action": _literal(AssignmentAction.FILL.value),
        "source": _literal(_INVITED),
        "target": _literal(_FILLED),
        "actor_id": cast(null(), Uuid()),
        "path": bindparam("path", type_=Text()),
        "data": cast(func.jsonb_build_object(*data), JSONB),
        "at": bindparam("now", type_=DateTime(timezone=True)),
    }
    rows = select(*columns.values()).select_from(ended.join(moved, literal_column("true")))
    return insert(Event).from_select(list(columns), rows, include_defaults=False).returning(Event.district_id, Event.id)
