"""Urges 催单 of orders: one a person and working day, counted by round; who is told of which is in ``notices_oversight``."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.errors import Forbidden, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import Actor, Relation, Role
from app.domain.urges import NOUN, UrgedAs, counted_on, must_be_first, must_be_unfinished
from app.models import Urge
from app.schemas.urges import UrgeCreate, UrgeQuery, UrgeRead
from app.services.access import READER_ROLES
from app.services.orders_aside import hold_order, in_sight, relations
from app.services.orders_case import OrderCase
from app.services.orders_case import load as load_order
from app.services.outbox import publish
from app.services.places import paged

_FIELDS = tuple(UrgeRead.model_fields)


async def shown(session: AsyncSession, actor: Actor, urges: Sequence[Urge]) -> list[dict[str, Any]]:
    """Whoever does the work is not shown who urged it, whatever else they look after."""
    around = await relations(session, actor, urges)
    return [_shown(urge, actor, holds=Relation.HOLDER in around[urge.order_id]) for urge in urges]


def _shown(urge: Urge, actor: Actor, *, holds: bool) -> dict[str, Any]:
    found = {name: getattr(urge, name) for name in _FIELDS}
    told = not holds and actor.roles_at(urge.path) & READER_ROLES
    if urge.person_id != actor.person_id and not told:
        found["person_id"] = None
    return found


async def create(session: AsyncSession, actor: Actor, form: UrgeCreate) -> Urge:
    """Urge an order that is not finished. 409 for one that is, and for the second time on a working day."""
    case = await hold_order(session, actor, form.order_id, "urges:create")
    if Relation.HOLDER in case.parties:
        raise Forbidden("承办人不能催办自己承办的工单")
    order, day = case.order, clock.today()
    must_be_unfinished(order.state)
    mine = (Urge.order_id == order.id, Urge.person_id == actor.person_id)
    must_be_first(day, await session.scalar(select(func.max(Urge.counted_on)).where(*mine)))
    urge = Urge(
        district_id=order.district_id,
        id=new_id(),
        order_id=order.id,
        path=order.path,
        round=order.round,
        number=await count(session, order.id, order.round) + 1,
        person_id=actor.person_id,
        urged_as=_as(case, actor),
        counted_on=counted_on(day),
        words=form.words,
        created_at=now(),
    )
    session.add(urge)
    data = {"order_id": str(order.id), "round": urge.round, "number": urge.number, "urged_as": urge.urged_as.value}
    publish(session, NOUN, urge, "create", actor=actor, data=data)
    await session.flush()
    return urge


async def count(session: AsyncSession, order_id: UUID, round_: int) -> int:
    """How often the order has been urged in this round."""
    found = await session.scalar(select(func.count()).where(Urge.order_id == order_id, Urge.round == round_))
    return found or 0


def _as(case: OrderCase, actor: Actor) -> UrgedAs:
    if Relation.ASKER in case.parties:
        return UrgedAs.ASKER if case.need.asker_id == actor.person_id else UrgedAs.PROXY
    if Relation.FOLLOWER not in case.parties and Role.COMMUNITY_ADMIN in case.parties:
        return UrgedAs.COMMUNITY
    return UrgedAs.FOLLOWER


async def page(session: AsyncSession, actor: Actor, query: UrgeQuery) -> Page[Urge]:
    """Of orders at the reader's places or in their hands, and the reader's own; newest first."""
    access.require_anywhere(actor, "urges:list")
    rows = select(Urge).where(in_sight(Urge, actor, Urge.person_id == actor.person_id))
    if query.order_id is not None:
        rows = rows.where(Urge.order_id == query.order_id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Urge.id < after)
    return paged((await session.scalars(rows.order_by(Urge.id.desc()).limit(query.limit + 1))).all(), query.limit)


async def load(session: AsyncSession, actor: Actor, urge_id: UUID) -> Urge:
    """404 for whoever neither looks after the order nor holds it, unless it is their own."""
    actor.checked.add("urges:read")
    found = await session.scalar(select(Urge).where(Urge.id == urge_id))
    if found is None:
        raise NotFound()
    if found.person_id != actor.person_id:
        case = await load_order(session, actor, found.order_id, "orders:read", lock=False)
        if not access.may("urges:read", case.parties):
            raise NotFound()
    return found
