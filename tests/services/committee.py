"""Rows of the joint committee put straight into a state, as the owner: where matrices begin."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.ids import new_id
from app.domain.duty_rotation import commitment_of, may_draw, span_of
from app.domain.duty_turns import DrawState, ExchangeState, TurnState
from app.domain.joint_work import STANDING, ClaimState, ItemState, MeetingState
from app.domain.meeting_decisions import DecisionState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.models import (
    ClaimItem,
    CommitteeMember,
    DutyDraw,
    DutyExchange,
    DutyTurn,
    Event,
    JointMeeting,
    MeetingDecision,
    OutboxRow,
    ServiceClaim,
)
from tests.services.rows import put_need, put_order
from tests.worlds import World

UNITS = ("unit", "department", "society")
NONCE = "ab" * 32
_years = itertools.count(2101)
"""A year of its own for each row: of one year there is one open draw."""


def drawable_year() -> int:
    today = clock.today()
    return today.year if may_draw(today.year, today) else today.year + 1


def here(world: World) -> dict[str, Any]:
    return {
        "district_id": world.district_id,
        "id": new_id(),
        "community_id": world.places["community"],
        "path": world.paths["community"],
    }


async def add(session: AsyncSession, row: Any, aggregate: str, state: str | None = None) -> Any:
    """The row with its first event, so that its history is whole."""
    event = Event(
        district_id=row.district_id,
        id=new_id(),
        aggregate=aggregate,
        aggregate_id=row.id,
        seq=1,
        action="put",
        target=state,
        path=row.path,
        data={},
    )
    session.add_all([row, event])
    await session.flush()
    session.add(OutboxRow(district_id=row.district_id, id=event.id))
    await session.flush()
    return row


async def put_member(session: AsyncSession, world: World, unit: str | UUID = "unit") -> CommitteeMember:
    """The member, put there if it is not."""
    unit_id = world.units[unit] if isinstance(unit, str) else unit
    same = (CommitteeMember.district_id == world.district_id, CommitteeMember.organization_id == unit_id)
    found = await session.scalar(select(CommitteeMember).where(*same, CommitteeMember.left_on.is_(None)))
    if found is not None:
        return found
    row = CommitteeMember(**here(world), organization_id=unit_id, joined_on=clock.today() - timedelta(days=400))
    added: CommitteeMember = await add(session, row, "committee-member")
    return added


async def put_draw(session: AsyncSession, world: World, state: DrawState) -> DutyDraw:
    """The three units of the world drawn, each twice."""
    members = [await put_member(session, world, unit) for unit in UNITS]
    turns = [{"organization_id": str(members[n % 3].organization_id), "lap": n // 3 + 1} for n in range(6)]
    drawn = state in {DrawState.PROPOSED, DrawState.PUBLISHED}
    row = DutyDraw(
        **here(world),
        year=next(_years),
        state=state,
        source="某期开奖号码",
        source_on=clock.today(),
        nonce=NONCE,
        commitment=commitment_of(NONCE),
        word="07" if drawn else None,
        result={"turns": turns, "reserve": [], "relaxed": ["twice_a_year"]} if drawn else None,
        discarded_because="名单有误" if state is DrawState.DISCARDED else None,
        published_at=now() if state is DrawState.PUBLISHED else None,
        entrants=[
            {
                "organization_id": str(member.organization_id),
                "name": "单位",
                "joined_year": 2024,
                "last_year": None,
                "turns": 0,
                "load": 0,
                "exempt": None,
            }
            for member in members
        ],
    )
    found: DutyDraw = await add(session, row, "duty-draw", state.value)
    return found


async def put_turn(
    session: AsyncSession, world: World, state: TurnState, unit: str = "unit", draw: DutyDraw | None = None
) -> DutyTurn:
    """A turn of the unit in a year of its own, far ahead."""
    draw = draw or await put_draw(session, world, DrawState.PUBLISHED)
    number = UNITS.index(unit) + 1
    starts_on, ends_on = span_of(draw.year, number)
    row = DutyTurn(
        **here(world),
        draw_id=draw.id,
        year=draw.year,
        number=number,
        organization_id=world.units[unit],
        state=state,
        starts_on=starts_on,
        ends_on=ends_on,
        report="已办" if state in {TurnState.REPORTED, TurnState.CLOSED} else None,
        reported_at=now() if state in {TurnState.REPORTED, TurnState.CLOSED} else None,
    )
    found: DutyTurn = await add(session, row, "duty-turn", state.value)
    return found


async def put_exchange(session: AsyncSession, world: World, state: ExchangeState) -> DutyExchange:
    """The unit has asked the department."""
    draw = await put_draw(session, world, DrawState.PUBLISHED)
    mine, other = [await put_turn(session, world, TurnState.PLANNED, unit, draw) for unit in UNITS[:2]]
    row = DutyExchange(
        **here(world),
        turn_id=mine.id,
        other_turn_id=other.id,
        asking_id=mine.organization_id,
        asked_id=other.organization_id,
        state=state,
        due_on=clock.today() + timedelta(days=9),
        objection="时间冲突" if state is ExchangeState.OBJECTED else None,
    )
    found: DutyExchange = await add(session, row, "duty-exchange", state.value)
    if state in {ExchangeState.ASKED, ExchangeState.AGREED}:
        mine.exchange_id = other.exchange_id = found.id
        await session.flush()
    return found


async def put_meeting(session: AsyncSession, world: World, state: MeetingState) -> JointMeeting:
    """Called by the unit on duty, an hour ago."""
    turn = await put_turn(session, world, TurnState.PLANNED)
    minuted = state in {MeetingState.MINUTED, MeetingState.SEALED}
    row = JointMeeting(
        **here(world),
        turn_id=turn.id,
        state=state,
        title="联席会议",
        starts_at=now() - timedelta(hours=1),
        venue="二楼会议室",
        agenda=["认领服务事项"],
        members=3,
        minutes="认领三件" if minuted else None,
        decisions=[],
        sealed_at=now() if state is MeetingState.SEALED else None,
        digest="ab" if state is MeetingState.SEALED else None,
        cancelled_because="改期" if state is MeetingState.CANCELLED else None,
    )
    found: JointMeeting = await add(session, row, "joint-meeting", state.value)
    return found


async def put_decision(
    session: AsyncSession, world: World, state: DecisionState = DecisionState.OPEN, **more: Any
) -> MeetingDecision:
    """What a sealed meeting decided that the unit does."""
    meeting = await put_meeting(session, world, MeetingState.SEALED)
    columns = {"result": "已装好" if state is DecisionState.DONE else None, "what": "加装扶手"}
    columns |= {"words": "不再需要" if state is DecisionState.DROPPED else None}
    row = MeetingDecision(
        **here(world),
        meeting_id=meeting.id,
        number=1,
        organization_id=world.units["unit"],
        due_on=clock.today() + timedelta(days=30),
        state=state,
        done_at=now() if state is DecisionState.DONE else None,
        **columns | more,
    )
    found: MeetingDecision = await add(session, row, "meeting-decision", state.value)
    return found


async def put_item(session: AsyncSession, world: World, state: ItemState, *, claimed: bool = False) -> ClaimItem:
    """A need of resident1's with an order that nobody has; claimed by the unit, or not."""
    turn = await put_turn(session, world, TurnState.PLANNED)
    need = await put_need(session, world, NeedState.ACCEPTED)
    order = await put_order(session, world, need, OrderState.OPEN)
    row = ClaimItem(
        **here(world),
        turn_id=turn.id,
        need_id=need.id,
        title="加装扶手",
        most_units=2,
        state=state,
        order_id=order.id if state is ItemState.CONFIRMED else None,
    )
    found: ClaimItem = await add(session, row, "claim-item", state.value)
    if claimed:
        await put_claim(session, world, found, ClaimState.MADE)
    return found


async def put_claim(session: AsyncSession, world: World, item: ClaimItem, state: ClaimState) -> ServiceClaim:
    columns = {name: value for name, value in here(world).items() if name != "community_id"}
    row = ServiceClaim(
        **columns,
        item_id=item.id,
        turn_id=item.turn_id,
        organization_id=world.units["unit"],
        leads=state in STANDING,
        state=state,
    )
    found: ServiceClaim = await add(session, row, "service-claim", state.value)
    return found
