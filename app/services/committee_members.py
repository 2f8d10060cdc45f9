"""Member units of a community's joint committee 大党委: who sits in it, who speaks for them, joining and leaving.

These rows are the one truth of who is a member. ``organizations.joint_committee``, from before there were any, is kept in step here
and nowhere else, until nothing reads it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.organizations import OrganizationKind, acting_role
from app.domain.people import UNIT_ROLES, Actor
from app.domain.places import PlaceKind, ancestors
from app.models import CommitteeMember, Grant, Organization, Person, Place
from app.schemas.committee_members import (
    CommitteeMemberCreate,
    CommitteeMemberLeave,
    CommitteeMemberQuery,
    CommitteeMemberRead,
    CommitteeMemberUpdate,
)
from app.services import duty_replace, service_claims_move
from app.services.access import in_force, under_path
from app.services.outbox import hold, publish
from app.services.people_names import names_of
from app.services.places import paged, place_of

NOUN = "committee-member"
_DERIVED = {"organization_name", "organization_kind", "liaison_name", "deputy_name"}
_FIELDS = tuple(name for name in CommitteeMemberRead.model_fields if name not in _DERIVED)


async def present(session: AsyncSession, sealer: Sealer, rows: Sequence[CommitteeMember]) -> list[dict[str, Any]]:
    """The fields of CommitteeMemberReads; names of people masked."""
    people = {i for row in rows for i in (row.liaison_id, row.deputy_id) if i is not None}
    names, units = await names_of(session, sealer, people), await units_of(session, [r.organization_id for r in rows])
    return [
        {name: getattr(row, name) for name in _FIELDS}
        | {
            "organization_name": units[row.organization_id].name,
            "organization_kind": units[row.organization_id].kind,
            "liaison_name": names[row.liaison_id] if row.liaison_id else None,
            "deputy_name": names[row.deputy_id] if row.deputy_id else None,
        }
        for row in rows
    ]


async def units_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Organization]:
    rows = await session.scalars(select(Organization).where(Organization.id.in_(ids)))
    return {row.id: row for row in rows}


async def page(session: AsyncSession, actor: Actor, query: CommitteeMemberQuery) -> Page[CommitteeMember]:
    """Members of the committees at the reader's places; of whoever acts for a unit, also of those their unit sits in."""
    grants = access.require_anywhere(actor, "committee-members:list")
    rows = select(CommitteeMember).where(or_(under_path(CommitteeMember, grants), _among(actor)))
    if query.community_id is not None:
        rows = rows.where(CommitteeMember.community_id == query.community_id)
    if query.organization_id is not None:
        rows = rows.where(CommitteeMember.organization_id == query.organization_id)
    if query.kind is not None:
        same = (Organization.district_id == CommitteeMember.district_id, Organization.kind == query.kind)
        rows = rows.where(exists().where(Organization.id == CommitteeMember.organization_id, *same))
    if query.current is not None:
        left = CommitteeMember.left_on
        rows = rows.where(left.is_(None) if query.current else left.is_not(None))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(CommitteeMember.id > after)
    found = await session.scalars(rows.order_by(CommitteeMember.id).limit(query.limit + 1))
    return paged(found.all(), query.limit)


def _among(actor: Actor) -> ColumnElement[bool]:
    """Committees that the actor's unit sits in."""
    mine = select(CommitteeMember.community_id).where(
        CommitteeMember.organization_id == actor.organization_id, CommitteeMember.left_on.is_(None)
    )
    return CommitteeMember.community_id.in_(mine) if actor.roles & UNIT_ROLES else false()


async def load(session: AsyncSession, actor: Actor, member_id: UUID, permission: str) -> CommitteeMember:
    """A member unit at a place the actor's roles reach, or in a committee of their own unit's; 404 otherwise."""
    actor.checked.add(permission)
    found = await session.scalar(select(CommitteeMember).where(CommitteeMember.id == member_id))
    if found is None:
        raise NotFound()
    if not access.may("committee-members:read", actor.roles_at(found.path)):
        beside = select(CommitteeMember.id).where(CommitteeMember.id == member_id, _among(actor))
        if await session.scalar(beside) is None:
            raise NotFound()
        if permission == "committee-members:read":
            return found
    access.require(actor, permission, found.path)
    return found


async def community_of(session: AsyncSession, community_id: UUID) -> Place:
    """404 unless it is a community."""
    place = await place_of(session, community_id)
    if place.kind is not PlaceKind.COMMUNITY:
        raise NotFound("没有这个社区")
    return place


async def create(session: AsyncSession, actor: Actor, form: CommitteeMemberCreate) -> CommitteeMember:
    """A unit joins; it need not stand in the community itself. 409 while it sits there already."""
    place = await community_of(session, form.community_id)
    access.require(actor, "committee-members:create", place.path)
    unit = await _held_unit(session, form.organization_id)
    same = (CommitteeMember.community_id == place.id, CommitteeMember.organization_id == unit.id)
    if await session.scalar(select(CommitteeMember.id).where(*same, CommitteeMember.left_on.is_(None))) is not None:
        raise Duplicate("该单位已是成员")
    _must_fit(unit, form.joined_on)
    member = CommitteeMember(
        district_id=actor.district_id,
        id=new_id(),
        path=place.path,
        **form.model_dump(exclude={"liaison_id", "deputy_id"}),
    )
    await _speak(session, member, unit, form.liaison_id, form.deputy_id)
    session.add(member)
    unit.joint_committee = True
    publish(session, NOUN, member, "create", actor=actor, data=_told(member))
    await session.flush()
    return member


async def _held_unit(session: AsyncSession, unit_id: UUID) -> Organization:
    """Locked, but not for rows that only point to it: whoever plans its turn or assigns it an order need not wait for this."""
    held = select(Organization).where(Organization.id == unit_id).with_for_update(key_share=True)
    unit = await session.scalar(held)
    if unit is None:
        raise NotFound("没有这个单位")
    return unit


def _must_fit(unit: Organization, joined_on: date) -> None:
    if unit.kind is OrganizationKind.TEAM:
        raise RuleBroken("队伍不是大党委成员单位", field="organization_id")
    if joined_on > clock.today():
        raise RuleBroken("加入日期不能晚于今天", field="joined_on")


async def _speak(
    session: AsyncSession, member: CommitteeMember, unit: Organization, liaison: UUID | None, deputy: UUID | None
) -> None:
    """Both act for the unit where the committee sits; 422 otherwise."""
    if liaison is not None and liaison == deputy:
        raise RuleBroken("联络员与副联络员须是两个人", field="deputy_id")
    for field, person_id in (("liaison_id", liaison), ("deputy_id", deputy)):
        if person_id is not None and person_id not in await acting_for(session, unit, member.path, person_id):
            raise RuleBroken("此人未获授权为该单位办事", field=field)
        setattr(member, field, person_id)


async def acting_for(session: AsyncSession, unit: Organization, path: str, person_id: UUID) -> list[UUID]:
    """The person, if they act for the unit at this place now."""
    acts = exists().where(
        Grant.district_id == Person.district_id,
        Grant.person_id == Person.id,
        Grant.role == acting_role(unit.kind),
        Grant.path.in_(ancestors(path)),
        in_force(now()),
    )
    theirs = (Person.id == person_id, Person.organization_id == unit.id)
    return list(await session.scalars(select(Person.id).where(*theirs, acts)))


def _told(member: CommitteeMember) -> dict[str, str | None]:
    named = ("community_id", "organization_id", "liaison_id", "deputy_id")
    return {name: str(value) if (value := getattr(member, name)) else None for name in named}


async def update(
    session: AsyncSession, actor: Actor, member_id: UUID, version: int, form: CommitteeMemberUpdate
) -> CommitteeMember:
    """Change who speaks for the unit."""
    member = await load(session, actor, member_id, "committee-members:update")
    await hold(session, member, version)
    if member.left_on is not None:
        raise Conflict("该单位已退出")
    now_said = {name: getattr(member, name) for name in CommitteeMemberUpdate.model_fields}
    said = now_said | form.model_dump(exclude_unset=True)
    unit = (await units_of(session, [member.organization_id]))[member.organization_id]
    await _speak(session, member, unit, said["liaison_id"], said["deputy_id"])
    publish(session, NOUN, member, "update", actor=actor, data=_told(member))
    await session.flush()
    return member


async def leave(session: AsyncSession, actor: Actor, member_id: UUID, form: CommitteeMemberLeave) -> CommitteeMember:
    """A unit leaves. Turns of it that are still to come, or running, fall to the next in the published reserve; what it claimed
    and nobody has confirmed is free again.
    """
    member = await load(session, actor, member_id, "committee-members:leave")
    await duty_replace.hold_turns(session, member)
    items = await service_claims_move.hold_items(session, member.community_id)
    unit = await _held_unit(session, member.organization_id)
    await session.refresh(member, with_for_update=True)
    if member.left_on is not None:
        raise Conflict("该单位已退出")
    if not member.joined_on <= form.left_on <= clock.today():
        raise RuleBroken("退出日期须在加入之后、不晚于今天", field="left_on")
    member.left_on, member.left_reason = form.left_on, form.reason
    publish(session, NOUN, member, "leave", actor=actor, data=_told(member))
    await session.flush()
    elsewhere = (CommitteeMember.organization_id == unit.id, CommitteeMember.left_on.is_(None))
    sits = await session.scalar(select(CommitteeMember.id).where(*elsewhere).limit(1))
    unit.joint_committee = sits is not None
    await duty_replace.hand_on(session, member, actor)
    await service_claims_move.leave(session, member, items, actor)
    await duty_replace.leave_undone(session, member)
    return member
