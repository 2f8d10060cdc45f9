"""A sign-up within its activity, with what the actor is to it; and what is known of somebody who would come."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.crypto import SealBroken, Sealer
from app.core.errors import NotFound, Unavailable
from app.domain import access
from app.domain.activities import Part
from app.domain.people import HELPERS, Actor, Parties, Relation
from app.domain.sign_ups import Candidate, age_on, check_fit
from app.models import ActivityRole, Grant, Person, SignUp, Volunteer
from app.services import activities_case, people, people_rows
from app.services.access import in_force
from app.services.activities_case import SYSTEM, ActivityCase
from app.services.certificates import certified_skills
from app.services.people_identity import birth_date

_HOLDER: Parties = frozenset({Relation.HOLDER})


@dataclass(slots=True)
class SignUpCase:
    of: ActivityCase
    role: ActivityRole
    row: SignUp
    parties: Parties

    @property
    def own(self) -> bool:
        """Whether the actor is the person, or answers for them."""
        return Relation.HOLDER in self.parties


async def load(
    session: AsyncSession, actor: Actor | None, sign_up_id: UUID, permission: str, *, lock: bool = True
) -> SignUpCase:
    """A sign-up; 404 unless it is the actor's own, their ward's, or of an activity they run or look after."""
    if actor is not None:
        actor.checked.add(permission)
    activity_id = await session.scalar(select(SignUp.activity_id).where(SignUp.id == sign_up_id))
    if activity_id is None:
        raise NotFound()
    of = await activities_case.load(session, None, activity_id, permission, lock=lock)
    query = select(SignUp).where(SignUp.id == sign_up_id).execution_options(populate_existing=True)
    row = (await session.scalars(query)).one()
    if actor is None:
        return SignUpCase(of, of.role(row.role_id), row, SYSTEM)
    of.parties = activities_case.parties_of(of.activity, actor)
    own = row.person_id in await people_rows.own_people(session, actor) and not actor.client
    parties = of.parties | _HOLDER if own else of.parties
    if not access.may("sign-ups:read", parties):
        raise NotFound()
    actor.trace.person_id = row.person_id
    return SignUpCase(of, of.role(row.role_id), row, parties)


async def hold_person(session: AsyncSession, person_id: UUID) -> Person:
    """Somebody who is to be signed up: they are neither erased nor merged until this is written."""
    query = select(Person).where(Person.id == person_id).with_for_update(read=True, key_share=True)
    person = await session.scalar(query.execution_options(populate_existing=True))
    if person is None or person.erased_at is not None:
        raise NotFound("没有这个人")
    people.must_live(person)
    return person


async def must_fit(session: AsyncSession, sealer: Sealer, role: ActivityRole, person: Person, *, guarded: bool) -> None:
    """422 with the reason why this person cannot come as this; 503 where their age cannot be read, and so not be judged."""
    try:
        born = birth_date(sealer, person)
    except SealBroken as broken:
        raise Unavailable("目前读不出出生日期，无法核对年龄") from broken
    candidate = Candidate(
        age=age_on(born, today()) if born else None,
        minor=person.minor,
        helper=await _helps(session, person.id),
        skills=frozenset(person.skills),
        certified=await certified_skills(session, person.id),
        guarded=guarded,
    )
    check_fit(Part(role.kind, role.skill, role.certified, role.min_age), candidate)


async def _helps(session: AsyncSession, person_id: UUID) -> bool:
    """Is registered as a volunteer, or holds a helper's role."""
    registered = exists().where(Volunteer.id == person_id, Volunteer.left_at.is_(None))
    granted = exists().where(Grant.person_id == person_id, Grant.role.in_(HELPERS), in_force(now()))
    return bool(await session.scalar(select(registered | granted)))
