"""The regulars of a series: who they are, who of them still fits, and how each is signed up for one activity of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import RuleBroken
from app.domain.activities import Part, PartKind
from app.domain.certificates import certified
from app.domain.people import HELPERS, Actor
from app.domain.sign_ups import Candidate, SignUpState, check_fit
from app.models import ActivityRole, ActivitySeries, Certificate, Grant, Person, SeriesMember, Volunteer
from app.schemas.activities import RoleForm
from app.services.access import in_force
from app.services.activities_case import ActivityCase, uncovered
from app.services.sign_ups_places import begin


async def regulars(session: AsyncSession, series_id: UUID) -> list[SeriesMember]:
    """In the order they joined."""
    current = (SeriesMember.series_id == series_id, SeriesMember.left_at.is_(None))
    return list(await session.scalars(select(SeriesMember).where(*current).order_by(SeriesMember.number)))


async def fitting(session: AsyncSession, series: ActivitySeries) -> list[SeriesMember]:
    """Its regulars, less the helpers who have stopped helping since, or whose papers have run out.

    Whether they are old enough was asked when they joined, and whether somebody answers for them.
    """
    asked = {role["name"]: RoleForm.model_validate(role) for role in series.roles}
    parts = {name: Part(f.kind, f.skill, f.certified) for name, f in asked.items() if f.kind is PartKind.HELPER}
    members = await regulars(session, series.id)
    known = await _candidates(session, [member.person_id for member in members if member.role_name in parts])
    return [m for m in members if m.role_name not in parts or _fits(parts[m.role_name], known[m.person_id])]


def _fits(part: Part, candidate: Candidate) -> bool:
    try:
        check_fit(part, candidate)
    except RuleBroken:
        return False
    return True


async def _candidates(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Candidate]:
    """What is known of all of them, in one query a table."""
    registered = select(Volunteer.id).where(Volunteer.id.in_(ids), Volunteer.left_at.is_(None))
    granted = select(Grant.person_id).where(Grant.person_id.in_(ids), Grant.role.in_(HELPERS), in_force(now()))
    helping = set(await session.scalars(registered.union(granted)))
    papers: dict[UUID, list[Certificate]] = {}
    for paper in await session.scalars(select(Certificate).where(Certificate.person_id.in_(ids))):
        papers.setdefault(paper.person_id, []).append(paper)
    people = await session.execute(select(Person.id, Person.skills, Person.minor).where(Person.id.in_(ids)))
    return {
        row.id: Candidate(
            age=None,
            minor=row.minor,
            helper=row.id in helping,
            skills=frozenset(row.skills),
            certified=certified(papers.get(row.id, []), today()),
            guarded=True,
        )
        for row in people
    }


def role_of(case: ActivityCase, member: SeriesMember) -> ActivityRole | None:
    """None where the activity has lost the part they joined as."""
    return next((role for role in case.roles if role.name == member.role_name), None)


def sign_up_regular(
    session: AsyncSession,
    case: ActivityCase,
    role: ActivityRole,
    member: SeriesMember,
    actor: Actor | None,
    *,
    waits: bool,
) -> None:
    """A place as long as there is one and nobody ``waits`` for it; else, and for a helper not insured yet, a waiting number."""
    free = role.taken < role.places and not waits and uncovered(case.activity, role) is None
    state = SignUpState.CONFIRMED if free else SignUpState.WAITING
    columns = {"person_id": member.person_id, "guardian_id": member.guardian_id}
    begin(session, case.activity, role, state, actor, noted=False, **columns)
