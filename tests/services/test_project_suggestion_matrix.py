"""Every state of a suggested project × every action × every party, over HTTP, against the table."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.people import Parties, Role
from app.domain.project_suggestions import SUGGESTION, SuggestionAction, SuggestionState
from app.models import ProjectSuggestion
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_projects import put_suggestion
from tests.worlds import World

PROJECT = {"title": "水管更换", "aims": "整体更换", "kind": "other", "link": "services"}
DAYS = {"starts_on": "2026-12-01", "ends_on": "2027-02-28"}


@pytest.mark.parametrize("state", list(SuggestionState), ids=lambda state: state.value)
async def test_project_suggestions(world: World, owner: Database, state: SuggestionState) -> None:
    async def put(session: AsyncSession) -> ProjectSuggestion:
        return await put_suggestion(session, world, state)

    def visible(parties: Parties) -> bool:
        return bool(parties & access.TABLE["project-suggestions:read"])

    forms = {SuggestionAction.ADOPT: PROJECT | DAYS, SuggestionAction.DISMISS: {"reason": "已在改造计划内"}}
    matrix = Matrix(world, owner, SUGGESTION, state, visible, forms)
    moves = await matrix.walk(put, (*STAFF, seat("resident1", Role.RESIDENT)))
    assert (moves > 0) == (state not in SUGGESTION.final)
