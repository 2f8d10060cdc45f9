"""A project's money over HTTP: never over a line nor over the total, entered by one and approved by another."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest
from asyncpg.exceptions import CheckViolationError, InsufficientPrivilegeError

from app.core.database_url import plain
from app.settings import Settings
from tests.budgets import booked, decide, enter, entered, line, line_now, paper
from tests.profiles import tag_of
from tests.projects import deliver, go, proposed, running, try_to
from tests.worlds import World


async def _funded(world: World, budget_fen: int = 1_000) -> Any:
    return await running(world, budget_fen=budget_fen)


async def change(world: World, found: Any, **form: Any) -> int:
    path = f"/v1/budget-lines/{found['id']}"
    tag = await tag_of(world, "community", path)
    return (await world.call("community", "PATCH", path, json=form, headers=tag)).status_code


async def approvals_of(world: World, project: Any) -> list[Any]:
    query = {"subject_id": project["id"], "state": "pending"}
    return list((await world.ok("subdistrict", "GET", "/v1/approvals", params=query))["items"])


async def test_lines_share_out_the_total_and_no_more(world: World) -> None:
    project = await proposed(world, budget_fen=1_000)
    first = await line(world, project, 600)
    form = {"project_id": project["id"], "purpose": "人工", "source": "community", "amount_fen": 401}
    answer = await world.call("community", "POST", "/v1/budget-lines", json=form)
    assert (answer.status_code, answer.json()["left_fen"]) == (409, 400)
    await line(world, project, 400)
    assert await change(world, first, amount_fen=601) == 409
    assert await change(world, first, amount_fen=500) == 200
    path = f"/v1/projects/{project['id']}"
    tag = await tag_of(world, "community", path)
    answer = await world.call("community", "PATCH", path, json={"budget_fen": 899}, headers=tag)
    assert (answer.status_code, answer.json()["allotted_fen"]) == (409, 900)


async def test_a_unit_that_pays_is_named(world: World) -> None:
    project = await proposed(world, budget_fen=1_000)
    form = {"project_id": project["id"], "purpose": "灯具", "source": "unit", "amount_fen": 1}
    assert (await world.call("community", "POST", "/v1/budget-lines", json=form)).status_code == 422
    paid = await line(world, project, 5, source="unit", organization_id=str(world.units["unit"]))
    assert paid["organization_id"] == str(world.units["unit"])
    form |= {"organization_id": str(world.places["community"])}
    assert (await world.call("community", "POST", "/v1/budget-lines", json=form)).status_code == 404


async def test_a_voucher_waits_is_booked_and_taken_back(world: World) -> None:
    found = await line(world, await _funded(world), 1_000)
    voucher = await entered(world, found, 700)
    assert await line_now(world, found) == (1_000, 700, 0)
    assert (await decide(world, voucher, "approve", "liaison")).status_code == 403
    assert (await decide(world, voucher, "approve")).status_code == 200
    assert await line_now(world, found) == (1_000, 0, 700)
    path = f"/v1/vouchers/{voucher['id']}/reverse"
    back = await world.ok("liaison", "POST", path, json=paper())
    assert (back["kind"], back["amount_fen"], back["reverses_id"]) == ("reverse", 700, voucher["id"])
    assert (await world.call("liaison", "POST", path, json=paper())).status_code == 409
    assert await line_now(world, found) == (1_000, 0, 700), "nothing is back before it is approved"
    await decide(world, back, "approve")
    assert await line_now(world, found) == (1_000, 0, 0)
    assert (await world.call("liaison", "POST", f"/v1/vouchers/{back['id']}/reverse", json=paper())).status_code == 409


async def test_a_rejected_voucher_frees_its_money_and_its_number(world: World) -> None:
    found = await line(world, await _funded(world), 1_000)
    voucher = await entered(world, found, 1_000, number="7")
    assert (await enter(world, found, 1)).json()["free_fen"] == 0
    assert (await decide(world, voucher, "reject", reason="票据不清")).json()["reason"] == "票据不清"
    assert await line_now(world, found) == (1_000, 0, 0)
    again = await entered(world, found, 900, number="7")
    assert (await enter(world, found, 1, number="7")).json()["code"] == "duplicate"
    assert (await decide(world, again, "approve")).status_code == 200


async def test_whoever_enters_does_not_approve_also_as_an_administrator(world: World) -> None:
    found = await line(world, await _funded(world), 1_000)
    voucher = await entered(world, found, 1, "community")
    assert voucher["actions"] == []
    assert (await decide(world, voucher, "approve")).status_code == 403
    assert (await decide(world, voucher, "approve", "subdistrict")).status_code == 200


async def test_a_line_is_not_made_less_than_what_is_spent(world: World) -> None:
    found = await line(world, await _funded(world), 1_000)
    await booked(world, found, 300)
    await entered(world, found, 200)
    assert await change(world, found, amount_fen=499) == 409
    assert await change(world, found, amount_fen=500) == 200


async def test_money_moves_between_lines_once_one_level_up_agrees(world: World) -> None:
    project = await _funded(world)
    first, second = await line(world, project, 600), await line(world, project, 400)
    path, form = f"/v1/budget-lines/{first['id']}/move", {"to_id": second["id"], "amount_fen": 100, "words": "人工不足"}
    await world.ok("community", "POST", path, json=form)
    assert (await line_now(world, first))[0] == 600
    (asked,) = await approvals_of(world, project)
    grant = f"/v1/approvals/{asked['id']}/grant"
    assert (await world.call("community", "POST", grant, json={})).status_code == 403
    await world.ok("subdistrict", "POST", grant, json={})
    assert [(await line_now(world, each))[0] for each in (first, second)] == [500, 500]
    await booked(world, first, 450)
    answer = await world.call("subdistrict", "POST", path, json=form)
    assert (answer.status_code, answer.json()["free_fen"]) == (409, 50)
    itself = form | {"to_id": first["id"]}
    assert (await world.call("subdistrict", "POST", path, json=itself)).status_code == 422


async def test_more_money_raises_the_total_once_one_level_up_agrees(world: World) -> None:
    project = await _funded(world)
    found = await line(world, project, 1_000)
    path, form = f"/v1/budget-lines/{found['id']}/raise", {"amount_fen": 500, "words": "灯具涨价"}
    await world.ok("community", "POST", path, json=form)
    (asked,) = await approvals_of(world, project)
    await world.ok("district", "POST", f"/v1/approvals/{asked['id']}/grant", json={})
    assert (await line_now(world, found))[0] == 1_500
    shown = await world.ok("resident1", "GET", f"/v1/projects/{project['id']}")
    assert (shown["budget_fen"], shown["allotted_fen"]) == (1_500, 1_500)


async def test_money_is_spent_while_the_project_runs(world: World) -> None:
    project = await proposed(world, budget_fen=10)
    found = await line(world, project, 10)
    assert (await enter(world, found, 1, "community")).status_code == 409
    assert (await enter(world, found, 1, "resident1")).status_code == 404
    await go(world, "community", project, "publish")
    await go(world, "liaison", project, "claim", part="lead")
    await go(world, "community", project, "start")
    future = await enter(world, found, 1, dated_on="2099-01-01")
    assert (future.status_code, future.json()["field"]) == (422, "dated_on")
    await entered(world, found, 1)
    await deliver(world, project)
    assert (await enter(world, found, 1)).status_code == 201


async def test_64_vouchers_race_for_the_last_money(world: World) -> None:
    """Each of 7 fen; 50 are there, so that seven fit, whoever is first."""
    found = await line(world, await _funded(world), 50)
    answers = await asyncio.gather(*(enter(world, found, 7) for _ in range(64)))
    assert Counter(answer.status_code for answer in answers) == {201: 7, 409: 57}
    assert await line_now(world, found) == (50, 49, 0)


async def test_deciding_races_book_once(world: World) -> None:
    found = await line(world, await _funded(world), 50)
    voucher = await entered(world, found, 30)
    calls = [decide(world, voucher, "approve", who) for who in ("community", "subdistrict", "district") * 4]
    calls += [decide(world, voucher, "reject", who, reason="不清") for who in ("community", "subdistrict")]
    answers = await asyncio.gather(*calls)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 13}
    assert await line_now(world, found) in {(50, 0, 30), (50, 0, 0)}


@pytest.mark.parametrize(
    "statement",
    ["UPDATE budget_lines SET reserved_fen = 51", "UPDATE budget_lines SET spent_fen = -1, reserved_fen = 0"],
)
async def test_the_database_itself_holds_the_line(world: World, settings: Settings, statement: str) -> None:
    await line(world, await _funded(world), 50)
    connection = await asyncpg.connect(plain(settings.database_url or ""), server_settings={"role": settings.app_role})
    try:
        await connection.execute(f"SET app.district = '{world.district_id}'")
        with pytest.raises(CheckViolationError):
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("change", ["amount_fen = 1", "payee = '别人'", "number = 'x'", "evidence_digest = ''"])
async def test_what_a_voucher_says_cannot_be_written_again(world: World, settings: Settings, change: str) -> None:
    await entered(world, await line(world, await _funded(world), 50), 30)
    connection = await asyncpg.connect(plain(settings.database_url or ""), server_settings={"role": settings.app_role})
    try:
        await connection.execute(f"SET app.district = '{world.district_id}'")
        for statement in (f"UPDATE vouchers SET {change}", "DELETE FROM vouchers"):  # noqa: S608 - the test's own
            with pytest.raises(InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_what_waits_keeps_the_project_from_the_archive(world: World) -> None:
    project = await _funded(world)
    await entered(world, await line(world, project, 50), 30)
    await deliver(world, project)
    assert (await try_to(world, "community", project, "archive")).status_code == 409
