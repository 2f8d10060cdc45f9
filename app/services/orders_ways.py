"""An order on its way through the chain of its rule: begin, do what is due, go on to the next step.

The order is locked by the caller, and its row of the chain after it, so that whoever comes second, a worker or an answer, finds
what the first has left. All of it is one transaction: a worker killed in the middle leaves the order as it was, still due.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import AssignmentAction
from app.domain.catalogue import Handler, terms_of
from app.domain.dispatch_ways import Do, Move, Standing, Way, WayStep, next_move, steps_of, without_anybody
from app.domain.needs import NeedState
from app.domain.orders import RETRY_OFFER_AFTER, OrderAction, OrderState
from app.domain.quiet_hours import Quiet, quiet_of
from app.models import OrderWay
from app.services import dispatch_turns
from app.services.dispatch import ranking
from app.services.dispatch_rules import rule_for
from app.services.due import must_be_due
from app.services.orders_case import SYSTEM, OrderCase, decide, load
from app.services.orders_dispatch import give, invite, move_assignment, put_in_pool, uncovered
from app.services.orders_quiet import is_urgent
from app.services.orders_release import vacate
from app.services.outbox import publish

NOUN = "order_way"


@dataclass(frozen=True, slots=True)
class _At:
    """A case with the step it is at."""

    case: OrderCase
    way: OrderWay
    step: WayStep
    quiet: Quiet | None
    last: bool
    pooled: bool

    def standing(self) -> Standing:
        order, way = self.case.order, self.way
        ours = order.assigned_at is not None and order.assigned_at == way.asked_at
        held = ours and self.step.assigns and not order.overruled and order.objected_at is None
        return Standing(order.state, way.began_at, way.asked_at, held, self.pooled)


async def begin(session: AsyncSession, case: OrderCase, auto_offer: bool | None) -> None:
    """Put a new order on the rule of its category, as it is now. Unless somebody said otherwise, the system follows it."""
    order = case.order
    if (rule := await rule_for(session, order.category, order.urgency)) is None:
        return
    columns = {name: getattr(rule, name) for name in ("steps", "quiet_since", "quiet_until")}
    put(session, case, rule_id=rule.id, rule_number=rule.number, **columns)
    if auto_offer is None:
        order.auto_offer, order.next_offer_at = True, now()
    await session.flush()


def put(session: AsyncSession, case: OrderCase, **columns: Any) -> OrderWay:
    """The order's chain, from its first step."""
    order = case.order
    way = OrderWay(
        district_id=order.district_id, id=new_id(), order_id=order.id, path=order.path, step=0, waves=0, **columns
    )
    session.add(way)
    said = {"order_id": str(order.id), "rule_id": columns.get("rule_id"), "rule_number": columns.get("rule_number")}
    data = {name: value if isinstance(value, int | None) else str(value) for name, value in said.items()}
    publish(session, NOUN, way, "begin", actor=None, data=data, noted=False)
    return way


async def way_of(session: AsyncSession, order_id: UUID, *, lock: bool = True) -> OrderWay | None:
    query = select(OrderWay).where(OrderWay.order_id == order_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    await session.flush()
    found: OrderWay | None = await session.scalar(query)
    return found


def begin_anew(way: OrderWay) -> None:
    way.step = way.waves = 0
    way.began_at = way.asked_at = way.due_at = None


async def look(session: AsyncSession, order_id: UUID) -> None:
    """The clock's: a wave, or the end of a step, is due."""
    case = await load(session, None, order_id, "orders:offer")
    way = await way_of(session, order_id)
    must_be_due(None, way.due_at if way else None)
    await follow(session, case)


async def follow(session: AsyncSession, case: OrderCase, *, anew: bool = False) -> bool:
    """Do what the chain asks for now, and say when to look again. False when the order has no chain."""
    if (way := await way_of(session, case.order.id)) is None:
        return False
    if anew:
        begin_anew(way)
    way.due_at = case.order.next_offer_at = None
    while case.order.auto_offer:
        at = _at(case, way)
        move = await _moved(session, at)
        if move.do is Do.FALL:
            _fall(session, at)
        elif move.do is Do.WAIT:
            way.due_at = move.at
            break
    await session.flush()
    return True


def _at(case: OrderCase, way: OrderWay) -> _At:
    steps = steps_of(way.steps)
    quiet = quiet_of(way.quiet_since, way.quiet_until, urgent=is_urgent(case.order))
    before = [step.way for step in steps[: way.step] if step.way is not Way.BY_HAND]
    return _At(case, way, steps[way.step], quiet, way.step == len(steps) - 1, before[-1:] == [Way.POOL])


async def _moved(session: AsyncSession, at: _At) -> Move:
    """What was done, or is left to do: on to the next step, or wait."""
    standing = at.standing()
    move = next_move(at.step, standing, now(), at.quiet, last=at.last)
    if move.do is Do.TAKE_BACK:
        await _take_back(session, at)
        return Move(Do.FALL)
    if move.do is not Do.ACT:
        return move
    if _waits(at):
        return Move(Do.WAIT, now() + RETRY_OFFER_AFTER)
    handles = at.step.handler is None or at.step.handler in terms_of(at.case.order.terms).handlers
    if not handles or not await _ACTS[at.step.way](session, at):
        return without_anybody(standing, now(), last=at.last)
    at.way.asked_at = at.case.order.assigned_at if at.step.assigns else now()
    at.way.began_at = at.way.began_at or now()
    at.way.waves += 1
    return move


def _waits(at: _At) -> bool:
    """While the need is on the books (挂账), or helpers are not insured yet, the system gives the order to nobody."""
    helpers = at.step.handler is Handler.HELPERS
    return at.case.need.state is NeedState.PLANNED or (helpers and uncovered(at.case.order) is not None)


def _fall(session: AsyncSession, at: _At) -> None:
    """On to the next step, with its event."""
    way, before = at.way, at.step.way
    way.step, way.waves, way.began_at, way.asked_at = way.step + 1, 0, None, None
    data = {"order_id": str(way.order_id), "from": before.value, "to": _at(at.case, way).step.way.value}
    publish(session, NOUN, way, "fall", actor=None, data=data)


async def _take_back(session: AsyncSession, at: _At) -> None:
    """From a unit that has not begun in time."""
    for assignment in at.case.active:
        move_assignment(session, assignment, AssignmentAction.RELEASE, None)
    await vacate(session, at.case, None)


async def _ask_wave(session: AsyncSession, at: _At) -> bool:
    case = at.case
    ranked = await ranking(session, case.order, case.need)
    chosen = ranked[: at.step.people * len(case.open_slots())]
    why = {"way": Way.WAVES.value, "wave": at.way.waves + 1}
    return bool(chosen) and invite(
        session, case, chosen, ranked, None, minutes=at.step.answer_minutes, quiet=at.quiet, why=why
    )


async def _open_pool(session: AsyncSession, at: _At) -> bool:
    if at.case.order.state is not OrderState.PUBLISHED:
        put_in_pool(session, at.case, decide(at.case, OrderAction.PUBLISH, SYSTEM), None, cap=at.step.cap)
    return True


async def _assign(session: AsyncSession, at: _At) -> bool:
    """To the unit of the kind that answers for the place, and least has to do; not one that had this order before."""
    units = await dispatch_turns.units_for(session, at.case, at.step)
    if not units:
        return False
    await give(session, at.case, decide(at.case, OrderAction.ASSIGN, SYSTEM), units[0], None)
    return True


async def _give_turn(session: AsyncSession, at: _At) -> bool:
    case = at.case
    if at.step.organization_id is None:
        turn = await dispatch_turns.next_unit(session, case, at.step)
        if turn is not None:
            step = decide(case, OrderAction.ASSIGN, SYSTEM)
            await give(session, case, step, turn.party, None, choice=turn.why)
        return turn is not None
    ranked = await ranking(session, case.order, case.need)
    found = await dispatch_turns.next_person(session, case, at.step, ranked)
    if found is None:
        return False
    minutes = at.step.answer_minutes
    return invite(session, case, [found.party], [], None, minutes=minutes, quiet=at.quiet, why=found.why)


async def _leave(_session: AsyncSession, _at: _At) -> bool:
    return True


_ACTS: dict[Way, Callable[[AsyncSession, _At], Awaitable[bool]]] = {
    Way.WAVES: _ask_wave,
    Way.POOL: _open_pool,
    Way.ASSIGN: _assign,
    Way.ROTATION: _give_turn,
    Way.BY_HAND: _leave,
}
"""What each way does; False when there was nobody to do it with."""
