"""I14: what was typed about an erased person, or by them, is gone from wherever it was carried on to."""

from fastapi import FastAPI
from sqlalchemy import select, text

from app.core.db import Database
from app.models import Approval, Consent, Event, HourEntry, Notice
from app.services.exports_section import WORDS
from app.workers import relay
from tests.erasing import (
    TRACES,
    answer_for_a_ward,
    ask_for_leave,
    erased,
    finish,
    ledger,
    left,
    question_about,
    supplement,
)
from tests.profiles import merged
from tests.routers.test_consents import given
from tests.services.histories import broken_histories
from tests.stories.steps import AT_HOME, accepted_need, act, only_order, started, submitted, taken
from tests.worlds import World


async def test_i14_what_a_helper_asked_others_to_approve_goes(world: World, owner: Database) -> None:
    """Also where it was granted: then it stands in an event of whoever granted it."""
    await ask_for_leave(world, await started(world))
    before = await left(owner, world.district_id)
    assert before["suspension"] >= {"approvals"}
    assert before["denial"] >= {"approvals", "events"}
    assert before["approved"] >= {"approvals", "events"}
    await erased(world, "member1")
    assert await left(owner, world.district_id) == {}
    async with owner.transaction(world.district_id) as session:
        theirs = Approval.asked_by == world.people["member1"]
        states = (await session.scalars(select(Approval.state).where(theirs).order_by(Approval.id))).all()
    assert states == ["denied", "granted"], "that it was asked and decided stays"
    assert await broken_histories(owner, world.district_id) == []


async def test_i14_what_nobody_has_decided_yet_is_void(world: World, owner: Database) -> None:
    """Without its words it could not be granted."""
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "terminate", reason="legal_bar", words=TRACES["suspension"])
    grant = (await world.ok("district", "GET", f"/v1/grants?person_id={world.people['grid']}"))["items"][0]
    await world.ok("community", "POST", f"/v1/grants/{grant['id']}/revoke", json={"reason": "离职"})
    await erased(world, "grid")
    assert await left(owner, world.district_id) == {}
    asked = (await world.ok("community", "GET", "/v1/approvals"))["items"]
    assert [approval["state"] for approval in asked] == ["void"]
    assert await broken_histories(owner, world.district_id) == []


async def test_i14_what_proves_hours_goes_and_the_hours_stay(world: World, owner: Database) -> None:
    order = await taken(world)
    first = await supplement(world, order, hours_ago=4, evidence=TRACES["evidence"])
    await supplement(world, order, hours_ago=2, evidence=TRACES["evidence"])
    await world.ok("community", "POST", f"/v1/hours/{first['id']}/confirm", json={"words": TRACES["evidence"]})
    await world.ok("subdistrict", "POST", f"/v1/hours/{first['id']}/reverse", json={"reason": TRACES["reversal"]})
    await act(world, "resident1", order, "withdraw")
    hours = await ledger(owner, world.district_id)
    assert (await left(owner, world.district_id))["reversal"] >= {"hour_entries"}
    await erased(world, "member1")
    assert await left(owner, world.district_id) == {}
    assert await ledger(owner, world.district_id) == hours
    async with owner.transaction(world.district_id) as session:
        mine = select(HourEntry.evidence).where(HourEntry.person_id == world.people["member1"])
        assert set(await session.scalars(mine)) == {"（已按本人要求删除）"}


async def test_i14_the_hours_of_others_keep_their_proof(world: World, owner: Database) -> None:
    order = await taken(world)
    await supplement(world, order, hours_ago=2, evidence=TRACES["evidence"])
    await world.ok("resident1", "POST", f"/v1/needs/{order['need_id']}/withdraw", json={})
    await erased(world, "resident1")
    assert (await left(owner, world.district_id))["evidence"] == {"hour_entries"}


async def test_i14_what_others_were_told_goes(world: World, app: FastAPI, owner: Database) -> None:
    need = await question_about(world, app, "resident1")
    other = await submitted(world, "grid", asker_id=str(world.people["resident2"]))
    await world.ok("community", "POST", f"/v1/needs/{other['id']}/ask", json={"question": "几楼"})
    await relay.relay_district(app.state.database, world.district_id)
    assert (await left(owner, world.district_id))["question"] == {"events", "notices"}
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={})
    await erased(world, "resident1")
    await relay.relay_district(app.state.database, world.district_id)
    assert await left(owner, world.district_id) == {}
    async with owner.transaction(world.district_id) as session:
        theirs = select(Notice.text).where(Notice.person_id == world.people["grid"])
        assert any("几楼" in words for words in await session.scalars(theirs)), "what is about others stays"


async def test_i14_the_sheet_a_consent_was_signed_on_goes(world: World, owner: Database) -> None:
    await given(world, "grid", "health", person_id=str(world.people["resident1"]), evidence=TRACES["sheet"])
    basis = {"basis": "statutory_duty", "notice_id": None}
    more = {"person_id": str(world.people["resident1"]), "evidence": TRACES["sheet"]}
    await given(world, "community", "service", **more, **basis)
    assert (await left(owner, world.district_id))["sheet"] >= {"consents"}
    await erased(world, "resident1")
    assert await left(owner, world.district_id) == {}
    async with owner.transaction(world.district_id) as session:
        mine = select(Consent).where(Consent.person_id == world.people["resident1"])
        rows = (await session.scalars(mine)).all()
    assert {(row.given_by, row.evidence) for row in rows} == {("staff", "（已按本人要求删除）")}


async def test_i14_why_somebody_answered_for_a_minor_goes(world: World, owner: Database) -> None:
    await answer_for_a_ward(world, owner, "resident2")
    before = await left(owner, world.district_id)
    assert (before["ties"], before["ward"]) == ({"events"}, {"guardianships", "idempotency_keys"})
    await erased(world, "resident2")
    assert await left(owner, world.district_id) == {}
    async with owner.transaction(world.district_id) as session:
        ties = Event.action.in_(("guard", "unguard"))
        told = (await session.execute(select(Event.action, Event.data).where(Event.aggregate == "person", ties))).all()
    assert all(data["guardianship_id"] for _, data in told), "that the minor had a guardian stays in the minor's record"


async def test_i14_words_under_a_merged_record_go_too(world: World, owner: Database) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "offer", person_id=str(world.people["member2"]))
    await act(world, "member2", order, "decline", words=TRACES["suspension"])
    await merged(world, "member2", "member1")
    assert (await left(owner, world.district_id))["suspension"] == {"events"}
    await erased(world, "member1")
    assert await left(owner, world.district_id) == {}


async def test_i14_what_a_follower_wrote_about_anothers_need_goes(world: World, owner: Database) -> None:
    need, alike = await accepted_need(world), await submitted(world, "resident2")
    await world.ok("community", "POST", f"/v1/needs/{alike['id']}/merge", json={"into_id": need["id"]})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    await act(world, "member1", order, "start", position=AT_HOME)
    await finish(world, order, "已修好")
    await act(world, "resident1", order, "confirm", rating=5)
    await world.ok("resident2", "POST", f"/v1/needs/{need['id']}/reopen", json={"words": TRACES["reopening"]})
    assert (await left(owner, world.district_id))["reopening"] == {"events"}
    await erased(world, "resident2")
    assert await left(owner, world.district_id) == {}


async def test_words_go_by_the_names_the_app_writes_them_under(owner: Database) -> None:
    async with owner.sessions.begin() as session:
        body = await session.scalar(text("SELECT pg_get_functiondef('forget_words(uuid)'::regprocedure)"))
    assert f"ARRAY[{', '.join(repr(name) for name in WORDS)}]" in str(body)
