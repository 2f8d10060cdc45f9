"""Every state of a request about one's own data × every action × every party, over HTTP, against the table."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain import access
from app.domain.people import Parties, Relation, Role
from app.domain.rights import RIGHTS, RightsAction, RightsKind, RightsState
from app.models import Event, OutboxRow, RightsRequest
from tests.services.matrix import STAFF, Matrix, seat
from tests.worlds import World

PEOPLE = (
    *STAFF,
    seat("resident1", Role.RESIDENT, Relation.SUBJECT),
    seat("resident2", Role.RESIDENT),
    seat("system"),
    seat("security"),
)
"""Of a request of resident1."""
FORMS: dict[RightsAction, dict[str, Any]] = {RightsAction.REFUSE: {"words": "所述与户籍不符"}}


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["rights-requests:read"])


@pytest.mark.parametrize("state", list(RightsState), ids=lambda state: state.value)
async def test_requests(world: World, owner: Database, state: RightsState) -> None:
    async def put(session: AsyncSession) -> RightsRequest:
        return await _put(session, world, state)

    matrix = Matrix(world, owner, RIGHTS, state, visible, FORMS)
    moves = await matrix.walk(put, PEOPLE)
    assert moves == (7 if state is RightsState.RECEIVED else 0), "three administrators do two things, the person one"


async def _put(session: AsyncSession, world: World, state: RightsState) -> RightsRequest:
    """Each about another order, so that several may be open at once."""
    moment = now()
    row = RightsRequest(
        district_id=world.district_id,
        id=new_id(),
        person_id=world.people["resident1"],
        asked_by=world.people["resident1"],
        kind=RightsKind.ACCESS,
        subject_id=new_id(),
        state=state,
        path=world.paths["home1"],
        due_at=moment + timedelta(days=21),
        version=1,
        created_at=moment,
    )
    event = Event(
        district_id=world.district_id,
        id=new_id(),
        aggregate=RIGHTS.noun,
        aggregate_id=row.id,
        seq=1,
        action="put",
        target=state.value,
        path=row.path,
        data={},
    )
    session.add_all([row, event])
    await session.flush()
    session.add(OutboxRow(district_id=world.district_id, id=event.id))
    return row
