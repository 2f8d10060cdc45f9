"""What an order looks like, and to whom: one item and the list."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ScalarSelect,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.db import Database, HotStatement, compile_hot
from app.core.errors import RuleBroken
from app.core.json import dumps
from app.core.paging import id_after, id_cursor
from app.domain import access
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.catalogue import terms_of
from app.domain.co_handlings import SEES, CoHandlingState
from app.domain.levels import levels_of
from app.domain.orders import ORDER, SENT_OUT, TAKE_OVER, WORKED_ON, OrderState
from app.domain.people import HELPERS, UNIT_ROLES, Actor, Grant, Parties, Relation
from app.domain.places import NO_NEARER
from app.models import Assignment, CoHandling, Escalation, Need, NeedFollower, Objection, Order
from app.models.base import literal_in
from app.schemas.orders import OrderInsure, OrderQuery, OrderRead
from app.services import affected
from app.services.access import at_place, at_places, co_handled, place_bind, places_bound, reads_all
from app.services.need_respondents import against
from app.services.objections import concerns_shown
from app.services.orders_case import OrderCase, load, relations_by
from app.services.places import spot_of

FIELDS = tuple(name for name in OrderRead.model_fields if name != "actions")
_PRECISE = (
    access.TABLE["orders:read"] - HELPERS - {Relation.ASKED, Relation.CO_INVITED, Relation.SENDER, Relation.AFFECTED}
)
"""Who sees the door and what came of it: everyone else in the pool, asked or living there, and the client that sent it, sees
the grid.
"""
_WARNED = access.TABLE["orders:read"] - HELPERS - {Relation.AFFECTED}
"""Who is told the risks of coming, besides helpers while it is in the pool."""
_TOLD_WHY = frozenset(_PRECISE) | {Relation.SENDER, Relation.AFFECTED}
"""Who is told for what kind of reason it stands aside. In whose words it is on the books (挂账), only whoever sees the door."""
_COARSE = dict.fromkeys(("place_id", "lon", "lat", "result", "rating", "rating_words", "obstacle", "measures"))


def present(values: Mapping[str, Any], parties: Parties) -> dict[str, Any]:
    """The fields of an OrderRead, place coarsened and actions chosen for these parties."""
    shown = {name: values[name] for name in FIELDS}
    if not parties & _PRECISE:
        shown |= _COARSE
    if not parties & _WARNED and values["state"] != OrderState.PUBLISHED:
        shown["risks"] = None
    if not parties & _TOLD_WHY:
        shown["suspend_reason"] = None
    shown["actions"] = ORDER.offered(OrderState(values["state"]), parties)
    return shown


def present_case(case: OrderCase) -> dict[str, Any]:
    return present({name: getattr(case.order, name) for name in FIELDS}, case.parties)


async def read(session: AsyncSession, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """One order; 404 when it does not show itself to this actor."""
    return present_case(await load(session, actor, order_id, "orders:read", lock=False))


async def terms(session: AsyncSession, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """On what terms the order is done, and what its report brought with it; the fields of an OrderTermsRead."""
    case = await load(session, actor, order_id, "orders:read", lock=False)
    shown = case.order.evidence if case.parties & _PRECISE else None
    return {
        "order_id": case.order.id,
        "terms": terms_of(case.order.terms).as_json(),
        "evidence": shown,
        **{name: getattr(case.order, name) for name in OrderInsure.model_fields},
    }


@dataclass(frozen=True, slots=True)
class Shape:
    """Which filters a list has; each shape is compiled once. Values stay out of it."""

    scope: tuple[str, ...]
    """Kinds of the places the reader's grants stand on; empty: only what concerns the actor."""
    pool: bool
    state: OrderState | None
    working: bool
    place: str | None
    need: bool
    after: bool
    unit: tuple[str, ...]
    """Kinds of the places where the actor acts for a unit."""
    limit: int
    """Part of the statement: planned once, it must be known to be short, or a page is planned like a whole table."""
    above: bool = False
    """Whether the actor has a role that dispatches only what its level has taken over."""
    client: bool = False
    """Whether a client system asks: only for orders of needs it sent itself."""


async def page(database: Database, actor: Actor, query: OrderQuery) -> bytes:
    """A page of orders, newest first, as JSON bytes: rows go straight out, which halves the cost of a list."""
    access.require_anywhere(actor, "orders:list")
    grants, acts = _scope(actor, query), _acts(actor)
    place = await spot_of(database, actor, query.place_id) if query.place_id else None
    if place is not None and place.kind not in NO_NEARER and (query.pool or not grants):
        raise RuleBroken("没有管理角色的人只能按网格或网格以上的地点查", field="place_id")
    after = id_after(query.cursor)
    shape = Shape(
        scope=tuple(grant.place_kind for grant in grants),
        pool=query.pool,
        state=query.state,
        working=query.working,
        place=place.kind if place else None,
        need=query.need_id is not None,
        after=after is not None,
        unit=tuple(grant.place_kind for grant in acts),
        limit=query.limit + 1,
        above=bool(actor.roles & TAKE_OVER),
        client=actor.client,
    )
    values = places_bound(grants, "scope") | places_bound(acts, "acts")
    if place is not None:
        values |= place_bind("place", place.id, place.path)
    values |= {
        "me": actor.person_id,
        "unit": actor.organization_id,
        "need": query.need_id,
        "after": after,
    }
    rows = await database.hot(actor.district_id, _statement(shape), **values)
    return _page_json(rows, actor, query.limit)


def _scope(actor: Actor, query: OrderQuery) -> list[Grant]:
    if query.mine:
        return []
    return actor.grants_of(HELPERS) if query.pool else reads_all(actor)


def _acts(actor: Actor) -> list[Grant]:
    return actor.grants_of(UNIT_ROLES) if actor.organization_id is not None else []


def _page_json(rows: list[Any], actor: Actor, limit: int) -> bytes:
    sender = {Relation.SENDER} if actor.client else set()
    items = [present(row, actor.roles_at(row["path"]) | _relations(row, actor) | sender) for row in rows[:limit]]
    cursor = id_cursor(UUID(rows[limit - 1]["id"])) if len(rows) > limit else None
    return dumps({"items": items, "next_cursor": cursor})


def _relations(row: Mapping[str, Any], actor: Actor) -> frozenset[Relation]:
    found: set[Relation] = {*concerns_shown(actor, row["path"], row["objection"])}
    if row["is_asker"]:
        found.add(Relation.ASKER)
    if affected.shown(row["path"], row["affected"]):
        found.add(Relation.AFFECTED)
    if row["is_follower"]:
        found.add(Relation.FOLLOWER)
    if row["taken_by"] and set(row["taken_by"].split(",")) & set(levels_of(actor.roles_at(row["path"]))):
        found.add(Relation.DISPATCHER)
    if row["co_state"]:
        found.add(SEES[CoHandlingState(row["co_state"])])
    if row["my_state"]:
        found |= relations_by(AssignmentState(row["my_state"]), unit=False)
    if row["unit_state"]:
        found |= relations_by(AssignmentState(row["unit_state"]), unit=True)
    return frozenset(found)


_ME: Any = bindparam("me", type_=Uuid())
_OWN_UNIT: Any = bindparam("unit", type_=Uuid())
"""Which the actor belongs to, whether they act for it or not."""


def _of_unit(model: Any, shape: Shape) -> ColumnElement[bool]:
    """As ``of_unit``, the places where the actor acts for it bound."""
    return and_(model.organization_id == _OWN_UNIT, at_places(model, shape.unit, "acts")) if shape.unit else false()


def _newest_state(party: ColumnElement[bool]) -> ScalarSelect[Any]:
    return (
        select(Assignment.state)
        .where(Assignment.district_id == Order.district_id, Assignment.order_id == Order.id, party)
        .order_by(Assignment.id.desc())
        .limit(literal_column("1"))
        .correlate(Order)
        .scalar_subquery()
    )


def _co_handled(shape: Shape) -> ColumnElement[bool]:
    return co_handled(or_(CoHandling.person_id == _ME, _of_unit(CoHandling, shape)))


def _co_state(shape: Shape) -> ScalarSelect[Any]:
    """How far the actor's, or their unit's, part in an order is that others lead: 'accepted' sorts before the others."""
    here = (CoHandling.district_id == Order.district_id, CoHandling.order_id == Order.id, _co_handled(shape))
    return select(func.min(CoHandling.state.cast(Text))).where(*here).correlate(Order).scalar_subquery()


def _concerns_me(shape: Shape) -> ColumnElement[bool]:
    """Orders I am asked for, hold, help with, asked for myself or follow; short index walks instead of one long filter."""
    mine, mine_of, need = aliased(Assignment), aliased(Order), aliased(Need)
    other, followed_order = aliased(Order), aliased(Order)
    of_order = (mine_of.district_id == mine.district_id, mine_of.id == mine.order_id)
    # Whoever the need complains about sees what they hold, and not what they once were asked.
    holds = mine.state.in_([literal_column(f"'{state.value}'") for state in sorted(ACTIVE)])
    their_need = select(mine_of.need_id).where(*of_order).correlate(mine).scalar_subquery()
    may_know = or_(holds, ~against(their_need, _ME, _OWN_UNIT))
    held = select(mine.order_id).where(or_(mine.person_id == _ME, _of_unit(mine, shape)), may_know)
    asked = (
        select(other.id)
        .join(need, and_(need.district_id == other.district_id, need.id == other.need_id))
        .where(or_(need.asker_id == _ME, need.submitted_by == _ME))
    )
    followed = (
        select(followed_order.id)
        .join(
            NeedFollower,
            and_(
                NeedFollower.district_id == followed_order.district_id, NeedFollower.need_id == followed_order.need_id
            ),
        )
        .where(NeedFollower.person_id == _ME)
    )
    helped = select(CoHandling.order_id).where(_co_handled(shape))
    return Order.id.in_(held.union(asked, followed, helped))


def _sent_by_me() -> ColumnElement[bool]:
    other, need = aliased(Order), aliased(Need)
    of_need = and_(need.district_id == other.district_id, need.id == other.need_id)
    return Order.id.in_(select(other.id).join(need, of_need).where(need.client_id == _ME))


def _follows() -> ScalarSelect[Any]:
    """Asked row by row: as EXISTS, all that the person follows would be gathered first."""
    return (
        select(literal_column("true", Boolean()))
        .where(
            NeedFollower.district_id == Order.district_id,
            NeedFollower.need_id == Order.need_id,
            NeedFollower.person_id == _ME,
        )
        .limit(literal_column("1"))
        .correlate(Order)
        .scalar_subquery()
    )


def _taken_by() -> ColumnElement[Any]:
    """The levels above that dispatch an order that can be sent out. Looked for nowhere else."""
    rows = select(func.string_agg(Escalation.decided_level.cast(Text), literal_column("','"))).where(
        Escalation.district_id == Order.district_id,
        Escalation.order_id == Order.id,
        Escalation.round == Order.round,
        Escalation.takes_over,
    )
    sent_out: Any = text(literal_in("orders.state", SENT_OUT))
    return case((sent_out, rows.correlate(Order).scalar_subquery()), else_=null())


def _objection() -> ColumnElement[Any]:
    """The parties of the objection to an order in dispute: who may not judge it is not offered to. Looked for nowhere else."""
    parts: list[Any] = []
    for name in ("assigned_by", "assigned_from", "organization_id", "unit_path"):
        parts += [literal_column(f"'{name}'"), getattr(Objection, name)]
    unjudged = (Objection.order_id == Order.id, Objection.verdict.is_(None))
    rows = select(func.jsonb_build_object(*parts)).where(Objection.district_id == Order.district_id, *unjudged)
    disputed: Any = text("orders.state = 'disputed'")
    return case((disputed, rows.correlate(Order).scalar_subquery()), else_=null())


def _as_shown(name: str) -> ColumnElement[Any]:
    """Keys as texts, since they go out as such."""
    column: ColumnElement[Any] = getattr(Order, name)
    return cast(column, Text).label(name) if isinstance(column.type, Uuid) else column


@lru_cache(maxsize=512)
def _statement(shape: Shape) -> HotStatement:
    query = (
        select(
            *(_as_shown(name) for name in FIELDS),
            Order.path,
            or_(Need.asker_id == _ME, Need.submitted_by == _ME).label("is_asker"),
            _follows().label("is_follower"),
            _objection().label("objection"),
            (_taken_by() if shape.above else null()).label("taken_by"),
            affected.facts_of_order(_ME).label("affected"),
            _newest_state(Assignment.person_id == _ME).label("my_state"),
            (null() if shape.scope else _co_state(shape)).label("co_state"),
            (_newest_state(_of_unit(Assignment, shape)) if shape.unit else null()).label("unit_state"),
        )
        .join(Need, and_(Need.district_id == Order.district_id, Need.id == Order.need_id))
        .where(*_filters(shape))
        .order_by(Order.id.desc())
        .limit(literal_column(str(shape.limit)))
    )
    return compile_hot(query)


def _scoped(shape: Shape) -> ColumnElement[bool]:
    if shape.client:
        return _sent_by_me()
    if shape.scope or shape.pool:
        return at_places(Order, shape.scope, "scope")
    return _concerns_me(shape)


def _filters(shape: Shape) -> list[ColumnElement[bool]]:
    """The WHERE of a shape. States are literals: a partial index only serves a predicate written like its own."""
    found = [_scoped(shape)]
    if shape.pool:
        found.append(text("orders.state = 'published'"))  # type: ignore[arg-type]
        found.append(~against(Order.need_id, _ME, _OWN_UNIT))
    if shape.state is not None:
        found.append(text(f"orders.state = '{shape.state.value}'"))  # type: ignore[arg-type]
    if shape.working:
        found.append(text(literal_in("orders.state", WORKED_ON)))  # type: ignore[arg-type]
    if shape.place is not None:
        found.append(at_place(Order, shape.place, "place"))
    if shape.need:
        found.append(Order.need_id == bindparam("need", type_=Uuid()))
    if shape.after:
        found.append(Order.id < bindparam("after", type_=Uuid()))
    return found
