"""Every state of a whistle, and of a call, × every action × every party, over HTTP, against the tables."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.people import Parties, Relation, Role
from app.domain.whistle_calls import CALL, CallAction, CallState
from app.domain.whistles import AFTER_BLOWN, WHISTLE, WhistleAction, WhistleState
from app.models import Whistle, WhistleCall
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_whistles import put_call, put_whistle
from tests.worlds import World

_PLAIN = tuple(each for each in STAFF if each.who not in {"grid", "community", "subdistrict", "district", "department"})
_LIAISON = seat("liaison", Role.UNIT_LIAISON)
WHISTLE_SEATS = (
    seat("grid", Role.GRID_WORKER, Relation.PROPOSER),
    seat("community", Role.COMMUNITY_ADMIN, Relation.LEADER),
    seat("subdistrict", Role.SUBDISTRICT_ADMIN, Relation.LEADER),
    seat("district", Role.DISTRICT_ADMIN, Relation.LEADER),
    *_PLAIN,
    _LIAISON,
)
"""Of a whistle the grid worker drafted, on the department."""
CALL_SEATS = (
    seat("grid", Role.GRID_WORKER, Relation.PROPOSER),
    seat("community", Role.COMMUNITY_ADMIN),
    seat("subdistrict", Role.SUBDISTRICT_ADMIN, Relation.LEADER),
    seat("district", Role.DISTRICT_ADMIN, Relation.LEADER),
    seat("department", Role.DEPARTMENT_STAFF, Relation.UNIT),
    *_PLAIN,
    _LIAISON,
)
"""A dispute is ruled above the community, which approved the whistle."""


@pytest.mark.parametrize("state", list(WhistleState), ids=lambda state: state.value)
async def test_whistles(world: World, owner: Database, state: WhistleState) -> None:
    gone: list[WhistleCall] = []

    async def put(session: AsyncSession) -> Whistle:
        row = await put_whistle(session, world, state)
        if state in AFTER_BLOWN:
            gone.append(await put_call(session, world, CallState.RULED_OUT, whistle=row))
            forms[WhistleAction.REPLACE] |= {"call_id": str(gone[-1].id)}
        return row

    def visible(parties: Parties) -> bool:
        return bool(parties & access.TABLE["whistles:read"])

    forms: dict[Any, dict[str, Any]] = {
        WhistleAction.DENY: {"words": "不属紧急"},
        WhistleAction.CANCEL: {"reason": "已自行处置"},
        WhistleAction.REPLACE: {
            "call_id": str(world.units["unit"]),
            "organization_id": str(world.units["unit"]),
        },
    }
    asked = Relation.ASKED if state in AFTER_BLOWN else Role.DEPARTMENT_STAFF
    department = seat("department", Role.DEPARTMENT_STAFF, asked)
    matrix = Matrix(world, owner, WHISTLE, state, visible, forms)
    moves = await matrix.walk(put, (*WHISTLE_SEATS, department))
    assert (moves > 0) == (state not in WHISTLE.final)


@pytest.mark.parametrize("state", list(CallState), ids=lambda state: state.value)
async def test_calls(world: World, owner: Database, state: CallState) -> None:
    async def put(session: AsyncSession) -> WhistleCall:
        return await put_call(session, world, state)

    def visible(parties: Parties) -> bool:
        return bool(parties & access.TABLE["whistle-calls:read"])

    words = {"words": "核实职责"}
    forms: dict[Any, dict[str, Any]] = {
        CallAction.DISPUTE: {"duty": "三定方案"},
        CallAction.UPHOLD: words,
        CallAction.OVERRULE: words,
        CallAction.CONTACT: words,
        CallAction.ACT: {"result": "已修复"},
        CallAction.RATE: {"rating": 5},
        CallAction.RATE_BACK: {"rating": 4},
    }

    matrix = Matrix(world, owner, CALL, state, visible, forms)
    moves = await matrix.walk(put, CALL_SEATS)
    assert (moves > 0) == (state not in CALL.final)
