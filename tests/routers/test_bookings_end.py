"""Bookings of a need that ended otherwise than served are given back, and those concerned are told; what served it stays."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.core.db import Database
from app.domain.bookings import BookingState, Purpose
from app.domain.needs import NeedState
from app.domain.orders import OrderState
from app.domain.resources import Nature, ResourceState
from app.models import Booking, Need
from app.workers import clocks
from tests.routers.test_resources import book, listed, monday, told
from tests.services.histories import broken_histories
from tests.services.rows import put_need, put_order
from tests.services.rows_resources import put_booking, put_resource
from tests.stories.steps import accepted_need, submitted
from tests.worlds import World


async def booked(world: World, resource: Any, need: Any, hour: int) -> Any:
    held = (await book(world, resource, monday(hour), need=need)).json()
    return await world.ok("grid", "POST", f"/v1/bookings/{held['id']}/confirm", json={})


async def seen(world: World, booking: Any) -> Any:
    return await world.ok("grid", "GET", f"/v1/bookings/{booking['id']}")


async def test_a_withdrawn_need_frees_what_was_booked_for_it(world: World, app: FastAPI, owner: Database) -> None:
    room, need, other = await listed(world), await accepted_need(world), await accepted_need(world)
    confirmed, kept = await booked(world, room, need, 9), await booked(world, room, other, 14)
    held = (await book(world, room, monday(11), need=need)).json()
    await clocks.tick(app.state.database, world.district_id)
    assert (await seen(world, confirmed))["state"] == "confirmed", "while something is done for the need"
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={})
    await clocks.tick(app.state.database, world.district_id)
    states = [(await seen(world, one))["state"] for one in (confirmed, held, kept)]
    assert states == ["released", "released", "confirmed"]
    assert (await told(app, world, "liaison")).count("您提供的资源有一个预订已释放") == 2
    assert (await told(app, world, "grid")).count("您的预订已释放，不再占用资源") == 2
    assert (await book(world, room, monday(9), need=other)).status_code == 201, "it is free for others"
    assert await broken_histories(owner, world.district_id) == []


@pytest.mark.parametrize(
    ("state", "met", "frees"),
    [
        (NeedState.ACCEPTED, False, False),
        (NeedState.PLANNED, False, False),
        (NeedState.MET, True, False),
        (NeedState.CLOSED, True, False),
        (NeedState.CLOSED, False, True),
        (NeedState.REFUSED, False, True),
        (NeedState.REDIRECTED, False, True),
        (NeedState.MERGED, False, True),
        (NeedState.WITHDRAWN, False, True),
    ],
)
async def test_however_it_ends(
    world: World, app: FastAPI, owner: Database, state: NeedState, met: bool, frees: bool
) -> None:
    async with owner.transaction(world.district_id) as session:
        resource = await put_resource(session, world, ResourceState.LISTED)
        need = await put_need(session, world, state)
        need.met_at = need.asked_at if met else None
        row = await put_booking(session, world, resource, BookingState.CONFIRMED, starts_at=monday(9))
        row.purpose_id = need.id
    assert await after_a_tick(world, app, owner, row.id) == ("released" if frees else "confirmed")


async def after_a_tick(world: World, app: FastAPI, owner: Database, booking_id: UUID) -> str:
    await clocks.tick(app.state.database, world.district_id)
    async with owner.transaction(world.district_id) as session:
        return str(await session.scalar(select(Booking.state).where(Booking.id == booking_id)))


async def test_goods_go_back_into_stock(world: World, app: FastAPI, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        rice = await put_resource(session, world, ResourceState.LISTED, nature=Nature.STOCK, name="大米", unit="袋")
        row = await put_booking(session, world, rice, BookingState.CONFIRMED, quantity=5)
        used = await put_booking(session, world, rice, BookingState.FULFILLED, quantity=2)
        for one in (row, used):
            (await session.get_one(Need, (world.district_id, one.purpose_id))).state = NeedState.WITHDRAWN
    assert await after_a_tick(world, app, owner, row.id) == "released"
    assert await after_a_tick(world, app, owner, used.id) == "fulfilled"
    shown = await world.ok("community", "GET", f"/v1/resources/{rice.id}")
    assert shown["reserved"] == 2, "what was used is gone"


@pytest.mark.parametrize(
    ("state", "frees"),
    [(OrderState.WITHDRAWN, True), (OrderState.TERMINATED, True), (OrderState.CLOSED, False), (OrderState.OPEN, False)],
)
async def test_an_order_that_was_given_up_frees_what_was_booked_for_it(
    world: World, app: FastAPI, owner: Database, state: OrderState, frees: bool
) -> None:
    async with owner.transaction(world.district_id) as session:
        resource = await put_resource(session, world, ResourceState.LISTED)
        order = await put_order(session, world, await put_need(session, world, NeedState.IN_SERVICE), state)
        row = await put_booking(session, world, resource, BookingState.CONFIRMED, starts_at=monday(9))
        row.purpose, row.purpose_id = Purpose.ORDER, order.id
    assert await after_a_tick(world, app, owner, row.id) == ("released" if frees else "confirmed")


async def test_use_that_has_begun_is_left_to_people(world: World, app: FastAPI, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        resource = await put_resource(session, world, ResourceState.LISTED)
        row = await put_booking(session, world, resource, BookingState.CONFIRMED)
        (await session.get_one(Need, (world.district_id, row.purpose_id))).state = NeedState.WITHDRAWN
    assert await after_a_tick(world, app, owner, row.id) == "confirmed"


async def test_a_refused_need_is_not_booked_for(world: World) -> None:
    need = await submitted(world)
    form = {"reason": "not_community_work", "words": "请找物业"}
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/refuse", json=form)
    assert (await book(world, await listed(world), monday(9), need=need)).status_code == 409
