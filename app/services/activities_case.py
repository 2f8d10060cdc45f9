"""An activity with everything a decision about it needs: its parts, and what the actor is to it. And who sees which.

Whatever happens to an activity or a sign-up of it waits for the activity's row first. So places are counted one after the other,
and no two verbs wait for each other in a ring.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.errors import Conflict, NotFound
from app.domain import access
from app.domain.activities import ACTIVITY, HIDDEN, ActivityAction, Audience, PartKind
from app.domain.catalogue import lacks_insurance, terms_of
from app.domain.lifecycle import Step
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation, Role
from app.domain.places import ancestors, below
from app.models import Activity, ActivityRole, ActivitySeries, Grant, Person, SignUp
from app.services import minors, people_rows
from app.services.access import in_force, reads_all, under
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})
_ORGANIZES: Parties = frozenset({Relation.UNIT})
_TAKE_PART = frozenset(role for role in Role if role in access.holders("activities:read"))
"""The separated administrators see nothing of the work."""


@dataclass(slots=True)
class ActivityCase:
    activity: Activity
    roles: list[ActivityRole]
    parties: Parties

    def role(self, role_id: UUID) -> ActivityRole:
        found = next((role for role in self.roles if role.id == role_id), None)
        if found is None:
            raise NotFound("活动没有这个角色")
        return found


Listed = Activity | ActivitySeries
"""What a place, a unit and somebody answerable make one's own."""


def parties_of(activity: Listed, actor: Actor | None) -> Parties:
    """Roles at its place; UNIT for whoever acts for the organizing unit or is answerable for it."""
    if actor is None:
        return SYSTEM
    roles = actor.roles_at(activity.path)
    ours = activity.organization_id is not None and activity.organization_id == actor.organization_id
    organizes = actor.person_id == activity.responsible_id or (ours and bool(roles & UNIT_ROLES))
    return roles | _ORGANIZES if organizes and not actor.client else roles


async def load(
    session: AsyncSession, actor: Actor | None, activity_id: UUID, permission: str, *, lock: bool = True
) -> ActivityCase:
    """An activity; 404 unless the actor may see it. The system, None, sees all."""
    query = select(Activity).where(Activity.id == activity_id)
    if actor is not None:
        actor.checked.add(permission)
        query = query.where(await in_sight(session, actor))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    activity = await session.scalar(query)
    if activity is None:
        raise NotFound("没有这个活动")
    return ActivityCase(activity, await roles_of(session, activity.id), parties_of(activity, actor))


async def roles_of(session: AsyncSession, activity_id: UUID) -> list[ActivityRole]:
    """As they are now: the activity is locked where they are to change."""
    query = select(ActivityRole).where(ActivityRole.activity_id == activity_id).order_by(ActivityRole.position)
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def in_sight(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    """Staff and the organizer see all of theirs; everyone else what is listed for them, and what they signed up for."""
    own = await people_rows.own_people(session, actor)
    joined = Activity.id.in_(select(SignUp.activity_id).where(SignUp.person_id.in_(own)))
    listed = and_(Activity.state.not_in(HIDDEN), or_(meant_for(actor), joined))
    return or_(under(Activity, reads_all(actor)), organized(actor), listed)


def organized(actor: Actor, model: type[Listed] = Activity) -> ColumnElement[bool]:
    """What the actor acts for: their unit's, and what they are answerable for."""
    acts = actor.grants_of(UNIT_ROLES) if actor.organization_id else []
    unit = and_(model.organization_id == actor.organization_id, under(model, acts))
    return or_(model.responsible_id == actor.person_id, unit)


def meant_for(actor: Actor, model: type[Listed] = Activity) -> ColumnElement[bool]:
    """Whom the organizer wants there: the district's people, those of the community, or the unit's own."""
    return _meant_at([grant.path for grant in actor.grants_of(_TAKE_PART)], actor.organization_id, model)


async def is_meant_for(session: AsyncSession, activity: Activity, person: Person) -> bool:
    """The same of somebody who does not ask themselves; a minor takes part where their guardians do."""
    theirs = (Grant.person_id.in_([person.id, *await minors.guardians_of(session, person)]), Grant.role.in_(_TAKE_PART))
    seats = list(await session.scalars(select(Grant.path).where(*theirs, in_force(now()))))
    meant = select(Activity.id).where(Activity.id == activity.id, _meant_at(seats, person.organization_id, Activity))
    return await session.scalar(meant) is not None


def _meant_at(paths: Collection[str], organization_id: UUID | None, model: type[Listed]) -> ColumnElement[bool]:
    """``paths``: where somebody has a role with which one takes part."""
    near: list[ColumnElement[bool]] = [false()]
    for seat in {ancestors(path)[:3][-1] for path in paths}:
        low, high = below(seat)
        near += [and_(model.path >= low, model.path < high), model.path.in_(ancestors(seat))]
    wide = and_(model.audience == Audience.DISTRICT, true() if paths else false())
    ours = and_(model.audience == Audience.UNIT, model.organization_id == organization_id)
    return or_(wide, ours, and_(model.audience == Audience.COMMUNITY, or_(*near)))


def decide(case: ActivityCase, action: ActivityAction) -> Step[Any, Any]:
    return ACTIVITY.decide(case.activity.state, action, case.parties)


def move(session: AsyncSession, case: ActivityCase, action: ActivityAction, actor: Actor | None, **data: Any) -> None:
    """Take a step of the lifecycle, with its event."""
    step, activity = decide(case, action), case.activity
    source, activity.state = activity.state, step.target
    publish(
        session,
        ACTIVITY.noun,
        activity,
        action.value,
        actor=actor,
        source=source.value,
        target=activity.state.value,
        data=data,
    )


def must_organize(case: ActivityCase, actor: Actor, permission: str) -> None:
    """403 for whoever sees the activity and does not run it."""
    organizes = Relation.UNIT in case.parties
    access.require(actor, permission, case.activity.path, frozenset({Relation.UNIT}) if organizes else frozenset())


def last_day(activity: Activity) -> date:
    """Until when its helpers must be insured."""
    return (activity.ends_at - timedelta(microseconds=1)).astimezone(CHINA).date()


def uncovered(activity: Activity, role: ActivityRole) -> str | None:
    """Why nobody may serve as this yet: its helpers are not insured for the day, where its category asks for that."""
    if role.kind is not PartKind.HELPER:
        return None
    return lacks_insurance(terms_of(activity.terms), activity.insured_until, last_day(activity))


def must_be_covered(activity: Activity, role: ActivityRole) -> None:
    """409 as on orders: helpers are neither taken nor let begin before they are insured."""
    if words := uncovered(activity, role):
        raise Conflict(words)


async def waiting_by_role(session: AsyncSession, activities: list[UUID]) -> dict[UUID, int]:
    """How many wait for each part."""
    rows = select(SignUp.role_id, func.count()).where(SignUp.activity_id.in_(activities), SignUp.state == "waiting")
    return dict((await session.execute(rows.group_by(SignUp.role_id))).all())
