"""What the records beside an order share: the order itself, and who sees what was recorded about it."""

from collections.abc import Collection
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.domain import access
from app.domain.levels import DISPATCHES, levels_of
from app.domain.people import Actor, Relation
from app.models import Assignment
from app.services.access import reads_all, under_path
from app.services.escalations_taken import taken_over
from app.services.orders_case import OrderCase, held_by, load


async def hold_order(session: AsyncSession, actor: Actor, order_id: UUID, permission: str) -> OrderCase:
    """The order, locked, for something that is recorded about it. 404 when it does not show itself, 403 without the permission."""
    case = await load(session, actor, order_id, "orders:read")
    actor.checked.add(permission)
    if not access.may(permission, case.parties):
        raise Forbidden()
    return case


class Aside(Protocol):
    """Something recorded about an order."""

    order_id: Any
    path: Any


async def relations(session: AsyncSession, actor: Actor, rows: Collection[Aside]) -> dict[UUID, frozenset[Relation]]:
    """By order: whether the actor holds it, and whether they dispatch it."""
    orders = {row.order_id: row.path for row in rows}
    held = set(await session.scalars(held_by(actor).where(Assignment.order_id.in_(orders))))
    taken = await taken_over(session, orders)
    found: dict[UUID, frozenset[Relation]] = {}
    for order_id, path in orders.items():
        dispatches = (DISPATCHES | taken.get(order_id, set())) & set(levels_of(actor.roles_at(path)))
        found[order_id] = frozenset(
            ({Relation.HOLDER} if order_id in held else set()) | ({Relation.DISPATCHER} if dispatches else set())
        )
    return found


def in_sight(model: Any, actor: Actor, *own: ColumnElement[bool]) -> ColumnElement[bool]:
    """Rows about orders at the reader's places or that the reader holds; and their own."""
    return or_(under_path(model, reads_all(actor)), model.order_id.in_(held_by(actor)), *own)
