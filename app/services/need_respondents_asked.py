"""Whoever a need comes to complain about is let go from what they were asked to do for it (回避), at once and without a word why.

Who holds an order already keeps it until staff give it to others: somebody may be at the door just now.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.assignments import AssignmentState
from app.domain.co_handlings import CoHandlingState
from app.domain.people import Actor
from app.models import Assignment, CoHandling, Need, Order, Person
from app.schemas.need_respondents import NeedNameRespondent
from app.services import co_handlings_end, need_respondents, orders_case, whistles_steps
from app.services.needs_case import NeedCase
from app.services.orders_answers import uninvite


async def record(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedNameRespondent) -> NeedCase:
    """From now on the need's orders go past them, and what they were invited to is called off."""
    case = await need_respondents.record(session, actor, need_id, form)
    await release(session, case.need)
    return case


async def release(session: AsyncSession, need: Need) -> None:
    """By the system, in whose name nobody is told on. The need is locked, so that whoever accepts now comes before or after."""
    await session.flush()
    asked: dict[UUID, set[UUID]] = {}
    for order_id, assignment_id in await session.execute(_invited(need)):
        asked.setdefault(order_id, set()).add(assignment_id)
    for order_id in sorted(asked):
        case = await orders_case.load(session, None, order_id, "orders:expire")
        await uninvite(session, case, asked[order_id])
    co_handlings_end.call_off(session, list(await session.scalars(_asked_to_help(need))))
    await whistles_steps.release(session, need)
    await session.flush()


def _invited(need: Need) -> Select[UUID, UUID]:
    """Orders and invitations."""
    rows = select(Assignment.order_id, Assignment.id).join(Order, _of(Assignment)).join(Person, _asks(Assignment))
    here = (Order.need_id == need.id, Assignment.state == AssignmentState.INVITED)
    return rows.where(*here, need_respondents.against(need.id, Assignment.person_id, Person.organization_id))


def _asked_to_help(need: Need) -> Select[CoHandling]:
    """Also units: one that is complained about is no help either."""
    unit = func.coalesce(CoHandling.organization_id, Person.organization_id)
    rows = select(CoHandling).join(Order, _of(CoHandling)).outerjoin(Person, _asks(CoHandling))
    here = (Order.need_id == need.id, CoHandling.state == CoHandlingState.INVITED)
    concerned = need_respondents.against(need.id, CoHandling.person_id, unit)
    return rows.where(*here, concerned).order_by(CoHandling.id).with_for_update(of=CoHandling)


def _of(model: Any) -> ColumnElement[bool]:
    return and_(Order.district_id == model.district_id, Order.id == model.order_id)


def _asks(model: Any) -> ColumnElement[bool]:
    return and_(Person.district_id == model.district_id, Person.id == model.person_id)
