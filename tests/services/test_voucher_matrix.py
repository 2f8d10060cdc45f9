"""Every state of a voucher × every action × every party, over HTTP, against the table."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.budgets import VOUCHER, VoucherAction, VoucherState
from app.domain.people import Parties, Relation, Role
from app.domain.projects import Part, ProjectState
from app.models import Voucher
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_projects import put_project, put_voucher
from tests.worlds import World

PEOPLE = (
    *(each for each in STAFF if each.who not in {"manager", "department"}),
    seat("liaison", Role.UNIT_LIAISON, Relation.LEAD, Relation.PROPOSER),
    seat("manager", Role.SOCIAL_ORG_MANAGER, Relation.SUPPORT),
    seat("department", Role.DEPARTMENT_STAFF),
    seat("resident1", Role.RESIDENT),
)
"""Of a voucher the liaison entered, whose unit leads the project."""
FORMS: dict[VoucherAction, dict[str, Any]] = {VoucherAction.REJECT: {"reason": "票据不清"}}


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["vouchers:read"])


@pytest.mark.parametrize("state", list(VoucherState), ids=lambda state: state.value)
async def test_vouchers(world: World, owner: Database, state: VoucherState) -> None:
    async def put(session: AsyncSession) -> Voucher:
        units = {"unit": Part.LEAD, "society": Part.SUPPORT}
        project = await put_project(session, world, ProjectState.RUNNING, units=units)
        return await put_voucher(session, world, project, state)

    moves = await Matrix(world, owner, VOUCHER, state, visible, FORMS).walk(put, PEOPLE)
    assert moves == (6 if state is VoucherState.ENTERED else 0), "three administrators do two things"
