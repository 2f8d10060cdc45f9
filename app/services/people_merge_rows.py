"""What hangs on a record, moved to the one it is merged into: everything is kept, and nothing happened twice.

Ledgers and trails (hours, events, audit, disclosures, the keys of answered requests) are never changed: whoever sums them up
asks for the merged records too. Who once decided, verified or recorded something stays named as they were. Where both records
say the same, the survivor's word stands, and the other stays with the merged record.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, delete, exists, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.ids import new_id
from app.domain.assignments import UNFINISHED
from app.domain.people import Actor
from app.models import (
    Account,
    Activity,
    ActivitySeries,
    Approval,
    Assignment,
    AvailabilityException,
    AvailabilityWindow,
    Booking,
    CareFact,
    Certificate,
    CoHandling,
    CommitteeMember,
    Consent,
    DispatchTurn,
    Escalation,
    Evaluation,
    Extension,
    Grant,
    Guardianship,
    MeetingAttendance,
    Need,
    NeedFollower,
    NeedRespondent,
    Notice,
    Pairing,
    Person,
    Resource,
    RightsRequest,
    SeriesMember,
    ServiceWindow,
    SignUp,
    Supervision,
    Volunteer,
)
from app.models.base import literal_in
from app.services import grants, grants_end
from app.services.outbox import publish
from app.services.rotation_columns import SEALED, table_of

PLAIN: tuple[tuple[Any, str], ...] = (
    (Account, "person_id"),
    (Need, "asker_id"),
    (Need, "submitted_by"),
    (ServiceWindow, "person_id"),
    (CareFact, "person_id"),
    (RightsRequest, "person_id"),
    (RightsRequest, "asked_by"),
    (Certificate, "person_id"),
    (CommitteeMember, "liaison_id"),
    (CommitteeMember, "deputy_id"),
    (MeetingAttendance, "person_id"),
    (Activity, "responsible_id"),
    (ActivitySeries, "responsible_id"),
    (SeriesMember, "guardian_id"),
    (SignUp, "guardian_id"),
    (SignUp, "signed_up_by"),
    (Resource, "person_id"),
    (Booking, "booked_by"),
    (Pairing, "person_id"),
    (Supervision, "set_by"),
    (Supervision, "answered_by"),
    (Escalation, "raised_by"),
    (NeedRespondent, "person_id"),
    (Extension, "asked_by"),
)
"""What is moved by writing another name, since nothing of the survivor's can stand against it."""
UNLESS_THERE: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
    (Notice, "person_id", ("event_id",)),
    (Evaluation, "person_id", ("project_id", "round")),
    (Approval, "asked_by", ("subject_id", "action", "state")),
    (SignUp, "person_id", ("activity_id",)),
    (SeriesMember, "person_id", ("series_id",)),
    (DispatchTurn, "person_id", ("circle_id",)),
    (CoHandling, "person_id", ("order_id",)),
)
"""What stays with the merged record where the survivor has the very same."""


async def move(session: AsyncSession, actor: Actor, sealer: Sealer, merged: Person, survivor: Person) -> None:
    """All of it, in the session's transaction; the caller has locked both and found that they fit."""
    await _reseal(session, sealer, merged, survivor)
    await _unverify_own(session, merged.id, survivor.id)
    for model, column in PLAIN:
        await _rename(session, model, column, merged.id, survivor.id)
    await _assignments(session, merged.id, survivor.id)
    await _grants(session, actor, merged, survivor)
    await _consents(session, merged.id, survivor.id)
    await _guardianships(session, merged.id, survivor.id)
    for model, column, same in UNLESS_THERE:
        await _rename_unless_there(session, model, column, same, merged.id, survivor.id)
    await _followers(session, merged.id, survivor.id)
    await _availability(session, merged.id, survivor.id)


async def _rename(session: AsyncSession, model: Any, column: str, merged: UUID, survivor: UUID) -> None:
    mine = getattr(model, column) == merged
    await session.execute(_silently(update(model).where(mine).values({column: survivor})))


def _silently(statement: Any) -> Any:
    """Rows are written in the database; what the session has loaded of them is not looked at again."""
    return statement.execution_options(synchronize_session=False)


async def _rename_unless_there(
    session: AsyncSession, model: Any, column: str, same: tuple[str, ...], merged: UUID, survivor: UUID
) -> None:
    """Where the survivor has the very same already, the row stays with the merged record."""
    theirs = aliased(model)
    alike = [getattr(theirs, name) == getattr(model, name) for name in same]
    there = exists().where(theirs.district_id == model.district_id, getattr(theirs, column) == survivor, *alike)
    mine = getattr(model, column) == merged
    await session.execute(_silently(update(model).where(mine, ~there).values({column: survivor})))


async def _reseal(session: AsyncSession, sealer: Sealer, merged: Person, survivor: Person) -> None:
    """What is sealed with the one's secret is sealed with the other's, in every table that has such a column."""
    accounts = select(Account.id).where(Account.person_id == merged.id)
    for sealed in SEALED:
        if sealed.owner not in {"person_id", "account_id"}:
            continue
        table = sealed.table
        mine = table.c.person_id == merged.id if sealed.owner == "person_id" else table.c.account_id.in_(accounts)
        boxes = await session.execute(select(table.c.id, *(table.c[name] for name in sealed.columns)).where(mine))
        for row in boxes.mappings().all():
            values = {
                name: _other_seal(
                    sealer, row[name], (merged.district_id, sealed.name, name, row["id"]), merged, survivor
                )
                for name in sealed.columns
                if row[name] is not None
            }
            if values:
                await session.execute(update(table).where(table.c.id == row["id"]).values(values))


def _other_seal(sealer: Sealer, box: bytes, where: tuple[int, str, str, UUID], merged: Person, other: Person) -> bytes:
    return sealer.seal_bytes(sealer.open_bytes(box, *where, merged.secret), *where, other.secret)


async def _unverify_own(session: AsyncSession, merged: UUID, survivor: UUID) -> None:
    """Nobody has verified their own certificate, also not under another record: somebody else looks at it again."""
    both = (merged, survivor)
    own = update(Certificate).where(Certificate.person_id.in_(both), Certificate.verified_by.in_(both))
    await session.execute(_silently(own.values(verified_by=None, verified_at=None)))


async def _assignments(session: AsyncSession, merged: UUID, survivor: UUID) -> None:
    """Unfinished work takes the places for it that the survivor has free."""
    unfinished = text(literal_in("assignments.state", UNFINISHED))
    held = select(Assignment.load_slot).where(Assignment.person_id == survivor, unfinished)
    taken = {slot for slot in await session.scalars(held) if slot is not None}
    mine = select(Assignment.id).where(Assignment.person_id == merged, unfinished).order_by(Assignment.id)
    for assignment_id in (await session.scalars(mine)).all():
        slot = next(s for s in range(1, len(taken) + 2) if s not in taken)
        taken.add(slot)
        values = {"person_id": survivor, "load_slot": slot}
        await session.execute(_silently(update(Assignment).where(Assignment.id == assignment_id).values(values)))
    await _rename(session, Assignment, "person_id", merged, survivor)


async def _grants(session: AsyncSession, actor: Actor, merged: Person, survivor: Person) -> None:
    """A role both hold at a place runs as long as the longer of the two; the rest changes hands. None is left in force."""
    mine = select(Grant).where(Grant.person_id == merged.id, Grant.substitution_id.is_(None)).order_by(Grant.id)
    for grant in (await session.scalars(mine.with_for_update())).all():
        alike = (Grant.role == grant.role, Grant.place_id == grant.place_id, Grant.substitution_id.is_(None))
        meets = (Grant.person_id == survivor.id, *alike, grants.meets(grant.starts_at, grant.ends_at))
        theirs = (await session.scalars(select(Grant).where(*meets).order_by(Grant.starts_at).with_for_update())).all()
        if theirs:
            await _fold(session, actor, grant, theirs[-1])
        else:
            grant.person_id = survivor.id
            grant.granted_by = actor.person_id if grant.granted_by == survivor.id else grant.granted_by
            publish(session, "grant", grant, "merge", actor=actor, data=grants_end.told(grant))
        await session.flush()


async def _fold(session: AsyncSession, actor: Actor, grant: Grant, other: Grant) -> None:
    """End one grant, and let the other run as long as it would have."""
    moment, ends_at = now(), grant.ends_at
    if not grants_end.running(grant, moment):
        return
    grants_end.close(session, grant, moment, actor, "merge")
    await session.flush()
    if other.ends_at is not None and (ends_at is None or ends_at > other.ends_at):
        other.ends_at = ends_at
        publish(session, "grant", other, "extend", actor=actor, data=grants_end.told(other))


async def _followers(session: AsyncSession, merged: UUID, survivor: UUID) -> None:
    """Whoever followed a need follows it on, once."""
    columns = (NeedFollower.district_id, NeedFollower.need_id, NeedFollower.from_need_id)
    theirs = await session.execute(select(*columns).where(NeedFollower.person_id == survivor))
    there = {tuple(row) for row in theirs}
    mine = (await session.execute(select(*columns).where(NeedFollower.person_id == merged))).all()
    names = ("district_id", "need_id", "from_need_id")
    rows = [dict(zip(names, row, strict=True)) for row in mine if tuple(row) not in there]
    if rows:
        rows = [row | {"id": new_id(), "person_id": survivor} for row in rows]
        await session.execute(insert(NeedFollower), rows)
    await session.execute(_silently(delete(NeedFollower).where(NeedFollower.person_id == merged)))


async def _consents(session: AsyncSession, merged: UUID, survivor: UUID) -> None:
    """One basis is in force for a purpose and recipient: the survivor's, where both have one."""
    theirs = aliased(Consent)
    alike = and_(
        theirs.district_id == Consent.district_id,
        theirs.person_id == survivor,
        theirs.purpose == Consent.purpose,
        theirs.recipient_id.is_not_distinct_from(Consent.recipient_id),
        theirs.withdrawn_at.is_(None),
    )
    mine = and_(Consent.person_id == merged, Consent.withdrawn_at.is_(None))
    pairs = (await session.execute(select(Consent.id, theirs.id).join(theirs, alike).where(mine))).all()
    for model in (CareFact, Volunteer):
        for own, other in pairs:
            named = update(model).where(model.consent_id == own).values(consent_id=other)
            await session.execute(_silently(named))
    giver = case((Consent.giver_id == merged, survivor), else_=Consent.giver_id)
    moved = update(Consent).where(Consent.person_id == merged, Consent.id.not_in([own for own, _ in pairs]))
    await session.execute(_silently(moved.values(person_id=survivor, giver_id=giver)))


async def _guardianships(session: AsyncSession, merged: UUID, survivor: UUID) -> None:
    """Every one, past or current. Of the same two people one is current: the survivor's, and the other ends with the merge."""
    for column, other in (("minor_id", "guardian_id"), ("guardian_id", "minor_id")):
        theirs = aliased(Guardianship)
        alike = getattr(theirs, other) == getattr(Guardianship, other)
        same = (theirs.district_id == Guardianship.district_id, getattr(theirs, column) == survivor, alike)
        twice = exists().where(*same, theirs.ended_at.is_(None))
        mine = (getattr(Guardianship, column) == merged, Guardianship.ended_at.is_(None), twice)
        ended = {"ended_at": now(), "updated_at": now(), "version": Guardianship.version + 1}
        await session.execute(_silently(update(Guardianship).where(*mine).values(ended)))
        await _rename(session, Guardianship, column, merged, survivor)


async def _availability(session: AsyncSession, merged: UUID, survivor: UUID) -> None:
    """The week the survivor has stated, or else the other's."""
    for model in (AvailabilityWindow, AvailabilityException):
        if await session.scalar(select(model.id).where(model.person_id == survivor).limit(1)) is not None:
            return
    for model in (AvailabilityWindow, AvailabilityException):
        rows = (await session.scalars(select(model).where(model.person_id == merged))).all()
        names = [c.key for c in table_of(model).c if c.key not in {"id", "person_id"}]
        copies = [{name: getattr(row, name) for name in names} for row in rows]
        if copies:
            copies = [copy | {"id": new_id(), "person_id": survivor} for copy in copies]
            await session.execute(insert(model), copies)
        await session.execute(_silently(delete(model).where(model.person_id == merged)))
