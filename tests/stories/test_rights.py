"""A resident's say in their own data, from the first notice to the last trace."""

from typing import Any

from fastapi import FastAPI

from app.workers import relay
from tests.profiles import let_read
from tests.routers.test_consents import become_minor, given, guard, notice_of
from tests.worlds import World

ASKED = {"kind": "access"}


async def told(world: World, app: FastAPI, who: str) -> list[str]:
    await relay.relay_district(app.state.database, world.district_id)
    return [notice["text"] for notice in (await world.ok(who, "GET", "/v1/notices"))["items"]]


async def finish(world: World, request: Any, who: str = "community", **form: Any) -> Any:
    return await world.ok(who, "POST", f"/v1/rights-requests/{request['id']}/complete", json=form)


async def test_from_the_notice_to_the_last_trace(world: World, app: FastAPI) -> None:
    """She reads, agrees, is cared for, changes her mind, sees who looked, and goes."""
    await given(world, "resident1", "health")
    form = {"person_id": str(world.people["resident1"]), "kind": "medication", "text": "每日降压药一片"}
    fact = await world.ok("community", "POST", "/v1/care-facts", json=form)
    opened = {"purpose": "visit", "why": "上门前确认用药"}
    await world.ok("grid", "POST", f"/v1/care-facts/{fact['id']}/unmask", json=opened)

    export = await world.ok("resident1", "GET", "/v1/me/export")
    sections = {section["name"]: section["rows"] for section in export["sections"]}
    assert sections["care_facts"][0]["text"] == "每日降压药一片"
    seen = [row for row in sections["seen_by"] if row["opened"] == ["care_fact"]]
    assert [(row["actor_id"], row["purpose"], row["why"]) for row in seen] == [
        (str(world.people["grid"]), "visit", "上门前确认用药")
    ]

    consent = sections["consents"][0]
    standing = (await world.ok("resident1", "GET", "/v1/consents?standing=true"))["items"]
    assert [(c["purpose"], c["in_force"]) for c in standing] == [(consent["purpose"], True)]
    await world.ok("resident1", "POST", f"/v1/consents/{standing[0]['id']}/withdraw", json={})
    after = await world.ok("resident1", "GET", "/v1/me/export")
    assert next(s["rows"] for s in after["sections"] if s["name"] == "care_facts") == []

    request = await world.ok("resident1", "POST", "/v1/rights-requests", json={"kind": "deletion"})
    assert any("个人信息请求" in text for text in await told(world, app, "community"))
    done = await finish(world, request, words="已删除")
    assert {kept["what"] for kept in done["outcome"]["kept"]} >= {"服务时长账", "操作日志"}
    assert (await world.call("resident1", "GET", "/v1/me")).status_code == 401
    gone = await world.ok("community", "GET", f"/v1/people/{world.people['resident1']}")
    assert gone["name"] == "已注销"
    never_again = {
        "purpose": "health",
        "notice_id": await notice_of(world, "health"),
        "person_id": gone["id"],
        "evidence": "签字表",
    }
    assert (await world.call("community", "POST", "/v1/consents", json=never_again)).status_code in {409, 410}


async def test_what_staff_write_down_for_somebody_is_told_to_them(world: World, app: FastAPI) -> None:
    more = {"person_id": str(world.people["resident1"]), "evidence": "签字表2026-9"}
    await given(world, "grid", "health", **more)
    assert any("代您登记" in text for text in await told(world, app, "resident1"))


async def test_an_answer_is_told_to_whoever_asked(world: World, app: FastAPI) -> None:
    request = await world.ok("resident1", "POST", "/v1/rights-requests", json=ASKED)
    await finish(world, request)
    assert any("已办结" in text for text in await told(world, app, "resident1"))


async def test_a_mother_acts_for_her_daughter_until_she_does_not(world: World, app: FastAPI, owner: Any) -> None:
    await become_minor(world, owner, "nobody")
    tie = await guard(world, "nobody", "resident2")
    ward = {"person_id": str(world.people["nobody"])}
    await given(world, "resident2", "health", **ward)
    request = await world.ok("resident2", "POST", "/v1/rights-requests", json=ASKED | ward)
    await finish(world, request, words="已交监护人")
    answer = await world.ok("resident2", "GET", f"/v1/rights-requests/{request['id']}")
    assert answer["answer"] == "已交监护人"
    await world.ok("community", "POST", f"/v1/guardianships/{tie['id']}/end", json={"words": "监护人变更"})
    assert (await world.call("resident2", "GET", f"/v1/people/{world.people['nobody']}/export")).status_code == 404
    await let_read(world, "grid", world.people["nobody"])
    listed = await world.ok("grid", "GET", f"/v1/guardianships?person_id={world.people['nobody']}&current=true")
    assert listed["items"] == []
