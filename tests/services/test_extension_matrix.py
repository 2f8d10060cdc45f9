"""Every state of an extension × every action × every party, over HTTP, against the table."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.extensions import EXTENSION, ExtensionAction, ExtensionState
from app.domain.people import Parties, Relation, Role
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_beside import put_extension, put_held_order
from tests.worlds import World

R = Relation
PEOPLE = (
    *STAFF,
    seat("resident1", Role.RESIDENT, R.ASKER),
    seat("resident2", Role.RESIDENT),
    seat("member1", Role.PARTY_MEMBER, R.ASKED, R.HOLDER, R.PROPOSER),
    seat("member2", Role.PARTY_MEMBER),
)
UNITS = (
    seat("liaison", Role.UNIT_LIAISON, R.ASKED, R.HOLDER, R.UNIT),
    seat("community", Role.COMMUNITY_ADMIN, R.PROPOSER),
)
"""Of an order the liaison's unit holds, for which somebody of the community once asked while the order was theirs."""


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["extensions:read"])


@pytest.fixture(params=list(ExtensionState), ids=lambda state: state.value)
def matrix(request: pytest.FixtureRequest, world: World, owner: Database) -> Matrix:
    forms: dict[Any, dict[str, Any]] = {ExtensionAction.DENY: {"words": "不需要"}}
    return Matrix(world, owner, EXTENSION, request.param, visible, forms)


async def test_people(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Any:
        return await put_extension(session, matrix.world, matrix.state)

    assert (await matrix.walk(put, PEOPLE) > 0) == (matrix.state is ExtensionState.ASKED)


async def test_units_and_who_asked(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Any:
        order = await put_held_order(session, matrix.world, unit=True)
        decides = matrix.state in {ExtensionState.APPROVED, ExtensionState.DENIED}
        return await put_extension(session, matrix.world, matrix.state, order, "grid" if decides else "community")

    if matrix.state is ExtensionState.ASKED:
        await matrix.walk(put, UNITS)
        assert matrix.expected(ExtensionAction.APPROVE, UNITS[1]) == 403, "who asked never decides, whatever their role"
