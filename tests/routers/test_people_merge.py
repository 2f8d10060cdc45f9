"""People recorded twice: found, merged, and nothing lost."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.consents import Purpose
from app.domain.people import Role
from app.models import (
    Account,
    Base,
    Consent,
    Event,
    Grant,
    HourEntry,
    NeedFollower,
    Notice,
    PartyMembership,
    Person,
    ServiceWindow,
    SignIn,
    Volunteer,
)
from app.services import people_merge_rows
from tests.profiles import consent, id_number, merge, merged, person, served, tag_of
from tests.stories.steps import act, submitted, taken
from tests.worlds import World, count, grant_row

KEPT = {
    ("people", "merged_into_id"),
    ("hour_entries", "person_id"),
    ("urges", "person_id"),
    ("escalations", "decided_by"),
    ("disclosures", "person_id"),
    ("approvals", "decided_by"),
    ("certificates", "verified_by"),
    ("clients", "created_by"),
    ("guardianships", "verified_by"),
    ("imports", "requested_by"),
    ("privacy_notices", "published_by"),
    ("project_units", "claimed_by"),
    ("project_suggestions", "decided_by"),
    ("objections", "objected_by"),
    ("objections", "assigned_by"),
    ("objections", "judged_by"),
    ("co_handlings", "answered_by"),
    ("co_handlings", "invited_by"),
    ("extensions", "decided_by"),
    ("revisits", "done_by"),
    ("milestones", "done_by"),
    ("office_hours", "set_by"),
    ("projects", "proposed_by"),
    ("vouchers", "decided_by"),
    ("vouchers", "entered_by"),
    ("whistle_calls", "present_id"),
    ("whistle_calls", "ruled_by"),
    ("whistles", "decided_by"),
    ("whistles", "drafted_by"),
    ("rights_requests", "decided_by"),
    ("substitutions", "absent_id"),
    ("substitutions", "substitute_id"),
    ("substitutions", "arranged_by"),
    ("consents", "withdrawn_by"),
    ("grants", "granted_by"),
    ("needs", "duty_override_by"),
    ("duplicate_dismissals", "dismissed_by"),
    ("pairings", "made_by"),
    ("dispatch_weights", "set_by"),
    ("need_respondents", "cleared_by"),
    ("need_respondents", "named_by"),
    ("meeting_additions", "added_by"),
    ("resources", "offered_by"),
    ("dispatch_batches", "requested_by"),
    ("match_batches", "requested_by"),
    ("match_runs", "run_by"),
    ("matches", "decided_by"),
    ("grants", "revoked_by"),
    ("grants", "lent_by"),
    ("care_facts", "recorded_by"),
}
"""Ledgers, and who once did something: named as they were. While a substitution lasts nobody in it is merged."""
MOVED = {
    ("assignments", "person_id"),
    ("availability_exceptions", "person_id"),
    ("availability_windows", "person_id"),
    ("consents", "giver_id"),
    ("dispatch_turns", "person_id"),
    ("consents", "person_id"),
    ("employments", "person_id"),
    ("guardianships", "guardian_id"),
    ("guardianships", "minor_id"),
    ("grants", "person_id"),
    ("household_members", "person_id"),
    ("need_followers", "person_id"),
    ("party_memberships", "id"),
    ("volunteers", "id"),
}


def test_every_link_to_a_person_is_moved_or_kept_on_purpose() -> None:
    listed = {(model.__tablename__, column) for model, column in people_merge_rows.PLAIN}
    listed |= {(model.__tablename__, column) for model, column, _ in people_merge_rows.UNLESS_THERE}
    links = {
        (table.name, key.columns.keys()[-1])
        for table in Base.metadata.sorted_tables
        for key in table.foreign_key_constraints
        if key.referred_table.name == "people"
    }
    assert links == listed | MOVED | KEPT
    assert not (listed | MOVED) & KEPT


async def scalar(owner: Database, world: World, query: Any) -> Any:
    async with owner.transaction(world.district_id) as session:
        return await session.scalar(query)


async def test_the_same_name_and_birth_date_or_home_is_found(world: World) -> None:
    first = await person(world, birth_date="1958-03-07", place_id=str(world.places["home3"]))
    same = await person(world, id_number=id_number(), place_id=str(world.places["home4"]))
    at_home = await person(world, place_id=str(world.places["home3"]))
    await person(world, name="别人", birth_date="1958-03-07", place_id=str(world.places["home3"]))
    form = {"name": "其木格", "birth_date": "1958-03-07", "place_id": str(world.places["sibling_entrance"])}
    elsewhere = await world.ok("sibling_community", "POST", "/v1/people", json=form)
    path = f"/v1/people/{first['id']}/duplicates"
    found = await world.ok("grid", "GET", path)
    reasons = {item["person"]["id"]: item["reason"] for item in found["items"]}
    assert reasons == {same["id"]: "name_and_birth", at_home["id"]: "name_and_home"}
    above = await world.ok("subdistrict", "GET", path)
    assert elsewhere["id"] in {item["person"]["id"] for item in above["items"]}
    assert (await world.call("auditor", "GET", path)).status_code == 403
    assert (await world.call("sibling_grid", "GET", path)).status_code == 404
    await merge(world, same["id"], first["id"])
    left = {item["person"]["id"] for item in (await world.ok("grid", "GET", path))["items"]}
    assert left == {at_home["id"]}


async def test_numbers_and_skills_come_together(world: World, owner: Database) -> None:
    kept = await person(world, phone="19900000001", skills=["law"])
    gone = await person(
        world, phone="19900000002", id_number=id_number(), address="通道南街一号院", skills=["nursing"], load_limit=3
    )
    after = (await merge(world, gone["id"], kept["id"])).json()
    assert (after["id"], after["skills"], after["load_limit"]) == (kept["id"], ["law", "nursing"], 3)
    assert (after["phone"], after["sex"], after["birth_date"]) == (kept["phone"], "male", "1958-**-**")
    assert after["id_number"] is not None
    assert after["address"] is not None
    for form in ({"phone": "19900000001"}, {"phone": "19900000002"}, {"id_number": id_number()}):
        assert (await world.ok("grid", "POST", "/v1/people/find", json=form))["id"] == kept["id"]
    old = await world.ok("grid", "GET", f"/v1/people/{gone['id']}")
    assert old["merged_into_id"] == kept["id"]
    listed = {item["id"] for item in (await world.ok("grid", "GET", "/v1/people", params={"limit": 100}))["items"]}
    assert (kept["id"] in listed, gone["id"] in listed) == (True, False)
    tag = {"if-match": f'"{old["version"]}"'}
    answer = await world.call("grid", "PATCH", f"/v1/people/{gone['id']}", json={"name": "改"}, headers=tag)
    assert (answer.status_code, answer.json()["merged_into_id"]) == (409, kept["id"])
    tag = {"if-match": f'"{after["version"]}"'}
    changed = await world.ok("grid", "PATCH", f"/v1/people/{kept['id']}", json={"phone": "19900000002"}, headers=tag)
    assert changed["phone"] == gone["phone"], "the number that stayed with the merged record is theirs as well"
    assert await scalar(owner, world, select(Person.phone_index).where(Person.id == gone["id"])) is None


async def test_hours_of_both_are_the_survivors(world: World, owner: Database) -> None:
    first = await served(world, "member1", 300, days_ago=3)
    await served(world, "volunteer1", 45, days_ago=9)
    entries = select(text("md5(string_agg(t::text, '' ORDER BY t.id))")).select_from(HourEntry.__table__.alias("t"))
    entries = entries.where(text(f"t.district_id = {world.district_id}"))
    before = await scalar(owner, world, entries)
    await merged(world, "member1", "volunteer1")
    assert await scalar(owner, world, entries) == before, "the ledger is not touched"
    balance = await world.ok("volunteer1", "GET", "/v1/hours/balance")
    assert balance["confirmed_minutes"] == 345
    own = await world.ok("volunteer1", "GET", "/v1/hours")
    assert {item["minutes"] for item in own["items"]} == {300, 45}
    query = {"person_id": str(world.people["volunteer1"])}
    assert len((await world.ok("grid", "GET", "/v1/hours", params=query))["items"]) == 2
    assert (await world.ok("volunteer1", "GET", f"/v1/hours/{first['id']}"))["minutes"] == 300
    answer = await world.call("subdistrict", "POST", f"/v1/hours/{first['id']}/reverse", json={"reason": "误"})
    assert answer.status_code == 200, answer.text
    assert (await world.ok("volunteer1", "GET", "/v1/hours/balance"))["confirmed_minutes"] == 45
    assert await count(owner, world.district_id, ServiceWindow) == 1


async def test_signing_in_goes_on_as_the_survivor(world: World, owner: Database) -> None:
    await merged(world, "resident1", "resident2")
    assert (await world.call("resident1", "GET", "/v1/me")).status_code == 401
    ended = await scalar(owner, world, select(SignIn.ended_by).where(SignIn.id == world.sign_ins["resident1"]))
    assert ended.value == "merged"
    account = select(Account.person_id).where(Account.id == world.accounts["resident1"])
    assert await scalar(owner, world, account) == world.people["resident2"]
    assert (await world.ok("resident2", "GET", "/v1/me"))["person"]["id"] == str(world.people["resident2"])


async def test_needs_orders_and_notices_follow(world: World, owner: Database) -> None:
    need = await submitted(world, "resident1")
    order = await taken(world, "member1")
    follower = {"need_id": need["id"], "from_need_id": need["id"], "district_id": world.district_id}
    async with owner.transaction(world.district_id) as session:
        event = await session.scalar(select(Event.id).where(Event.district_id == world.district_id).limit(1))
        for who in ("member1", "volunteer1"):
            session.add(NeedFollower(id=new_id(), person_id=world.people[who], **follower))
            session.add(
                Notice(
                    district_id=world.district_id, id=new_id(), person_id=world.people[who], event_id=event, text="告知"
                )
            )
    await merged(world, "member1", "volunteer1")
    await merged(world, "resident1", "resident2")
    assert (await world.ok("resident2", "GET", f"/v1/needs/{need['id']}"))["id"] == need["id"]
    held = await world.ok("volunteer1", "GET", "/v1/assignments")
    assert [item["order_id"] for item in held["items"]] == [order["id"]]
    started = await act(world, "volunteer1", order, "start", position={"lon": 111.651, "lat": 40.82, "datum": "wgs84"})
    assert started["state"] == "in_progress"
    notices = await world.ok("volunteer1", "GET", "/v1/notices")
    assert [item["event_id"] for item in notices["items"]].count(str(event)) == 1
    assert await count(owner, world.district_id, NeedFollower) == 1


async def test_roles_of_both_run_as_long_as_the_longer(world: World, owner: Database) -> None:
    me, other = world.people["volunteer1"], world.people["member1"]
    soon = now() + timedelta(days=30)
    async with owner.transaction(world.district_id) as session:
        lasting = grant_row(world, "member1", Role.VOLUNTEER, "community")
        session.add(lasting)
        short = (Grant.person_id == me, Grant.role == Role.VOLUNTEER)
        await session.execute(update(Grant).where(*short).values(ends_at=soon))
    await merged(world, "member1", "volunteer1")
    me_now = await world.ok("volunteer1", "GET", "/v1/me")
    assert sorted((g["role"], g["ends_at"]) for g in me_now["grants"]) == [("party_member", None), ("volunteer", None)]
    left = select(Grant.id).where(Grant.person_id == other, Grant.ends_at.is_(None))
    assert await scalar(owner, world, left) is None, "nothing is left in force with the merged record"


async def test_consents_volunteering_and_membership_come_together(world: World, owner: Database) -> None:
    me, other = world.people["resident2"], world.people["resident1"]
    kept = await consent(world, owner, me, Purpose.VOLUNTEERING)
    own = {"given_by": "person", "giver_id": other}
    twice = await consent(world, owner, other, Purpose.VOLUNTEERING, **own)
    only = await consent(world, owner, other, Purpose.PARTY, **own)
    early, late = now() - timedelta(days=900), now() - timedelta(days=9)
    async with owner.transaction(world.district_id) as session:
        for person_id, since, left, named, of in (
            (me, late, late, ["errand"], kept),
            (other, early, None, ["culture"], twice),
        ):
            session.add(
                Volunteer(
                    district_id=world.district_id,
                    id=person_id,
                    categories=named,
                    entered_by="staff",
                    consent_id=of,
                    registered_at=since,
                    left_at=left,
                )
            )
        session.add(PartyMembership(district_id=world.district_id, id=other, since_on=early.date()))
        await session.execute(update(Person).where(Person.id == other).values(party_status="registered"))
    shown = await merged(world, "resident1", "resident2")
    assert shown["party_status"] == "registered"
    async with owner.transaction(world.district_id) as session:
        volunteer = (await session.scalars(select(Volunteer).where(Volunteer.district_id == world.district_id))).one()
        member = (await session.scalars(select(PartyMembership).where(PartyMembership.id == me))).one()
        owners = {
            row.id: (row.person_id, row.giver_id)
            for row in await session.scalars(select(Consent).where(Consent.district_id == world.district_id))
        }
    assert (volunteer.id, volunteer.categories, volunteer.left_at) == (me, ["culture", "errand"], None)
    assert (volunteer.registered_at, volunteer.consent_id, member.since_on) == (early, kept, early.date())
    assert owners == {kept: (me, world.people["grid"]), twice: (other, other), only: (me, me)}


async def test_households_employments_certificates_and_times_come_together(world: World) -> None:
    me, other = str(world.people["resident2"]), str(world.people["resident1"])
    for one, relation in ((other, "head"), (me, "spouse")):
        form = {"person_id": one, "relation": relation, "since_on": "2020-01-01"}
        await world.ok("grid", "POST", "/v1/household-members", json=form)
        form = {
            "person_id": one,
            "kind": "social_worker",
            "place_id": str(world.places["community"]),
            "since_on": "2022-01-01",
        }
        await world.ok("community", "POST", "/v1/employments", json=form)
    paper = {
        "skill": "nursing",
        "title": "护士证",
        "issuer": "卫健委",
        "issued_on": "2020-01-01",
        "number": "2020150077",
    }
    entered = await world.ok("grid", "POST", "/v1/certificates", json=paper | {"person_id": other})
    times = {"windows": [{"weekday": 6, "from_minute": 540, "until_minute": 720}]}
    path = f"/v1/people/{other}/availability"
    await world.ok("resident1", "PUT", path, json=times, headers=await tag_of(world, "resident1", path))
    await merged(world, "resident1", "resident2")
    members = (await world.ok("grid", "GET", "/v1/household-members"))["items"]
    assert {row["person_id"] for row in members} == {me}
    assert [row["relation"] for row in members if row["until_on"] is None] == ["head"]
    work = (await world.ok("community", "GET", "/v1/employments"))["items"]
    assert {row["person_id"] for row in work} == {me}
    assert [row["until_on"] is None for row in work].count(True) == 1
    papers = (await world.ok("resident2", "GET", "/v1/certificates"))["items"]
    assert [(row["id"], row["number"]) for row in papers] == [(entered["id"], "****77")], (
        "it opens with the survivor's secret"
    )
    assert (await world.ok("resident2", "GET", f"/v1/people/{me}/availability"))["windows"] == times["windows"]
