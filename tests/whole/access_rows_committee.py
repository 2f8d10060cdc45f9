"""The rows the access matrix tries operations on: the joint committee and its duty rotation."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import AssignmentState
from app.domain.duty_turns import DRAW, EXCHANGE, TURN, DrawState, ExchangeState, TurnState
from app.domain.joint_work import ITEM, MEETING, ClaimState, ItemState, MeetingState
from app.domain.meeting_decisions import DECISION, DecisionState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.pairings import PairingLevel
from app.models import DutyDraw, Organization, Pairing, ServiceClaim
from tests.services.committee import (
    drawable_year,
    put_claim,
    put_decision,
    put_draw,
    put_exchange,
    put_item,
    put_meeting,
    put_member,
    put_turn,
)
from tests.services.rows import Held, put_need, put_order
from tests.whole.access_ground import Ground, Row, add_row
from tests.whole.access_rows import put_compound, source_of
from tests.whole.document import Operation


async def _unit(ground: Ground, session: AsyncSession) -> Organization:
    """A unit of its own in the community."""
    world, row_id = ground.world, new_id()
    row = Organization(
        district_id=world.district_id,
        id=row_id,
        kind="partner_unit",
        name=f"成员单位{row_id.hex[-8:]}",
        place_id=world.places["community"],
        path=world.paths["community"],
        community_id=world.places["community"],
        joint_committee=False,
    )
    await add_row(session, row, "organization", "create")
    return row


async def pairing(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A unit's, with a compound of its own; for a new one, with nobody there yet."""
    unit, world = await _unit(ground, session), ground.world
    compound = await put_compound(ground, session)
    ids = {"place_id": str(compound.id), "organization_id": str(unit.id)}
    begun = clock.today() - timedelta(days=30)
    if operation.name == "pairing_create":
        return Row(new_id(), ids=ids, form={"level": "work_unit", "starts_on": begun.isoformat()})
    row = Pairing(
        district_id=world.district_id,
        id=new_id(),
        level=PairingLevel.WORK_UNIT,
        place_id=compound.id,
        path=compound.path,
        organization_id=unit.id,
        starts_on=begun,
    )
    await add_row(session, row, "pairing", "create")
    today = clock.today().isoformat()
    forms = {"pairing_end": {"ends_on": today, "reason": "term"}, "pairing_replace": {"starts_on": today}}
    return Row(row.id, ids=ids, form=forms.get(operation.name, {}))


async def member(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    unit, today = await _unit(ground, session), clock.today()
    ids = {"community_id": str(ground.world.places["community"]), "organization_id": str(unit.id)}
    if operation.name == "committee_member_create":
        return Row(new_id(), ids=ids, form={"joined_on": today.isoformat()})
    row = await put_member(session, ground.world, unit.id)
    return Row(row.id, form={"left_on": today.isoformat()} if operation.name == "committee_member_leave" else {})


async def draw(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    world, today = ground.world, clock.today()
    if operation.name == "duty_draw_freeze":
        await put_member(session, world)
        mine = (DutyDraw.district_id == world.district_id, DutyDraw.year == drawable_year())
        await session.execute(delete(DutyDraw).where(*mine))
        form = {"year": drawable_year(), "source_on": (today + timedelta(days=1)).isoformat()}
        return Row(new_id(), ids={"community_id": str(world.places["community"])}, form=form)
    row = await put_draw(session, world, source_of(DRAW, operation, DrawState.PROPOSED))
    return Row(row.id)


async def turn(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """The liaison's unit's."""
    row = await put_turn(session, ground.world, source_of(TURN, operation, TurnState.PLANNED))
    return Row(row.id, party="liaison")


async def exchange(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """The liaison's unit has asked the department."""
    world = ground.world
    if operation.name == "duty_exchange_ask":
        first = await put_turn(session, world, TurnState.PLANNED)
        drawn = await session.get_one(DutyDraw, (world.district_id, first.draw_id))
        other = await put_turn(session, world, TurnState.PLANNED, "department", drawn)
        return Row(new_id(), party="liaison", ids={"turn_id": str(first.id), "other_turn_id": str(other.id)})
    row = await put_exchange(session, world, source_of(EXCHANGE, operation, ExchangeState.ASKED))
    answers = operation.name in {"duty_exchange_agree", "duty_exchange_decline"}
    return Row(row.id, party="department" if answers else "liaison")


async def meeting(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Called by the liaison's unit."""
    world = ground.world
    if operation.name == "joint_meeting_call":
        turn_row = await put_turn(session, world, TurnState.PLANNED)
        soon = (now() + timedelta(days=9)).isoformat()
        return Row(new_id(), party="liaison", ids={"turn_id": str(turn_row.id)}, form={"starts_at": soon})
    adds = operation.name == "joint_meeting_add"
    state = MeetingState.SEALED if adds else source_of(MEETING, operation, MeetingState.CALLED)
    row = await put_meeting(session, world, state)
    return Row(row.id, party="liaison", form={"attendances": []} if operation.name == "joint_meeting_minute" else {})


async def decision(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """The liaison's unit does it."""
    row = await put_decision(session, ground.world, source_of(DECISION, operation, DecisionState.OPEN))
    later = (clock.today() + timedelta(days=60)).isoformat()
    return Row(row.id, party="liaison", form={"due_on": later} if operation.name == "meeting_decision_reassign" else {})


async def item(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A need that the liaison's unit has an order of, so that it may see it; or one that it has claimed."""
    world = ground.world
    if operation.name == "claim_item_create":
        wanted = await put_need(session, world, NeedState.ACCEPTED)
        await put_order(session, world, wanted, OrderState.ACCEPTED, Held("unit", AssignmentState.ACCEPTED, unit=True))
        turn_row = await put_turn(session, world, TurnState.PLANNED)
        ids = {"turn_id": str(turn_row.id), "need_id": str(wanted.id)}
        return Row(new_id(), party="liaison", ids=ids)
    row = await put_item(session, world, source_of(ITEM, operation, ItemState.LISTED), claimed=True)
    return Row(row.id, party="liaison")


async def claim(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    world = ground.world
    if operation.name == "service_claim_make":
        await session.execute(update(ServiceClaim).values(state=ClaimState.WITHDRAWN, leads=False))
    row = await put_item(session, world, ItemState.LISTED)
    if operation.name == "service_claim_make":
        return Row(new_id(), party="liaison", ids={"item_id": str(row.id)})
    made = await put_claim(session, world, row, ClaimState.MADE)
    return Row(made.id, party="liaison")
