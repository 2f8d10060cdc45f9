"""Every state of an order × every action × every party, over HTTP, against the table."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.domain import access
from app.domain.assignments import AssignmentState
from app.domain.needs import NeedState
from app.domain.orders import ORDER, OrderAction, OrderState
from app.domain.people import HELPERS, Parties, Relation, Role
from app.models import Order
from tests.services.matrix import STAFF, Matrix, Seat, seat
from tests.services.rows import Held, put_need, put_order
from tests.stories.steps import AT_HOME
from tests.worlds import World

A, R = OrderAction, Relation
PEOPLE = (
    *STAFF,
    seat("resident1", Role.RESIDENT, R.ASKER),
    seat("resident2", Role.RESIDENT, R.FOLLOWER),
    seat("member1", Role.PARTY_MEMBER, R.ASKED, R.HOLDER),
    seat("member2", Role.PARTY_MEMBER, R.ASKED),
    seat("member3", Role.PARTY_MEMBER, R.ASKED),
    seat("volunteer2", Role.VOLUNTEER),
)
"""Of an order that member1 holds, member2 is asked for and member3 did not come to."""
UNITS = (seat("liaison", Role.UNIT_LIAISON, R.ASKED, R.HOLDER, R.UNIT), seat("resident2", Role.RESIDENT))
"""Of an order assigned to the liaison's unit."""
UNITS_REST = frozenset({OrderState.REPORTED, OrderState.CLOSED, OrderState.TERMINATED, OrderState.WITHDRAWN})
HANDLERS = (seat("community", Role.COMMUNITY_ADMIN, R.ASKED, R.HOLDER),)
"""Of an order whose handler could review it, were it not their own work."""
_READERS = access.TABLE["orders:read"] - HELPERS


def visible(state: OrderState) -> Any:
    def shows(parties: Parties) -> bool:
        return bool(parties & _READERS) or (state is OrderState.PUBLISHED and bool(parties & HELPERS))

    return shows


def business(action: OrderAction, seat: Seat) -> int | None:
    """Who is on the order does not take it again; who has answered an invitation does not answer it again."""
    if action is A.TAKE and R.ASKED in seat.parties:
        return 422
    if action in {A.ACCEPT, A.DECLINE} and seat.who != "member2":
        return 409
    return None


def forms(world: World) -> dict[OrderAction, dict[str, Any]]:
    words = {"words": "说明"}
    return {
        A.ASSIGN: {"organization_id": str(world.units["department"])},
        A.OBJECT: {"ground": "not_our_duty", "basis": "不属本单位职责"},
        A.UPHOLD: words,
        A.OVERRULE: words,
        A.TRANSFER: {"person_id": str(world.people["volunteer1"])},
        A.START: {"position": AT_HOME},
        A.SUSPEND: {"reason": "weather", **words},
        A.REPORT: {"result": "已修好"},
        A.CONFIRM: {"rating": 5},
        A.REWORK: words,
        A.EXPLAIN: {"basis": "政策依据"},
        A.PLAN: {"obstacle": "困难", "measures": "措施", "until": (now() + timedelta(days=9)).isoformat()},
        A.TERMINATE: {"reason": "legal_bar", **words},
        A.REOPEN: words,
    }


@pytest.fixture(params=list(OrderState), ids=lambda state: state.value)
def matrix(request: pytest.FixtureRequest, world: World, owner: Database) -> Matrix:
    state: OrderState = request.param
    return Matrix(world, owner, ORDER, state, visible(state), forms(world), business)


async def test_people(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Order:
        need = await put_need(session, matrix.world, NeedState.IN_SERVICE, followed=True)
        held = (
            Held("member1", AssignmentState.ACCEPTED),
            Held("member2", AssignmentState.INVITED),
            Held("member3", AssignmentState.NO_SHOW),
        )
        return await put_order(session, matrix.world, need, matrix.state, *held)

    ended = matrix.state in {OrderState.TERMINATED, OrderState.WITHDRAWN}
    assert (await matrix.walk(put, PEOPLE) == 0) == ended


async def test_units(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Order:
        need = await put_need(session, matrix.world, NeedState.IN_SERVICE)
        return await put_order(session, matrix.world, need, matrix.state, Held("unit", AssignmentState.ACCEPTED, True))

    assert (await matrix.walk(put, UNITS) == 0) == (matrix.state in UNITS_REST)


async def test_handlers_who_could_review(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Order:
        need = await put_need(session, matrix.world, NeedState.IN_SERVICE)
        held = Held("community", AssignmentState.ACCEPTED)
        return await put_order(session, matrix.world, need, matrix.state, held)

    await matrix.walk(put, HANDLERS)
    if matrix.state is OrderState.REPORTED:
        assert matrix.expected(A.EXPLAIN, HANDLERS[0]) == matrix.expected(A.REWORK, HANDLERS[0]) == 403
