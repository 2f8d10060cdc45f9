"""Authority: give a role, take it away, see who holds what. The rules are ``app.domain.authority``.

Whoever changes what a person holds locks the person first, so that of two who give the same role one is told that it is
given already. A grant is in force from the next request on, since grants are read with every request.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access, authority
from app.domain.authority import EXCLUSIVE, LAID_DOWN
from app.domain.people import ROLE_NAMES, SEPARATED, Actor, Relation, Role
from app.domain.people import Grant as ActorGrant
from app.domain.places import below
from app.models import Grant, Person, Place
from app.schemas.grants import GrantCreate, GrantQuery, GrantRead, GrantRevoke
from app.services import reasons
from app.services.access import in_force, under_path
from app.services.grants_end import end, running, told
from app.services.grants_holders import carried_charges, hold_people, same_person, visible_person
from app.services.outbox import publish
from app.services.people_names import names_of
from app.services.places import paged, place_of

_FIELDS = tuple(n for n in GrantRead.model_fields if n not in {"person_name", "role_name", "in_force"})
_SUBJECT = frozenset({Relation.SUBJECT})
_READERS = access.TABLE["grants:read"]


async def present(session: AsyncSession, sealer: Sealer, rows: Sequence[Grant]) -> list[dict[str, Any]]:
    """The fields of GrantReads; names masked."""
    names, moment = await names_of(session, sealer, {row.person_id for row in rows}), now()
    return [
        {name: getattr(row, name) for name in _FIELDS}
        | {
            "person_name": names[row.person_id],
            "role_name": ROLE_NAMES[row.role],
            "in_force": row.starts_at <= moment and running(row, moment),
        }
        for row in rows
    ]


async def mine(session: AsyncSession, actor: Actor, sealer: Sealer) -> list[dict[str, Any]]:
    """The caller's roles of this moment, as far as their way of signing in carries them, and whom each stands in for."""
    carried = {(grant.role, grant.place_id) for grant in actor.grants}
    held = select(Grant).where(Grant.person_id == actor.person_id, in_force(now())).order_by(Grant.id)
    rows = [row for row in await session.scalars(held) if (row.role, row.place_id) in carried]
    names = await names_of(session, sealer, {row.lent_by for row in rows if row.lent_by})
    return [
        {name: getattr(row, name) for name in ("id", "role", "place_id", "place_kind", "path", "ends_at")}
        | {
            "role_name": ROLE_NAMES[row.role],
            "stands_in_for": {"person_id": row.lent_by, "name": names[row.lent_by]} if row.lent_by else None,
        }
        for row in rows
    ]


async def page(session: AsyncSession, actor: Actor, query: GrantQuery) -> Page[Grant]:
    """Grants at the reader's places, newest first; of everyone else, their own, as far as it is carried."""
    access.require_anywhere(actor, "grants:list")
    own = and_(Grant.person_id == actor.person_id, Grant.role.in_(actor.carries))
    rows = select(Grant).where(or_(own, under_path(Grant, reading(actor))))
    if query.person_id is not None:
        rows = rows.where(Grant.person_id == query.person_id)
    if query.place_id is not None:
        low, high = below((await place_of(session, query.place_id)).path)
        rows = rows.where(Grant.path >= low, Grant.path < high)
    if query.role is not None:
        rows = rows.where(Grant.role == query.role)
    if query.in_force is not None:
        rows = rows.where(in_force(now()) if query.in_force else ~in_force(now()))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Grant.id < after)
    return paged((await session.scalars(rows.order_by(Grant.id.desc()).limit(query.limit + 1))).all(), query.limit)


def reading(actor: Actor) -> list[ActorGrant]:
    """The actor's grants that show what others hold there."""
    return [grant for grant in actor.grants if grant.role in _READERS]


async def load(session: AsyncSession, actor: Actor, grant_id: UUID, permission: str = "grants:read") -> Grant:
    """A grant of the actor's own that their way of signing in carries, or at a place whose grants they see; 404 otherwise."""
    grant = await session.scalar(select(Grant).where(Grant.id == grant_id))
    is_own = grant is not None and grant.person_id == actor.person_id and grant.role in actor.carries
    own = _SUBJECT if is_own else frozenset()
    actor.checked.add(permission)
    if grant is None or not access.may("grants:read", actor.roles_at(grant.path) | own):
        raise NotFound()
    access.require(actor, permission, grant.path, own)
    return grant


async def create(session: AsyncSession, actor: Actor, form: GrantCreate) -> Grant:
    """Give a role. 404 for a place or person out of sight, 403, 409 when it is held already, 422 for what makes no sense."""
    holds = access.require_anywhere(actor, "grants:create")
    place = await place_of(session, form.place_id)
    person = await visible_person(session, actor, form.person_id, holds)
    access.require(actor, "grants:create", place.path)
    if await same_person(session, actor.person_id, person.id):
        raise Forbidden("不能授予自己")
    moment = now()
    found = authority.check_giver(await carried_charges(session, actor), form.role, place.path)
    (person,) = await hold_people(session, person.id)
    starts_at = form.starts_at or moment
    await _check_free(session, person, form.role, place, starts_at, form.ends_at)
    authority.check_terms(found, form.role, place.kind, form.ends_at)
    authority.check_span(starts_at, form.ends_at, moment)
    _check_person(person, form.role)
    actor.trace.person_id = person.id
    return await _give(session, actor, person, form.role, place, starts_at, form.ends_at)


async def appoint(session: AsyncSession, person_id: UUID, role: Role) -> Grant:
    """Make somebody a separated administrator of the district: the operator's command, and nobody through the API."""
    if role not in SEPARATED:
        raise RuleBroken("此命令只给出系统、安全、审计三员", field="role")
    (person,) = await hold_people(session, person_id)
    of_district = (Place.district_id == person.district_id, Place.parent_id.is_(None))
    place = (await session.scalars(select(Place).where(*of_district))).one()
    moment = now()
    await _check_free(session, person, role, place, moment, None)
    _check_person(person, role)
    return await _give(session, None, person, role, place, moment, None)


async def _give(
    session: AsyncSession,
    actor: Actor | None,
    person: Person,
    role: Role,
    place: Place,
    starts_at: datetime,
    ends_at: datetime | None,
) -> Grant:
    grant = Grant(
        district_id=person.district_id,
        id=new_id(),
        person_id=person.id,
        role=role,
        place_id=place.id,
        path=place.path,
        place_kind=place.kind.value,
        starts_at=starts_at,
        ends_at=ends_at,
        granted_by=actor.person_id if actor else None,
        created_at=now(),
    )
    session.add(grant)
    publish(session, "grant", grant, "create", actor=actor, data=told(grant))
    await session.flush()
    return grant


async def _check_free(
    session: AsyncSession, person: Person, role: Role, place: Place, starts_at: datetime, ends_at: datetime | None
) -> None:
    """409 when the person holds it already in that time, or what excludes it. Asked with the person locked."""
    if ends_at is not None and ends_at <= starts_at:
        return
    held = (await session.scalars(select(Grant).where(Grant.person_id == person.id, meets(starts_at, ends_at)))).all()
    if any(row.role is role and row.place_id == place.id and row.substitution_id is None for row in held):
        raise Duplicate("此人在该地点这段时间已有此角色")
    if others := _excluded(role, {row.role for row in held}):
        names = "、".join(sorted(ROLE_NAMES[other] for other in others))
        raise Conflict(f"此人已是{names}：三员互不兼任，也不兼任业务岗位")


def meets(starts_at: datetime, ends_at: datetime | None) -> ColumnElement[bool]:
    """Grants that run at some moment of this span."""
    times = (literal(time, DateTime(timezone=True)) for time in (starts_at, ends_at))
    return func.tstzrange(Grant.starts_at, Grant.ends_at).bool_op("&&")(func.tstzrange(*times))


def _excluded(role: Role, held: Iterable[Role]) -> set[Role]:
    """Which of the held roles do not go together with this one."""
    if role not in EXCLUSIVE:
        return set()
    return {other for other in held if other in EXCLUSIVE and other is not role and {role, other} & SEPARATED}


def _check_person(person: Person, role: Role) -> None:
    if person.merged_into_id is not None:
        raise RuleBroken("此档案已并入另一份档案，请授予合并后的档案", field="person_id")
    if person.minor and role in EXCLUSIVE:
        raise RuleBroken("未满十四周岁的人不能担任此岗位", field="person_id")


async def revoke(session: AsyncSession, actor: Actor, sealer: Sealer, grant_id: UUID, form: GrantRevoke) -> Grant:
    """Take a role away, or lay down one's own; what was lent from it ends with it. 409 when it has ended already."""
    grant = await load(session, actor, grant_id, "grants:revoke")
    await _check_taker(session, actor, grant)
    await hold_people(session, grant.person_id)
    await session.refresh(grant, with_for_update=True)
    moment = now()
    if not running(grant, moment):
        raise Conflict("此授权已经结束")
    if grant.lent_by is not None and grant.person_id == actor.person_id:
        raise Conflict("代理的角色随代理结束；请结束代理")
    holder = await session.get_one(Person, (grant.district_id, grant.person_id))
    reasons.state(actor, sealer, form.reason, holder)
    actor.trace.person_id = grant.person_id
    await end(session, grant, moment, actor, reason=form.reason)
    return grant


async def _check_taker(session: AsyncSession, actor: Actor, grant: Grant) -> None:
    if await same_person(session, actor.person_id, grant.person_id):
        if grant.role not in LAID_DOWN:
            raise Forbidden(f"“{ROLE_NAMES[grant.role]}”不能自行放下")
        return
    if not authority.may_take(await carried_charges(session, actor), grant.role, grant.path):
        raise Forbidden(f"您不能收回此地点的“{ROLE_NAMES[grant.role]}”")
