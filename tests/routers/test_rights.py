"""Requests about one's own data: who asks, who answers, what moves, and what the person is told."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.dispatch_cost import Part
from app.domain.rights import RightsState
from app.models import AuditEntry, Event, IdempotencyKey, Notice, RightsRequest
from app.services.exports_xlsx import cell
from app.workers import clocks, relay
from tests.routers.test_consents import become_minor, guard
from tests.stories.steps import accepted_need, act
from tests.worlds import World

CORRECTION = {"kind": "correction", "words": "单元写错了，应为三单元"}


async def asked(world: World, who: str = "resident1", **form: Any) -> Any:
    return await world.ok(who, "POST", "/v1/rights-requests", json=form or CORRECTION)


async def step(world: World, who: str, request: Any, action: str, **form: Any) -> Any:
    return await world.call(who, "POST", f"/v1/rights-requests/{request['id']}/{action}", json=form)


async def test_a_request_is_sealed_due_and_shown_to_whom_it_concerns(world: World, owner: Database) -> None:
    request = await asked(world)
    assert (request["state"], request["actions"], request["words"]) == ("received", ["withdraw"], None)
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(RightsRequest).where(RightsRequest.id == request["id"]))).one()
    assert "单元".encode() not in (row.words_sealed or b"")
    assert row.due_at > now() + timedelta(days=15)
    path = f"/v1/rights-requests/{request['id']}"
    shown = await world.ok("community", "GET", path)
    assert (shown["words"], shown["actions"]) == (CORRECTION["words"], ["complete", "refuse"])
    assert (await world.ok("resident1", "GET", path))["words"] == CORRECTION["words"]
    for stranger in ("resident2", "grid", "sibling_community", "auditor", "system"):
        assert (await world.call(stranger, "GET", path)).status_code == 404, stranger


async def test_staff_who_read_the_words_leave_an_entry_and_lists_show_none(world: World, owner: Database) -> None:
    request = await asked(world)
    listed = await world.ok("community", "GET", "/v1/rights-requests")
    assert [(item["id"], item["words"]) for item in listed["items"]] == [(request["id"], None)]
    for who in ("community", "resident1"):
        await world.ok(who, "GET", f"/v1/rights-requests/{request['id']}")
    bare = await asked(world, "resident2", kind="access")
    assert (await world.ok("community", "GET", f"/v1/rights-requests/{bare['id']}"))["words"] is None
    async with owner.transaction(world.district_id) as session:
        entries = (
            await session.scalars(
                select(AuditEntry).where(
                    AuditEntry.district_id == world.district_id, AuditEntry.operation == "rights_request_read"
                )
            )
        ).all()
    assert [(e.opened, e.person_id, e.purpose) for e in entries] == [
        (["words"], world.people["resident1"], "rights_request")
    ]


async def test_everyone_lists_their_own(world: World) -> None:
    mine = await asked(world)
    await asked(world, "resident2")
    assert [r["id"] for r in (await world.ok("resident1", "GET", "/v1/rights-requests"))["items"]] == [mine["id"]]
    assert (await world.ok("nobody", "GET", "/v1/rights-requests"))["items"] == []
    filtered = f"/v1/rights-requests?state=received&kind=correction&person_id={world.people['resident1']}&overdue=true"
    assert (await world.ok("district", "GET", filtered))["items"] == []


async def test_the_same_is_not_asked_twice_at_once(world: World) -> None:
    request = await asked(world)
    assert (await world.call("resident1", "POST", "/v1/rights-requests", json=CORRECTION)).status_code == 409
    assert (await step(world, "resident1", request, "withdraw")).json()["state"] == "withdrawn"
    await asked(world)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"kind": "correction"}, 422),
        ({"kind": "explanation"}, 422),
        ({"kind": "access", "subject_id": str(new_id())}, 422),
        ({"kind": "explanation", "subject_id": str(new_id())}, 404),
        ({"kind": "forgetting"}, 422),
    ],
)
async def test_what_is_no_request(world: World, form: dict[str, Any], status: int) -> None:
    assert (await world.call("resident1", "POST", "/v1/rights-requests", json=form)).status_code == status


async def test_nobody_answers_their_own_request(world: World) -> None:
    own = await asked(world, "community", kind="access")
    assert (await step(world, "community", own, "complete")).status_code == 403
    assert (await step(world, "subdistrict", own, "complete", words="已当面交付")).json()["state"] == "done"
    written = await asked(world, "community", kind="access", person_id=str(world.people["resident1"]))
    assert (await step(world, "community", written, "complete")).status_code == 403, (
        "who wrote it down stands with them"
    )


async def test_a_correction_is_done_when_the_record_is(world: World, owner: Database) -> None:
    request = await asked(world)
    assert (await step(world, "community", request, "complete")).status_code == 422
    person = await world.call("community", "GET", f"/v1/people/{world.people['resident1']}")
    await world.ok(
        "community",
        "PATCH",
        f"/v1/people/{world.people['resident1']}",
        json={"languages": ["zh", "mn"]},
        headers={"if-match": person.headers["etag"]},
    )
    done = (await step(world, "community", request, "complete", words="已更正")).json()
    async with owner.transaction(world.district_id) as session:
        event = (await session.scalars(select(Event).where(Event.id == done["outcome"]["event_id"]))).one()
    assert (event.aggregate, event.action, event.aggregate_id) == ("person", "update", world.people["resident1"])
    mine = await world.ok("resident1", "GET", f"/v1/rights-requests/{request['id']}")
    assert (mine["state"], mine["answer"], mine["actions"]) == ("done", "已更正", [])
    assert (await step(world, "resident1", request, "withdraw")).status_code == 409


async def test_a_refusal_says_why(world: World) -> None:
    request = await asked(world)
    assert (await step(world, "community", request, "refuse")).status_code == 422
    assert (await step(world, "community", request, "refuse", words="所述与户籍不符")).json()["state"] == "refused"
    assert (await world.ok("resident1", "GET", f"/v1/rights-requests/{request['id']}"))["answer"] == "所述与户籍不符"


async def test_overdue_ones_are_told_to_the_community_once(world: World, app: FastAPI, owner: Database) -> None:
    request = await asked(world)
    database = app.state.database
    await relay.relay_district(database, world.district_id)
    with time_machine.travel(now() + timedelta(days=40), tick=True):
        for _ in range(2):
            await clocks.tick(database, world.district_id)
        await relay.relay_district(database, world.district_id)
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(RightsRequest).where(RightsRequest.id == request["id"]))).one()
        told = select(Notice.text).where(Notice.person_id == world.people["community"]).order_by(Notice.id)
        words = (await session.scalars(told)).all()
    assert (row.state, row.overdue_at is not None) == (RightsState.RECEIVED, True)
    assert [text[:10] for text in words] == ["有一件个人信息请求，", "有一件个人信息请求已"]


async def invited(world: World) -> Any:
    need = await accepted_need(world)
    order = (await world.ok("grid", "GET", f"/v1/orders?need_id={need['id']}"))["items"][0]
    if order["state"] == "open":
        await act(world, "grid", order, "offer")
    rows = (await world.ok("grid", "GET", f"/v1/assignments?order_id={order['id']}"))["items"]
    return next(row for row in rows if row["state"] == "invited")


async def test_a_match_is_explained_to_whom_it_asked(world: World) -> None:
    row = await invited(world)
    who = next(name for name, person in world.people.items() if str(person) == row["person_id"])
    told = await world.ok(who, "GET", f"/v1/assignments/{row['id']}/explanation")
    assert (told["automatic"], told["rank"], told["feasible"]) == (True, 1, 5)
    assert {fact["fact"] for fact in told["facts"]} == set(Part)
    assert told["cost"] == pytest.approx(sum(fact["cost"] for fact in told["facts"]))
    others = [str(person) for name, person in world.people.items() if name != who]
    assert not [person for person in others if person in str(told)], "nobody else is named"
    assert (await world.call("grid", "GET", f"/v1/assignments/{row['id']}/explanation")).status_code == 403
    assert (await world.call("resident2", "GET", f"/v1/assignments/{row['id']}/explanation")).status_code == 404
    request = await asked(world, who, kind="explanation", subject_id=row["order_id"])
    done = (await step(world, "community", request, "complete", words="见说明")).json()
    assert (done["outcome"]["rank"], done["outcome"]["assignment_id"]) == (1, row["id"])


async def test_who_refused_is_not_asked_by_the_system_and_may_be_asked_by_name(world: World) -> None:
    for who in ("member1", "member2", "member3", "volunteer1"):
        await world.ok(who, "POST", "/v1/consents/refuse-matching", json={})
    row = await invited(world)
    assert row["person_id"] == str(world.people["volunteer2"])
    order = {"id": row["order_id"]}
    ranked = await world.ok("grid", "GET", f"/v1/orders/{order['id']}/candidates")
    assert ranked["items"] == []
    await world.ok("volunteer2", "POST", f"/v1/orders/{order['id']}/decline", json={})
    named = await world.ok(
        "grid", "POST", f"/v1/orders/{order['id']}/offer", json={"person_id": str(world.people["member1"])}
    )
    assert named["state"] == "offered"


async def test_an_export_is_for_oneself_the_guardian_and_an_open_request(world: World, owner: Database) -> None:
    found = await world.ok("resident1", "GET", "/v1/me/export")
    assert next(s for s in found["sections"] if s["name"] == "person")["rows"][0]["name"] == "测试resident1"
    path = f"/v1/people/{world.people['resident1']}/export"
    assert (await world.call("resident2", "GET", path)).status_code == 404
    assert (await world.call("grid", "GET", path)).status_code == 403
    assert (await world.call("community", "GET", path)).status_code == 422
    request = await asked(world, kind="access")
    await world.ok("community", "GET", f"{path}?request_id={request['id']}")
    assert (await world.call("sibling_community", "GET", f"{path}?request_id={request['id']}")).status_code == 404
    async with owner.transaction(world.district_id) as session:
        entries = (
            await session.scalars(
                select(AuditEntry).where(
                    AuditEntry.district_id == world.district_id,
                    AuditEntry.operation == "person_export",
                    AuditEntry.outcome == "done",
                )
            )
        ).all()
    assert [(e.purpose, e.why, e.person_id) for e in entries] == [
        ("access_request", request["id"], world.people["resident1"])
    ]
    assert "person.name" in entries[0].opened


async def test_a_workbook_has_a_sheet_a_section_and_no_formulas(world: World) -> None:
    need = {"title": '=HYPERLINK("http://x")', "details": "+1", "place_id": str(world.places["home1"])}
    await world.ok("resident1", "POST", "/v1/needs", json=need)
    answer = await world.call("resident1", "GET", "/v1/me/export.xlsx")
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names[:2] == ["时长合计", "档案"]
    rows = book.get_sheet_by_name("需求").to_python()
    assert rows[1][1:3] == ['\'=HYPERLINK("http://x")', "'+1"]
    assert [cell(value) for value in (None, True, ["a", "b"], "@x", 5)] == ["", "是", "a、b", "'@x", "5"]


async def test_exports_are_limited(world: World) -> None:
    answers = [await world.call("resident1", "GET", "/v1/me/export") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 60


async def test_a_minors_record_is_read_with_an_approval_for_a_day(world: World, owner: Database) -> None:
    await become_minor(world, owner, "nobody")
    path = f"/v1/people/{world.people['nobody']}"
    assert (await world.call("grid", "GET", path)).status_code == 403
    row = next(p for p in (await world.ok("grid", "GET", "/v1/people?limit=100"))["items"] if path.endswith(p["id"]))
    assert (row["name"][0], row["languages"], row["phone"]) == ("测", [], None)
    approval = await world.ok("grid", "POST", f"{path}/request-reading", json={"why": "核实补助材料"})
    assert (await world.call("grid", "POST", f"{path}/request-reading", json={"why": "再来"})).status_code == 409
    other = await world.ok("community", "POST", f"{path}/request-reading", json={"why": "核实学籍"})
    assert (await world.call("community", "POST", f"/v1/approvals/{other['id']}/grant", json={})).status_code == 403
    assert (
        await world.call("sibling_community", "POST", f"/v1/approvals/{approval['id']}/grant", json={})
    ).status_code == 404
    await world.ok("community", "POST", f"/v1/approvals/{approval['id']}/grant", json={})
    assert (await world.call("grid", "GET", path)).status_code == 200
    assert (await world.call("community", "GET", path)).status_code == 403, "granting is not reading"
    with time_machine.travel(now() + timedelta(hours=24, minutes=1), tick=True):
        assert (await world.call("grid", "GET", path)).status_code in {401, 403}


async def test_a_denied_reading_stays_closed(world: World, owner: Database) -> None:
    await become_minor(world, owner, "nobody")
    path = f"/v1/people/{world.people['nobody']}"
    approval = await world.ok("grid", "POST", f"{path}/request-reading", json={"why": "核实"})
    await world.ok("community", "POST", f"/v1/approvals/{approval['id']}/deny", json={"words": "不必要"})
    assert (await world.call("grid", "GET", path)).status_code == 403
    grown = f"/v1/people/{world.people['resident1']}/request-reading"
    assert (await world.call("grid", "POST", grown, json={"why": "核实"})).status_code == 409


async def test_the_guardian_reads_exports_and_asks(world: World, owner: Database) -> None:
    await become_minor(world, owner, "nobody")
    await guard(world, "nobody", "resident1")
    ward = str(world.people["nobody"])
    assert (await world.ok("resident1", "GET", f"/v1/people/{ward}/export"))["person_id"] == ward
    own = await world.call("nobody", "POST", "/v1/rights-requests", json={"kind": "access"})
    assert own.status_code == 422
    request = await asked(world, "resident1", kind="access", person_id=ward)
    assert request["person_id"] == ward
    refused = await world.call("community", "GET", f"/v1/people/{ward}/export?request_id={request['id']}")
    assert refused.status_code == 403, "a minor's record needs an approval, for an answer too"


async def test_two_who_answer_at_once_answer_once(world: World, owner: Database) -> None:
    request = await asked(world, kind="deletion")
    answers = await asyncio.gather(
        *(step(world, who, request, "complete") for who in ("community", "subdistrict", "district"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    async with owner.transaction(world.district_id) as session:
        events = select(Event.action).where(Event.aggregate_id == request["id"]).order_by(Event.seq)
        assert (await session.scalars(events)).all() == ["submit", "complete"]


async def test_a_repeated_answer_is_the_same_answer(world: World) -> None:
    request = await asked(world, kind="access")
    path, key = f"/v1/rights-requests/{request['id']}/complete", {"idempotency-key": str(new_id())}
    first = await world.call("community", "POST", path, json={"words": "已交付"}, headers=key)
    again = await world.call("community", "POST", path, json={"words": "已交付"}, headers=key)
    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (200, 200, "true")
    assert again.json() == first.json()


async def test_words_are_not_kept_in_answers_to_be_given_again(world: World, owner: Database) -> None:
    request = await asked(world)
    await step(world, "community", request, "refuse", words="户籍所载即三单元")
    async with owner.transaction(world.district_id) as session:
        kept = select(IdempotencyKey.body).where(IdempotencyKey.district_id == world.district_id)
        bodies = b"".join((await session.scalars(kept)).all())
    assert request["id"].encode() in bodies
    assert "单元".encode() not in bodies
