"""Every state of a sign-up × every action × every party, over HTTP, against the table."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database
from app.domain import access
from app.domain.activities import ActivityState, PartKind
from app.domain.people import Parties, Relation, Role
from app.domain.sign_ups import SIGN_UP, SignUpAction, SignUpState
from app.models import ServiceWindow, SignUp
from tests.services.matrix import STAFF, Matrix, Seat, seat
from tests.services.rows_activities import put_activity, put_role, put_sign_up
from tests.stories.steps import AT_HOME
from tests.worlds import World

A, R, S = SignUpAction, Relation, SignUpState
PEOPLE = (
    *STAFF,
    seat("liaison", Role.UNIT_LIAISON, R.UNIT),
    seat("member3", Role.PARTY_MEMBER, R.UNIT),
    seat("member1", Role.PARTY_MEMBER, R.HOLDER),
    seat("resident1", Role.RESIDENT),
)
"""Of a sign-up of member1's as a helper, in an activity of the liaison's unit."""
WORDS = {"words": "说明"}
AT_THE_DOOR = frozenset({A.CHECK_IN, A.CHECK_OUT, A.PROMOTE, A.MISS, A.RATE})
"""What is done once the activity has begun; the rest before."""


def visible(parties: Parties) -> bool:
    return bool(parties & access.TABLE["sign-ups:read"])


def forms(world: World) -> dict[SignUpAction, dict[str, Any]]:
    return {A.HAND_OVER: {"person_id": str(world.people["volunteer1"])}, A.EXCUSE: WORDS, A.RATE: {"rating": 5}}


def at_the_door(action: SignUpAction, seat: Seat) -> int | None:
    """Nobody witnesses themselves: whoever holds the place says where they are."""
    return 422 if action in {A.CHECK_IN, A.CHECK_OUT} and R.HOLDER in seat.parties else None


@pytest.mark.parametrize("state", list(S), ids=lambda state: state.value)
@pytest.mark.parametrize("held", [True, False], ids=["held", "to_come"])
async def test_people(world: World, owner: Database, state: SignUpState, held: bool) -> None:
    async def put(session: AsyncSession) -> SignUp:
        await session.execute(delete(ServiceWindow).where(ServiceWindow.district_id == world.district_id))
        starts_at = now() - timedelta(minutes=30) if held else now() + timedelta(days=3)
        stands = ActivityState.HELD if held else ActivityState.OPEN
        activity = await put_activity(session, world, stands, starts_at=starts_at)
        role = await put_role(session, activity, PartKind.HELPER)
        return await put_sign_up(session, world, role, "member1", state)

    def business(action: SignUpAction, seat: Seat) -> int | None:
        """What belongs to the other time is refused as not now."""
        if held:
            return 409 if action in {A.HAND_OVER, A.ACCEPT} else at_the_door(action, seat)
        if action is A.CHECK_OUT and R.HOLDER not in seat.parties:
            return None
        if action in {A.CHECK_IN, A.PROMOTE, A.MISS}:
            return 409
        return at_the_door(action, seat)

    matrix = Matrix(world, owner, SIGN_UP, state, visible, forms(world), business)
    await matrix.walk(put, PEOPLE)


async def test_where_the_holder_is_they_check_in_themselves(world: World, owner: Database) -> None:
    async def put(session: AsyncSession) -> SignUp:
        await session.execute(delete(ServiceWindow).where(ServiceWindow.district_id == world.district_id))
        activity = await put_activity(session, world, ActivityState.HELD, starts_at=now() - timedelta(minutes=5))
        role = await put_role(session, activity, PartKind.HELPER)
        return await put_sign_up(session, world, role, "member1", S.CONFIRMED)

    given = {A.CHECK_IN: {"position": AT_HOME}}
    late = {A.HAND_OVER: 409}
    matrix = Matrix(world, owner, SIGN_UP, S.CONFIRMED, visible, forms(world) | given, lambda a, _: late.get(a))
    assert await matrix.walk(put, [seat("member1", Role.PARTY_MEMBER, R.HOLDER)]) == 2, "check in, cancel"
