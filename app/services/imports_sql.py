"""The statements of an import's batch. Columns travel as arrays: one statement a table, however long the batch."""

from typing import Any

from sqlalchemy import (
    DateTime,
    FromClause,
    LargeBinary,
    Table,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.types import TypeEngine

from app.domain.clocks import Mark
from app.domain.needs import NEED, NeedSource, Privacy, Urgency
from app.models import Clock, ClockMark, Event, Need, OutboxRow

Columns = dict[str, TypeEngine[Any]]


def _table(model: Any) -> Table:
    table: Table = inspect(model).local_table
    return table


def _arrays(columns: Columns) -> FromClause:
    """``unnest`` of one array parameter a column, each named as its column."""
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items()]
    named = [column(name, kind) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*named, name="given").render_derived()


def _insert(model: Any, columns: Columns, constants: dict[str, Any]) -> Any:
    given = _arrays(columns)
    names = [*columns, *constants]
    chosen = select(*(given.c[name] for name in columns), *constants.values())
    return insert(_table(model)).from_select(names, chosen, include_defaults=False)


def _alike(model: Any, names: set[str]) -> dict[str, Any]:
    """A parameter a column, the same for every row."""
    return {name: bindparam(name, type_=_table(model).c[name].type) for name in sorted(names)}


_LOCATION: Columns = {
    name: _table(Need).c[name].type for name in ("place_id", "path", "community_id", "grid_id", "lon", "lat")
}
_STAMP = bindparam("moment", type_=DateTime(timezone=True))
_DISTRICT = bindparam("district", type_=_table(Need).c.district_id.type)
INSERT_NEEDS = (
    _insert(
        Need,
        {
            "id": Uuid(),
            "source_number": Text(),
            "title": Text(),
            "details": Text(),
            "asked_at": DateTime(timezone=True),
            "source_digest": LargeBinary(),
            "asker_name_sealed": LargeBinary(),
        },
        {
            "district_id": _DISTRICT,
            "state": literal(NEED.initial.value),
            "urgency": literal(Urgency.NORMAL.value),
            "privacy": literal(Privacy.HANDLERS.value),
            "people_concerned": literal(1),
            "source": literal(NeedSource.IMPORT.value),
            "round": literal(1),
            "appealed": literal(value=False),
            "closed_by_system": literal(value=False),
            "version": literal(1),
            "created_at": _STAMP,
            "updated_at": _STAMP,
            **{name: bindparam(name, type_=kind) for name, kind in _LOCATION.items()},
        },
    )
    .on_conflict_do_nothing(
        index_elements=["district_id", "community_id", "source_number"], index_where=text("client_id IS NULL")
    )
    .returning(_table(Need).c.id)
)
INSERT_EVENTS = _insert(
    Event,
    {"id": Uuid(), "aggregate_id": Uuid()},
    {
        "district_id": _DISTRICT,
        "aggregate": literal(NEED.noun),
        "seq": literal(1),
        "action": literal("submit"),
        "target": literal(NEED.initial.value),
        "actor_id": bindparam("actor", type_=Uuid()),
        "path": bindparam("path", type_=Text()),
        "data": bindparam("data", type_=JSONB()),
        "at": _STAMP,
    },
)
INSERT_CLOCKS = _insert(
    Clock,
    {"id": Uuid(), "subject_id": Uuid()},
    _alike(Clock, set(_table(Clock).c.keys()) - {"id", "subject_id", "paused_at", "ended_at"}),
)
INSERT_MARKS = _insert(
    ClockMark,
    {"id": Uuid(), "clock_id": Uuid()},
    _alike(ClockMark, {"district_id", "at", "time", "unit", "source"})
    | {"mark": literal(Mark.START.value), "cause": literal("submit")},
)
INSERT_OUTBOX = _insert(OutboxRow, {"id": Uuid()}, {"district_id": _DISTRICT})
_SOUGHT = _arrays({"numbers": Text()})
KNOWN = select(
    _SOUGHT.c.numbers.label("source_number"),
    select(Need.source_digest)
    .where(
        Need.community_id == bindparam("community", type_=Uuid()),
        Need.source_number == _SOUGHT.c.numbers,
        Need.client_id.is_(None),
    )
    .correlate(_SOUGHT)
    .scalar_subquery()
    .label("source_digest"),
).select_from(_SOUGHT)
"""Number by number through the unique key. As a set (``= ANY``) a table without statistics, as after a first import, is gone
through whole for every batch.
"""
