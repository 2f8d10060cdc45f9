"""How grants end: before their time, with what was lent from them, and with what their holder was lent by others.

A substitute is staff of the same subtree already, and of the same unit where the role acts for one. Whoever is no longer keeps
nothing of what they were lent, and nobody is lent anything for longer than they are staff there.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain import authority
from app.domain.authority import STAFF, Charge
from app.domain.people import UNIT_ROLES, Actor
from app.models import Grant, Person, Substitution
from app.services.grants_holders import charges_of, hold_people, unfinished
from app.services.outbox import publish


def running(grant: Grant, moment: datetime) -> bool:
    """Whether it still has time to run, begun or not."""
    return grant.ends_at is None or grant.ends_at > max(moment, grant.starts_at)


def told(grant: Grant) -> dict[str, Any]:
    """What events say of a grant."""
    return {
        "person_id": str(grant.person_id),
        "role": grant.role.value,
        "place_id": str(grant.place_id),
        "starts_at": grant.starts_at.isoformat(),
        "ends_at": grant.ends_at.isoformat() if grant.ends_at else None,
    }


async def end(session: AsyncSession, grant: Grant, moment: datetime, actor: Actor | None, **data: Any) -> None:
    """End a grant now, what was lent from it, and what its holder can then no longer be lent. They are locked by the caller."""
    staff = grant.role in STAFF and grant.lent_by is None
    lent = await _lent(session, grant.person_id, moment) if staff else []
    for row in [grant, *(copy for copy in lent if copy.lent_from_id == grant.id)]:
        if running(row, moment):
            close(session, row, moment, actor, "revoke", **data)
    await _refit(session, [copy for copy in lent if copy.lent_from_id != grant.id], moment, actor)


async def _lent(session: AsyncSession, person_id: UUID, moment: datetime) -> list[Grant]:
    """What is lent to or by a person, locked in one sequence: two people may stand in for each other, one after the other."""
    between = or_(Substitution.absent_id == person_id, Substitution.substitute_id == person_id)
    same = and_(Substitution.district_id == Grant.district_id, Substitution.id == Grant.substitution_id)
    rows = select(Grant).join(Substitution, same).where(between, unfinished(moment)).order_by(Grant.id)
    return list(await session.scalars(rows.with_for_update(of=Grant)))


def close(session: AsyncSession, grant: Grant, moment: datetime, actor: Actor | None, action: str, **data: Any) -> None:
    grant.ends_at = max(grant.starts_at, moment)
    grant.revoked_at, grant.revoked_by = moment, actor.person_id if actor else None
    publish(session, "grant", grant, action, actor=actor, data=told(grant) | {"lent": grant.lent_by is not None} | data)


async def end_all(session: AsyncSession, actor: Actor | None, person_id: UUID, **data: Any) -> None:
    """End whatever a person holds or is to hold: they are erased, or their record has been merged into another."""
    await hold_people(session, person_id)
    moment = now()
    rows = await session.scalars(
        select(Grant).where(Grant.person_id == person_id, unfinished(moment)).order_by(Grant.id).with_for_update()
    )
    for row in rows.all():
        await end(session, row, moment, actor, **data)


async def refit(session: AsyncSession, actor: Actor, person_id: UUID) -> None:
    """End what is lent to or by a person and no longer fits, since they are of another unit now. They are locked by the caller."""
    moment = now()
    await _refit(session, await _lent(session, person_id, moment), moment, actor)


async def _refit(session: AsyncSession, lent: list[Grant], moment: datetime, actor: Actor | None) -> None:
    """End or shorten what is lent, as its holders are now."""
    for row in lent:
        fitting = await _fitting(session, row, max(row.starts_at, moment))
        until, both = authority.last_end(fitting), {"lent_by": str(row.lent_by)}
        if not fitting:
            close(session, row, moment, actor, "lapse", **both)
        elif until is not None and (row.ends_at is None or until < row.ends_at):
            row.ends_at = until
            publish(session, "grant", row, "shorten", actor=actor, data=told(row) | both)


async def _fitting(session: AsyncSession, lent: Grant, moment: datetime) -> list[Charge]:
    """What its holder is of their own, at that moment, that lets them be lent this grant."""
    if lent.role in UNIT_ROLES:
        both = Person.id.in_((lent.person_id, lent.lent_by))
        if len(set(await session.scalars(select(Person.organization_id).where(both)))) > 1:
            return []
    return authority.standing_near(lent.path, await charges_of(session, lent.person_id, moment))
