"""Every state of a series × every action × every party, over HTTP, against the table."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.core.db import Database
from app.domain.activity_series import SERIES, SeriesAction, SeriesState
from app.domain.people import Parties, Relation, Role
from app.models import ActivitySeries
from app.services.access import READER_ROLES
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_activities import put_series
from tests.worlds import World

PEOPLE = (
    *STAFF,
    seat("liaison", Role.UNIT_LIAISON, Relation.UNIT),
    seat("member3", Role.PARTY_MEMBER, Relation.UNIT),
    seat("resident1", Role.RESIDENT),
)
"""Of a series of the liaison's unit that member3 is answerable for."""


@pytest.mark.parametrize("state", list(SeriesState), ids=lambda state: state.value)
async def test_people(world: World, owner: Database, state: SeriesState) -> None:
    def visible(parties: Parties) -> bool:
        knows = parties & (READER_ROLES | {Relation.UNIT})
        return bool(knows) or (state is not SeriesState.PROPOSED and bool(parties))

    async def put(session: AsyncSession) -> ActivitySeries:
        return await put_series(session, world, state)

    day = now().astimezone(CHINA).date() + timedelta(days=3)
    forms = {
        SeriesAction.CHANGE: {"from_on": day.isoformat(), "title": "书画班"},
        SeriesAction.END: {"reason": "老师外出"},
    }
    matrix = Matrix(world, owner, SERIES, state, visible, forms)
    assert (await matrix.walk(put, PEOPLE) > 0) == (state is not SeriesState.ENDED)
