"""Standing in for somebody who is away: arrange, end, see.

The substitute gets copies of the absent person's own staff roles, each no longer than the role itself lasts, and none of what
the absent person is to single rows. They must be staff of the same subtree already (``authority.standing_near``), and of the
same unit where the role acts for a unit; they are lent nothing for longer than they are that (``app.services.grants_end``).
Whoever is away stands in for nobody, and whoever stands in is not away: so chains and circles cannot arise. What a lent role
may not do, it may not anywhere: give roles, approve what its holder asked for, or decide what the absent person asked for
(``app.services.approvals_decide``).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access, authority
from app.domain.authority import LONGEST_SUBSTITUTION, STAFF
from app.domain.people import ROLE_NAMES, UNIT_ROLES, Actor, Relation
from app.domain.places import below
from app.models import Grant, Person, Substitution
from app.schemas.substitutions import LentGrantRead, SubstitutionCreate, SubstitutionQuery, SubstitutionRead
from app.services.access import under_path
from app.services.grants import meets, reading
from app.services.grants_end import close, running, told
from app.services.grants_holders import carried_charges, charges_of, hold_people, same_person, visible_person
from app.services.outbox import publish
from app.services.people_names import names_of
from app.services.places import paged, place_of

_FIELDS = tuple(n for n in SubstitutionRead.model_fields if n not in {"absent_name", "substitute_name", "grants"})
_LENT_FIELDS = tuple(n for n in LentGrantRead.model_fields if n != "role_name")
_SUBJECT = frozenset({Relation.SUBJECT})
_NOT_STAFF_HERE = "没有这个人，或此人不是同一辖区的工作人员"


async def present(session: AsyncSession, sealer: Sealer, rows: Sequence[Substitution]) -> list[dict[str, Any]]:
    """The fields of SubstitutionReads; names masked."""
    names = await names_of(session, sealer, {i for row in rows for i in (row.absent_id, row.substitute_id)})
    lent: dict[UUID | None, list[dict[str, Any]]] = {row.id: [] for row in rows}
    for grant in await session.scalars(select(Grant).where(Grant.substitution_id.in_(lent)).order_by(Grant.id)):
        shown = {name: getattr(grant, name) for name in _LENT_FIELDS}
        lent[grant.substitution_id].append(shown | {"role_name": ROLE_NAMES[grant.role]})
    return [
        {name: getattr(row, name) for name in _FIELDS}
        | {"absent_name": names[row.absent_id], "substitute_name": names[row.substitute_id], "grants": lent[row.id]}
        for row in rows
    ]


def _away(moment: datetime) -> ColumnElement[bool]:
    return (
        (Substitution.starts_at <= moment)
        & (Substitution.ends_at > moment)
        & or_(Substitution.ended_at.is_(None), Substitution.ended_at > moment)
    )


def _part(actor: Actor, row: Substitution) -> frozenset[Relation]:
    """SUBJECT for the two of them. What is lent is staff's: whose way of signing in does not carry that is neither."""
    return _SUBJECT if actor.carries >= STAFF and actor.person_id in {row.absent_id, row.substitute_id} else frozenset()


async def page(session: AsyncSession, actor: Actor, query: SubstitutionQuery) -> Page[Substitution]:
    """Substitutions at the reader's places, newest first; of everyone else, those they are part of."""
    access.require_anywhere(actor, "substitutions:list")
    part = or_(Substitution.absent_id == actor.person_id, Substitution.substitute_id == actor.person_id)
    own = part if actor.carries >= STAFF else false()
    rows = select(Substitution).where(or_(own, under_path(Substitution, reading(actor))))
    if query.person_id is not None:
        rows = rows.where(or_(Substitution.absent_id == query.person_id, Substitution.substitute_id == query.person_id))
    if query.place_id is not None:
        low, high = below((await place_of(session, query.place_id)).path)
        rows = rows.where(Substitution.path >= low, Substitution.path < high)
    if query.in_force is not None:
        rows = rows.where(_away(now()) if query.in_force else ~_away(now()))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Substitution.id < after)
    found = await session.scalars(rows.order_by(Substitution.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(
    session: AsyncSession, actor: Actor, substitution_id: UUID, permission: str = "substitutions:read"
) -> Substitution:
    """A substitution the actor is part of, or at a place whose grants they see; 404 otherwise."""
    row = await session.scalar(select(Substitution).where(Substitution.id == substitution_id))
    own = frozenset() if row is None else _part(actor, row)
    actor.checked.add(permission)
    if row is None or not access.may("substitutions:read", actor.roles_at(row.path) | own):
        raise NotFound()
    access.require(actor, permission, row.path, own)
    return row


async def create(session: AsyncSession, actor: Actor, form: SubstitutionCreate) -> Substitution:
    """Lend the absent person's roles for the absence. 404 out of sight, 403, 409 for overlaps and circles, 422."""
    holds = access.require_anywhere(actor, "substitutions:create")
    absent_id, moment = form.absent_id or actor.person_id, now()
    starts_at = form.starts_at or moment
    absent = await visible_person(session, actor, absent_id, holds)
    if form.substitute_id != absent_id and await same_person(session, actor.person_id, form.substitute_id):
        raise Forbidden("不能安排自己代理他人")
    absent, substitute = await _hold_both(session, absent.id, form.substitute_id)
    lent = await _lendable(session, absent.id, starts_at, form.ends_at)
    await _check_arranger(session, actor, absent, lent, form.ends_at)
    until = await _check_substitute(session, absent, substitute, lent, starts_at)
    await _check_free(session, absent, substitute, starts_at, form.ends_at)
    authority.check_span(starts_at, form.ends_at, moment)
    _check_sense(lent, starts_at, form.ends_at)
    actor.trace.person_id = substitute.id
    row = await _record(session, actor, absent, substitute, lent, starts_at, form)
    await _lend(session, actor, row, lent, until)
    return row


async def _hold_both(session: AsyncSession, absent_id: UUID, substitute_id: UUID) -> tuple[Person, Person]:
    if await same_person(session, absent_id, substitute_id):
        raise RuleBroken("代理人须是另一个人", field="substitute_id")
    try:
        absent, substitute = await hold_people(session, absent_id, substitute_id)
    except NotFound:
        raise NotFound(_NOT_STAFF_HERE) from None
    return absent, substitute


async def _lendable(session: AsyncSession, person_id: UUID, starts_at: datetime, ends_at: datetime) -> list[Grant]:
    """The staff roles a person holds of their own at some time of the absence."""
    if ends_at <= starts_at:
        return []
    own = (Grant.person_id == person_id, Grant.lent_by.is_(None), Grant.role.in_(STAFF), meets(starts_at, ends_at))
    return list(await session.scalars(select(Grant).where(*own).order_by(Grant.id)))


async def _check_arranger(
    session: AsyncSession, actor: Actor, absent: Person, lent: list[Grant], ends_at: datetime
) -> None:
    """The absent person themselves, or somebody who may give each of these roles for that long."""
    if await same_person(session, actor.person_id, absent.id):
        return
    charges = await carried_charges(session, actor)
    if not lent:
        raise Forbidden("您不能为此人安排代理")
    for grant in lent:
        found = authority.givers(charges, grant.role, grant.path)
        if not found:
            raise Forbidden("您不能为此人安排代理")
        authority.check_end(found, ends_at)


async def _check_substitute(
    session: AsyncSession, absent: Person, substitute: Person, lent: list[Grant], starts_at: datetime
) -> dict[UUID, datetime | None]:
    """Until when the substitute may hold each of the roles; None: for all of the absence.

    Staff of the same subtree already, and still when it begins; 404 in the same words as somebody who does not exist.
    """
    moment, until = now(), {}
    already = await charges_of(session, substitute.id, moment)
    for grant in lent:
        begins = max(moment, starts_at, grant.starts_at)
        then = authority.standing_near(grant.path, await charges_of(session, substitute.id, begins))
        if not then or not authority.standing_near(grant.path, already):
            raise NotFound(_NOT_STAFF_HERE)
        until[grant.id] = authority.last_end(then)
    if substitute.merged_into_id is not None:
        raise NotFound(_NOT_STAFF_HERE)
    for_unit = any(grant.role in UNIT_ROLES for grant in lent)
    if for_unit and absent.organization_id != substitute.organization_id:
        raise RuleBroken("单位的角色只能由同一单位的人代理", field="substitute_id")
    return until


async def _check_free(
    session: AsyncSession, absent: Person, substitute: Person, starts_at: datetime, ends_at: datetime
) -> None:
    """409 when one of the two is away, or the absent one stands in for somebody, at that time. Both are locked."""
    ended = Substitution.ended_at
    rows = await session.scalars(
        select(Substitution).where(
            or_(Substitution.absent_id.in_((absent.id, substitute.id)), Substitution.substitute_id == absent.id),
            Substitution.starts_at < ends_at,
            Substitution.ends_at > starts_at,
            or_(ended.is_(None), (ended > starts_at) & (ended > Substitution.starts_at)),
        )
    )
    for row in rows:
        if row.absent_id == absent.id:
            raise Conflict("此人这段时间已安排代理")
        if row.absent_id == substitute.id:
            raise Conflict("代理人这段时间自己也不在岗")
        raise Conflict("此人这段时间正代理他人；请先结束那次代理")


def _check_sense(lent: list[Grant], starts_at: datetime, ends_at: datetime) -> None:
    if ends_at - starts_at > LONGEST_SUBSTITUTION:
        raise RuleBroken(f"代理最长{LONGEST_SUBSTITUTION.days}天", field="ends_at")
    if not lent:
        raise RuleBroken("此人这段时间没有可以代理的工作角色", field="absent_id")


async def _record(
    session: AsyncSession,
    actor: Actor,
    absent: Person,
    substitute: Person,
    lent: list[Grant],
    starts_at: datetime,
    form: SubstitutionCreate,
) -> Substitution:
    row = Substitution(
        district_id=actor.district_id,
        id=new_id(),
        absent_id=absent.id,
        substitute_id=substitute.id,
        path=authority.common_path(grant.path for grant in lent),
        starts_at=starts_at,
        ends_at=form.ends_at,
        reason=form.reason,
        arranged_by=actor.person_id,
        created_at=now(),
    )
    session.add(row)
    publish(session, "substitution", row, "create", actor=actor, data=_told(row))
    await session.flush()
    return row


async def _lend(
    session: AsyncSession, actor: Actor, row: Substitution, lent: list[Grant], until: dict[UUID, datetime | None]
) -> None:
    for grant in lent:
        copy = _copy(grant, row, until[grant.id])
        session.add(copy)
        publish(session, "grant", copy, "lend", actor=actor, data=told(copy) | {"substitution_id": str(row.id)})
    await session.flush()


def _told(row: Substitution) -> dict[str, Any]:
    """What events say of a substitution; the reason stays in the row, since it may touch on somebody's health."""
    return {
        "absent_id": str(row.absent_id),
        "substitute_id": str(row.substitute_id),
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
    }


def _copy(grant: Grant, row: Substitution, until: datetime | None) -> Grant:
    last = row.ends_at if until is None else min(row.ends_at, until)
    span = authority.lent_until(grant.starts_at, grant.ends_at, row.starts_at, last)
    starts_at, ends_at = span or (row.starts_at, row.starts_at)
    return Grant(
        district_id=grant.district_id,
        id=new_id(),
        person_id=row.substitute_id,
        role=grant.role,
        place_id=grant.place_id,
        path=grant.path,
        place_kind=grant.place_kind,
        starts_at=starts_at,
        ends_at=ends_at,
        granted_by=row.arranged_by,
        substitution_id=row.id,
        lent_from_id=grant.id,
        lent_by=row.absent_id,
        created_at=now(),
    )


async def end(session: AsyncSession, actor: Actor, substitution_id: UUID) -> Substitution:
    """End it before its time: either of the two, or who may take each of the roles. 409 when it is over already."""
    row = await load(session, actor, substitution_id, "substitutions:end")
    await session.refresh(row, with_for_update=True)
    lent = await session.scalars(
        select(Grant).where(Grant.substitution_id == row.id).order_by(Grant.id).with_for_update()
    )
    copies, moment = list(lent), now()
    await _check_ender(session, actor, row, copies)
    if row.ended_at is not None or row.ends_at <= moment:
        raise Conflict("此次代理已经结束")
    row.ended_at = moment
    actor.trace.person_id = row.substitute_id
    publish(session, "substitution", row, "end", actor=actor, data=_told(row))
    for grant in copies:
        if running(grant, moment):
            close(session, grant, moment, actor, "return", substitution_id=str(row.id))
    return row


async def _check_ender(session: AsyncSession, actor: Actor, row: Substitution, copies: list[Grant]) -> None:
    if _part(actor, row):
        return
    charges = await carried_charges(session, actor)
    if not all(authority.may_take(charges, grant.role, grant.path) for grant in copies):
        raise Forbidden("您不能结束此次代理")
