"""The usual first steps of a story."""

from typing import Any

from tests.worlds import LAT, LON, World

AT_HOME = {"lon": LON + 0.001, "lat": LAT, "datum": "wgs84"}
"""Where home1 stands."""


async def submitted(world: World, who: str = "resident1", **more: Any) -> Any:
    form = {
        "title": "厨房水管漏水",
        "details": "水池下面一直滴水",
        "place_id": str(world.places["home1"]),
        "category": "repair.plumbing",
    }
    return await world.ok(who, "POST", "/v1/needs", json=form | more)


async def accepted_need(world: World, **form: Any) -> Any:
    """A need in the library, its first order left alone unless the form says otherwise."""
    need = await submitted(world)
    return await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False} | form)


async def only_order(world: World, need: Any) -> Any:
    page = await world.ok("community", "GET", "/v1/orders", params={"need_id": need["id"]})
    assert len(page["items"]) == 1
    return page["items"][0]


async def act(world: World, who: str, order: Any, action: str, **form: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/orders/{order['id']}/{action}", json=form)


async def refused(world: World, who: str, order: Any, action: str, **form: Any) -> tuple[int, str]:
    """Status and code of an action that must be refused."""
    answer = await world.call(who, "POST", f"/v1/orders/{order['id']}/{action}", json=form)
    assert not answer.is_success, answer.text
    return answer.status_code, answer.json()["code"]


async def asked(world: World, order: Any) -> list[str]:
    """Who is being asked now, by name in the world."""
    page = await world.ok("grid", "GET", "/v1/assignments", params={"order_id": order["id"], "state": "invited"})
    people = {str(person): who for who, person in world.people.items()}
    return [people[item["person_id"]] for item in page["items"]]


async def taken(world: World, who: str = "member1") -> Any:
    """An order published and taken."""
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    return await act(world, who, order, "take")


async def started(world: World, who: str = "member1") -> Any:
    return await act(world, who, await taken(world, who), "start", position=AT_HOME)


async def reported(world: World, who: str = "member1") -> Any:
    order = await started(world, who)
    mine = (await world.ok(who, "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok(who, "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    return await act(world, who, order, "report", result="已修好")
