"""Steps of claims, whoever takes them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.joint_work import CLAIM, STANDING, ClaimAction
from app.domain.people import Actor, Parties, Relation
from app.models import ServiceClaim
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
