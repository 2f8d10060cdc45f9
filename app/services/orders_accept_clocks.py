"""The clocks of an order in the hot verbs: whoever accepts has signed, and is to speak to the asker until then and then.

Part of the one writing statement, and nothing where the order still waits for more people or its terms set no limit.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import CTE, Boolean, Text, bindparam, cast, func, literal_column, select, text, union_all, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from app.core.ids import new_id
from app.domain.catalogue import terms_of
from app.domain.clocks import OPEN, ClockKind, ClockState, ClockSubject, Limit, Mark
from app.domain.clocks_orders import limits
from app.domain.needs import Urgency
from app.domain.orders import OrderState
from app.domain.work_time import HOUSE_HOURS, OfficeHours, Schedule, week_of
from app.models import Account, Clock, ClockMark
from app.models import OfficeHours as OfficeHoursRow
from app.models.base import literal_in
from app.services import clocks
from app.services.clocks import Bearer

_OPEN = text(literal_in("clocks.state", OPEN))
_SIGN = f"'{ClockKind.SIGN.value}'"
_CONTACT: tuple[str, ...] = (
    "kind",
    "subject",
    "round",
    "community_id",
    "grid_id",
    "level",
    "unit",
    "limit_time",
    "source",
    "extended_time",
    "left_time",
    "warn_at",
    "due_at",
    "next_at",
    "awaits_year",
    "stale",
    "version",
)


def hours_read() -> Any:
    """The district's office hours, for the reading statement."""
    pair = func.jsonb_build_array(OfficeHoursRow.valid_from, OfficeHoursRow.week)
    ordered = aggregate_order_by(pair, OfficeHoursRow.valid_from)
    rows = select(func.jsonb_agg(ordered)).where(OfficeHoursRow.district_id == Account.district_id)
    return rows.correlate(Account).scalar_subquery()


def _bound(name: str) -> Any:
    column = Clock.__table__.c[name]
    plain = Text() if name in {"kind", "subject", "unit"} else column.type
    return bindparam(f"contact_{name}", type_=plain)


def clock_ctes(moved: CTE, bind: Any) -> tuple[CTE, ...]:
    """The clock to sign met, the one to contact started, and a mark of each; ``bind`` names the statement's own values."""
    signed = (
        update(Clock)
        .where(Clock.district_id == bind("district"), Clock.subject_id == moved.c.id, _OPEN)
        .where(Clock.kind == literal_column(_SIGN), bindparam("filled", type_=Boolean()))
        .values(
            state=literal_column(f"'{ClockState.MET.value}'"),
            ended_at=bind("now"),
            next_at=None,
            paused_at=None,
            updated_at=bind("now"),
        )
        .returning(Clock.id)
        .cte("signed")
    )
    values = {
        "id": bind("contact"),
        "state": literal_column(f"'{ClockState.RUNNING.value}'"),
        "district_id": bind("district"),
        "subject_id": moved.c.id,
        "path": bind("path"),
        **dict.fromkeys(("started_at", "counted_from", "updated_at"), bind("now")),
        **{name: _bound(name) for name in _CONTACT},
    }
    begins = select(*values.values()).select_from(moved).where(bindparam("contacts", type_=Boolean()))
    contact = insert(Clock).from_select(list(values), begins, include_defaults=False).on_conflict_do_nothing()
    contacts = contact.returning(Clock.id).cte("contact_started")
    return signed, contacts, _marks(signed, contacts, bind)


def _marks(signed: CTE, contacts: CTE, bind: Any) -> CTE:
    def row(of: CTE, key: str, mark: Mark, time: Any, unit: Any, source: Any) -> Any:
        said: tuple[Any, ...] = (
            bind("now"),
            literal_column(f"'{mark.value}'"),
            cast(bind("action"), Text),
            time,
            unit,
            source,
        )
        return select(bind("district"), bind(key), of.c.id, *said).select_from(of)

    nothing: tuple[Any, ...] = (
        literal_column("NULL::interval"),
        literal_column("NULL::text"),
        literal_column("NULL::text"),
    )
    started = (_bound("limit_time"), _bound("unit"), _bound("source"))
    rows = union_all(
        row(signed, "signed_mark", Mark.MEET, *nothing), row(contacts, "contact_mark", Mark.START, *started)
    )
    columns = ["district_id", "id", "clock_id", "at", "mark", "cause", "time", "unit", "source"]
    return insert(ClockMark).from_select(columns, rows, include_defaults=False).cte("marks_written")


def values(row: Mapping[str, Any], target: OrderState, moment: datetime, district_id: int) -> dict[str, Any]:
    """What the statement is told of the clocks."""
    filled = target is OrderState.ACCEPTED
    limit = limits(terms_of(orjson.loads(row["terms"])), Urgency(row["urgency"])).get(ClockKind.CONTACT)
    told = _contact(row, limit, moment, district_id) if filled and limit is not None else dict.fromkeys(_CONTACT)
    own = {"filled": filled, "contacts": filled and limit is not None}
    ids: dict[str, UUID] = {name: new_id() for name in ("contact", "contact_mark", "signed_mark")}
    return own | ids | {f"contact_{name}": value for name, value in told.items()}


def _contact(row: Mapping[str, Any], limit: Limit, moment: datetime, district_id: int) -> dict[str, Any]:
    place = (row["path"], row["community_id"], row["grid_id"])
    bearer = Bearer(ClockSubject.ORDER, row["id"], district_id, *place, row["round"])
    said = clocks.started(bearer, ClockKind.CONTACT, limit, _hours(row["office_hours"]), moment)
    return {name: said[name] for name in _CONTACT}


def _hours(stored: str | None) -> OfficeHours:
    rows = orjson.loads(stored) if stored else ()
    return (*HOUSE_HOURS, *(Schedule(date.fromisoformat(day), week_of(week)) for day, week in rows))
