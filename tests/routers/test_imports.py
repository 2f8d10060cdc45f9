"""Imports over HTTP: a file goes in, its progress is polled, its rejects are listed; nobody else sees them."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.models import Event, Import, Need
from app.routers import imports as routes
from app.settings import Settings
from app.workers.imports import run, take_up
from tests.services.message_files import csv_file, message, xlsx_file
from tests.stories.steps import submitted
from tests.worlds import World, count


async def post(world: World, who: str | None, content: bytes, **form: Any) -> httpx.Response:
    arguments: dict[str, Any] = {"headers": form.pop("headers", {})}
    name = form.pop("name", "留言.csv")
    data = {"community_code": f"{world.district_id}001001"} | form
    return await world.call(who, "POST", "/v1/imports", data=data, files={"file": (name, content)}, **arguments)


async def work(app: FastAPI, world: World) -> None:
    await take_up(app.state.database, app.state.sealer, asyncio.Event(), world.district_id)


async def test_a_file_goes_in_and_its_progress_is_polled(app: FastAPI, world: World) -> None:
    answer = await post(world, "community", xlsx_file([message(1), message(2, title=""), message(3)]))
    assert answer.status_code == 202
    sent = answer.json()
    assert answer.headers["location"] == f"/v1/imports/{sent['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (sent["state"], sent["total_rows"], sent["file_name"]) == ("queued", None, "留言.csv")
    assert sent["requested_by"] == str(world.people["community"])
    await work(app, world)
    found = await world.ok("community", "GET", answer.headers["location"])
    assert found["state"] == "done"
    numbers = [found[f"{name}_rows"] for name in ("total", "done", "created", "existing", "rejected")]
    assert numbers == [3, 3, 2, 0, 1]
    assert found["finished_at"] is not None
    listed = await world.ok("community", "GET", f"/v1/imports/{sent['id']}/rejects")
    assert listed == {
        "items": [{"row_number": 2, "source_number": "LY000002", "code": "missing_title", "reason": "缺少留言主题"}],
        "next_cursor": None,
    }
    (need,) = (await world.ok("community", "GET", "/v1/needs?source_number=LY000003"))["items"]
    assert (need["source"], need["state"], need["asker_name"]) == ("import", "submitted", "王*")


DIFFERING = {"id", "subject_id", "grid_id", "started_at", "warn_at", "due_at"}
"""Of two clocks of needs that came one after the other, the second from a door."""


async def _clocks(world: World, need: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/v1/clocks?ended=true&subject_id={need['id']}"
    clocks: list[dict[str, Any]] = (await world.ok("community", "GET", path))["items"]
    return clocks


async def test_what_came_in_has_to_be_decided_about_in_time(app: FastAPI, world: World) -> None:
    """As if it had been submitted here; what is only kept as an archive waits for nobody."""
    await post(world, "community", csv_file([message(1), message(2)]))
    kept = (await post(world, "community", csv_file([message(3)]), archive="true")).json()
    assert kept["archive"]
    await work(app, world)
    needs = (await world.ok("community", "GET", "/v1/needs"))["items"]
    first, second, old = sorted(needs, key=lambda need: str(need["source_number"]))
    (clock,), (here,) = await _clocks(world, first), await _clocks(world, await submitted(world))
    assert [clock[name] for name in ("kind", "subject", "state")] == ["sign", "need", "running"]
    assert {name for name in clock if clock[name] != here[name]} == DIFFERING
    trace = await world.ok("community", "GET", f"/v1/clocks/{clock['id']}/trace")
    assert [(mark["mark"], mark["words"]) for mark in trace["marks"]] == [("start", "起算：点单")]
    assert await _clocks(world, old) == []
    refusal = {"reason": "already_solved", "words": "另一件已受理"}
    await world.ok("community", "POST", f"/v1/needs/{second['id']}/refuse", json=refusal)
    assert [met["state"] for met in await _clocks(world, second)] == ["met"]
    assert [met["state"] for met in await _clocks(world, first)] == ["running"]


async def test_the_running_app_takes_it_up_by_itself(app: FastAPI, world: World) -> None:
    sent = (await post(world, "community", csv_file([message(1)]))).json()
    stop = asyncio.Event()
    worker = asyncio.create_task(run(app.state.database, app.state.sealer, stop))
    try:
        async with asyncio.timeout(20):
            while not (await world.ok("community", "GET", f"/v1/imports/{sent['id']}"))["finished_at"]:
                pass
    finally:
        stop.set()
        await worker
    assert (await world.ok("community", "GET", f"/v1/imports/{sent['id']}"))["created_rows"] == 1


async def test_a_file_that_cannot_be_read_fails_with_its_reason(app: FastAPI, world: World) -> None:
    sent = (await post(world, "community", b"a,b\n1,2\n")).json()
    await work(app, world)
    found = await world.ok("community", "GET", f"/v1/imports/{sent['id']}")
    assert (found["state"], found["total_rows"]) == ("failed", None)
    assert found["message"].startswith("文件缺少列：留言编号")


async def test_one_key_is_one_import_though_forms_differ_in_their_boundary(owner: Database, world: World) -> None:
    key = {"idempotency-key": "import-1"}
    first = await post(world, "community", csv_file([message(1)]), headers=key)
    again = await post(world, "community", csv_file([message(1)]), headers=key)
    other = await post(world, "community", csv_file([message(2)]), headers=key)
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert other.json()["code"] == "idempotency_key_reused"
    assert await count(owner, world.district_id, Import) == 1
    assert await count(owner, world.district_id, Event) == 1


async def test_without_a_key_it_is_refused(world: World) -> None:
    client = httpx.AsyncClient(
        transport=world.transport,
        base_url="http://test",
        headers={"authorization": f"Bearer {world.token('community')}"},
    )
    form = {"community_code": f"{world.district_id}001001"}
    answer = await client.post("/v1/imports", data=form, files={"file": ("a.csv", b"x")})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("community", 202),
        ("subdistrict", 202),
        ("district", 202),
        ("sibling_community", 403),
        ("grid", 403),
        ("auditor", 403),
        ("resident1", 403),
        ("nobody", 403),
        (None, 401),
    ],
)
async def test_who_may_import(owner: Database, world: World, who: str | None, status: int) -> None:
    answer = await post(world, who, csv_file([message(1)]))
    assert answer.status_code == status
    assert await count(owner, world.district_id, Import) == (status == 202)


async def test_imports_are_seen_at_their_place_only(world: World, other_world: World) -> None:
    sent = (await post(world, "community", csv_file([message(1)]))).json()
    path = f"/v1/imports/{sent['id']}"
    missing = await world.call("community", "GET", "/v1/imports/01920000-0000-7000-8000-000000000000")
    for who in ("community", "subdistrict", "district", "auditor"):
        assert [i["id"] for i in (await world.ok(who, "GET", "/v1/imports"))["items"]] == [sent["id"]]
        assert (await world.ok(who, "GET", path))["id"] == sent["id"]
    assert (await world.ok("sibling_community", "GET", "/v1/imports"))["items"] == []
    for whose, who in ((world, "sibling_community"), (world, "grid"), (world, "resident1"), (other_world, "district")):
        for unseen in (path, f"{path}/rejects"):
            answer = await whose.call(who, "GET", unseen)
            assert (answer.status_code, answer.content) == (404, missing.content)
    assert (await world.call("grid", "GET", "/v1/imports")).status_code == 403


async def test_lists_come_in_pages(app: FastAPI, world: World) -> None:
    rows = [message(n, title="") for n in range(5)]
    sent = [(await post(world, "community", csv_file(rows))).json()["id"] for _ in range(3)]
    await work(app, world)
    assert await paged(world, "/v1/imports?limit=2", "id") == sent[::-1]
    assert await paged(world, "/v1/imports?limit=2&state=queued", "id") == []
    assert await paged(world, f"/v1/imports/{sent[0]}/rejects?limit=2", "row_number") == [1, 2, 3, 4, 5]
    beyond = await world.ok("community", "GET", f"/v1/imports/{sent[0]}/rejects?cursor=f_________8")
    assert beyond["items"] == []


async def paged(world: World, path: str, field: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = await world.ok("community", "GET", path + cursor)
        found += [item[field] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def test_bad_forms_are_refused(world: World) -> None:
    good = csv_file([message(1)])
    assert (await post(world, "community", good, community_code="150103")).status_code == 422
    assert (await post(world, "community", good, community_code="999999999999")).status_code == 404
    assert (await post(world, "community", b"")).json()["detail"] == "文件是空的"
    answer = await world.call("community", "POST", "/v1/imports", data={"community_code": f"{world.district_id}001001"})
    assert answer.status_code == 422
    answer = await world.call("community", "POST", "/v1/imports", json={})
    assert answer.status_code == 422
    headers = {"content-type": "multipart/form-data"}
    answer = await world.call("community", "POST", "/v1/imports", content=b"--x", headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_file_beyond_the_limit_is_refused(
    app: FastAPI, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.state._state, "settings", settings.model_copy(update={"max_import_bytes": 10_000}))
    answer = await post(world, "community", b"x" * 10_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await post(world, "community", b"x" * 8_000)).status_code == 202


@pytest.mark.parametrize("name", ["a\x00b\u202e\n.csv", "名" * 300, "../../etc/passwd"])
async def test_a_files_name_is_made_fit_to_be_shown(world: World, name: str) -> None:
    assert routes._printable(name).isprintable()
    answer = await post(world, "community", b"x", name=name)
    assert answer.status_code == 202
    shown = answer.json()["file_name"]
    assert shown.isprintable()
    assert 0 < len(shown) <= 200


async def test_an_import_does_not_make_its_sender_the_asker(app: FastAPI, world: World) -> None:
    await post(world, "community", csv_file([message(1)]))
    await work(app, world)
    (need,) = (await world.ok("community", "GET", "/v1/needs"))["items"]
    assert need["submitted_by"] is None
    assert "withdraw" not in need["actions"]
    assert "accept" in need["actions"]
    accepted = await world.ok(
        "community", "POST", f"/v1/needs/{need['id']}/accept", json={"category": "repair.plumbing"}
    )
    assert accepted["state"] in {"accepted", "in_service"}


async def test_needs_are_counted_once(owner: Database, app: FastAPI, world: World) -> None:
    for who in ("community", "district"):
        await post(world, who, csv_file([message(n) for n in range(30)]))
    await work(app, world)
    assert await count(owner, world.district_id, Need) == 30
