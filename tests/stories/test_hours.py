"""Hours: recorded by check-out, supplemented with evidence, confirmed by another, reversed by an opposite entry."""

from datetime import timedelta
from typing import Any

import time_machine

from app.core.clock import now
from app.core.db import Database
from app.models import HourEntry
from tests.stories.steps import AT_HOME, accepted_need, act, only_order, started, taken
from tests.worlds import LAT, LON, World, count


async def record(world: World, who: str = "member1", minutes: int = 30) -> Any:
    """A recorded service of so many minutes."""
    order = await started(world, who)
    mine = (await world.ok(who, "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    with time_machine.travel(now() + timedelta(minutes=minutes, seconds=5)):
        await world.ok(who, "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    return (await world.ok("grid", "GET", "/v1/hours", params={"order_id": order["id"]}))["items"][0]


def supplement(world: World, order: Any, who: str = "member1", **more: Any) -> dict[str, Any]:
    start = now() - timedelta(hours=3)
    form = {
        "order_id": order["id"],
        "person_id": str(world.people[who]),
        "served_from": start.isoformat(),
        "served_until": (start + timedelta(hours=1)).isoformat(),
        "evidence": "现场照片与签字表",
    }
    return form | more


async def status(world: World, who: str, path: str, **form: Any) -> int:
    return (await world.call(who, "POST", path, json=form)).status_code


async def test_nobody_confirms_twice_or_for_themselves(world: World) -> None:
    entry = await record(world)
    path = f"/v1/hours/{entry['id']}/confirm"
    assert await status(world, "member1", path) == 403
    assert await status(world, "grid", path) == 200
    assert await status(world, "community", path) == 409


async def test_a_reversal_takes_the_minutes_back_and_frees_the_time(world: World, owner: Database) -> None:
    entry = await record(world)
    await world.ok("grid", "POST", f"/v1/hours/{entry['id']}/confirm", json={})
    reversed_ = await world.ok("community", "POST", f"/v1/hours/{entry['id']}/reverse", json={"reason": "签到有误"})
    assert reversed_["status"] == "reversed"
    assert await status(world, "community", f"/v1/hours/{entry['id']}/reverse", reason="再次") == 409
    balance = await world.ok("member1", "GET", "/v1/hours/balance")
    assert (balance["recorded_minutes"], balance["confirmed_minutes"]) == (0, 0)
    assert await count(owner, world.district_id, HourEntry) == 3


async def test_a_supplement_needs_evidence_and_a_second_person(world: World) -> None:
    order = await taken(world)
    entry = await world.ok("grid", "POST", "/v1/hours", json=supplement(world, order))
    assert (entry["minutes"], entry["source"]) == (60, "supplement")
    assert await status(world, "grid", f"/v1/hours/{entry['id']}/confirm") == 403
    assert await status(world, "community", f"/v1/hours/{entry['id']}/confirm") == 200
    assert await status(world, "grid", "/v1/hours", **supplement(world, order, "member1")) == 409


async def test_i4_nobody_serves_in_two_places_at_once(world: World) -> None:
    await started(world)
    second = await taken(world)
    answer = await world.call("member1", "POST", f"/v1/orders/{second['id']}/start", json={"position": AT_HOME})
    assert answer.status_code == 409


async def test_a_check_in_from_afar_is_refused(world: World) -> None:
    order = await taken(world)
    far = AT_HOME | {"lat": LAT + 0.02}
    answer = await world.call("member1", "POST", f"/v1/orders/{order['id']}/start", json={"position": far})
    assert answer.status_code == 422
    assert (await act(world, "member1", order, "start", position=AT_HOME))["state"] == "in_progress"


async def test_time_given_is_kept_when_the_order_is_withdrawn(world: World) -> None:
    order = await started(world)
    with time_machine.travel(now() + timedelta(minutes=20)):
        await act(world, "resident1", order, "withdraw")
    entry = (await world.ok("grid", "GET", "/v1/hours", params={"order_id": order["id"]}))["items"][0]
    assert entry["minutes"] in {19, 20}
    with time_machine.travel(now() + timedelta(minutes=21)):
        assert (await started(world))["state"] == "in_progress"


async def test_an_order_for_the_whole_community_lets_one_check_in_anywhere_in_it(world: World) -> None:
    need = await accepted_need(world, place_id=str(world.places["community"]))
    order = await only_order(world, need)
    await act(world, "community", order, "offer", person_id=str(world.people["member1"]))
    await act(world, "member1", order, "accept")
    outside = AT_HOME | {"lon": LON + 0.1}
    answer = await world.call("member1", "POST", f"/v1/orders/{order['id']}/start", json={"position": outside})
    assert answer.status_code == 422
    anywhere = AT_HOME | {"lon": LON + 0.03, "lat": LAT - 0.02}
    assert (await act(world, "member1", order, "start", position=anywhere))["state"] == "in_progress"
