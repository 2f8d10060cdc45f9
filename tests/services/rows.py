"""Needs, orders and assignments put straight into a state, as the owner, with their first event: where a matrix begins."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.catalogue import CheckIn, Skill, Terms
from app.domain.needs import NeedSource, NeedState
from app.domain.orders import OrderState, Outcome, SuspendReason
from app.domain.revisits import RevisitReason, RevisitState
from app.models import (
    Assignment,
    DuplicateDismissal,
    Event,
    Need,
    NeedFollower,
    NeedRespondent,
    Order,
    OutboxRow,
    Revisit,
)
from tests.worlds import LAT, LON, World

CATEGORY = "repair.plumbing"
TERMS = Terms(resolve_working_days=1, skills=(Skill.PLUMBING,), check_in=CheckIn.PLACE, volunteering=True)


@dataclass(frozen=True)
class Held:
    """A place in an order: by whom, in person or as a unit, and how far they are."""

    who: str
    state: AssignmentState
    unit: bool = False


async def put_need(
    session: AsyncSession, world: World, state: NeedState, *, submitted_by: str = "resident1", followed: bool = False
) -> Need:
    """A need of resident1's home, asked by resident1; ``followed`` by resident2."""
    moment = now()
    need = Need(
        **_at_home(world),
        id=new_id(),
        state=state,
        title="厨房水管漏水",
        details="滴水",
        category=CATEGORY,
        source=NeedSource.SELF,
        asked_at=moment,
        asker_id=world.people["resident1"],
        submitted_by=world.people[submitted_by],
        met_at=moment if state is NeedState.MET else None,
        closed_at=moment if state is NeedState.CLOSED else None,
        **(_on_the_books(moment) if state is NeedState.PLANNED else {}),
        answer_by=moment + timedelta(days=7) if state is NeedState.INFO_REQUESTED else None,
    )
    if state is NeedState.MERGED:
        need.merged_into_id = (await put_need(session, world, NeedState.SUBMITTED)).id
        need.state_before = NeedState.SUBMITTED
    await _add(session, world, need, "need", state)
    if followed:
        other = await put_need(session, world, NeedState.WITHDRAWN)
        session.add(_follower(world, need.id, other.id))
    await session.flush()
    return need


async def put_dismissal(session: AsyncSession, world: World, *needs: Need) -> None:
    """Two needs, these or others, that the grid worker said only look alike."""
    alike = needs or [await put_need(session, world, NeedState.SUBMITTED) for _ in range(2)]
    first, second = sorted(need.id for need in alike)
    columns = {"need_id": first, "other_id": second, "dismissed_by": world.people["grid"], "dismissed_at": now()}
    session.add(DuplicateDismissal(district_id=world.district_id, id=new_id(), **columns))
    await session.flush()


def _on_the_books(moment: datetime) -> dict[str, Any]:
    return {"planned_until": moment + timedelta(days=9), "obstacle": "配件停产", "measures": "联系厂家定制"}


def _follower(world: World, need_id: UUID, from_need_id: UUID) -> NeedFollower:
    return NeedFollower(
        district_id=world.district_id,
        id=new_id(),
        need_id=need_id,
        person_id=world.people["resident2"],
        from_need_id=from_need_id,
    )


async def put_order(session: AsyncSession, world: World, need: Need, state: OrderState, *held: Held) -> Order:
    """An order for three people, some of its places taken."""
    moment = now()
    order = Order(
        **_at_home(world),
        id=new_id(),
        need_id=need.id,
        state=state,
        title=need.title,
        category=CATEGORY,
        terms=TERMS.as_json(),
        people_wanted=3,
        people_accepted=sum(place.state in ACTIVE for place in held),
        due_at=moment + timedelta(days=1),
        auto_offer=False,
        offer_minutes=60,
        assigned_at=moment,
        suspended_at=moment if state is OrderState.SUSPENDED else None,
        suspend_reason=SuspendReason.WEATHER if state is OrderState.SUSPENDED else None,
        **(_on_the_books(moment) if state is OrderState.PLANNED else {}),
        outcome=Outcome.SOLVED if state is OrderState.CLOSED else None,
        closed_at=moment if state is OrderState.CLOSED else None,
        reported_at=moment if state is OrderState.REPORTED else None,
    )
    await _add(session, world, order, "order", state)
    for slot, place in enumerate(held, 1):
        await put_assignment(session, world, order, slot, place)
    await session.flush()
    return order


async def put_revisit(session: AsyncSession, world: World, state: RevisitState, *held: Held) -> Revisit:
    """Of an order for resident1 that was closed with a low rating."""
    need = await put_need(session, world, NeedState.CLOSED)
    order = await put_order(session, world, need, OrderState.CLOSED, *held)
    done = state is RevisitState.DONE
    revisit = Revisit(
        district_id=world.district_id,
        id=new_id(),
        order_id=order.id,
        path=order.path,
        community_id=order.community_id,
        grid_id=order.grid_id,
        round=1,
        reason=RevisitReason.LOW_RATING,
        state=state,
        due_at=now() + timedelta(days=3),
        done_at=now() if done else None,
        done_by=world.people["grid"] if done else None,
        solved=True if done else None,
        satisfied=False if done else None,
        words="等了太久" if done else None,
    )
    await _add(session, world, revisit, "revisit", state)
    return revisit


async def put_assignment(session: AsyncSession, world: World, order: Order, slot: int, held: Held) -> Assignment:
    moment = now()
    assignment = Assignment(
        district_id=world.district_id,
        id=new_id(),
        order_id=order.id,
        path=order.path,
        slot=slot,
        person_id=None if held.unit else world.people[held.who],
        organization_id=world.units[held.who] if held.unit else None,
        state=held.state,
        answer_by=moment + timedelta(hours=1),
        accepted_at=moment,
        checked_in_at=moment - timedelta(hours=1) if held.state in {"checked_in", "checked_out"} else None,
        checked_out_at=moment if held.state is AssignmentState.CHECKED_OUT else None,
    )
    party = {"organization_id": str(world.units[held.who])} if held.unit else {"person_id": str(world.people[held.who])}
    await _add(session, world, assignment, "assignment", held.state, party | {"order_id": str(order.id)})
    await session.flush()
    return assignment


def _at_home(world: World) -> dict[str, Any]:
    return {
        "district_id": world.district_id,
        "place_id": world.places["home1"],
        "path": world.paths["home1"],
        "community_id": world.places["community"],
        "grid_id": world.places["grid"],
        "lon": LON + 0.001,
        "lat": LAT,
    }


async def _add(
    session: AsyncSession, world: World, row: Any, aggregate: str, state: Any, data: dict[str, str] | None = None
) -> None:
    """The row with event 1, so that its history is whole from the start."""
    event = Event(
        district_id=world.district_id,
        id=new_id(),
        aggregate=aggregate,
        aggregate_id=row.id,
        seq=1,
        action="put",
        target=state.value,
        path=row.path,
        data=data or {},
    )
    session.add_all([row, event])
    await session.flush()
    session.add(OutboxRow(district_id=world.district_id, id=event.id))


async def put_respondent(session: AsyncSession, world: World, need: Need, who: str = "volunteer2") -> UUID:
    """Somebody the need complains about; the row's id."""
    named = {"person_id": world.people[who], "named_by": world.people["grid"]}
    row = NeedRespondent(district_id=world.district_id, id=new_id(), need_id=need.id, **named)
    await session.flush()
    session.add(row)
    return row.id
