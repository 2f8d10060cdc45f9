"""Objections on record: who is a party to one, what was judged, and which units an order is not given to again."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.objections import Dispute, Ground, Verdict, concern
from app.domain.orders import ABOVE
from app.domain.people import Actor, Relation, Role
from app.domain.places import ancestors
from app.models import Assignment, Grant, Objection, Order, Organization
from app.services.access import in_force

_ASSIGN = ABOVE | {Role.GRID_WORKER, Role.COMMUNITY_ADMIN}
"""Who may have assigned an order: the grid, the community, or a level above that took it over."""


async def unjudged(session: AsyncSession, order_id: UUID) -> Objection | None:
    """The objection that waits for a judgement, if the order is in dispute."""
    found: Objection | None = await session.scalar(
        select(Objection).where(Objection.order_id == order_id, Objection.verdict.is_(None))
    )
    return found


async def concerns(session: AsyncSession, actor: Actor, order: Order) -> frozenset[Relation]:
    """What the actor is to the dispute over the order."""
    objection = await unjudged(session, order.id)
    if objection is None:
        return frozenset()
    unit = (objection.organization_id, objection.unit_path)
    return concern(actor, order.path, Dispute(*unit, objection.assigned_by, objection.assigned_from))


def concerns_shown(actor: Actor, path: str, shown: str | None) -> frozenset[Relation]:
    """The same from what a list has read of the objection, as JSON."""
    if shown is None:
        return frozenset()
    objection = orjson.loads(shown)
    assigned_by = objection["assigned_by"]
    unit = (UUID(objection["organization_id"]), objection["unit_path"])
    by = UUID(assigned_by) if assigned_by else None
    return concern(actor, path, Dispute(*unit, by, objection["assigned_from"]))


async def note(
    session: AsyncSession, actor: Actor, order: Order, held: Assignment, ground: Ground, basis: str
) -> Objection:
    """The objection of the unit that holds the order."""
    unit = (await session.scalars(select(Organization).where(Organization.id == held.organization_id))).one()
    objection = Objection(
        district_id=order.district_id,
        id=new_id(),
        order_id=order.id,
        path=order.path,
        organization_id=unit.id,
        unit_path=unit.path,
        assigned_by=held.invited_by,
        assigned_from=await _from(session, order, held.invited_by),
        ground=ground,
        basis=basis,
        objected_by=actor.person_id,
        objected_at=now(),
    )
    session.add(objection)
    return objection


async def _from(session: AsyncSession, order: Order, assigned_by: UUID | None) -> str:
    """The nearest place above the order that who assigned it looks after; their grants may have changed since."""
    held = (
        Grant.person_id == assigned_by,
        Grant.role.in_(_ASSIGN),
        Grant.path.in_(ancestors(order.path)),
        in_force(now()),
    )
    found = await session.scalars(select(Grant.path).where(*held))
    return max(found, key=len, default=order.path)


async def judge(session: AsyncSession, actor: Actor, order: Order, verdict: Verdict, words: str) -> dict[str, Any]:
    """Write the judgement down; what its event says of the objection. Orders disputed long ago have none on record."""
    objection = await unjudged(session, order.id)
    if objection is None:
        return {}
    objection.verdict, objection.words = verdict, words
    objection.judged_by, objection.judged_at = actor.person_id, now()
    return {"organization_id": str(objection.organization_id), "ground": objection.ground.value}


async def end(session: AsyncSession, order: Order, _: Actor | None) -> None:
    """The order has ended: what nobody has judged is moot."""
    moot = {"verdict": Verdict.MOOT, "judged_at": now()}
    waits = (Objection.order_id == order.id, Objection.verdict.is_(None))
    await session.execute(update(Objection).where(*waits).values(moot))


async def was_upheld(session: AsyncSession, order_id: UUID, unit_id: UUID) -> list[UUID | None]:
    """Who assigned the order to the unit before and was judged wrong; empty where nobody was."""
    rows = select(Objection.assigned_by).where(
        Objection.order_id == order_id, Objection.organization_id == unit_id, Objection.verdict == Verdict.UPHELD
    )
    return list(await session.scalars(rows))


async def of_order(session: AsyncSession, order_id: UUID, unit_id: UUID | None = None) -> list[Objection]:
    """All of an order, oldest first; with ``unit_id`` only that unit's."""
    rows = select(Objection).where(Objection.order_id == order_id).order_by(Objection.id)
    if unit_id is not None:
        rows = rows.where(Objection.organization_id == unit_id)
    return list(await session.scalars(rows))
