"""The outbox: every committed event once, in order, told to those it concerns."""

from typing import Any

from fastapi import FastAPI

from app.workers import relay
from tests.stories.steps import accepted_need, act, asked, only_order
from tests.worlds import World


async def test_the_feed_tells_everything_in_order_and_only_once(world: World, app: FastAPI) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    (who,) = await asked(world, order)
    await act(world, who, order, "accept")
    assert (await world.ok("community", "GET", "/v1/events"))["items"] == []
    for _ in range(2):
        await relay.relay_district(app.state.database, world.district_id)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while page := (await world.ok("community", "GET", "/v1/events", params={"limit": 2} | cursor))["items"]:
        seen += page
        answer = await world.ok("community", "GET", "/v1/events", params={"limit": 2} | cursor)
        cursor = {"cursor": answer["next_cursor"]}
    positions = [event["position"] for event in seen]
    assert positions == sorted(set(positions))
    history = [(event["seq"], event["action"]) for event in seen if event["aggregate_id"] == order["id"]]
    assert history == [(1, "open"), (2, "offer"), (3, "accept")]
    assert {event["action"] for event in seen} == {"submit", "accept", "open", "invite", "offer", "dispatch"}


async def test_the_asked_and_the_asker_are_told(world: World, app: FastAPI) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    (who,) = await asked(world, order)
    await act(world, who, order, "accept")
    await relay.relay_district(app.state.database, world.district_id)
    told = [notice["text"] for notice in (await world.ok(who, "GET", "/v1/notices"))["items"]]
    assert len(told) == 1
    assert "邀请" in told[0]
    asker = await world.ok("resident1", "GET", "/v1/notices", params={"unread": True})
    assert any("已有人接单" in notice["text"] for notice in asker["items"])
    marked = await world.ok("resident1", "POST", f"/v1/notices/{asker['items'][0]['id']}/mark", json={})
    assert marked["read_at"] is not None
    assert (await world.ok("resident2", "GET", "/v1/notices"))["items"] == []
