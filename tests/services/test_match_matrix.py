"""Every state of a match × every action × every party, over HTTP, against the table."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.domain import access
from app.domain.matches import MATCH, MatchAction, MatchState
from app.domain.people import Parties, Relation, Role
from app.models import Match
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_matches import put_match
from tests.worlds import World

OWNER = seat("liaison", Role.UNIT_LIAISON, Relation.OWNER)
ASKER = seat("resident1", Role.RESIDENT, Relation.ASKER)


@pytest.mark.parametrize("state", list(MatchState), ids=lambda state: state.value)
async def test_matches(world: World, owner: Database, state: MatchState) -> None:
    async def put(session: AsyncSession) -> Match:
        return await put_match(session, world, state)

    def visible(parties: Parties) -> bool:
        return bool(parties & access.TABLE["matches:read"])

    start = now() + timedelta(days=1)
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    forms: dict[Any, dict[str, Any]] = {MatchAction.CONFIRM: span, MatchAction.DISMISS: {"reason": "too_far"}}
    matrix = Matrix(world, owner, MATCH, state, visible, forms)
    moves = await matrix.walk(put, (*STAFF, OWNER, ASKER))
    assert (moves > 0) == (state not in MATCH.final)
