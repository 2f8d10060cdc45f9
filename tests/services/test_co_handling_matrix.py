"""Every state of a co-handling × every action × every party, over HTTP, against the table."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.co_handlings import CO_HANDLING, RUNNING, CoHandlingAction, CoHandlingState
from app.domain.people import Parties, Relation, Role
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_beside import put_co_handling
from tests.worlds import World

R = Relation
PEOPLE = (
    *STAFF,
    seat("resident1", Role.RESIDENT),
    seat("member1", Role.PARTY_MEMBER, R.HOLDER),
    seat("member2", Role.PARTY_MEMBER, R.ASKED),
    seat("member3", Role.PARTY_MEMBER),
)
UNITS = (seat("liaison", Role.UNIT_LIAISON, R.SUPPORT), seat("member2", Role.PARTY_MEMBER))


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["co-handlings:read"])


@pytest.fixture(params=list(CoHandlingState), ids=lambda state: state.value)
def matrix(request: pytest.FixtureRequest, world: World, owner: Database) -> Matrix:
    forms: dict[Any, dict[str, Any]] = {CoHandlingAction.COMPLETE: {"result": "已办"}}
    return Matrix(world, owner, CO_HANDLING, request.param, visible, forms)


async def test_people(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Any:
        return await put_co_handling(session, matrix.world, matrix.state)

    assert (await matrix.walk(put, PEOPLE) > 0) == (matrix.state in RUNNING)


async def test_units(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Any:
        return await put_co_handling(session, matrix.world, matrix.state, unit="unit")

    await matrix.walk(put, UNITS)
    if matrix.state is CoHandlingState.ACCEPTED:
        assert matrix.expected(CoHandlingAction.LEAVE, UNITS[0]) == 403, "a unit does not leave what it was given"
