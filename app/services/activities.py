"""Activities: list, read, draw up, change."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.activities import ACTIVITY, ActivityState, check_times
from app.domain.bookings import BookingState
from app.domain.catalogue import terms_of
from app.domain.evaluations import FEWEST
from app.domain.hours import EntryKind
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation
from app.domain.places import PlaceKind
from app.domain.sign_ups import STANDING, SignUpState
from app.models import Activity, ActivityRole, HourEntry, Organization, Person, Place, SignUp
from app.schemas.activities import ActivityCreate, ActivityQuery, ActivityRead, RoleRead
from app.services import activities_roles, activities_venue, categories, people, people_rows, projects_activities
from app.services.access import READER_ROLES, at
from app.services.activities_case import ActivityCase, in_sight, load, parties_of, waiting_by_role
from app.services.outbox import publish
from app.services.places import located, paged, place_of

_COUNTED = {"volunteering", "insured", "full", "roles", "attended", "helper_minutes", "ratings", "rating_mean"}
_DERIVED = _COUNTED | {"venue_booking_state", "actions"}
_FIELDS = tuple(name for name in ActivityRead.model_fields if name not in _DERIVED)
_ROLE_FIELDS = tuple(name for name in RoleRead.model_fields if name not in {"left", "waiting"})
_KNOWS: Parties = READER_ROLES | {Relation.UNIT}
_INSIDE = ("responsible_id", "words", "evidence", "venue_booking_id", "venue_booking_state", "policy_number")
"""What only whoever works on it is told."""


async def page(session: AsyncSession, actor: Actor, query: ActivityQuery) -> Page[Activity]:
    """What the actor may see, by the time it starts."""
    access.require_anywhere(actor, "activities:list")
    rows = select(Activity).where(await in_sight(session, actor), *await _wanted(session, actor, query))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Activity, place.kind, place.id, place.path))
    if (after := id_after(query.cursor)) is not None:
        begins = select(Activity.starts_at).where(Activity.id == after).scalar_subquery()
        later = and_(Activity.starts_at == begins, Activity.id > after)
        rows = rows.where(or_(Activity.starts_at > begins, later))
    ordered = rows.order_by(Activity.starts_at, Activity.id).limit(query.limit + 1)
    return paged((await session.scalars(ordered)).all(), query.limit)


async def _wanted(session: AsyncSession, actor: Actor, query: ActivityQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.starts_from is not None:
        found.append(Activity.starts_at >= query.starts_from)
    if query.starts_until is not None:
        found.append(Activity.starts_at < query.starts_until)
    said = query.model_dump(
        exclude_none=True, include={"category", "organization_id", "series_id", "project_id", "state"}
    )
    found += [getattr(Activity, name) == value for name, value in said.items()]
    if query.open:
        found.append(_open_now())
    if query.mine:
        own = await people_rows.own_people(session, actor)
        theirs = select(SignUp.activity_id).where(SignUp.person_id.in_(own), SignUp.state.in_(STANDING))
        found.append(Activity.id.in_(theirs))
    return found


def _open_now() -> ColumnElement[bool]:
    moment = now()
    begun = Activity.sign_up_from.is_(None) | (Activity.sign_up_from <= moment)
    beside = and_(ActivityRole.district_id == Activity.district_id, ActivityRole.activity_id == Activity.id)
    free = exists().where(beside, ActivityRole.taken < ActivityRole.places)
    return and_(Activity.state == ActivityState.OPEN, begun, Activity.sign_up_until > moment, free)


async def read(session: AsyncSession, actor: Actor, activity_id: UUID) -> ActivityCase:
    case = await load(session, actor, activity_id, "activities:read", lock=False)
    access.require_anywhere(actor, "activities:read")
    return case


async def present(session: AsyncSession, actor: Actor, rows: Sequence[Activity]) -> list[dict[str, Any]]:
    """The fields of ActivityReads; of people nothing but their number."""
    ids = [row.id for row in rows]
    roles: dict[UUID, list[dict[str, Any]]] = {row_id: [] for row_id in ids}
    waiting = await waiting_by_role(session, ids)
    ordered = select(ActivityRole).where(ActivityRole.activity_id.in_(ids)).order_by(ActivityRole.position)
    for role in await session.scalars(ordered):
        fields = {name: getattr(role, name) for name in _ROLE_FIELDS}
        fields |= {"left": role.places - role.taken, "waiting": waiting.get(role.id, 0)}
        roles[role.activity_id].append(fields)
    sums, minutes = await _sums(session, ids), await _minutes(session, ids)
    booked = await activities_venue.states_of(session, rows)
    return [
        _shown(row, parties_of(row, actor), roles[row.id], booked.get(row.id))
        | sums.get(row.id, {"attended": 0, "ratings": 0, "rating_mean": None})
        | {"helper_minutes": minutes.get(row.id, 0)}
        for row in rows
    ]


def _shown(
    activity: Activity, parties: Parties, roles: list[dict[str, Any]], booked: BookingState | None
) -> dict[str, Any]:
    shown = {name: getattr(activity, name) for name in _FIELDS} | {"venue_booking_state": booked}
    if not parties & _KNOWS:
        shown |= dict.fromkeys(_INSIDE)
    return shown | {
        "volunteering": terms_of(activity.terms).volunteering,
        "insured": terms_of(activity.terms).insured,
        "full": all(role["left"] == 0 for role in roles),
        "roles": roles,
        "actions": ACTIVITY.offered(activity.state, parties),
    }


async def _sums(session: AsyncSession, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """As of projects, the mean of few voices would say who gave which."""
    came = func.count().filter(SignUp.state.in_((SignUpState.CHECKED_IN, SignUpState.CHECKED_OUT)))
    columns = (SignUp.activity_id, came.label("came"), func.count(SignUp.rating).label("rated"))
    rows = select(*columns, func.avg(SignUp.rating).label("mean")).where(SignUp.activity_id.in_(ids))
    return {
        row.activity_id: {
            "attended": row.came,
            "ratings": row.rated,
            "rating_mean": round(float(row.mean), 2) if row.rated >= FEWEST else None,
        }
        for row in await session.execute(rows.group_by(SignUp.activity_id))
    }


async def _minutes(session: AsyncSession, ids: list[UUID]) -> dict[UUID, int]:
    """Minutes recorded and not reversed."""
    undone = func.coalesce(func.sum(HourEntry.minutes).filter(HourEntry.kind == EntryKind.REVERSE), 0)
    done = func.coalesce(func.sum(HourEntry.minutes).filter(HourEntry.kind == EntryKind.RECORD), 0)
    rows = select(HourEntry.activity_id, (done - undone).label("minutes")).where(HourEntry.activity_id.in_(ids))
    found = await session.execute(rows.group_by(HourEntry.activity_id))
    return {row.activity_id: int(row.minutes) for row in found if row.activity_id is not None}


async def create(session: AsyncSession, actor: Actor, form: ActivityCreate) -> Activity:
    """A draft. Whoever acts for a unit draws up that unit's."""
    place = await place_of(session, form.place_id)
    access.require(actor, "activities:create", place.path)
    must_be_public(place)
    until = form.sign_up_until or form.starts_at
    check_times(form.starts_at, form.ends_at, form.sign_up_from, until)
    activities_roles.check(form.roles)
    await activities_venue.must_suit(session, actor, form.venue_resource_id, form.venue_quantity)
    await projects_activities.must_take(session, actor, form.project_id, place)
    activity = Activity(
        **form.model_dump(exclude={"place_id", "organization_id", "responsible_id", "sign_up_until", "roles"}),
        **located(place),
        district_id=actor.district_id,
        id=new_id(),
        state=ActivityState.DRAFT,
        terms=(await categories.terms(session, form.category)).as_json(),
        organization_id=await organizer(session, actor, form.organization_id, place),
        responsible_id=await responsible(session, actor, form.responsible_id),
        sign_up_until=until,
    )
    session.add(activity)
    target = activity.state.value
    publish(session, ACTIVITY.noun, activity, "create", actor=actor, target=target, data={"title": form.title})
    await session.flush()
    activities_roles.add(session, activity, form.roles)
    await activities_venue.book(session, activity, actor)
    await session.flush()
    return activity


def must_be_public(place: Place) -> None:
    if place.kind is PlaceKind.HOUSEHOLD:
        raise RuleBroken("活动不能设在居民家中", field="place_id")


async def organizer(session: AsyncSession, actor: Actor, wanted: UUID | None, place: Place) -> UUID | None:
    """The unit that organizes: of whoever is there for a unit their own, of staff any unit under or above the place."""
    roles = actor.roles_at(place.path)
    if not roles & READER_ROLES and roles & UNIT_ROLES:
        if actor.organization_id is None:
            raise RuleBroken("您没有所属单位", field="organization_id")
        if wanted not in {None, actor.organization_id}:
            raise RuleBroken("只能填报本单位的活动", field="organization_id")
        return actor.organization_id
    if wanted is None:
        return None
    path = await session.scalar(select(Organization.path).where(Organization.id == wanted))
    if path is None or not access.may("organizations:read", actor.roles_at(path)):
        raise NotFound("没有这个单位")
    return wanted


async def responsible(session: AsyncSession, actor: Actor, wanted: UUID | None) -> UUID:
    """Who is answerable for it: an adult with a living record."""
    person = await session.scalar(select(Person).where(Person.id == (wanted or actor.person_id)))
    if person is None:
        raise NotFound("没有这个负责人")
    people.must_live(person)
    if person.minor:
        raise RuleBroken("负责人须为成年人", field="responsible_id")
    return person.id
