"""Steps of claims, whoever takes them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.joint_work import CLAIM, STANDING, ClaimAction, ClaimState, ItemState
from app.domain.organizations import ASSIGNABLE
from app.domain.people import Actor, Parties, Relation
from app.models import ClaimItem, CommitteeMember, Organization, ServiceClaim
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})


async def standing(session: AsyncSession, item_id: UUID) -> list[ServiceClaim]:
    """Claims on an item that stand, the oldest first, locked; the item is locked by the caller."""
    rows = select(ServiceClaim).where(ServiceClaim.item_id == item_id, ServiceClaim.state.in_(STANDING))
    return list(await session.scalars(rows.order_by(ServiceClaim.id).with_for_update()))


def move_claim(
    session: AsyncSession, claim: ServiceClaim, action: ClaimAction, parties: Parties, actor: Actor | None
) -> None:
    step = CLAIM.decide(claim.state, action, parties)
    source, claim.state = claim.state, step.target
    publish(
        session,
        CLAIM.noun,
        claim,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data={"organization_id": str(claim.organization_id), "item_id": str(claim.item_id)},
    )


async def step_back(session: AsyncSession, claim: ServiceClaim, parties: Parties, actor: Actor) -> None:
    """The unit claims it no longer. Where it led, the next that may lead does. Item and claim are locked by the caller."""
    move_claim(session, claim, ClaimAction.WITHDRAW, parties, actor)
    led, claim.leads = claim.leads, False
    await session.flush()
    if led:
        await _pass_on(session, await standing(session, claim.item_id))


async def _pass_on(session: AsyncSession, others: list[ServiceClaim]) -> None:
    ids = [one.organization_id for one in others]
    able = (Organization.id.in_(ids), Organization.kind.in_(ASSIGNABLE))
    may_lead = set(await session.scalars(select(Organization.id).where(*able)))
    nxt = next((one for one in others if one.organization_id in may_lead), None)
    if nxt is not None:
        nxt.leads = True
        data = {"organization_id": str(nxt.organization_id), "item_id": str(nxt.item_id)}
        publish(session, CLAIM.noun, nxt, "lead", actor=None, data=data)
        await session.flush()


async def hold_items(session: AsyncSession, community_id: UUID) -> list[UUID]:
    """What is to be claimed in a community, locked, so that nobody claims it meanwhile."""
    here = (ClaimItem.community_id == community_id, ClaimItem.state == ItemState.LISTED)
    return list(await session.scalars(select(ClaimItem.id).where(*here).order_by(ClaimItem.id).with_for_update()))


async def leave(session: AsyncSession, member: CommitteeMember, items: list[UUID], actor: Actor) -> None:
    """A unit that is no member any more claims nothing. What was confirmed stays: it is an order, or a project it is in."""
    theirs = (ServiceClaim.organization_id == member.organization_id, ServiceClaim.state == ClaimState.MADE)
    rows = select(ServiceClaim).where(ServiceClaim.item_id.in_(items), *theirs).order_by(ServiceClaim.id)
    for claim in (await session.scalars(rows.with_for_update().execution_options(populate_existing=True))).all():
        await step_back(session, claim, SYSTEM, actor)
