"""Every state of a draw, a turn and an exchange × every action × every party, over HTTP, against the tables."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.db import Database
from app.domain import access
from app.domain.duty_turns import (
    DRAW,
    EXCHANGE,
    TURN,
    DrawAction,
    DrawState,
    ExchangeAction,
    ExchangeState,
    TurnAction,
    TurnState,
)
from app.domain.joint_work import (
    CLAIM,
    ITEM,
    MEETING,
    ClaimState,
    ItemState,
    MeetingAction,
    MeetingState,
)
from app.domain.meeting_decisions import DECISION, DecisionAction, DecisionState
from app.domain.people import Parties, Relation, Role
from app.models import ClaimItem, DutyDraw, DutyExchange, DutyTurn, JointMeeting, MeetingDecision, ServiceClaim
from tests.services.committee import put_claim, put_decision, put_draw, put_exchange, put_item, put_meeting, put_turn
from tests.services.matrix import STAFF, Matrix, seat
from tests.worlds import World

RESIDENT = seat("resident1", Role.RESIDENT)
OTHERS = tuple(one for one in STAFF if one.who not in {"department", "sibling_grid", "sibling_community", "nobody"})
"""Whoever has a role at the place; those of the neighbouring community see the rotation as well, and the access matrix has them."""
DEPARTMENT = seat("department", Role.DEPARTMENT_STAFF)
LIAISON = seat("liaison", Role.UNIT_LIAISON, Relation.UNIT)


@pytest.mark.parametrize("state", list(DrawState), ids=lambda state: state.value)
async def test_draws(world: World, owner: Database, state: DrawState) -> None:
    async def put(session: AsyncSession) -> DutyDraw:
        return await put_draw(session, world, state)

    forms: dict[Any, dict[str, Any]] = {
        DrawAction.REVEAL: {"word": "07"},
        DrawAction.DISCARD: {"reason": "名单有误"},
    }
    matrix = Matrix(world, owner, DRAW, state, lambda _: True, forms)
    people = (*OTHERS, RESIDENT, DEPARTMENT, seat("liaison", Role.UNIT_LIAISON))
    moves = {DrawState.FROZEN: 6, DrawState.PROPOSED: 6}
    assert await matrix.walk(put, people) == moves.get(state, 0), "three administrators do two things"


@pytest.mark.parametrize("state", list(TurnState), ids=lambda state: state.value)
async def test_turns(world: World, owner: Database, state: TurnState) -> None:
    async def put(session: AsyncSession) -> DutyTurn:
        return await put_turn(session, world, state)

    forms: dict[Any, dict[str, Any]] = {TurnAction.REPORT: {"words": "已开联席会议"}}
    matrix = Matrix(world, owner, TURN, state, lambda _: True, forms)
    moves = await matrix.walk(put, (*OTHERS, RESIDENT, DEPARTMENT, LIAISON))
    assert moves == {TurnState.ENDED: 1, TurnState.REPORTED: 3}.get(state, 0)


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["duty-exchanges:read"])


@pytest.mark.parametrize("state", list(ExchangeState), ids=lambda state: state.value)
async def test_exchanges(world: World, owner: Database, state: ExchangeState) -> None:
    async def put(session: AsyncSession) -> DutyExchange:
        return await put_exchange(session, world, state)

    forms: dict[Any, dict[str, Any]] = {ExchangeAction.OBJECT: {"reason": "时间冲突"}}
    matrix = Matrix(world, owner, EXCHANGE, state, visible, forms)
    asked = seat("department", Role.DEPARTMENT_STAFF, Relation.ASKED)
    near = tuple(one for one in OTHERS if one.who != "grid")
    moves = await matrix.walk(put, (*near, seat("grid"), RESIDENT, seat("nobody"), LIAISON, asked))
    assert moves == {ExchangeState.ASKED: 3, ExchangeState.AGREED: 4}.get(state, 0)


def among(parties: Parties) -> bool:
    return bool(parties & access.TABLE["joint-meetings:read"])


NEAR = (*(one for one in OTHERS if one.who != "grid"), seat("grid"), RESIDENT, seat("nobody"), LIAISON, DEPARTMENT)


@pytest.mark.parametrize("state", list(MeetingState), ids=lambda state: state.value)
async def test_meetings(world: World, owner: Database, state: MeetingState) -> None:
    async def put(session: AsyncSession) -> JointMeeting:
        return await put_meeting(session, world, state)

    forms: dict[Any, dict[str, Any]] = {
        MeetingAction.MINUTE: {"attendances": [], "minutes": "认领三件", "decisions": []},
        MeetingAction.CANCEL: {"reason": "改期"},
    }
    matrix = Matrix(world, owner, MEETING, state, among, forms)
    assert await matrix.walk(put, NEAR) == {MeetingState.CALLED: 2, MeetingState.MINUTED: 2}.get(state, 0)


@pytest.mark.parametrize("state", list(DecisionState), ids=lambda state: state.value)
async def test_decisions(world: World, owner: Database, state: DecisionState) -> None:
    async def put(session: AsyncSession) -> MeetingDecision:
        return await put_decision(session, world, state)

    forms: dict[Any, dict[str, Any]] = {
        DecisionAction.COMPLETE: {"result": "已装好"},
        DecisionAction.REOPEN: {"words": "还差一层"},
        DecisionAction.REASSIGN: {"due_on": (clock.today() + timedelta(days=60)).isoformat(), "words": "改期"},
        DecisionAction.DROP: {"words": "不再需要"},
    }
    moves = await Matrix(world, owner, DECISION, state, among, forms).walk(put, NEAR)
    assert moves == {DecisionState.OPEN: 3, DecisionState.DONE: 1}.get(state, 0)


@pytest.mark.parametrize("state", list(ItemState), ids=lambda state: state.value)
async def test_items(world: World, owner: Database, state: ItemState) -> None:
    async def put(session: AsyncSession) -> ClaimItem:
        return await put_item(session, world, state, claimed=state is ItemState.LISTED)

    moves = await Matrix(world, owner, ITEM, state, among, {}).walk(put, NEAR)
    assert moves == (5 if state is ItemState.LISTED else 0), "the community confirms; administrators and the unit drop"


@pytest.mark.parametrize("state", list(ClaimState), ids=lambda state: state.value)
async def test_claims(world: World, owner: Database, state: ClaimState) -> None:
    async def put(session: AsyncSession) -> ServiceClaim:
        return await put_claim(session, world, await put_item(session, world, ItemState.LISTED), state)

    moves = await Matrix(world, owner, CLAIM, state, among, {}).walk(put, NEAR)
    assert moves == (1 if state is ClaimState.MADE else 0)
