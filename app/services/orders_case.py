"""An order with everything a decision about it needs: its need, its assignments, and what the actor is to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.domain import access
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.lifecycle import Step
from app.domain.orders import ORDER, OrderAction, OrderState
from app.domain.people import HELPERS, UNIT_ROLES, Actor, Parties, Relation
from app.models import Assignment, Need, NeedFollower, Order
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})
_READ_BY_RELATION = access.TABLE["orders:read"] - HELPERS


@dataclass(slots=True)
class OrderCase:
    order: Order
    need: Need
    assignments: list[Assignment]
    parties: Parties

    @property
    def active(self) -> list[Assignment]:
        return [a for a in self.assignments if a.state in ACTIVE]

    @property
    def invited(self) -> list[Assignment]:
        return [a for a in self.assignments if a.state is AssignmentState.INVITED]

    def mine(self, actor: Actor, states: Iterable[AssignmentState]) -> Assignment | None:
        """The actor's own newest assignment in one of these states, in person or through the unit."""
        wanted = frozenset(states)
        return next((a for a in reversed(self.assignments) if a.state in wanted and belongs_to(a, actor)), None)

    def free_slots(self) -> list[int]:
        """The places in the order nobody holds or is being asked for, lowest first."""
        taken = {a.slot for a in self.active} | {a.slot for a in self.invited}
        return [slot for slot in range(1, self.order.people_wanted + 1) if slot not in taken]


def belongs_to(assignment: Assignment, actor: Actor) -> bool:
    """Whether it is the actor's own, or their unit's and they act for the unit."""
    if assignment.person_id is not None:
        return assignment.person_id == actor.person_id
    return assignment.organization_id == actor.organization_id and bool(actor.roles_at(assignment.path) & UNIT_ROLES)


def relations_to(need: Need, assignments: Iterable[Assignment], actor: Actor, *, follows: bool) -> frozenset[Relation]:
    found: set[Relation] = {Relation.FOLLOWER} if follows else set()
    if actor.person_id in {need.asker_id, need.submitted_by}:
        found.add(Relation.ASKER)
    if actor.client and need.client_id == actor.person_id:
        found.add(Relation.SENDER)
    for assignment in assignments:
        if belongs_to(assignment, actor):
            found |= relations_by(assignment.state, unit=assignment.organization_id is not None)
    return frozenset(found)


def relations_by(state: AssignmentState, *, unit: bool) -> set[Relation]:
    """What an assignment in this state makes its party to the order."""
    found = {Relation.ASKED}
    if state in ACTIVE:
        found |= {Relation.HOLDER, Relation.UNIT} if unit else {Relation.HOLDER}
    return found


def readable(state: OrderState, parties: Parties) -> bool:
    """Whether an order shows itself: to its parties and readers, and to helpers while it is in the pool."""
    return bool(parties & _READ_BY_RELATION) or (state is OrderState.PUBLISHED and bool(parties & HELPERS))


async def load(
    session: AsyncSession, actor: Actor | None, order_id: UUID, permission: str, *, lock: bool = True
) -> OrderCase:
    """Read an order for a verb; 404 when it is not there for this actor. ``actor`` None is the system.

    Need before order: one sequence of locks for every verb, so that two of them never wait for each other in a ring.
    """
    need = await session.scalar(
        _locked(select(Need).join(Order, Order.need_id == Need.id).where(Order.id == order_id), Need, lock)
    )
    order = await session.scalar(_locked(select(Order).where(Order.id == order_id), Order, lock))
    if need is None or order is None:
        raise NotFound()
    rows = await session.scalars(select(Assignment).where(Assignment.order_id == order_id).order_by(Assignment.id))
    case = OrderCase(order, need, list(rows), SYSTEM)
    if actor is not None:
        case.parties = await _parties(session, actor, case)
        actor.checked.add(permission)
        tries = permission != "orders:read" and access.may(permission, case.parties)
        if not readable(order.state, case.parties) and not tries:
            raise NotFound()
    return case


async def _parties(session: AsyncSession, actor: Actor, case: OrderCase) -> Parties:
    follows = await session.scalar(
        select(NeedFollower.id)
        .where(NeedFollower.need_id == case.need.id, NeedFollower.person_id == actor.person_id)
        .limit(1)
    )
    relations = relations_to(case.need, case.assignments, actor, follows=follows is not None)
    return actor.roles_at(case.order.path) | relations


def _locked(query: Any, model: Any, lock: bool) -> Any:
    return query.with_for_update(of=model).execution_options(populate_existing=True) if lock else query


def move(
    session: AsyncSession,
    case: OrderCase,
    step: Step[OrderState, OrderAction],
    actor: Actor | None,
    *,
    target: OrderState | None = None,
    **data: Any,
) -> None:
    """Take the step: the new state and its event together. ``target`` chooses among the step's targets."""
    chosen = target or step.target
    if chosen not in step.targets:
        raise ValueError(f"{step.action} does not lead to {chosen}")
    source, case.order.state = case.order.state, chosen
    publish(
        session,
        ORDER.noun,
        case.order,
        step.action.value,
        actor=actor,
        source=source.value,
        target=chosen.value,
        data=data,
    )


def decide(case: OrderCase, action: OrderAction, parties: Parties | None = None) -> Step[OrderState, OrderAction]:
    return ORDER.decide(case.order.state, action, case.parties if parties is None else parties)
