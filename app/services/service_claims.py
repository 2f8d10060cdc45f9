"""Claims 认领 of member units on listed items: the first leads, others join up to the item's cap, until the community confirms."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.joint_work import CLAIM, MOST_CLAIMS, STANDING, ClaimAction, ItemState
from app.domain.organizations import ASSIGNABLE
from app.domain.people import Actor, Parties, Relation
from app.models import ClaimItem, CommitteeMember, Organization, ServiceClaim
from app.schemas.service_claims import ServiceClaimMake, ServiceClaimQuery, ServiceClaimRead
from app.services import claim_items, claim_items_subjects
from app.services.access import under_path
from app.services.duty_turns import acts_for
from app.services.outbox import publish
from app.services.places import paged
from app.services.service_claims_move import standing, step_back

_FIELDS = tuple(name for name in ServiceClaimRead.model_fields if name != "actions")


def parties_of(actor: Actor, claim: ServiceClaim) -> Parties:
    unit = {Relation.UNIT} if acts_for(actor, claim.organization_id, claim.path) else set()
    return actor.roles_at(claim.path) | frozenset(unit)


def present(actor: Actor, claim: ServiceClaim) -> dict[str, Any]:
    shown = {name: getattr(claim, name) for name in _FIELDS}
    return shown | {"actions": CLAIM.offered(claim.state, parties_of(actor, claim))}


async def page(session: AsyncSession, actor: Actor, query: ServiceClaimQuery) -> Page[ServiceClaim]:
    """Claims in the committees at the actor's places, newest first."""
    grants = access.require_anywhere(actor, "service-claims:list")
    rows = select(ServiceClaim).where(under_path(ServiceClaim, grants))
    for name in ("item_id", "organization_id", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(ServiceClaim, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(ServiceClaim.id < after)
    found = await session.scalars(rows.order_by(ServiceClaim.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(session: AsyncSession, actor: Actor, claim_id: UUID) -> ServiceClaim:
    actor.checked.add("service-claims:read")
    found = await session.scalar(select(ServiceClaim).where(ServiceClaim.id == claim_id))
    if found is None or not access.may("service-claims:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def make(session: AsyncSession, actor: Actor, form: ServiceClaimMake) -> ServiceClaim:
    """For the actor's own unit. 409 when the item is taken off, full, or claimed by the unit already."""
    item = await claim_items.load(session, actor, form.item_id)
    unit_id = actor.organization_id
    mine = unit_id is not None and acts_for(actor, unit_id, item.path)
    access.require(actor, "service-claims:make", item.path, frozenset({Relation.UNIT}) if mine else frozenset())
    await session.refresh(item, with_for_update=True)
    if item.state is not ItemState.LISTED:
        raise Conflict("此事项已不在认领清单中")
    claims = await standing(session, item.id)
    if any(claim.organization_id == unit_id for claim in claims):
        raise Duplicate("本单位已认领")
    if len(claims) >= item.most_units:
        raise Conflict("认领单位已满")
    leads = not any(claim.leads for claim in claims)
    unit = await _fit(session, item, unit_id, leads=leads)
    claim = ServiceClaim(
        district_id=item.district_id,
        id=new_id(),
        item_id=item.id,
        turn_id=item.turn_id,
        path=item.path,
        organization_id=unit.id,
        leads=leads,
        state=CLAIM.initial,
    )
    session.add(claim)
    data = {"organization_id": str(unit.id), "item_id": str(item.id)}
    publish(session, CLAIM.noun, claim, "make", actor=actor, target=claim.state.value, data=data)
    await session.flush()
    return claim


async def _fit(session: AsyncSession, item: ClaimItem, unit_id: UUID | None, *, leads: bool) -> Organization:
    """A member, with claims to spare; where it leads, one that an order may be assigned to; of a project, one of the place."""
    if unit_id is None or not await _sits(session, item, unit_id):
        raise RuleBroken("本单位不是该大党委的成员", field="item_id")
    unit = await session.get_one(Organization, (item.district_id, unit_id))
    held = (ServiceClaim.turn_id == item.turn_id, ServiceClaim.organization_id == unit_id)
    count = await session.scalar(select(func.count()).where(*held, ServiceClaim.state.in_(STANDING)))
    if (count or 0) >= MOST_CLAIMS:
        raise RuleBroken(f"一次轮值期内每个单位最多认领 {MOST_CLAIMS} 件", field="item_id")
    if leads and unit.kind not in ASSIGNABLE:
        raise RuleBroken("牵头的须是可以承办工单的单位，党组织可参与认领", field="item_id")
    await claim_items_subjects.must_suit(session, item, unit)
    return unit


async def _sits(session: AsyncSession, item: ClaimItem, unit_id: UUID) -> bool:
    """The unit is a member, and stays one until this is done. Its claims of other items wait, so that they are counted here."""
    here = (CommitteeMember.community_id == item.community_id, CommitteeMember.organization_id == unit_id)
    rows = select(CommitteeMember.id).where(*here, CommitteeMember.left_on.is_(None))
    return await session.scalar(rows.with_for_update(key_share=True)) is not None


async def withdraw(session: AsyncSession, actor: Actor, claim_id: UUID) -> ServiceClaim:
    """Before it is confirmed. Where the leading unit withdraws, the next that may lead does."""
    claim = await load(session, actor, claim_id)
    actor.checked.add(CLAIM.permission(ClaimAction.WITHDRAW))
    await session.get_one(ClaimItem, (claim.district_id, claim.item_id), with_for_update=True)
    await session.refresh(claim, with_for_update=True)
    await step_back(session, claim, parties_of(actor, claim), actor)
    return claim
