"""What two records say of one person, put together in the one that lives on.

Where both say something, the survivor's word stands; what only the merged record knew is added to it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.crypto import Sealer
from app.domain.people import PartyStatus
from app.domain.profiles import HouseholdRelation, is_minor
from app.models import EmploymentRecord, HouseholdMember, PartyMembership, Person, Volunteer
from app.services import people_identity, people_seal
from app.services.people_rows import touch
from app.services.people_seal import SealedField

_ONE_OF: tuple[SealedField, ...] = ("phone", "id_number", "birth_date", "address")
_OWN = ("sex", "service_radius_m", "load_limit")
_DATES = ("since_on", "grid_entered_on", "center_entered_on", "wechat_entered_on")


def unit_of_both(merged: Person, survivor: Person) -> UUID | None:
    """Which unit or party body the one record will name: with a membership goes the body it is in."""
    if survivor.party_status is PartyStatus.NONE and merged.party_status is not PartyStatus.NONE:
        return merged.organization_id
    return survivor.organization_id or merged.organization_id


async def put_together(session: AsyncSession, sealer: Sealer, merged: Person, survivor: Person) -> None:
    """All of it; both records are locked."""
    await _cells(session, sealer, merged, survivor)
    survivor.organization_id = unit_of_both(merged, survivor)
    for name in _OWN:
        if getattr(survivor, name) is None:
            setattr(survivor, name, getattr(merged, name))
    survivor.skills = _union(survivor.skills, merged.skills)
    survivor.languages = _union(survivor.languages, merged.languages)
    if survivor.party_status is PartyStatus.NONE and merged.party_status is not PartyStatus.NONE:
        survivor.party_status = merged.party_status
    merged.party_status = PartyStatus.NONE
    await _membership(session, merged, survivor)
    await _volunteer(session, merged, survivor)
    await _household(session, merged, survivor)
    await _employments(session, merged, survivor)


async def _cells(session: AsyncSession, sealer: Sealer, merged: Person, survivor: Person) -> None:
    """A number the survivor has not got leaves the merged record first: no two records have the same.

    One the survivor has otherwise stays there, sealed and findable: whoever looks for it is led to the survivor.
    """
    missing = [f for f in _ONE_OF if people_seal.opened(sealer, survivor, f) is None]
    values = {field: people_seal.opened(sealer, merged, field) for field in missing}
    for field in missing:
        people_seal.put(sealer, merged, field, None)
    await session.flush()
    for field, value in values.items():
        people_seal.put(sealer, survivor, field, value)
    people_seal.index_name_and_birth(sealer, survivor)
    people_seal.index_name_and_birth(sealer, merged)
    born = people_identity.birth_date(sealer, survivor)
    minor = is_minor(born, today()) if born else survivor.minor or merged.minor
    survivor.minor = merged.minor = minor
    await session.flush()


def _union(one: Sequence[str], other: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


async def _both(session: AsyncSession, model: Any, merged: Person, survivor: Person) -> tuple[Any, Any]:
    """The rows whose id is the person's."""
    return (
        await session.get(model, (merged.district_id, merged.id), with_for_update=True),
        await session.get(model, (survivor.district_id, survivor.id), with_for_update=True),
    )


async def _membership(session: AsyncSession, merged: Person, survivor: Person) -> None:
    mine, theirs = await _both(session, PartyMembership, merged, survivor)
    if mine is None:
        return
    if theirs is None:
        theirs = PartyMembership(district_id=survivor.district_id, id=survivor.id, created_at=now())
        session.add(theirs)
    else:
        touch(theirs)
    for name in _DATES:
        known = [day for day in (getattr(mine, name), getattr(theirs, name)) if day is not None]
        setattr(theirs, name, min(known, default=None))
    await session.delete(mine)
    await session.flush()


async def _volunteer(session: AsyncSession, merged: Person, survivor: Person) -> None:
    """A volunteer since the earlier day, and still one when either record says so."""
    mine, theirs = await _both(session, Volunteer, merged, survivor)
    if mine is None:
        return
    if theirs is None:
        columns = ("categories", "entered_by", "consent_id", "registered_at", "left_at")
        copy = {name: getattr(mine, name) for name in columns}
        session.add(Volunteer(district_id=survivor.district_id, id=survivor.id, created_at=now(), **copy))
    else:
        theirs.categories = sorted({*theirs.categories, *mine.categories})
        theirs.registered_at = min(theirs.registered_at, mine.registered_at)
        ended = None in {theirs.left_at, mine.left_at}
        theirs.left_at = None if ended else max(theirs.left_at, mine.left_at)
        touch(theirs)
    await session.delete(mine)
    await session.flush()


async def _household(session: AsyncSession, merged: Person, survivor: Person) -> None:
    """They live where the survivor does: another household is one they have left."""
    rows = await session.scalars(
        select(HouseholdMember)
        .where(HouseholdMember.person_id.in_([merged.id, survivor.id]))
        .order_by(HouseholdMember.id)
        .with_for_update()
    )
    everything = rows.all()
    current = {row.person_id: row for row in everything if row.until_on is None}
    mine, theirs = current.get(merged.id), current.get(survivor.id)
    if mine is not None and (theirs is not None or mine.place_id != survivor.place_id):
        mine.until_on = max(mine.since_on, today())
        touch(mine)
        await session.flush()
        if theirs is not None and theirs.place_id == mine.place_id and mine.relation is HouseholdRelation.HEAD:
            theirs.relation = HouseholdRelation.HEAD
            touch(theirs)
    for row in everything:
        row.person_id = survivor.id
    await session.flush()


async def _employments(session: AsyncSession, merged: Person, survivor: Person) -> None:
    """One employment of a kind is current: the survivor's."""
    rows = await session.scalars(
        select(EmploymentRecord)
        .where(EmploymentRecord.person_id.in_([merged.id, survivor.id]))
        .order_by(EmploymentRecord.id)
        .with_for_update()
    )
    everything = rows.all()
    kept = {row.kind for row in everything if row.person_id == survivor.id and row.until_on is None}
    for row in everything:
        if row.person_id == merged.id and row.until_on is None and row.kind in kept:
            row.until_on = max(row.since_on, today())
            touch(row)
    await session.flush()
    for row in everything:
        row.person_id = survivor.id
    await session.flush()
