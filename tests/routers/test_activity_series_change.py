"""Changing a series: from which days on, over the turn of the year, and what had been set by hand for one of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.core.clock import CHINA, now
from app.core.db import Database
from app.models import SignIn
from tests import activities
from tests.routers.test_activities import change
from tests.routers.test_activity_series import act, begun, day, made
from tests.worlds import World


async def refused(world: World, series: Any, **form: Any) -> tuple[int, str | None]:
    answer = await world.call("community", "POST", f"/v1/activity-series/{series['id']}/change", json=form)
    return answer.status_code, answer.json().get("field")


@pytest.mark.parametrize("far", ["1999-12-31", "2100-01-01", "9999-12-31"])
async def test_days_of_other_centuries_are_refused(world: World, far: str) -> None:
    series = await begun(world)
    assert (await refused(world, series, from_on=far, rule="FREQ=DAILY"))[0] == 422
    for name in ("without", "besides"):
        assert (await refused(world, series, from_on=day(2).isoformat(), **{name: [far]}))[0] == 422
    form = {key: series[key] for key in ("title", "category", "place_id", "rule", "start_minute", "minutes")}
    form |= {"starts_on": far, "roles": [{"name": "学员", "kind": "participant", "places": 2}]}
    answer = await world.call("community", "POST", "/v1/activity-series", json=form)
    assert answer.status_code == 422, answer.text


async def test_from_a_day_within_what_is_made(world: World) -> None:
    """Later, the old rule's days before the change would never be made."""
    series = await begun(world)
    last = datetime.fromisoformat(series["made_until"]).date()
    beyond = (last + timedelta(days=2)).isoformat()
    assert await refused(world, series, from_on=beyond, rule="FREQ=DAILY;COUNT=3") == (422, "from_on")
    assert await refused(world, series, from_on=day(-1).isoformat()) == (422, "from_on")
    first = (last + timedelta(days=1)).isoformat()
    await act(world, "community", series, "change", from_on=first, rule="FREQ=DAILY;COUNT=3")
    rows = await made(world, series)
    assert [row["state"] for row in rows] == ["open"] * 8, "what comes before the change stays"


async def test_in_the_first_hours_of_a_year_nothing_is_lost(world: World, owner: Database) -> None:
    """It is still the old year in UTC then."""
    early = datetime(now().astimezone(CHINA).year + 1, 1, 1, 2, tzinfo=CHINA)
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(SignIn).values(expires_at=early + timedelta(days=1)))
    with activities.at(early):
        series = await begun(world)
        await act(world, "community", series, "change", from_on=day(2).isoformat(), title="书画班")
        rows = await made(world, series)
    assert [(row["state"], row["title"]) for row in rows] == [("open", "书画班")] * 8


async def test_the_end_of_signing_up_keeps_its_distance(world: World) -> None:
    series = await begun(world)
    first, second, *_ = await made(world, series)
    until = activities.begins(first) - timedelta(hours=5)
    await change(world, "community", first, sign_up_until=until.isoformat())
    await act(world, "community", series, "change", from_on=first["series_on"], start_minute=16 * 60)
    moved, plain, *_ = await made(world, series)
    assert activities.begins(moved) == activities.begins(first) + timedelta(hours=1)
    assert datetime.fromisoformat(moved["sign_up_until"]) == until + timedelta(hours=1)
    assert plain["sign_up_until"] == plain["starts_at"] != second["starts_at"]
