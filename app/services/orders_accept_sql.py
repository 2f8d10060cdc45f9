"""The statements of the hot verbs, built and compiled once at import."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app.core.db import HotStatement, compile_hot
from app.domain.assignments import UNFINISHED, AssignmentState
from app.domain.audit import Caller, Outcome
from app.models import (
    Account,
    Assignment,
    AuditEntry,
    AuditWaiting,
    Event,
    Grant,
    IdempotencyKey,
    Need,
    NeedFollower,
    Order,
    OutboxRow,
    Person,
    SignIn,
)
from app.models.base import literal_in
from app.services.access import lasting
from app.services.certificates import certified_by
from app.services.dispatch_times import busy_then, day_of_order
from app.services.need_respondents import against
from app.services.orders_accept_clocks import clock_ctes, hours_read
from app.services.orders_accept_rest import let_go
from app.services.orders_read import FIELDS

_TYPES: dict[str, Any] = {
    "district": Integer(),
    "now": DateTime(timezone=True),
    "next_offer_at": DateTime(timezone=True),
    "today": Date(),
    "version": BigInteger(),
    "assignment_version": BigInteger(),
    "slot": Integer(),
    "load_slot": Integer(),
    "status": Integer(),
    "fingerprint": LargeBinary(),
    "body": LargeBinary(),
} | {
    name: Uuid()
    for name in (
        *("account", "order", "need", "me", "assignment", "order_event", "sign_in", "assignment_event", "entry"),
        *("contact", "contact_mark", "signed_mark"),
    )
}


def _b(name: str) -> Any:
    return bindparam(name, type_=_TYPES.get(name, Text()))


def _json(name: str) -> Any:
    return cast(_b(name), JSONB)


def _assignments_of_order() -> Any:
    shown = ("id", "slot", "state", "person_id", "organization_id", "version", "answer_by")
    parts: list[Any] = []
    for name in shown:
        parts += [literal_column(f"'{name}'"), getattr(Assignment, name)]
    return (
        select(func.jsonb_agg(func.jsonb_build_object(*parts)))
        .where(Assignment.district_id == Order.district_id, Assignment.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )


def _my_load_slots() -> Any:
    mine = aliased(Assignment, name="mine")
    return (
        select(func.array_agg(mine.load_slot))
        .where(
            mine.district_id == Person.district_id,
            mine.person_id == Person.id,
            text(literal_in("mine.state", UNFINISHED)),
        )
        .correlate(Person)
        .scalar_subquery()
    )


def _grants() -> Any:
    """The person's grants in force, each as ``[role, place_id, path, place_kind]``."""
    parts = (Grant.role, Grant.place_id, Grant.path, Grant.place_kind)
    return (
        select(func.jsonb_agg(func.jsonb_build_array(*parts)))
        .where(
            Grant.district_id == Person.district_id,
            Grant.person_id == Person.id,
            Grant.starts_at <= _b("now"),
            or_(Grant.ends_at.is_(None), Grant.ends_at > _b("now")),
        )
        .correlate(Person)
        .scalar_subquery()
    )


_ANSWERED = ("fingerprint", "status", "headers", "body")
"""What is kept of an answer given before."""


def _read() -> HotStatement:
    """All in one: who asks, with their grants, load and skills; the order if it is there, its assignments; this key's answer.

    No row: the account is disabled, or the sign-in has ended. A row without an order: there is none.
    """
    same_key = and_(
        IdempotencyKey.district_id == Account.district_id,
        IdempotencyKey.caller_id == Account.person_id,
        IdempotencyKey.key == _b("key"),
    )
    query = (
        select(
            *(getattr(Order, name) for name in (*FIELDS, "path", "terms", "insured_until")),
            or_(Need.asker_id == Account.person_id, Need.submitted_by == Account.person_id).label("is_asker"),
            Person.skills,
            Person.load_limit,
            certified_by(day_of_order(_b("today"))).label("certified"),
            against(Order.need_id, Account.person_id, Person.organization_id).label("respondent"),
            busy_then().label("busy"),
            Person.organization_id,
            SignIn.method.label("sign_in_method"),
            SignIn.second_factor,
            _grants().label("grants"),
            _assignments_of_order().label("assignments"),
            _my_load_slots().label("load_slots"),
            hours_read().label("office_hours"),
            *(getattr(IdempotencyKey, name).label(f"key_{name}") for name in _ANSWERED),
        )
        .select_from(Account)
        .join(Person, and_(Person.district_id == Account.district_id, Person.id == Account.person_id))
        .join(SignIn, lasting(_b("sign_in")))
        .outerjoin(Order, and_(Order.district_id == Account.district_id, Order.id == _b("order")))
        .outerjoin(Need, and_(Need.district_id == Order.district_id, Need.id == Order.need_id))
        .outerjoin(IdempotencyKey, same_key)
        .where(Account.id == _b("account"), Account.disabled_at.is_(None))
    )
    return compile_hot(query)


def _still_oneself() -> Any:
    """Nobody has merged or erased the person's record meanwhile: whoever does locks it, and the lock is waited for.

    Nor has anybody written down that the need complains about them since it was read.
    """
    me = (Person.district_id == _b("district"), Person.id == _b("me"))
    lives = (Person.merged_into_id.is_(None), Person.erased_at.is_(None))
    apart = ~against(_b("need"), Person.id, Person.organization_id)
    return exists(select(Person.id).where(*me, *lives, apart).with_for_update(read=True, key_share=True))


def _moved() -> Any:
    return (
        update(Order)
        .where(Order.district_id == _b("district"), Order.id == _b("order"), Order.version == _b("version"))
        .where(_still_oneself())
        .values(
            state=text_of("target"),
            people_accepted=Order.people_accepted + 1,
            next_offer_at=_b("next_offer_at"),
            version=Order.version + 1,
            updated_at=_b("now"),
        )
        .returning(Order.id)
        .cte("moved")
    )


def text_of(name: str) -> Any:
    """A text parameter for an enum column: the value is checked by the column's CHECK."""
    return cast(_b(name), Text)


def _taken(moved: Any) -> Any:
    """A new assignment for whoever takes from the pool."""
    columns = {
        "district_id": _b("district"),
        "id": _b("assignment"),
        "order_id": moved.c.id,
        "path": _b("path"),
        "slot": _b("slot"),
        "load_slot": _b("load_slot"),
        "person_id": _b("me"),
        "state": literal_column(f"'{AssignmentState.ACCEPTED.value}'"),
        "accepted_at": _b("now"),
        "version": literal_column("1"),
        "created_at": _b("now"),
        "updated_at": _b("now"),
    }
    rows = select(*columns.values()).select_from(moved)
    return insert(Assignment).from_select(list(columns), rows, include_defaults=False).returning(Assignment.id)


def _accepted(moved: Any) -> Any:
    """The invitation answered, if it is still as it was read."""
    return (
        update(Assignment)
        .where(
            Assignment.district_id == _b("district"),
            Assignment.id == _b("assignment"),
            Assignment.version == _b("assignment_version"),
            Assignment.order_id == moved.c.id,
        )
        .values(
            state=literal_column(f"'{AssignmentState.ACCEPTED.value}'"),
            slot=_b("slot"),
            load_slot=_b("load_slot"),
            accepted_at=_b("now"),
            version=Assignment.version + 1,
            updated_at=_b("now"),
        )
        .returning(Assignment.id)
    )


def _event(
    moved: Any, noun: str, event: str, aggregate: str, version: str, action: str, source: str, target: Any
) -> Any:
    return select(
        _b("district").label("district_id"),
        _b(event).label("id"),
        _b(noun).label("aggregate"),
        _b(aggregate).label("aggregate_id"),
        (_b(version) + 1).label("seq"),
        _b(action).label("action"),
        _b(source).label("source"),
        target.label("target"),
        _b("me").label("actor_id"),
        _b("path").label("path"),
        _json("told").label("data"),
        _b("now").label("at"),
    ).select_from(moved)


def _events(moved: Any) -> Any:
    accepted = literal_column(f"'{AssignmentState.ACCEPTED.value}'", Text())
    rows = union_all(
        _event(moved, "order_noun", "order_event", "order", "version", "action", "source", text_of("target")),
        _event(
            moved,
            "assignment_noun",
            "assignment_event",
            "assignment",
            "assignment_version",
            "assignment_action",
            "assignment_source",
            accepted,
        ),
    )
    columns = list(rows.selected_columns.keys())
    return insert(Event).from_select(columns, rows, include_defaults=False).returning(Event.id)


def _kept_answer(moved: Any) -> Any:
    columns = {
        "district_id": _b("district"),
        "caller_id": _b("me"),
        "key": _b("key"),
        "fingerprint": _b("fingerprint"),
        "status": _b("status"),
        "headers": _json("headers"),
        "body": _b("body"),
        "created_at": _b("now"),
    }
    rows = select(*columns.values()).select_from(moved).where(_b("key").is_not(null()))
    return insert(IdempotencyKey).from_select(list(columns), rows, include_defaults=False)


def _entry(moved: Any) -> Any:
    """The call's entry in the audit trail."""
    columns = {
        "district_id": _b("district"),
        "id": _b("entry"),
        "at": _b("now"),
        "caller": literal_column(f"'{Caller.PERSON.value}'"),
        "actor_id": _b("me"),
        "sign_in_id": _b("sign_in"),
        "address": _b("address"),
        "operation": _b("operation"),
        "outcome": literal_column(f"'{Outcome.DONE.value}'"),
        "status": _b("status"),
        "subject_id": moved.c.id,
        "opened": literal_column("'{}'::text[]"),
        "data": literal_column("'{}'::jsonb"),
    }
    rows = select(*columns.values()).select_from(moved)
    return insert(AuditEntry).from_select(list(columns), rows, include_defaults=False).returning(AuditEntry.id)


def _write(assignment: Any, rest: Any = None) -> HotStatement:
    """All changes of one acceptance; answers one row when they were made, none when the order had moved on."""
    moved = _moved()
    events = _events(moved).cte("events_written")
    outbox = insert(OutboxRow).from_select(
        ["district_id", "id"], select(_b("district"), events.c.id), include_defaults=False
    )
    entry = _entry(moved).cte("entry_written")
    waiting = insert(AuditWaiting).from_select(
        ["district_id", "id"], select(_b("district"), entry.c.id), include_defaults=False
    )
    query = (
        select(moved.c.id)
        .add_cte(assignment(moved).cte("assigned"), events, outbox.cte("outbox_written"))
        .add_cte(_kept_answer(moved).cte("key_written"), entry, waiting.cte("waiting_written"))
        .add_cte(*(rest(moved) if rest else ()), *clock_ctes(moved, _b))
    )
    return compile_hot(query)


READ = _read()
FOLLOWS = compile_hot(
    select(NeedFollower.id).where(NeedFollower.need_id == _b("need"), NeedFollower.person_id == _b("me")).limit(1)
)
WRITE_TAKE = _write(_taken)
WRITE_ACCEPT = _write(_accepted)
WRITE_ACCEPT_LAST = _write(_accepted, let_go)
"""Of whoever fills the last place while others still think about it."""
