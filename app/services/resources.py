"""Resources: offer, list, change, take through their lifecycle."""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain import access, availability, bookings
from app.domain.bookings import PENDING, Offer
from app.domain.people import UNIT_ROLES, Actor, Relation
from app.domain.resources import (
    RESOURCE,
    SHOWN,
    STAFF,
    ResourceAction,
    check_quantity,
    check_validity,
    nature_of,
    remind_at,
)
from app.models import Booking, Organization, Person, Place, Resource, ResourceException, ResourceWindow
from app.schemas.resources import (
    ResourceOffer,
    ResourcePause,
    ResourcePublish,
    ResourceRefuse,
    ResourceResume,
    ResourceSetWindows,
    ResourceUpdate,
    ResourceWithdraw,
)
from app.services import categories
from app.services.due import must_be_due
from app.services.outbox import hold, publish
from app.services.places import located, must_be_in_a_community, place_of
from app.services.resources_case import ResourceCase, acts_for, decide, load, move, parties_of, times_of

_REVIEWED = frozenset({"name", "details", "categories"})
_SHOWN_MOST = 20
"""How many bookings a refusal names."""


async def offer(session: AsyncSession, actor: Actor, form: ResourceOffer) -> ResourceCase:
    """Offer a resource of one's own, of the unit one acts for, or as staff of the place for a unit."""
    place = await place_of(session, form.place_id)
    access.require(actor, "resources:offer", place.path)
    owner = await _owner(session, actor, form, place)
    must_be_in_a_community(place)
    area = await _area(session, actor, form.service_place_id)
    nature, moment = nature_of(form.kind, form.nature), now()
    check_quantity(form.kind, nature, form.quantity, form.unit)
    await categories.must_be_services(session, form.categories)
    starts_at = form.starts_at or moment
    check_validity(starts_at, form.ends_at, moment)
    copied = {"kind", "name", "details", "categories", "quantity", "unit", "ends_at", "remind_days"}
    resource = Resource(
        district_id=actor.district_id,
        id=new_id(),
        state=RESOURCE.initial,
        nature=nature,
        offered_by=actor.person_id,
        starts_at=starts_at,
        remind_at=remind_at(form.ends_at, form.remind_days),
        reserved=0,
        service_place_id=area.id,
        service_path=area.path,
        created_at=moment,
        **owner,
        **form.model_dump(include=copied),
        **located(place),
    )
    session.add(resource)
    data = {"kind": form.kind.value}
    publish(session, RESOURCE.noun, resource, "offer", actor=actor, target=resource.state.value, data=data)
    await session.flush()
    _add_times(session, resource, form)
    await session.flush()
    return ResourceCase(resource, parties_of(actor, resource))


async def _owner(session: AsyncSession, actor: Actor, form: ResourceOffer, place: Place) -> dict[str, UUID]:
    if form.organization_id is None:
        if not actor.roles_at(place.path) - UNIT_ROLES:
            raise RuleBroken("请填写提供单位", field="organization_id")
        await _must_live(session, actor)
        return {"person_id": actor.person_id}
    unit = await session.scalar(select(Organization).where(Organization.id == form.organization_id))
    roles = actor.roles_at(unit.path) if unit else frozenset()
    if unit is None or not (roles & STAFF or acts_for(actor, unit.id)):
        if unit is not None and roles & UNIT_ROLES:
            raise Forbidden("只能代表自己的单位提供资源")
        raise NotFound("没有这个单位")
    return {"organization_id": unit.id}


async def _must_live(session: AsyncSession, actor: Actor) -> None:
    """Nothing is offered in the name of a record that is erased or merged, nor by a minor."""
    person = await session.scalar(select(Person).where(Person.id == actor.person_id).with_for_update(read=True))
    if person is None or person.erased_at is not None or person.merged_into_id is not None:
        raise NotFound("没有这个人")
    if person.minor:
        raise RuleBroken("未满十四周岁不能提供资源", field="organization_id")


async def _area(session: AsyncSession, actor: Actor, place_id: UUID) -> Place:
    """The service area: a place where the actor has a role."""
    area = await place_of(session, place_id)
    if not actor.roles_at(area.path):
        raise RuleBroken("服务范围不能超出您所在的辖区", field="service_place_id")
    return area


def _add_times(session: AsyncSession, resource: Resource, form: ResourceOffer | ResourceSetWindows) -> None:
    """State the week and the days that are not like it; 422 for overlaps."""
    windows = [window.plain() for window in form.windows]
    exceptions = [exception.plain() for exception in form.exceptions]
    availability.check(windows, exceptions)
    own = {"district_id": resource.district_id, "resource_id": resource.id}
    session.add_all(
        ResourceWindow(id=new_id(), weekday=w.weekday, from_minute=w.from_minute, until_minute=w.until_minute, **own)
        for w in windows
    )
    session.add_all(
        ResourceException(
            id=new_id(), on=e.on, free=e.free, from_minute=e.from_minute, until_minute=e.until_minute, **own
        )
        for e in exceptions
    )


async def update(
    session: AsyncSession, actor: Actor, resource_id: UUID, version: int, form: ResourceUpdate
) -> ResourceCase:
    """Change what was sent. Less than is booked, or an earlier end, is refused with what stands in the way."""
    case = await _to_change(session, actor, resource_id, version, "resources:update")
    resource, sent = case.resource, form.model_fields_set
    _must_be_reviewed(case, sent)
    if "categories" in sent:
        await categories.must_be_services(session, form.categories)
    if "quantity" in sent:
        check_quantity(resource.kind, resource.nature, form.quantity, resource.unit)
    if "ends_at" in sent:
        check_validity(resource.starts_at, form.ends_at, now())
    quantity = form.quantity if "quantity" in sent else resource.quantity
    ends_at = form.ends_at if "ends_at" in sent else resource.ends_at
    offered = (await times_of(session, [resource.id])).offer(resource)
    await _must_hold(session, resource, replace(offered, quantity=quantity, ends_at=ends_at))
    for name in sent:
        setattr(resource, name, getattr(form, name))
    if sent & {"ends_at", "remind_days"}:
        resource.remind_at, resource.reminded_at = remind_at(resource.ends_at, resource.remind_days), None
    publish(session, RESOURCE.noun, resource, "update", actor=actor, data={"fields": sorted(sent)})
    await session.flush()
    return case


def _must_be_reviewed(case: ResourceCase, sent: Set[str]) -> None:
    """409 for words on the list that nobody but the owner has looked at: they were listed by somebody else for what they say."""
    reviews = case.parties & STAFF and Relation.OWNER not in case.parties
    if case.resource.state in SHOWN and sent & _REVIEWED and not reviews:
        raise Conflict("入库后名称、说明和类别由工作人员修改")


async def _to_change(
    session: AsyncSession, actor: Actor, resource_id: UUID, version: int, permission: str
) -> ResourceCase:
    case = await load(session, actor, resource_id, permission)
    if not access.may(permission, case.parties):
        raise Forbidden()
    await hold(session, case.resource, version)
    if case.resource.state in RESOURCE.final:
        raise Conflict("资源已不在库中，不能修改")
    return case


async def set_windows(
    session: AsyncSession, actor: Actor, resource_id: UUID, version: int, form: ResourceSetWindows
) -> ResourceCase:
    """Replace the week and its exceptions; refused while a booking would fall outside."""
    case = await _to_change(session, actor, resource_id, version, "resources:set_windows")
    resource = case.resource
    windows, exceptions = [w.plain() for w in form.windows], [e.plain() for e in form.exceptions]
    availability.check(windows, exceptions)
    offered = (await times_of(session, [resource.id])).offer(resource)
    await _must_hold(session, resource, replace(offered, windows=tuple(windows), exceptions=tuple(exceptions)))
    await session.execute(delete(ResourceWindow).where(ResourceWindow.resource_id == resource.id))
    await session.execute(delete(ResourceException).where(ResourceException.resource_id == resource.id))
    _add_times(session, resource, form)
    publish(session, RESOURCE.noun, resource, "set_windows", actor=actor, data={"windows": len(windows)})
    await session.flush()
    return case


async def _must_hold(session: AsyncSession, resource: Resource, wished: Offer) -> None:
    """409 with the bookings that stand in the way, when there are any."""
    if resource.reserved > wished.quantity:
        raise Conflict(f"已被预订 {resource.reserved}{resource.unit}，不能少于此数", reserved=resource.reserved)
    coming = (await times_of(session, [resource.id])).taking(resource.id)
    if found := [str(taken.id) for taken in bookings.in_the_way(wished, coming)]:
        raise Conflict(f"有 {len(found)} 个预订与此不合，请先处理", bookings=found[:_SHOWN_MOST])


async def publish_resource(session: AsyncSession, actor: Actor, resource_id: UUID, _: ResourcePublish) -> ResourceCase:
    """入库: listed, and to be booked from now on."""
    case = await load(session, actor, resource_id, "resources:publish")
    step = decide(case, ResourceAction.PUBLISH)
    check_validity(case.resource.starts_at, case.resource.ends_at, now())
    move(session, case, step, actor)
    return case


async def refuse(session: AsyncSession, actor: Actor, resource_id: UUID, form: ResourceRefuse) -> ResourceCase:
    case = await load(session, actor, resource_id, "resources:refuse")
    step = decide(case, ResourceAction.REFUSE)
    case.resource.state_words = form.words
    move(session, case, step, actor)
    return case


async def pause(session: AsyncSession, actor: Actor, resource_id: UUID, _: ResourcePause) -> ResourceCase:
    case = await load(session, actor, resource_id, "resources:pause")
    move(session, case, decide(case, ResourceAction.PAUSE), actor)
    return case


async def resume(session: AsyncSession, actor: Actor, resource_id: UUID, _: ResourceResume) -> ResourceCase:
    case = await load(session, actor, resource_id, "resources:resume")
    move(session, case, decide(case, ResourceAction.RESUME), actor)
    return case


async def withdraw(session: AsyncSession, actor: Actor, resource_id: UUID, form: ResourceWithdraw) -> ResourceCase:
    """Take it off. Who has booked it is not left standing: bookings to come are dealt with first."""
    case = await load(session, actor, resource_id, "resources:withdraw")
    step = decide(case, ResourceAction.WITHDRAW)
    pending = select(Booking.id).where(Booking.resource_id == resource_id, Booking.state.in_(PENDING))
    found = [str(row) for row in await session.scalars(pending.order_by(Booking.id))]
    if found:
        raise Conflict(f"还有 {len(found)} 个未完成的预订，请先处理", bookings=found[:_SHOWN_MOST])
    case.resource.state_words = form.words
    move(session, case, step, actor)
    return case


async def lapse(session: AsyncSession, resource_id: UUID) -> None:
    """Its validity is over. Bookings lie within the validity, so none is to come."""
    case = await load(session, None, resource_id, "resources:lapse")
    must_be_due(None, case.resource.ends_at)
    move(session, case, decide(case, ResourceAction.LAPSE), None)


async def remind(session: AsyncSession, resource_id: UUID) -> None:
    """Tell the owner and the community, once, that the end is near."""
    case = await load(session, None, resource_id, "resources:remind")
    resource = case.resource
    if resource.reminded_at is not None or resource.state in RESOURCE.final:
        raise Conflict("已提醒过")
    must_be_due(None, resource.remind_at)
    resource.reminded_at = now()
    publish(session, RESOURCE.noun, resource, "remind", actor=None, data={"ends_at": _day(resource.ends_at)})


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def sees_all(case: ResourceCase) -> bool:
    """Whose it is, and whoever works at its place, sees where a person's offer is."""
    return bool(case.parties & (STAFF | {Relation.OWNER}))


def shown_place(case: ResourceCase) -> dict[str, Any]:
    """Where it is. What a person offers may well lie in their home: others see the area it serves, and no more."""
    resource = case.resource
    if resource.person_id is not None and not sees_all(case):
        return {"place_id": None, "lon": None, "lat": None, "person_id": None}
    return {name: getattr(resource, name) for name in ("place_id", "lon", "lat", "person_id")}
