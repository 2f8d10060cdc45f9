"""What hours may be supplemented for: an order or an activity, and who has served in it."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound, RuleBroken
from app.domain import access
from app.domain.activities import PartKind
from app.domain.co_handlings import CoHandlingState
from app.domain.people import Actor
from app.domain.sign_ups import ACTIVE
from app.models import Activity, ActivityRole, Assignment, CoHandling, Order, Person, SignUp
from app.schemas.hours import HourSupplement


async def load(session: AsyncSession, actor: Actor, form: HourSupplement) -> Order | Activity:
    """The one the form names; 404 where the actor does not see its hours."""
    if (form.order_id is None) == (form.activity_id is None):
        raise RuleBroken("须且只须指明工单或活动之一", field="activity_id")
    work: Order | Activity | None
    if form.order_id is not None:
        work = await session.scalar(select(Order).where(Order.id == form.order_id))
    else:
        work = await session.scalar(select(Activity).where(Activity.id == form.activity_id))
    if work is None or not access.may("hours:read", actor.roles_at(work.path)):
        raise NotFound("没有这个工单" if form.order_id is not None else "没有这个活动")
    return work


async def must_have_served(session: AsyncSession, work: Order | Activity, person_id: UUID) -> None:
    """404 for whoever held no place in it, and did no part of it beside its lead (联办)."""
    if isinstance(work, Activity):
        if await session.scalar(_helped(work, person_id)) is None:
            raise NotFound("此人没有以志愿者身份参加这个活动")
    elif not any([await session.scalar(query(work, person_id)) for query in (_took_part, _did_a_part)]):
        raise NotFound("此人没有承办这个工单")


def _helped(activity: Activity, person_id: UUID) -> Select[UUID]:
    """The person's place as a helper."""
    part = and_(ActivityRole.district_id == SignUp.district_id, ActivityRole.id == SignUp.role_id)
    theirs = (SignUp.activity_id == activity.id, SignUp.person_id == person_id, SignUp.state.in_(ACTIVE))
    return select(SignUp.id).join(ActivityRole, part).where(*theirs, ActivityRole.kind == PartKind.HELPER).limit(1)


def _took_part(order: Order, person_id: UUID) -> Select[UUID]:
    """A place the person held in the order, or a unit they belong to."""
    living = (Person.id == person_id, Person.merged_into_id.is_(None))
    unit = select(Person.organization_id).where(*living).scalar_subquery()
    theirs: ColumnElement[bool] = or_(Assignment.person_id == person_id, Assignment.organization_id == unit)
    held = (Assignment.order_id == order.id, Assignment.accepted_at.is_not(None), theirs)
    return select(Assignment.id).where(*held).limit(1)


def _did_a_part(order: Order, person_id: UUID) -> Select[UUID]:
    """A part the person themselves did. It has no check-in, so a supplement is the only way to its hours."""
    done = (CoHandling.order_id == order.id, CoHandling.state == CoHandlingState.DONE)
    return select(CoHandling.id).where(*done, CoHandling.person_id == person_id).limit(1)
