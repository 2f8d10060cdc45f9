"""Every state of a project × every action × every party, over HTTP, against the table."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain.people import Parties, Relation, Role
from app.domain.projects import PROJECT, Part, ProjectAction, ProjectState
from app.models import Project
from app.services.access import READER_ROLES
from tests.services.matrix import STAFF, Matrix, Seat, seat
from tests.services.rows_projects import put_project
from tests.worlds import World

A, R, S = ProjectAction, Relation, ProjectState
PEOPLE = (
    *(each for each in STAFF if each.who not in {"manager", "department"}),
    seat("liaison", Role.UNIT_LIAISON, R.PROPOSER, R.LEAD),
    seat("manager", Role.SOCIAL_ORG_MANAGER, R.SUPPORT),
    seat("department", Role.DEPARTMENT_STAFF),
    seat("resident1", Role.RESIDENT),
    seat("member1", Role.PARTY_MEMBER),
)
"""Of a 民生微实事 that the liaison's unit proposed and leads, and the social organization supports."""
UNCLAIMED = (seat("liaison", Role.UNIT_LIAISON, R.PROPOSER), seat("manager", Role.SOCIAL_ORG_MANAGER))
INSIDE = READER_ROLES | {R.PROPOSER, R.LEAD, R.SUPPORT}
UNSEEN = frozenset({S.PROPOSED, S.RETURNED})
FORMS: dict[ProjectAction, dict[str, Any]] = {
    A.RETURN: {"words": "写明地点"},
    A.CLAIM: {"part": "support"},
    A.DELIVER: {"result": "已完成", "people_reached": 120, "evidence": {"photo": "相册一"}},
    A.REWORK: {"words": "还有两盏不亮"},
    A.ARCHIVE: {"words": "继续走访"},
    A.CANCEL: {"reason": "no_money", "words": "资金未落实"},
}


def visible(state: ProjectState) -> Any:
    def shows(parties: Parties) -> bool:
        return bool(parties & INSIDE) or (state not in UNSEEN and bool(parties))

    return shows


def business(action: ProjectAction, seat: Seat) -> int | None:
    """Who is in it does not join it again."""
    return 409 if action is A.CLAIM and seat.parties & {R.LEAD, R.SUPPORT} else None


async def _walk(world: World, owner: Database, state: ProjectState, people: Any, units: dict[str, Part]) -> int:
    async def put(session: AsyncSession) -> Project:
        return await put_project(session, world, state, units=units)

    return await Matrix(world, owner, PROJECT, state, visible(state), FORMS, business).walk(put, people)


@pytest.mark.parametrize("state", list(ProjectState), ids=lambda state: state.value)
async def test_projects(world: World, owner: Database, state: ProjectState) -> None:
    units = {"unit": Part.LEAD, "society": Part.SUPPORT}
    moves = await _walk(world, owner, state, PEOPLE, units)
    assert bool(moves) == (state not in PROJECT.final)


async def test_projects_that_nobody_claimed(world: World, owner: Database) -> None:
    assert await _walk(world, owner, S.LISTED, UNCLAIMED, {}) == 2
