"""Every state of an assignment × every action × every party, over HTTP, against the table."""

from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.assignments import ACTIVE, ASSIGNMENT, AssignmentAction, AssignmentState
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.people import Parties, Relation, Role
from app.models import Assignment, ServiceWindow
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows import Held, put_assignment, put_need, put_order
from tests.stories.steps import AT_HOME
from tests.worlds import World

A, R, S = AssignmentAction, Relation, AssignmentState
PEOPLE = (
    *STAFF,
    seat("member1", Role.PARTY_MEMBER, R.ASKED, R.HOLDER),
    seat("member2", Role.PARTY_MEMBER),
    seat("resident1", Role.RESIDENT),
)
"""Of an assignment of member1; resident1 asked for the order, which does not show who was asked."""
UNITS = (seat("liaison", Role.UNIT_LIAISON, R.ASKED, R.UNIT), seat("manager", Role.SOCIAL_ORG_MANAGER))
WORDS = {"words": "说明"}
FORMS: dict[AssignmentAction, dict[str, Any]] = {
    A.CHECK_IN: {"position": AT_HOME},
    A.CANCEL: WORDS,
    A.MISS: WORDS,
    A.EXCUSE: WORDS,
}


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["assignments:read"])


@pytest.fixture(params=list(S), ids=lambda state: state.value)
def matrix(request: pytest.FixtureRequest, world: World, owner: Database) -> Matrix:
    return Matrix(world, owner, ASSIGNMENT, request.param, visible, FORMS)


async def _put(
    session: AsyncSession, world: World, held: Held, state: OrderState = OrderState.IN_PROGRESS
) -> Assignment:
    """An assignment of an order, under way unless it is said, of a person who serves nowhere else."""
    await session.execute(delete(ServiceWindow).where(ServiceWindow.district_id == world.district_id))
    need = await put_need(session, world, NeedState.IN_SERVICE)
    order = await put_order(session, world, need, state)
    order.people_accepted = int(held.state in ACTIVE)
    return await put_assignment(session, world, order, 1, held)


async def test_people(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Assignment:
        return await _put(session, matrix.world, Held("member1", matrix.state))

    moving = {S.ACCEPTED, S.CHECKED_IN, S.CHECKED_OUT, S.NO_SHOW, S.CANCELLED_LATE}
    assert (await matrix.walk(put, PEOPLE) > 0) == (matrix.state in moving)


@pytest.mark.parametrize("state", [OrderState.REPORTED, OrderState.SUSPENDED])
async def test_who_has_served_stays_with_what_is_not_being_done(
    world: World, owner: Database, state: OrderState
) -> None:
    async def put(session: AsyncSession) -> Assignment:
        return await _put(session, world, Held("member1", S.CHECKED_OUT), state)

    moves = {A.CHECK_IN, A.CANCEL, A.MISS}
    table = Matrix(world, owner, ASSIGNMENT, S.CHECKED_OUT, visible, FORMS, lambda action, _: 409 * (action in moves))
    assert await table.walk(put, PEOPLE) == 0


async def test_units(matrix: Matrix) -> None:
    """A unit acts on the order itself: checking in and cancelling are steps of a person."""

    async def put(session: AsyncSession) -> Assignment:
        return await _put(session, matrix.world, Held("unit", matrix.state, unit=True))

    assert await matrix.walk(put, UNITS) == 0
