"""Guardianships: who answers for a minor, written down by staff who have seen the evidence."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain.people import Actor
from app.models import Guardianship, Person
from app.schemas.guardianships import GuardianshipCreate, GuardianshipEnd, GuardianshipQuery
from app.services import minors, people, people_rows, subjects
from app.services.outbox import publish
from app.services.places import paged


async def page(session: AsyncSession, actor: Actor, query: GuardianshipQuery) -> Page[Guardianship]:
    """The guardians of somebody, or the minors they answer for; newest first. Of a minor to whoever may read their record; who asks
    about the guardian sees no minors but their own.
    """
    person = (await subjects.load(session, actor, query.person_id, "guardianships:list")).person
    await minors.must_be_approved(session, actor, person)
    rows = select(Guardianship).join(Person, people_rows.beside(Guardianship, Person, "minor_id"))
    rows = rows.where(or_(Guardianship.minor_id == person.id, Guardianship.guardian_id == person.id))
    if actor.person_id != person.id:
        known = [person.id, *await people_rows.own_people(session, actor)]
        rows = rows.where(or_(~Person.minor, Person.id.in_(known)))
    if query.current:
        rows = rows.where(Guardianship.ended_at.is_(None))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Guardianship.id < after)
    found = await session.scalars(rows.order_by(Guardianship.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def read(session: AsyncSession, actor: Actor, guardianship_id: UUID) -> Guardianship:
    """One guardianship, to the guardian, or with an approval to read the minor's record."""
    row = await load(session, actor, guardianship_id)
    if actor.person_id != row.guardian_id:
        minor = (await session.scalars(select(Person).where(Person.id == row.minor_id))).one()
        await minors.must_be_approved(session, actor, minor)
    return row


async def load(session: AsyncSession, actor: Actor, guardianship_id: UUID) -> Guardianship:
    """404 unless the actor sees the minor, or is the guardian."""
    actor.checked.add("guardianships:read")
    row = await session.scalar(select(Guardianship).where(Guardianship.id == guardianship_id))
    if row is None:
        raise NotFound()
    whose = row.guardian_id if actor.person_id == row.guardian_id else row.minor_id
    await subjects.load(session, actor, whose, "guardianships:read")
    return row


async def create(session: AsyncSession, actor: Actor, form: GuardianshipCreate) -> Guardianship:
    """Write down that somebody answers for a minor; never for oneself as the guardian."""
    minor = (await people.hold(session, actor, form.minor_id, "guardianships:create")).person
    guardian = await people.load(session, actor, form.guardian_id, "people:read")
    _check(actor, minor, guardian)
    there = select(Guardianship.id).where(
        Guardianship.minor_id == minor.id,
        Guardianship.guardian_id == guardian.id,
        Guardianship.ended_at.is_(None),
    )
    if await session.scalar(there) is not None:
        raise Duplicate("此监护关系已登记")
    row = Guardianship(
        district_id=minor.district_id,
        id=new_id(),
        version=1,
        verified_by=actor.person_id,
        created_at=now(),
        updated_at=now(),
        **form.model_dump(),
    )
    session.add(row)
    publish(session, "person", minor, "guard", actor=actor, data={"guardianship_id": str(row.id)})
    return row


def _check(actor: Actor, minor: Person, guardian: Person) -> None:
    if not minor.minor:
        raise RuleBroken("只为未满十四周岁者登记监护关系", field="minor_id")
    if guardian.minor or guardian.id == minor.id:
        raise RuleBroken("监护人须为成年人", field="guardian_id")
    if guardian.id == actor.person_id:
        raise RuleBroken("不能核验自己的监护关系，请由他人登记", field="guardian_id")
    people.must_live(guardian)


async def end(session: AsyncSession, actor: Actor, guardianship_id: UUID, form: GuardianshipEnd) -> Guardianship:
    """From now on they do not answer for the minor; what they agreed to stays until it is withdrawn."""
    row = await load(session, actor, guardianship_id)
    minor = (await subjects.load(session, actor, row.minor_id, "guardianships:end", lock=True)).person
    await session.refresh(row, with_for_update=True)
    if row.ended_at is not None:
        raise Conflict("此监护关系已结束")
    row.ended_at = row.updated_at = now()
    row.version += 1
    data = {"guardianship_id": str(row.id), "words": form.words}
    publish(session, "person", minor, "unguard", actor=actor, data=data)
    return row
