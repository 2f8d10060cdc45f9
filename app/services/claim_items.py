"""Items of the claim round 认领: listed for a turn, claimed by member units, confirmed by the community.

The unit on duty lists needs and projects it may see, the community any of its own. An order is given by whoever may give orders
there, so the community confirms; the unit may object to it as to every order.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.joint_work import ITEM, STANDING, ClaimAction, ClaimState, ItemAction
from app.domain.people import Actor, Parties, Relation
from app.models import ClaimItem, DutyTurn, ServiceClaim
from app.schemas.claim_items import ClaimItemCreate, ClaimItemQuery, ClaimItemRead
from app.services import claim_items_subjects as subjects
from app.services.access import under_path
from app.services.committee_members import units_of
from app.services.duty_replace import members_of
from app.services.duty_turns import acts_for, turns_of
from app.services.joint_meetings import turn_on_duty
from app.services.outbox import publish
from app.services.places import paged
from app.services.service_claims_move import SYSTEM, move_claim, standing

_FIELDS = tuple(name for name in ClaimItemRead.model_fields if name not in {"claims", "actions"})


async def parties_of(session: AsyncSession, actor: Actor, item: ClaimItem) -> Parties:
    return _parties(actor, item, await session.get_one(DutyTurn, (item.district_id, item.turn_id)))


def _parties(actor: Actor, item: ClaimItem, turn: DutyTurn) -> Parties:
    unit = {Relation.UNIT} if acts_for(actor, turn.organization_id, turn.path) else set()
    return actor.roles_at(item.path) | frozenset(unit)


async def present(session: AsyncSession, actor: Actor, rows: Sequence[ClaimItem]) -> list[dict[str, Any]]:
    """The fields of ClaimItemReads, with who claims them now."""
    mine = (ServiceClaim.item_id.in_([row.id for row in rows]), ServiceClaim.state.in_(STANDING))
    claims = (await session.scalars(select(ServiceClaim).where(*mine).order_by(ServiceClaim.id))).all()
    units = await units_of(session, [claim.organization_id for claim in claims])
    turns = await turns_of(session, [row.turn_id for row in rows])
    return [
        {name: getattr(row, name) for name in _FIELDS}
        | {
            "claims": [
                {
                    "claim_id": claim.id,
                    "organization_id": claim.organization_id,
                    "organization_name": units[claim.organization_id].name,
                    "leads": claim.leads,
                }
                for claim in claims
                if claim.item_id == row.id
            ],
            "actions": ITEM.offered(row.state, _parties(actor, row, turns[row.turn_id])),
        }
        for row in rows
    ]


async def page(session: AsyncSession, actor: Actor, query: ClaimItemQuery) -> Page[ClaimItem]:
    """Items of the committees at the actor's places, newest first."""
    grants = access.require_anywhere(actor, "claim-items:list")
    rows = select(ClaimItem).where(under_path(ClaimItem, grants))
    for name in ("turn_id", "community_id", "need_id", "project_id", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(ClaimItem, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(ClaimItem.id < after)
    found = await session.scalars(rows.order_by(ClaimItem.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(session: AsyncSession, actor: Actor, item_id: UUID, permission: str = "claim-items:read") -> ClaimItem:
    actor.checked.add(permission)
    found = await session.scalar(select(ClaimItem).where(ClaimItem.id == item_id))
    if found is None or not access.may("claim-items:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def create(session: AsyncSession, actor: Actor, form: ClaimItemCreate) -> ClaimItem:
    """List an open need of the community, or a project nobody leads yet. 404 for what the actor may not see, 409 once listed."""
    turn = await turn_on_duty(session, actor, form.turn_id, "claim-items:create")
    await subjects.must_be_listable(session, actor, turn, form)
    item = ClaimItem(
        district_id=turn.district_id,
        id=new_id(),
        community_id=turn.community_id,
        path=turn.path,
        state=ITEM.initial,
        **form.model_dump(),
    )
    session.add(item)
    data = {"turn_id": str(turn.id)} | subjects.told(item)
    publish(session, ITEM.noun, item, "create", actor=actor, target=item.state.value, data=data)
    await session.flush()
    return item


async def _held(session: AsyncSession, actor: Actor, item_id: UUID, action: ItemAction) -> tuple[ClaimItem, Parties]:
    item = await load(session, actor, item_id, ITEM.permission(action))
    await session.refresh(item, with_for_update=True)
    parties = await parties_of(session, actor, item)
    ITEM.decide(item.state, action, parties)
    return item, parties


async def _move(session: AsyncSession, item: ClaimItem, action: ItemAction, parties: Parties, actor: Actor) -> None:
    step = ITEM.decide(item.state, action, parties)
    source, item.state = item.state, step.target
    data = {"turn_id": str(item.turn_id), "order_id": str(item.order_id) if item.order_id else None} | subjects.told(
        item
    )
    publish(
        session,
        ITEM.noun,
        item,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=data,
    )
    await session.flush()


async def confirm(session: AsyncSession, actor: Actor, item_id: UUID) -> ClaimItem:
    """The claims stand: the units do what they claimed, one leading. 409 without one that leads, or where it is not to be had."""
    item, parties = await _held(session, actor, item_id, ItemAction.CONFIRM)
    claims = await standing(session, item.id)
    lead = next((claim for claim in claims if claim.leads), None)
    if lead is None or lead.organization_id not in await members_of(session, item.community_id):
        raise Conflict("还没有牵头的成员单位")
    await subjects.hand_over(session, actor, item, claims)
    await _move(session, item, ItemAction.CONFIRM, parties, actor)
    for claim in claims:
        move_claim(session, claim, ClaimAction.CONFIRM, SYSTEM, None)
    await session.flush()
    return item


async def drop(session: AsyncSession, actor: Actor, item_id: UUID) -> ClaimItem:
    """Take an item off the list; whoever claimed it is told."""
    item, parties = await _held(session, actor, item_id, ItemAction.DROP)
    await _move(session, item, ItemAction.DROP, parties, actor)
    for claim in await standing(session, item.id):
        if claim.state is ClaimState.MADE:
            move_claim(session, claim, ClaimAction.DROP, SYSTEM, None)
    await session.flush()
    return item
