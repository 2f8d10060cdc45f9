"""Every state of a revisit × every action × every party, over HTTP, against the table."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.assignments import AssignmentState
from app.domain.people import Parties, Relation, Role
from app.domain.revisits import REVISIT, RevisitAction, RevisitState
from app.models import Revisit
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows import Held, put_revisit
from tests.worlds import World

ASKER = seat("resident1", Role.RESIDENT, Relation.ASKER)
HANDLER = seat("grid", Role.GRID_WORKER, Relation.HOLDER)


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["revisits:read"])


@pytest.mark.parametrize("state", list(RevisitState), ids=lambda state: state.value)
async def test_revisits(world: World, owner: Database, state: RevisitState) -> None:
    async def put(session: AsyncSession) -> Revisit:
        return await put_revisit(session, world, state)

    forms = {RevisitAction.RECORD: {"solved": True, "satisfied": False}}
    moves = await Matrix(world, owner, REVISIT, state, visible, forms).walk(put, (*STAFF, ASKER))
    assert (moves > 0) == (state not in REVISIT.final)


async def test_who_handled_an_order_does_not_revisit_it(world: World, owner: Database) -> None:
    async def put(session: AsyncSession) -> Revisit:
        return await put_revisit(session, world, RevisitState.DUE, Held("grid", AssignmentState.VERIFIED))

    forms = {RevisitAction.RECORD: {"solved": True, "satisfied": True}}
    assert await Matrix(world, owner, REVISIT, RevisitState.DUE, visible, forms).walk(put, [HANDLER]) == 0
