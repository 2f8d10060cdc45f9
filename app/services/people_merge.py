"""People who are recorded twice: found by blind indexes, and merged with everything kept.

The merged record stays, points to the survivor and is never changed again. Its sign-ins end; signing in anew, with an account
of either, is signing in as the survivor.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import NotFound, RuleBroken
from app.domain.accounts import SignInEnd
from app.domain.people import Actor
from app.models import Account, Person
from app.schemas.people_merge import DuplicateReason, PersonMerge
from app.services import (
    people,
    people_merge_check,
    people_merge_facts,
    people_merge_rows,
    people_seal,
    reasons,
    sign_ins,
)
from app.services.access import reads_all, under
from app.services.outbox import publish

MOST = 50
"""Candidates shown; and people of one home whose names are compared."""


async def duplicates(session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID) -> dict[str, Any]:
    """Records in sight that may be the same person's: of the same name and birth date, or of the same name and home."""
    person = await people.load(session, actor, person_id, "people:compare")
    name = people_seal.opened(sealer, person, "name")
    others = (
        select(Person)
        .where(Person.id != person.id, Person.merged_into_id.is_(None), Person.erased_at.is_(None))
        .where(under(Person, reads_all(actor)))
        .order_by(Person.id)
        .limit(MOST)
    )
    born = people_seal.name_and_birth(name, people_seal.opened(sealer, person, "birth_date"))
    found: dict[UUID, tuple[Person, DuplicateReason]] = {}
    if born is not None:
        indexes = sealer.blind_indexes(born, person.district_id, "name_birth")
        for other in await session.scalars(others.where(Person.name_birth_index.in_(indexes))):
            found[other.id] = other, DuplicateReason.NAME_AND_BIRTH
    for other in await session.scalars(others.where(Person.place_id == person.place_id)):
        if other.id not in found and name is not None and people_seal.opened(sealer, other, "name") == name:
            found[other.id] = other, DuplicateReason.NAME_AND_HOME
    return {"items": [{"person": people.present_in_list(actor, p, sealer), "reason": why} for p, why in found.values()]}


async def merge(session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID, form: PersonMerge) -> Person:
    """Merge a record into another. 403 unless the actor looks after both, 409 with what must be settled first.

    Both are locked in one sequence: of two merges that cross, the second finds the first one's record merged.
    """
    if person_id == form.into_id:
        raise RuleBroken("不能并入自己", field="into_id")
    for one in (person_id, form.into_id):
        await people.load(session, actor, one, "people:merge")
    locked = await people_merge_check.lock_both(session, person_id, form.into_id)
    if len(locked) < 2:
        raise NotFound()
    merged, survivor = locked[person_id], locked[form.into_id]
    people.must_live(merged)
    people.must_live(survivor)
    await people_merge_check.must_be_allowed(session, actor, merged, survivor)
    people_merge_check.must_agree(sealer, merged, survivor)
    await people_merge_check.must_fit(session, merged, survivor)
    reasons.state(actor, sealer, form.words, merged, survivor, field="words")
    await _become_one(session, actor, sealer, merged, survivor)
    actor.trace.person_id = survivor.id
    data = {"words": form.words, "merged_id": str(merged.id), "into_id": str(survivor.id)}
    publish(session, "person", merged, "merge_into", actor=actor, data=data)
    publish(session, "person", survivor, "merge", actor=actor, data=data)
    await session.flush()
    return survivor


async def _become_one(session: AsyncSession, actor: Actor, sealer: Sealer, merged: Person, survivor: Person) -> None:
    accounts = (await session.scalars(select(Account.id).where(Account.person_id == merged.id))).all()
    await people_merge_rows.move(session, actor, sealer, merged, survivor)
    await people_merge_facts.put_together(session, sealer, merged, survivor)
    earlier = update(Person).where(Person.merged_into_id == merged.id).values(merged_into_id=survivor.id)
    await session.execute(earlier.execution_options(synchronize_session=False))
    merged.merged_into_id = survivor.id
    await sign_ins.end_all(session, merged.district_id, accounts, SignInEnd.MERGED)
