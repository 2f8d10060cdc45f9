"""People under 14: nothing is done with their data without a guardian, and staff read none of it without an approval."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.core.db import Database
from app.core.ids import new_id
from app.domain.consents import Purpose
from app.models import Consent, Event
from app.workers import relay
from tests.profiles import consent, let_read
from tests.routers.test_consents import become_minor, given, guard, notice_of
from tests.worlds import World

SHEET = {"evidence": "签字表2026-9"}
NEED = {"title": "接送放学", "details": "家里没人接", "category": "repair.plumbing"}


@pytest.fixture
async def child(world: World, owner: Database) -> str:
    await become_minor(world, owner, "nobody")
    return str(world.people["nobody"])


async def on_paper(world: World, child: str, purpose: str = "health", **more: Any) -> Any:
    form = {"purpose": purpose, "notice_id": await notice_of(world, purpose), "person_id": child} | SHEET | more
    return await world.call("community", "POST", "/v1/consents", json=form)


async def ask(world: World, who: str, **more: Any) -> Any:
    return await world.call(who, "POST", "/v1/needs", json=NEED | {"place_id": str(world.places["home1"])} | more)


async def test_a_sheet_for_a_minor_is_signed_by_a_guardian_on_record(
    world: World, owner: Database, app: FastAPI, child: str
) -> None:
    refused = await on_paper(world, child)
    assert (refused.status_code, "监护" in refused.json()["detail"]) == (422, True)
    fact = {"person_id": child, "kind": "allergy", "text": "花生"}
    assert (await world.call("community", "POST", "/v1/care-facts", json=fact)).status_code == 422
    await guard(world, "nobody", "resident1")
    answer = await on_paper(world, child)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["given_by"], said["giver_id"]) == ("guardian", str(world.people["resident1"]))
    assert (said["evidence"], said["in_force"]) == (SHEET["evidence"], True)
    async with owner.transaction(world.district_id) as session:
        recorded = select(Event.actor_id).where(Event.aggregate_id == UUID(said["id"]))
        assert await session.scalar(recorded) == world.people["community"], "the event says who recorded it"
    await world.ok("community", "POST", "/v1/care-facts", json=fact)
    await relay.relay_district(app.state.database, world.district_id)
    told = (await world.ok("resident1", "GET", "/v1/notices"))["items"]
    assert any("代您登记" in notice["text"] for notice in told)


async def test_of_two_guardians_the_one_who_signed_is_named(world: World, child: str) -> None:
    first = await guard(world, "nobody", "resident1")
    await guard(world, "nobody", "resident2")
    assert (await on_paper(world, child)).status_code == 422
    assert (await on_paper(world, child, guardian_id=str(world.people["member1"]))).status_code == 422
    await world.ok("community", "POST", f"/v1/guardianships/{first['id']}/end", json={"words": "变更"})
    assert (await on_paper(world, child, guardian_id=str(world.people["resident1"]))).status_code == 422
    answer = await on_paper(world, child, guardian_id=str(world.people["resident2"]))
    assert answer.json()["giver_id"] == str(world.people["resident2"])


async def test_what_somebody_agreed_to_before_it_was_known_that_they_are_a_minor_does_not_count(
    world: World, owner: Database
) -> None:
    own = await given(world, "nobody", "health")
    await become_minor(world, owner, "nobody")
    shown = await world.ok("nobody", "GET", f"/v1/consents/{own['id']}")
    assert (shown["in_force"], shown["withdrawn_at"]) == (False, None)
    child = str(world.people["nobody"])
    fact = {"person_id": child, "kind": "allergy", "text": "花生"}
    assert (await world.call("community", "POST", "/v1/care-facts", json=fact)).status_code == 422
    await guard(world, "nobody", "resident1")
    assert (await given(world, "resident1", "health", person_id=child))["in_force"]
    await world.ok("community", "POST", "/v1/care-facts", json=fact)


@pytest.mark.parametrize("proxy", [True, False])
async def test_a_minors_need_waits_for_the_guardian(world: World, owner: Database, proxy: bool) -> None:
    await become_minor(world, owner, "resident2")
    child = str(world.people["resident2"])
    who, asker = ("grid", {"asker_id": child}) if proxy else ("resident2", {})
    refused = await ask(world, who, **asker)
    assert (refused.status_code, "监护人" in refused.json()["detail"]) == (422, True)
    tie = await guard(world, "resident2", "resident1")
    refused = await ask(world, who, **asker)
    assert (refused.status_code, refused.json()["purpose"]) == (422, "service")
    await given(world, "resident1", "service", person_id=child)
    assert (await ask(world, who, **asker)).status_code == 201
    await world.ok("community", "POST", f"/v1/guardianships/{tie['id']}/end", json={"words": "变更"})
    assert (await ask(world, who, **asker)).status_code == 422, "nobody answers for them now"


async def test_in_danger_nobody_waits_and_nobody_says_so_for_a_moment_only(world: World, child: str) -> None:
    answer = await ask(world, "grid", asker_id=child, urgency="critical")
    assert answer.status_code == 201
    need = answer.json()
    calm = {"json": {"urgency": "normal"}, "headers": {"if-match": answer.headers["etag"]}}
    assert (await world.call("grid", "PATCH", f"/v1/needs/{need['id']}", **calm)).status_code == 422


async def test_who_has_no_record_is_asked_for_as_before(world: World, child: str) -> None:
    assert (await ask(world, "grid", asker_name="老王家")).status_code == 201


async def _rows(world: World, owner: Database, child: str) -> list[tuple[str, str]]:
    """A list and a row of everything that may be recorded of a minor."""
    tie = await guard(world, "nobody", "resident1")
    paper = {"skill": "nursing", "title": "急救证", "issuer": "红十字会", "issued_on": "2026-01-05"}
    certificate = await world.ok("community", "POST", "/v1/certificates", json=paper | {"person_id": child})
    home = {"person_id": child, "relation": "child", "since_on": date(2019, 6, 1).isoformat()}
    member = await world.ok("community", "POST", "/v1/household-members", json=home)
    request = await world.ok("resident1", "POST", "/v1/rights-requests", json={"kind": "access", "person_id": child})
    agreed = await consent(world, owner, child, Purpose.MATCHING)
    return [
        ("/v1/guardianships", tie["id"]),
        ("/v1/certificates", certificate["id"]),
        ("/v1/household-members", member["id"]),
        ("/v1/rights-requests", request["id"]),
        ("/v1/consents", str(agreed)),
    ]


async def test_no_row_of_a_minor_opens_without_an_approval(world: World, owner: Database, child: str) -> None:
    rows = await _rows(world, owner, child)
    for path, row_id in rows:
        for asked in (f"{path}/{row_id}", f"{path}?person_id={child}"):
            answer = await world.call("community", "GET", asked)
            assert (answer.status_code, answer.json()["detail"][:6]) == (403, "未满十四周岁"), asked
            assert (await world.call("resident1", "GET", asked)).status_code == 200, asked
    await let_read(world, "community", child, by="subdistrict")
    for path, row_id in rows:
        assert (await world.ok("community", "GET", f"{path}/{row_id}"))["id"] == row_id
        listed = await world.ok("community", "GET", f"{path}?person_id={child}")
        assert [row["id"] for row in listed["items"]] == [row_id]


async def test_a_repeated_answer_about_a_minor_is_given_again(world: World, child: str) -> None:
    await guard(world, "nobody", "resident1")
    request = await world.ok("resident1", "POST", "/v1/rights-requests", json={"kind": "access", "person_id": child})
    path, key = f"/v1/rights-requests/{request['id']}/complete", {"idempotency-key": str(new_id())}
    first = await world.call("community", "POST", path, json={"words": "已交监护人"}, headers=key)
    again = await world.call("community", "POST", path, json={"words": "已交监护人"}, headers=key)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())


async def test_lists_of_many_leave_minors_out(world: World, owner: Database, child: str) -> None:
    rows = dict(await _rows(world, owner, child))
    for path in ("/v1/certificates", "/v1/household-members"):
        assert (await world.ok("community", "GET", path))["items"] == []
        assert [row["id"] for row in (await world.ok("resident1", "GET", path))["items"]] == [rows[path]]
    home = f"/v1/household-members?place_id={world.places['home1']}"
    assert (await world.ok("community", "GET", home))["items"] == []
    wards = f"/v1/guardianships?person_id={world.people['resident1']}"
    assert (await world.ok("community", "GET", wards))["items"] == []
    assert [row["id"] for row in (await world.ok("resident1", "GET", wards))["items"]] == [rows["/v1/guardianships"]]
    await become_minor(world, owner, "nobody", minor=False)
    assert [row["id"] for row in (await world.ok("community", "GET", wards))["items"]] == [rows["/v1/guardianships"]]


async def test_who_does_not_see_a_minor_does_not_learn_of_them(world: World, owner: Database, child: str) -> None:
    for path, row_id in await _rows(world, owner, child):
        assert (await world.call("sibling_community", "GET", f"{path}/{row_id}")).status_code == 404, path
        answer = await world.call("sibling_community", "GET", f"{path}?person_id={child}")
        assert answer.status_code == 404 or answer.json()["items"] == [], path


async def test_who_answers_sees_that_there_is_a_request_about_a_minor(world: World, child: str) -> None:
    await guard(world, "nobody", "resident1")
    form = {"kind": "correction", "words": "出生日期有误", "person_id": child}
    request = await world.ok("resident1", "POST", "/v1/rights-requests", json=form)
    listed = (await world.ok("community", "GET", "/v1/rights-requests"))["items"]
    assert [(row["id"], row["words"], row["outcome"]) for row in listed] == [(request["id"], None, None)]
    await let_read(world, "community", child, by="subdistrict")
    assert (await world.ok("community", "GET", f"/v1/rights-requests/{request['id']}"))["words"] == form["words"]


async def test_refusing_to_be_matched_needs_no_guardians_sheet(world: World, owner: Database, child: str) -> None:
    await world.ok("community", "POST", "/v1/consents/refuse-matching", json={"person_id": child})
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Consent).where(Consent.person_id == UUID(child)))).one()
    assert (row.given_by, row.withdrawn_at is not None) == ("staff", True)
