"""Every state of an activity × every action × every party, over HTTP, against the table."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain.activities import ACTIVITY, HIDDEN, ActivityAction, ActivityState
from app.domain.people import Parties, Relation, Role
from app.models import Activity
from app.services.access import READER_ROLES
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_activities import put_activity, put_role
from tests.worlds import World

A, S = ActivityAction, ActivityState
PEOPLE = (
    *STAFF,
    seat("liaison", Role.UNIT_LIAISON, Relation.UNIT),
    seat("member3", Role.PARTY_MEMBER, Relation.UNIT),
    seat("resident1", Role.RESIDENT),
)
"""Of an activity of the liaison's unit that member3 is answerable for."""
FORMS: dict[ActivityAction, dict[str, Any]] = {
    A.SEND_BACK: {"words": "请补充安全预案"},
    A.CONCLUDE: {"report": "到场三十人", "evidence": {"photo": "相册一"}},
    A.CANCEL: {"reason": "大雨"},
}
MOVES = {S.CONCLUDED: False, S.CANCELLED: False}


@pytest.mark.parametrize("state", list(S), ids=lambda state: state.value)
async def test_people(world: World, owner: Database, state: ActivityState) -> None:
    def visible(parties: Parties) -> bool:
        knows = parties & (READER_ROLES | {Relation.UNIT})
        return bool(knows) or (state not in HIDDEN and bool(parties))

    async def put(session: AsyncSession) -> Activity:
        activity = await put_activity(session, world, state)
        await put_role(session, activity)
        return activity

    matrix = Matrix(world, owner, ACTIVITY, state, visible, FORMS)
    assert (await matrix.walk(put, PEOPLE) > 0) == MOVES.get(state, True)
