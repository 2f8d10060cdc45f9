"""Every other way an order can go."""

import asyncio
from datetime import timedelta

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import now
from app.workers import clocks
from tests.stories.steps import (
    AT_HOME,
    accepted_need,
    act,
    asked,
    only_order,
    refused,
    reported,
    started,
    submitted,
    taken,
)
from tests.worlds import World

SOON = (now() + timedelta(days=20)).isoformat()


async def approve(world: World, who: str, order: dict[str, str]) -> None:
    pending = await world.ok(who, "GET", "/v1/approvals", params={"state": "pending", "subject_id": order["id"]})
    await world.ok(who, "POST", f"/v1/approvals/{pending['items'][0]['id']}/grant", json={})


async def state_of(world: World, order: dict[str, str]) -> str:
    return str((await world.ok("community", "GET", f"/v1/orders/{order['id']}"))["state"])


async def test_of_many_who_take_one_is_first(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    helpers = ["member1", "member2", "member3", "volunteer1", "volunteer2"]
    answers = await asyncio.gather(
        *(world.call(who, "POST", f"/v1/orders/{order['id']}/take", json={}) for who in helpers)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_three_places_are_filled_by_three_people(world: World) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=3))
    await act(world, "grid", order, "publish")
    states = [(await act(world, who, order, "take"))["state"] for who in ("member1", "member2", "member3")]
    assert states == ["published", "published", "accepted"]
    assert await refused(world, "volunteer1", order, "take") == (409, "wrong_state")


async def test_silence_is_passed_over_and_nobody_is_asked_twice(world: World, app: FastAPI) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    seen = []
    for hours in range(5):
        seen += await asked(world, order)
        with time_machine.travel(now() + timedelta(hours=2 * (hours + 1))):
            await clocks.tick(app.state.database, world.district_id)
    assert len(seen) == len(set(seen)) == 5
    assert (await asked(world, order), await state_of(world, order)) == ([], "open")


async def test_an_expired_invitation_cannot_be_accepted(world: World) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    (who,) = await asked(world, order)
    with time_machine.travel(now() + timedelta(hours=2)):
        token_world = world
        assert await refused(token_world, who, order, "accept") == (409, "conflict")


async def test_whoever_declined_is_asked_again_only_by_a_supervisor(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    member = str(world.people["member1"])
    await act(world, "grid", order, "offer", person_id=member)
    await act(world, "member1", order, "decline", words="今天不在家")
    assert (await refused(world, "grid", order, "offer", person_id=member))[0] == 422
    assert (await refused(world, "grid", order, "offer", person_id=member, again=True))[0] == 403
    again = await act(world, "community", order, "offer", person_id=member, again=True)
    assert again["state"] == "offered"
    assert (await act(world, "member1", order, "accept"))["state"] == "accepted"


async def test_a_unit_objects_once_and_is_upheld_or_overruled(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "community", order, "assign", organization_id=str(world.units["department"]))
    assert (await act(world, "department", order, "object", ground="not_our_duty", basis="不属本部门职责"))[
        "state"
    ] == "disputed"
    assert (await refused(world, "community", order, "uphold", words="同意"))[0] == 403
    assert (await act(world, "subdistrict", order, "overrule", words="属于"))["state"] == "accepted"
    assert (await refused(world, "department", order, "object", ground="not_our_duty", basis="再提"))[0] == 409
    assert (await act(world, "department", order, "start"))["state"] == "in_progress"


async def test_an_upheld_objection_opens_the_order_again(world: World) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "community", order, "assign", organization_id=str(world.units["department"]))
    await act(world, "department", order, "object", ground="not_our_duty", basis="不属本部门职责")
    assert (await act(world, "subdistrict", order, "uphold", words="成立"))["state"] == "open"


async def test_passing_on_needs_the_receivers_yes(world: World) -> None:
    order = await taken(world)
    passed = await act(world, "member1", order, "transfer", person_id=str(world.people["member2"]))
    assert (passed["state"], passed["people_accepted"]) == ("offered", 0)
    assert (await act(world, "member2", order, "accept"))["state"] == "accepted"
    assert (await refused(world, "member1", order, "start", position=AT_HOME))[0] == 403


async def test_suspending_needs_approval_and_stops_the_clock(world: World) -> None:
    order = await started(world)
    asked_for = await act(world, "member1", order, "suspend", reason="waiting_for_parts", words="等配件")
    assert asked_for["state"] == "in_progress"
    assert (await refused(world, "member1", order, "suspend", reason="weather", words="下雨"))[0] == 409
    await approve(world, "community", order)
    assert await state_of(world, order) == "suspended"
    with time_machine.travel(now() + timedelta(hours=5)):
        resumed = await act(world, "community", order, "resume")
    assert resumed["due_at"] > order["due_at"]


async def test_planning_is_approved_one_level_up_and_falls_due(world: World, app: FastAPI) -> None:
    order = await started(world)
    await act(world, "member1", order, "plan", obstacle="需整改", measures="列入改造", until=SOON)
    pending = (await world.ok("community", "GET", "/v1/approvals", params={"subject_id": order["id"]}))["items"][0]
    answer = await world.call("community", "POST", f"/v1/approvals/{pending['id']}/grant", json={})
    assert answer.status_code == 403
    await approve(world, "subdistrict", order)
    assert await state_of(world, order) == "planned"
    with time_machine.travel(now() + timedelta(days=21)):
        await clocks.tick(app.state.database, world.district_id)
    assert await state_of(world, order) == "in_progress"


async def test_terminating_frees_the_holder(world: World) -> None:
    order = await taken(world)
    await act(world, "member1", order, "terminate", reason="asker_uncooperative", words="多次联系不上")
    await approve(world, "community", order)
    assert await state_of(world, order) == "terminated"
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    assert mine["state"] == "excused"


async def test_rework_explain_and_taking_up_again(world: World) -> None:
    order = await reported(world)
    again = await act(world, "resident1", order, "rework", words="还在漏")
    assert (again["state"], again["round"]) == ("in_progress", 2)
    await act(world, "member1", order, "report", result="再次处理")
    assert (await refused(world, "member1", order, "explain", basis="无法解决"))[0] == 403
    explained = await act(world, "community", order, "explain", basis="管道属产权单位")
    assert (explained["state"], explained["outcome"]) == ("closed", "explained")
    reopened = await act(world, "resident1", order, "reopen", words="又漏了")
    assert (reopened["state"], reopened["round"], reopened["outcome"]) == ("open", 3, None)


async def test_nobody_rates_and_the_system_confirms(world: World, app: FastAPI) -> None:
    order = await reported(world)
    with time_machine.travel(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
    closed = await world.ok("community", "GET", f"/v1/orders/{order['id']}")
    assert (closed["state"], closed["rating"], closed["closed_by_system"]) == ("closed", None, True)


async def test_withdrawing_a_need_frees_everyone(world: World) -> None:
    order = await taken(world)
    need = await world.ok("resident1", "POST", f"/v1/needs/{order['need_id']}/withdraw", json={"words": "自己修好了"})
    assert (need["state"], await state_of(world, order)) == ("withdrawn", "withdrawn")


async def test_a_helper_who_cancels_makes_room_for_the_next(world: World) -> None:
    order = await only_order(world, await accepted_need(world, auto_offer=True))
    (first,) = await asked(world, order)
    await act(world, first, order, "accept")
    mine = (await world.ok(first, "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok(first, "POST", f"/v1/assignments/{mine['id']}/cancel", json={"words": "临时出差"})
    (second,) = await asked(world, order)
    assert second != first


async def test_two_needs_become_one_and_come_apart(world: World) -> None:
    master, need = await submitted(world), await submitted(world, "resident2")
    path = f"/v1/needs/{need['id']}"
    merged = await world.ok("community", "POST", f"{path}/merge", json={"into_id": master["id"]})
    assert (merged["state"], merged["merged_into_id"]) == ("merged", master["id"])
    assert (await world.ok("resident2", "GET", f"/v1/needs/{master['id']}"))["id"] == master["id"]
    apart = await world.ok("community", "POST", f"{path}/unmerge", json={})
    assert (apart["state"], apart["merged_into_id"]) == ("submitted", None)
    assert (await world.call("resident2", "GET", f"/v1/needs/{master['id']}")).status_code == 404


async def test_refusing_may_be_appealed_once(world: World) -> None:
    need = await submitted(world)
    path = f"/v1/needs/{need['id']}"
    refusal = {"reason": "not_community_work", "words": "属供水公司职责"}
    await world.ok("community", "POST", f"{path}/refuse", json=refusal)
    assert (await world.ok("resident1", "POST", f"{path}/appeal", json={"words": "供水公司不管"}))[
        "state"
    ] == "submitted"
    await world.ok("community", "POST", f"{path}/refuse", json=refusal)
    assert (await world.call("resident1", "POST", f"{path}/appeal", json={"words": "再申诉"})).status_code == 409


async def test_an_unanswered_question_closes_the_need(world: World, app: FastAPI) -> None:
    need = await submitted(world)
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/ask", json={"question": "几楼？"})
    with time_machine.travel(now() + timedelta(days=8)):
        await clocks.tick(app.state.database, world.district_id)
    closed = await world.ok("community", "GET", f"/v1/needs/{need['id']}")
    assert (closed["state"], closed["closed_by_system"]) == ("closed", True)


@pytest.mark.parametrize("who", ["resident1", "nobody", "sibling_grid"])
async def test_a_strangers_order_is_not_there(world: World, who: str) -> None:
    order = await only_order(world, await accepted_need(world))
    if who == "resident1":
        who = "resident2"
    assert (await world.call(who, "GET", f"/v1/orders/{order['id']}")).status_code == 404


@pytest.mark.parametrize("sent_back", [True, False], ids=["sent_back", "half_way"])
@pytest.mark.parametrize(
    ("who", "step", "left"), [("member1", "cancel", "cancelled_early"), ("grid", "miss", "no_show")]
)
async def test_whoever_served_and_comes_no_more_makes_room_for_another(
    world: World, who: str, step: str, left: str, *, sent_back: bool
) -> None:
    order = await (reported if sent_back else started)(world)
    (mine,) = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"]
    if sent_back:
        path = f"/v1/assignments/{mine['id']}/{step}"
        assert (await world.call(who, "POST", path, json={"words": "不来了"})).status_code == 409, "it is reported done"
        await act(world, "resident1", order, "rework", words="没修好")
    else:
        await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    served = (await world.ok("member1", "GET", "/v1/hours"))["items"]
    assert step in (await world.ok(who, "GET", f"/v1/assignments/{mine['id']}"))["actions"]
    gone = await world.ok(who, "POST", f"/v1/assignments/{mine['id']}/{step}", json={"words": "不来了"})
    assert gone["state"] == left
    assert (await world.ok("member1", "GET", "/v1/hours"))["items"] == served, "the time given stays"
    again = await act(world, "grid", order, "offer", person_id=str(world.people["member2"]))
    assert (again["state"], again["people_accepted"]) == ("offered", 0)
    assert (await act(world, "member2", order, "accept"))["state"] == "accepted"
