"""评单之后：不满意的有人回访，没解决的重新办理。"""

from datetime import timedelta

import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA, now
from app.core.db import Database
from app.domain.people import Role
from app.domain.workdays import add_working_days
from app.models import Grant
from app.workers import clocks, relay
from tests.stories.steps import AT_HOME, act, refused, reported, started
from tests.worlds import World, columns_of, grant_row, put_rows


async def _revisits(world: World, who: str = "community", **query: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await world.ok(who, "GET", "/v1/revisits", params=query))["items"]
    return found


async def test_an_unhappy_resident_is_asked_and_the_work_done_again(world: World) -> None:
    order = await reported(world)
    await act(world, "resident1", order, "confirm", rating=1, words="没修好")
    (revisit,) = await _revisits(world, order_id=order["id"])
    assert (revisit["reason"], revisit["state"], revisit["actions"]) == ("low_rating", "due", ["miss", "record"])
    answer = await world.call("member1", "GET", f"/v1/revisits/{revisit['id']}")
    assert answer.status_code == 404, "who handled it does not read what was said of it"
    path = f"/v1/revisits/{revisit['id']}/record"
    said = {"solved": False, "satisfied": False, "words": "水池下面还在滴水"}
    done = await world.ok("community", "POST", path, json=said)
    assert (done["state"], done["reopened"], done["words"]) == ("done", True, "水池下面还在滴水")
    again = await world.ok("resident1", "GET", f"/v1/orders/{order['id']}")
    assert (again["state"] in {"open", "offered"}, again["round"], again["rating"]) == (True, 2, None)
    assert (await world.call("community", "POST", path, json=said)).status_code == 409
    day = now().astimezone(CHINA).date().isoformat()
    query = {"place_id": str(world.places["community"]), "from_on": day, "until_on": day, "group": "organization"}
    (row,) = (await world.ok("community", "GET", "/v1/rates", params=query))["rows"]
    for rate in ("resolution", "satisfaction"):
        assert (row[rate]["numerator"], row[rate]["denominator"]) == (0, 1), "a new round does not make it forgotten"


async def test_a_happy_resident_is_left_alone_unless_somebody_wishes_to_know(world: World) -> None:
    order = await reported(world)
    await act(world, "resident1", order, "confirm", rating=5)
    assert await _revisits(world, order_id=order["id"]) == []
    form = {"order_id": order["id"]}
    assert (await world.call("grid", "POST", "/v1/revisits", json=form)).status_code == 403
    revisit = await world.ok("community", "POST", "/v1/revisits", json=form)
    assert (await world.call("community", "POST", "/v1/revisits", json=form)).status_code == 409
    path = f"/v1/revisits/{revisit['id']}/miss"
    with time_machine.travel(now(), tick=False) as traveller:
        for tries, state in ((1, "due"), (2, "due"), (3, "unreached")):
            missed = await world.ok("grid", "POST", path, json={})
            assert (missed["tries"], missed["state"]) == (tries, state)
            again = await world.call("grid", "POST", path, json={})
            assert again.status_code == 409, "three calls in a row are one try"
            traveller.move_to(add_working_days(now(), 1))


async def test_a_round_begun_anew_needs_no_revisit_of_the_last(world: World) -> None:
    order = await reported(world)
    await act(world, "community", order, "explain", basis="无地方立法依据")
    (revisit,) = await _revisits(world, order_id=order["id"])
    assert revisit["reason"] == "explained"
    await act(world, "resident1", order, "reopen", words="请再看看")
    (revisit,) = await _revisits(world, order_id=order["id"])
    assert (revisit["state"], revisit["actions"]) == ("void", [])
    assert await refused(world, "resident1", order, "reopen", words="请再看看") == (409, "wrong_state")


async def test_what_can_no_longer_be_reopened_is_noted_all_the_same(world: World) -> None:
    with time_machine.travel(now(), tick=False) as traveller:
        order = await reported(world)
        await act(world, "resident1", order, "confirm", rating=2)
        (revisit,) = await _revisits(world, order_id=order["id"])
        traveller.shift(timedelta(days=40))
        said = {"solved": False, "satisfied": False}
        done = await world.ok("community", "POST", f"/v1/revisits/{revisit['id']}/record", json=said)
        assert (done["state"], done["reopened"]) == ("done", False)
        assert (await world.ok("resident1", "GET", f"/v1/orders/{order['id']}"))["state"] == "closed"


async def test_a_revisit_nobody_makes_is_told_once(world: World, app: FastAPI, owner: Database) -> None:
    with time_machine.travel(now(), tick=False) as traveller:
        order = await reported(world)
        await act(world, "resident1", order, "confirm", rating=1)
        traveller.shift(timedelta(days=14))
        for _ in range(2):
            await clocks.tick(app.state.database, world.district_id)
        (revisit,) = await _revisits(world, overdue="true")
        assert revisit["overdue_at"] == now().isoformat().replace("+00:00", "Z")
        await relay.relay_district(app.state.database, world.district_id)
        told = (await world.ok("subdistrict", "GET", "/v1/notices"))["items"]
        assert [one["text"] for one in told].count("有一次回访已逾期，请尽快回访") == 1


async def _offered(world: World, who: str, order: dict[str, str]) -> tuple[object, int, object]:
    """What the revisit of the order says it lets somebody do, what comes of doing it, and what it tells them was said."""
    (revisit,) = await _revisits(world, who, order_id=order["id"])
    answer = await world.call(
        who, "POST", f"/v1/revisits/{revisit['id']}/record", json={"solved": True, "satisfied": True, "words": "好"}
    )
    (after,) = await _revisits(world, who, order_id=order["id"])
    return revisit["actions"], answer.status_code, after["words"]


BARRED: tuple[list[str], int, None] = ([], 403, None)
FREE = (["miss", "record"], 200, "好")


async def test_who_closed_a_round_does_not_revisit_it(world: World) -> None:
    order = await reported(world)
    await act(world, "community", order, "explain", basis="无地方立法依据")
    assert await _offered(world, "community", order) == BARRED
    await act(world, "resident1", order, "reopen", words="请再看看")
    await act(world, "grid", order, "publish")
    await act(world, "member2", order, "take")
    await act(world, "member2", order, "start", position=AT_HOME)
    (mine,) = (await world.ok("member2", "GET", "/v1/assignments", params={"mine": True}))["items"]
    await world.ok("member2", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    await act(world, "member2", order, "report", result="已修好")
    await act(world, "resident1", order, "confirm", rating=1)
    first, second = await _revisits(world, order_id=order["id"])
    assert (first["actions"], second["actions"]) == (["miss", "record"], []), "the resident closed the second round"


async def test_who_is_complained_about_judges_no_order_of_the_need(world: World) -> None:
    order = await reported(world)
    path = f"/v1/needs/{order['need_id']}/name-respondent"
    for who in ("community", "grid"):
        await world.ok("subdistrict", "POST", path, json={"person_id": str(world.people[who])})
    answer = await world.call("community", "POST", f"/v1/orders/{order['id']}/explain", json={"basis": "无"})
    assert (answer.status_code, answer.json()["detail"]) == (403, "您不能对此工单执行“解释办结”")
    await act(world, "resident1", order, "confirm", rating=1)
    assert await _offered(world, "grid", order) == BARRED
    assert await _offered(world, "subdistrict", order) == FREE
    (hidden,) = await _revisits(world, "grid", order_id=order["id"])
    assert hidden["words"] is None


async def test_who_helped_with_a_part_judges_nothing_of_it(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        columns = [columns_of(grant_row(world, "community", Role.VOLUNTEER, "community"))]
        await put_rows(session, Grant, columns)
    order = await started(world)
    form = {"order_id": order["id"], "person_id": str(world.people["community"]), "part": "搬梯子"}
    part = await world.ok("member1", "POST", "/v1/co-handlings", json=form)
    await world.ok("community", "POST", f"/v1/co-handlings/{part['id']}/accept", json={})
    await world.ok("community", "POST", f"/v1/co-handlings/{part['id']}/complete", json={"result": "搬好了"})
    (mine,) = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    await act(world, "member1", order, "report", result="已修好")
    assert await refused(world, "community", order, "explain", basis="无") == (403, "forbidden")
    await act(world, "subdistrict", order, "explain", basis="无地方立法依据")
    assert await _offered(world, "community", order) == BARRED
    assert await _offered(world, "grid", order) == FREE
