"""Every state of a supervision and an escalation × every action × every party, over HTTP, against the tables."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.escalations import ESCALATION, EscalationAction, EscalationState
from app.domain.people import Parties, Relation, Role
from app.domain.supervisions import SUPERVISION, SupervisionAction, SupervisionState
from app.models import Escalation, Supervision
from tests.services.matrix import Matrix, Seat, seat
from tests.services.rows_oversight import put_escalation, put_held_order, put_supervision
from tests.worlds import World

R = Relation
OUTSIDE = (
    seat("auditor", Role.AUDITOR),
    seat("department", Role.DEPARTMENT_STAFF),
    seat("sibling_grid"),
    seat("sibling_community"),
    seat("nobody"),
    seat("resident1", Role.RESIDENT, R.ASKER),
    seat("resident2", Role.RESIDENT, R.FOLLOWER),
    seat("member2", Role.PARTY_MEMBER),
    seat("member1", Role.PARTY_MEMBER, R.HOLDER),
)
"""Of an order of resident1's, followed by resident2, that member1 holds."""


def reads(noun: str) -> Any:
    def visible(parties: Parties) -> bool:
        return bool(parties & access.TABLE[f"{noun}:read"])

    return visible


@pytest.mark.parametrize("state", list(SupervisionState), ids=lambda state: state.value)
async def test_supervisions(world: World, owner: Database, state: SupervisionState) -> None:
    async def put(session: AsyncSession) -> Supervision:
        return await put_supervision(session, world, await put_held_order(session, world), state)

    words = {"words": "说明"}
    forms: dict[Any, dict[str, Any]] = {
        SupervisionAction.ANSWER: words,
        SupervisionAction.RETURN: words | {"working_days": 1},
    }
    people: tuple[Seat, ...] = (
        seat("grid", Role.GRID_WORKER, R.DISPATCHER),
        seat("community", Role.COMMUNITY_ADMIN, R.DISPATCHER),
        seat("subdistrict", Role.SUBDISTRICT_ADMIN, R.SUPERVISOR),
        seat("district", Role.DISTRICT_ADMIN),
        *OUTSIDE,
    )
    moves = await Matrix(world, owner, SUPERVISION, state, reads("supervisions"), forms).walk(put, people)
    owed = 4
    expected = {SupervisionState.RUNNING: owed, SupervisionState.OVERDUE: owed, SupervisionState.ANSWERED: 2}
    assert moves == expected.get(state, 0), "holder, grid and community answer; who set it sends back and lifts"


@pytest.mark.parametrize("state", list(EscalationState), ids=lambda state: state.value)
async def test_escalations(world: World, owner: Database, state: EscalationState) -> None:
    async def put(session: AsyncSession) -> Escalation:
        return await put_escalation(session, world, await put_held_order(session, world), state)

    forms: dict[Any, dict[str, Any]] = {
        EscalationAction.ANSWER: {"decision": "由社区协调"},
        EscalationAction.RETURN: {"reason": "本级可办"},
    }
    people: tuple[Seat, ...] = (
        seat("grid", Role.GRID_WORKER, R.DISPATCHER),
        seat("community", Role.COMMUNITY_ADMIN, R.DISPATCHER, R.ADDRESSEE),
        seat("subdistrict", Role.SUBDISTRICT_ADMIN),
        seat("district", Role.DISTRICT_ADMIN),
        *OUTSIDE,
    )
    moves = await Matrix(world, owner, ESCALATION, state, reads("escalations"), forms).walk(put, people)
    assert moves == (2 if state is EscalationState.RAISED else 0), "the level asked answers or returns it"
