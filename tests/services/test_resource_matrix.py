"""Every state of a resource and of a booking × every action × every party, over HTTP, against the table."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.domain import access
from app.domain.bookings import BOOKING, BookingAction, BookingState
from app.domain.people import Parties, Relation, Role
from app.domain.resources import RESOURCE, SHOWN, ResourceAction, ResourceState
from app.models import Booking, Resource
from tests.services.matrix import STAFF, Matrix, seat
from tests.services.rows_resources import put_booking, put_resource
from tests.worlds import World

OWNER = seat("liaison", Role.UNIT_LIAISON, Relation.OWNER)
NEIGHBOURS = (seat("resident1", Role.RESIDENT), seat("member1", Role.PARTY_MEMBER), seat("volunteer1", Role.VOLUNTEER))
WORDS = {"words": "临时有事"}


@pytest.mark.parametrize("state", list(ResourceState), ids=lambda state: state.value)
async def test_resources(world: World, owner: Database, state: ResourceState) -> None:
    async def put(session: AsyncSession) -> Resource:
        return await put_resource(session, world, state)

    def visible(parties: Parties) -> bool:
        if parties & (access.TABLE["resources:publish"] | {Role.AUDITOR, Relation.OWNER}):
            return True
        return state in SHOWN and bool(parties & access.TABLE["resources:read"])

    forms: dict[Any, dict[str, Any]] = {ResourceAction.REFUSE: WORDS}
    matrix = Matrix(world, owner, RESOURCE, state, visible, forms)
    moves = await matrix.walk(put, (*STAFF, OWNER, *NEIGHBOURS))
    assert (moves > 0) == (state not in RESOURCE.final)


@pytest.mark.parametrize("state", list(BookingState), ids=lambda state: state.value)
async def test_bookings(world: World, owner: Database, state: BookingState) -> None:
    async def put(session: AsyncSession) -> Booking:
        return await put_booking(
            session, world, await put_resource(session, world, ResourceState.LISTED), state, by="member1"
        )

    def visible(parties: Parties) -> bool:
        return bool(parties & access.TABLE["bookings:read"])

    forms: dict[Any, dict[str, Any]] = {BookingAction.CANCEL: WORDS}
    matrix = Matrix(world, owner, BOOKING, state, visible, forms)
    booker = seat("member1", Role.PARTY_MEMBER, Relation.BOOKER)
    moves = await matrix.walk(put, (*STAFF, OWNER, booker, seat("resident1", Role.RESIDENT)))
    assert (moves > 0) == (state not in BOOKING.final)
