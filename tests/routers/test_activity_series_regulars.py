"""The regulars of a series: how many it takes, and that a helper who has stopped helping is signed up no more."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.models import Grant
from app.services import activity_series_members
from app.workers import clocks
from tests import activities
from tests.routers.test_activity_series import act, begun, made
from tests.worlds import World


async def test_a_series_takes_so_many_regulars(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_series_members, "MOST_REGULARS", 2)
    series = await begun(world)
    for who in ("resident1", "resident2"):
        await act(world, who, series, "join", role_name="学员")
    path = f"/v1/activity-series/{series['id']}/join"
    answer = await world.call("member1", "POST", path, json={"role_name": "学员"})
    assert (answer.status_code, "逐次报名" in answer.json()["detail"]) == (409, True)
    await act(world, "resident1", series, "leave")
    await act(world, "member1", series, "join", role_name="学员")


async def test_a_helper_who_has_stopped_is_signed_up_no_more(world: World, app: FastAPI, owner: Database) -> None:
    series = await begun(world, audience="district")
    await act(world, "member1", series, "join", role_name="助教")
    await act(world, "member2", series, "join", role_name="学员")
    before = (await made(world, series))[-1]
    async with owner.transaction(world.district_id) as session:
        both = Grant.person_id.in_([world.people["member1"], world.people["member2"]])
        await session.execute(update(Grant).where(both).values(ends_at=now()))
    with activities.at(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
        newest = (await made(world, series))[-1]
    assert newest["series_on"] > before["series_on"]
    assert [role["taken"] for role in before["roles"]] == [1, 1]
    assert [role["taken"] for role in newest["roles"]] == [1, 0], "who only takes part still comes"
