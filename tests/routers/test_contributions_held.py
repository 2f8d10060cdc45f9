"""八联, indicators and duty records from activities, lent resources and joint meetings: what was done, and nobody typed it in."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.core.clock import CHINA
from app.core.db import Database
from app.core.ids import new_id
from app.domain.joint_work import MeetingState
from app.models import MeetingAttendance, Person
from tests import activities
from tests.activities import begins, do, opened, signed_up, step
from tests.projects import running
from tests.routers.test_contributions import YEAR, given, indicator, programme, values
from tests.routers.test_resources import listed
from tests.services.committee import put_meeting, put_member
from tests.worlds import World


async def held(world: World, who: str = "liaison", helper: str = "", *, days: float = 0.01, **more: Any) -> Any:
    """An activity that was held, if said with one helper for ninety confirmed minutes; and the report is in."""
    activity = await opened(world, who, days=days, **more)
    row = await signed_up(world, helper, activity, "helper") if helper else None
    begin = begins(activity)
    with activities.at(begin):
        await step(world, "community", activity, "start")
        if row:
            await do(world, "community", row, "check-in")
    with activities.at(begin + timedelta(minutes=90, seconds=30)):
        if row:
            await do(world, "community", row, "check-out")
            mine = await world.ok(helper, "GET", "/v1/hours", params={"mine": True})
            newest = next(hour for hour in mine["items"] if hour["activity_id"] == activity["id"])
            await world.ok("community", "POST", f"/v1/hours/{newest['id']}/confirm", json={})
        return await step(world, "community", activity, "conclude", report="很好", evidence={"photo": "相册"})


async def joins_the_unit(owner: Database, world: World, who: str = "member1") -> None:
    async with owner.transaction(world.district_id) as session:
        belongs = update(Person).where(Person.id == world.people[who])
        await session.execute(belongs.values(organization_id=world.units["unit"]))


async def meeting(owner: Database, world: World, state: MeetingState, *units: str) -> None:
    async with owner.transaction(world.district_id) as session:
        row = await put_meeting(session, world, state)
        for unit in units:
            came = {"meeting_id": row.id, "organization_id": world.units[unit]}
            session.add(MeetingAttendance(district_id=world.district_id, id=new_id(), **came))


def year_of(activity: Any) -> int:
    return begins(activity).astimezone(CHINA).year


async def test_an_activity_counts_for_its_organizer_under_the_link_of_its_project(world: World) -> None:
    project = await running(world, link="culture")
    of_project = await held(world, project_id=project["id"])
    assert await given(world, "unit") == {"culture": {"activities_held": 1}}
    await held(world)
    await held(world, "community")
    await opened(world, "liaison", project_id=project["id"])
    expected = {"culture": {"activities_held": 1}, "services": {"activities_held": 1}}
    assert await given(world, "unit", year=year_of(of_project)) == expected
    assert await given(world, "unit", year=year_of(of_project) - 1) == {}
    assert await given(world, "society") == {}


async def test_minutes_of_helpers_count_under_the_project_their_activity_was_held_for(
    world: World, owner: Database
) -> None:
    await joins_the_unit(owner, world)
    project = await running(world, link="sanitation")
    await held(world, helper="member1", project_id=project["id"])
    assert await given(world, "unit") == {"sanitation": {"activities_held": 1, "service_minutes": 90}}
    await held(world, helper="member1", days=0.1)
    assert (await given(world, "unit"))["services"] == {"activities_held": 1, "service_minutes": 90}
    assert (await given(world, "unit"))["sanitation"]["service_minutes"] == 90


async def test_what_a_unit_lent_counts_once_it_was_used(world: World) -> None:
    room = await listed(world)
    project = await running(world, link="culture")
    await held(world, "community", venue_resource_id=room["id"], project_id=project["id"])
    assert await given(world, "unit") == {"resources": {"resources_lent": 1}}, "whatever it was for"
    cancelled = await opened(world, venue_resource_id=room["id"])
    await step(world, "community", cancelled, "cancel", reason="大雨")
    await opened(world, days=5, venue_resource_id=room["id"])
    own = await listed(world, name="礼堂")
    await held(world, "liaison", venue_resource_id=own["id"], days=0.1)
    given_now = await given(world, "unit")
    assert given_now["resources"] == {"resources_lent": 1}, "for others, and used"
    assert await given(world, "unit", year=YEAR - 1) == {}


async def test_stock_counts_in_the_year_it_was_booked(world: World) -> None:
    paper = await listed(world, kind="materials", nature="stock", quantity=90, unit="张")
    activity = await opened(world, "manager", days=0.01)
    form = {"resource_id": paper["id"], "purpose": "activity", "purpose_id": activity["id"], "quantity": 9}
    booking = await world.ok("manager", "POST", "/v1/bookings", json=form)
    await world.ok("manager", "POST", f"/v1/bookings/{booking['id']}/confirm", json={})
    await step(world, "community", activity, "start")
    await step(world, "community", activity, "conclude", report="很好", evidence={"photo": "相册"})
    assert await given(world, "unit", year=YEAR) == {"resources": {"resources_lent": 1}}


async def test_joint_meetings_count_for_whoever_came_once_minuted(world: World, owner: Database) -> None:
    await meeting(owner, world, MeetingState.SEALED, "unit", "society")
    await meeting(owner, world, MeetingState.MINUTED, "unit")
    await meeting(owner, world, MeetingState.CANCELLED, "unit")
    assert await given(world, "unit") == {"party_building": {"meetings_attended": 2}}
    assert await given(world, "society") == {"party_building": {"meetings_attended": 1}}


async def test_indicators_count_activities_meetings_and_their_minutes(world: World, owner: Database) -> None:
    own, method = await programme(world), await programme(world, "method", "eight_ones")
    for each in (own, method):
        for measure in ("activities_held", "meetings_held", "service_minutes"):
            await indicator(world, each, measure)
    project = await running(world, programme_id=own["id"])
    first = await held(world, helper="member1", project_id=project["id"])
    await held(world, "community", helper="member2")
    await meeting(owner, world, MeetingState.SEALED, "unit")
    await meeting(owner, world, MeetingState.CALLED)
    year = year_of(first)
    found = {"activities_held": 1, "meetings_held": 1, "service_minutes": 90}
    assert await values(world, own, year=year) == found
    assert await values(world, method, year=year) == found | {"activities_held": 2, "service_minutes": 180}
    assert await values(world, method, year=year - 1) == dict.fromkeys(found, 0)


@pytest.mark.parametrize("project", [True, False])
async def test_a_units_record_counts_minutes_of_activities(world: World, owner: Database, project: bool) -> None:
    async with owner.transaction(world.district_id) as session:
        member = await put_member(session, world, "unit")
    await joins_the_unit(owner, world)
    await held(world, helper="member1", **({"project_id": (await running(world))["id"]} if project else {}))
    assert (await world.ok("community", "GET", f"/v1/duty-records/{member.id}"))["minutes"] == 90
