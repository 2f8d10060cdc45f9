"""An order with everything a decision about it needs: its need, its assignments, and what the actor is to it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain, cycle, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.domain import access
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.co_handlings import SEES
from app.domain.levels import levels_of
from app.domain.lifecycle import Step
from app.domain.orders import ORDER, TAKE_OVER, OrderAction, OrderState
from app.domain.people import HELPERS, UNIT_ROLES, Actor, Parties, Relation
from app.models import Assignment, CoHandling, Need, NeedFollower, Order
from app.services import affected, clocks, clocks_orders, need_respondents, objections
from app.services.access import co_handled, of_party
from app.services.clocks import Timing
from app.services.escalations_taken import taken_over
from app.services.outbox import publish

SYSTEM: Parties = frozenset({Relation.SYSTEM})
_READ_BY_RELATION = access.TABLE["orders:read"] - HELPERS


@dataclass(slots=True)
class OrderCase:
    order: Order
    need: Need
    assignments: list[Assignment]
    parties: Parties
    timing: Timing = field(default_factory=Timing)
    """The clocks that run with it; of a case that was only read, none."""

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

    def open_slots(self) -> list[int]:
        """The places nobody holds, whoever is being asked for them."""
        taken = {a.slot for a in self.active}
        return [slot for slot in range(1, self.order.people_wanted + 1) if slot not in taken]

    def slots_for(self, invitations: int) -> list[int]:
        """Which places these many people are asked for: first those nobody thinks about yet, then each open one in turn."""
        return list(islice(chain(self.free_slots(), cycle(self.open_slots())), invitations))


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


async def relations_among(
    session: AsyncSession, actor: Actor, orders: Collection[UUID]
) -> dict[UUID, frozenset[Relation]]:
    """What the actor's own and their unit's assignments make them to these orders, for a page of what stands beside them."""
    found: dict[UUID, frozenset[Relation]] = dict.fromkeys(orders, frozenset())
    rows = select(Assignment).where(Assignment.order_id.in_(orders), of_party(Assignment, actor))
    for row in await session.scalars(rows):
        found[row.order_id] |= relations_by(row.state, unit=row.organization_id is not None)
    return found


def held_by(actor: Actor) -> Select[UUID]:
    """Ids of the orders the actor holds, in person or through the unit they act for."""
    return select(Assignment.order_id).where(of_party(Assignment, actor), Assignment.state.in_(ACTIVE))


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
    """Read an order for a verb, with its clocks; 404 when it is not there for this actor. ``actor`` None is the system.

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
    if lock:
        case.timing = await clocks.timing(session, order_id)
    if actor is not None:
        case.parties = await _parties(session, actor, case)
        actor.checked.add(permission)
        tries = permission != "orders:read" and access.may(permission, case.parties)
        if not readable(order.state, case.parties) and not tries:
            raise NotFound()
        await _must_not_concern(session, actor, case)
    return case


async def _must_not_concern(session: AsyncSession, actor: Actor, case: OrderCase) -> None:
    """Whoever the need complains about finds its order neither in the pool nor by what they once were asked."""
    elsewhere = bool((case.parties - {Relation.ASKED}) & _READ_BY_RELATION)
    if not elsewhere and await need_respondents.concern(session, case.need.id, actor):
        raise NotFound()


async def _parties(session: AsyncSession, actor: Actor, case: OrderCase) -> Parties:
    follows = await session.scalar(
        select(NeedFollower.id)
        .where(NeedFollower.need_id == case.need.id, NeedFollower.person_id == actor.person_id)
        .limit(1)
    )
    relations = relations_to(case.need, case.assignments, actor, follows=follows is not None)
    roles = actor.roles_at(case.order.path)
    if roles & TAKE_OVER:
        taken = (await taken_over(session, [case.order.id])).get(case.order.id, set())
        relations |= {Relation.DISPATCHER} if taken & set(levels_of(roles)) else set()
    relations |= await _co_handling(session, actor, case.order)
    if await affected.among(session, actor, [case.need]):
        relations |= {Relation.AFFECTED}
    if case.order.state is OrderState.DISPUTED:
        relations |= await objections.concerns(session, actor, case.order)
    return roles | relations


async def _co_handling(session: AsyncSession, actor: Actor, order: Order) -> frozenset[Relation]:
    """What a part of the order, somebody else's to lead, makes the actor to it."""
    party = co_handled(of_party(CoHandling, actor))
    rows = select(CoHandling.state).where(CoHandling.order_id == order.id, party)
    return frozenset(SEES[state] for state in await session.scalars(rows))


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
    """Take the step: the new state, the clocks and the event together. ``target`` chooses among the step's targets."""
    chosen = target or step.target
    if chosen not in step.targets:
        raise ValueError(f"{step.action} does not lead to {chosen}")
    source, case.order.state = case.order.state, chosen
    due_at = case.order.due_at
    clocks_orders.follow(session, case, step.action, chosen)
    if case.order.due_at != due_at:
        data["due_at"] = case.order.due_at.isoformat()
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
