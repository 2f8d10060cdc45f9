"""A need with what the actor is to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.domain import access
from app.domain.assignments import ACTIVE
from app.domain.lifecycle import Step
from app.domain.needs import NEED, NeedAction, NeedState
from app.domain.people import Actor, Parties, Relation
from app.models import Assignment, Need, NeedFollower, Order
from app.services import affected, clocks, clocks_needs
from app.services.access import of_party
from app.services.clocks import Timing
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})
KNOWING: Parties = access.TABLE["needs:read"] - {Relation.AFFECTED}
"""Who reads a need whole. Neighbours whom it affects are not told whose it is."""


@dataclass(slots=True)
class NeedCase:
    need: Need
    parties: Parties
    timing: Timing = field(default_factory=Timing)
    """The clock that runs with it; of a case that was only read, none."""


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
    times = await clocks.timing(session, need_id) if lock else Timing()
    if actor is None:
        return NeedCase(need, SYSTEM, times)
    parties = actor.roles_at(need.path) | (await relations_to(session, actor, [need]))[need.id]
    actor.checked.add(permission)
    if not access.may("needs:read", parties) and not access.may(permission, parties):
        raise NotFound()
    return NeedCase(need, parties, times)


async def relations_to(session: AsyncSession, actor: Actor, needs: Sequence[Need]) -> dict[UUID, frozenset[Relation]]:
    """What the actor is to each of these needs, read for all of them at once."""
    ids = [need.id for need in needs]
    mine = NeedFollower.person_id == actor.person_id
    followed = set(await session.scalars(select(NeedFollower.need_id).where(NeedFollower.need_id.in_(ids), mine)))
    held = set(await session.scalars(held_by(actor).where(Order.need_id.in_(ids))))
    hit = await affected.among(session, actor, needs)
    return {
        n.id: _relations(n, actor, follows=n.id in followed, holds=n.id in held, lives_there=n.id in hit) for n in needs
    }


def _relations(need: Need, actor: Actor, *, follows: bool, holds: bool, lives_there: bool) -> frozenset[Relation]:
    stands = {
        Relation.ASKER: actor.person_id in {need.asker_id, need.submitted_by},
        Relation.FOLLOWER: follows,
        Relation.HOLDER: holds,
        Relation.AFFECTED: lives_there,
        Relation.SENDER: actor.client and need.client_id == actor.person_id,
    }
    return frozenset(relation for relation, so in stands.items() if so)


def held_by(actor: Actor) -> Select[UUID]:
    """Ids of the needs whose orders the actor holds, in person or through the unit they act for."""
    on_order = and_(Assignment.district_id == Order.district_id, Assignment.order_id == Order.id)
    return (
        select(Order.need_id)
        .join(Assignment, on_order)
        .where(of_party(Assignment, actor), Assignment.state.in_(ACTIVE))
    )


def decide(case: NeedCase, action: NeedAction) -> Step[NeedState, NeedAction]:
    return NEED.decide(case.need.state, action, case.parties)


def move(
    session: AsyncSession,
    case: NeedCase,
    step: Step[NeedState, NeedAction],
    actor: Actor | None,
    *,
    target: NeedState | None = None,
    **data: Any,
) -> None:
    """Take the step: the new state, the clock and the event together."""
    need, chosen = case.need, target or step.target
    if chosen not in step.targets:
        raise ValueError(f"{step.action} does not lead to {chosen}")
    source, need.state = need.state, chosen
    clocks_needs.follow(session, need, case.timing, step.action, chosen)
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
