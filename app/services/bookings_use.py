"""What a resource is booked for, where it is used, and what the actor is to that."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden, NotFound, WrongState
from app.domain import access
from app.domain.activities import OVER
from app.domain.bookings import Purpose
from app.domain.needs import NeedState
from app.domain.orders import WORKED_ON
from app.domain.people import Actor, Parties
from app.domain.projects import TAKES_ACTIVITIES
from app.services import activities_case, needs_case, orders_case, projects_case

_WORKED_ON = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE, NeedState.PLANNED})
"""States of a need in which something is being done for it."""


@dataclass(frozen=True, slots=True)
class Use:
    """One purpose at one place."""

    purpose: Purpose
    purpose_id: UUID
    place_id: UUID
    path: str
    booker_id: UUID | None = None
    """Whoever is answerable for the purpose, where the booking is theirs and not whose hand made it."""


async def for_need(session: AsyncSession, actor: Actor, need_id: UUID) -> Use:
    case = await needs_case.load(session, actor, need_id, "bookings:hold")
    _must_be_allowed(case.parties)
    if case.need.state not in _WORKED_ON:
        raise WrongState("需求已入库且未办结时才能预订资源", state=case.need.state.value)
    return Use(Purpose.NEED, need_id, case.need.place_id, case.need.path)


async def for_order(session: AsyncSession, actor: Actor, order_id: UUID) -> Use:
    case = await orders_case.load(session, actor, order_id, "bookings:hold")
    _must_be_allowed(case.parties)
    if case.order.state not in WORKED_ON:
        raise WrongState("工单已结束，不能再预订资源", state=case.order.state.value)
    return Use(Purpose.ORDER, order_id, case.order.place_id, case.order.path)


async def for_activity(session: AsyncSession, actor: Actor, activity_id: UUID) -> Use:
    """Held until the booking is written: whoever cancels the activity gives it back with the others."""
    case = await activities_case.load(session, actor, activity_id, "bookings:hold")
    _must_be_allowed(case.parties)
    activity = case.activity
    if activity.state in OVER:
        raise WrongState("活动已结束或已取消，不能再预订资源", state=activity.state.value)
    return Use(Purpose.ACTIVITY, activity_id, activity.place_id, activity.path)


async def for_project(session: AsyncSession, actor: Actor, project_id: UUID) -> Use:
    """Held as an activity is."""
    case = await projects_case.load(session, actor, project_id, "projects:read")
    actor.checked.add("bookings:hold")
    _must_be_allowed(case.parties)
    project = case.project
    if project.state not in TAKES_ACTIVITIES:
        raise WrongState("项目列入清单后、报告完成前才能预订资源", state=project.state.value)
    return Use(Purpose.PROJECT, project_id, project.place_id, project.path)


def _must_be_allowed(parties: Parties) -> None:
    if not access.may("bookings:hold", parties):
        raise Forbidden()


_LOADERS: dict[Purpose, Callable[[AsyncSession, Actor, UUID], Awaitable[Use]]] = {
    Purpose.NEED: for_need,
    Purpose.ORDER: for_order,
    Purpose.ACTIVITY: for_activity,
    Purpose.PROJECT: for_project,
}


async def load(session: AsyncSession, actor: Actor, purpose: Purpose, purpose_id: UUID) -> Use:
    """404 for what the actor does not see, 403 for who may not book for it, 409 when nothing is being done for it. Held, so that
    it does not end meanwhile; need before order before resource, as by every verb.
    """
    try:
        return await _LOADERS[purpose](session, actor, purpose_id)
    except NotFound as missing:
        raise NotFound("没有这个用途") from missing
