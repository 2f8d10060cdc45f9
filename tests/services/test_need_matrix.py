"""Every state of a need × every action × every party, over HTTP, against the table."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.domain import access
from app.domain.assignments import AssignmentState
from app.domain.needs import NEED, NeedAction, NeedState
from app.domain.orders import OrderState
from app.domain.people import Parties, Relation, Role
from app.models import Need
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows import Held, put_need, put_order
from tests.worlds import World

A, R = NeedAction, Relation
PEOPLE = (
    *STAFF,
    seat("resident1", Role.RESIDENT, R.ASKER),
    seat("resident2", Role.RESIDENT, R.FOLLOWER),
    seat("member1", Role.PARTY_MEMBER, R.HOLDER),
    seat("volunteer1", Role.VOLUNTEER),
)
"""Of a need whose order member1 holds and which resident2 follows."""
PROXY = (seat("grid", Role.GRID_WORKER, R.ASKER), seat("resident1", Role.RESIDENT, R.ASKER))
"""Of a need that the grid worker submitted for resident1."""


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["needs:read"])


async def forms(world: World, owner: Database) -> dict[NeedAction, dict[str, Any]]:
    async with owner.transaction(world.district_id) as session:
        master = await put_need(session, world, NeedState.ACCEPTED)
    words = {"words": "说明"}
    return {
        A.ASK: {"question": "几楼？"},
        A.ANSWER: {"answer": "三楼"},
        A.ACCEPT: {"auto_offer": False},
        A.REFUSE: {"reason": "not_community_work", **words},
        A.APPEAL: words,
        A.REDIRECT: {"channel": "12345", **words},
        A.MERGE: {"into_id": str(master.id)},
        A.EXPLAIN: {"basis": "政策依据"},
        A.PLAN: {"obstacle": "困难", "measures": "措施", "until": (now() + timedelta(days=9)).isoformat()},
        A.REOPEN: words,
    }


@pytest.fixture(params=list(NeedState), ids=lambda state: state.value)
async def matrix(request: pytest.FixtureRequest, world: World, owner: Database) -> Matrix:
    return Matrix(world, owner, NEED, request.param, visible, await forms(world, owner))


async def test_people(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Need:
        need = await put_need(session, matrix.world, matrix.state, followed=True)
        await put_order(session, matrix.world, need, OrderState.CLOSED, Held("member1", AssignmentState.CHECKED_OUT))
        return need

    ended = matrix.state in {NeedState.REDIRECTED, NeedState.WITHDRAWN}
    assert (await matrix.walk(put, PEOPLE) == 0) == ended


async def test_who_asked_for_another_is_an_asker_too(matrix: Matrix) -> None:
    async def put(session: AsyncSession) -> Need:
        return await put_need(session, matrix.world, matrix.state, submitted_by="grid")

    await matrix.walk(put, PROXY)
    assert (matrix.expected(A.WITHDRAW, PROXY[0]) == 200) == (
        A.WITHDRAW in NEED.offered(matrix.state, PROXY[0].parties)
    )
