"""A need with what the actor is to it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.domain import access
from app.domain.assignments import ACTIVE
from app.domain.lifecycle import Step
from app.domain.needs import NEED, NeedAction, NeedState
from app.domain.people import UNIT_ROLES, Actor, Parties, Relation
from app.models import Assignment, Need, NeedFollower, Order
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})


@dataclass(slots=True)
class NeedCase:
    need: Need
    parties: Parties


async def load(
    session: AsyncSession, actor: Actor | None, need_id: UUID, permission: str, *, lock: bool = True
) -> NeedCase:
    """Read a need for a verb; 404 when it is not there for this actor. ``actor`` None is the system."""
    query = select(Need).where(Need.id == need_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    need = await session.scalar(query)
    if need is None:
        raise NotFound()
    if actor is None:
        return NeedCase(need, SYSTEM)
    parties = actor.roles_at(need.path) | await _relations(session, actor, need)
    actor.checked.add(permission)
    if not access.may("needs:read", parties) and not access.may(permission, parties):
        raise NotFound()
    return NeedCase(need, parties)


async def _relations(session: AsyncSession, actor: Actor, need: Need) -> frozenset[Relation]:
    found: set[Relation] = set()
    if actor.person_id in {need.asker_id, need.submitted_by}:
        found.add(Relation.ASKER)
    follows = exists().where(NeedFollower.need_id == need.id, NeedFollower.person_id == actor.person_id)
    party = Assignment.person_id == actor.person_id
    if actor.organization_id is not None and actor.roles & UNIT_ROLES:
        party = party | (Assignment.organization_id == actor.organization_id)
    holds = exists().where(
        Order.need_id == need.id, Assignment.order_id == Order.id, party, Assignment.state.in_(ACTIVE)
    )
    is_follower, is_holder = (await session.execute(select(follows, holds))).one()
    if is_follower:
        found.add(Relation.FOLLOWER)
    if is_holder:
        found.add(Relation.HOLDER)
    return frozenset(found)


def decide(case: NeedCase, action: NeedAction) -> Step[NeedState, NeedAction]:
    return NEED.decide(case.need.state, action, case.parties)


def move(
    session: AsyncSession,
    need: Need,
    step: Step[NeedState, NeedAction],
    actor: Actor | None,
    *,
    target: NeedState | None = None,
    **data: Any,
) -> None:
    """Take the step: the new state and its event together."""
    chosen = target or step.target
    if chosen not in step.targets:
        raise ValueError(f"{step.action} does not lead to {chosen}")
    source, need.state = need.state, chosen
    publish(
        session,
        NEED.noun,
        need,
        step.action.value,
        actor=actor,
        source=source.value,
        target=chosen.value,
        data=data,
    )
