"""What ties a record to others when it is merged: guardians, units, consents, protection of the young, old numbers."""

from datetime import timedelta

from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.models import Assignment, Guardianship, Person
from tests.profiles import merge, merged, person, tag_of, unit
from tests.routers.test_consents import become_minor, given, guard
from tests.stories.steps import AT_HOME, act, taken
from tests.worlds import World


async def test_the_old_record_of_a_minor_is_as_closed_as_the_new_one(world: World, owner: Database) -> None:
    old = await person(world, phone="19900000011")
    young = await person(world, birth_date="2020-05-01")
    assert (await merge(world, old["id"], young["id"])).status_code == 200
    async with owner.transaction(world.district_id) as session:
        both = select(Person.minor).where(Person.id.in_([old["id"], young["id"]]))
        assert set(await session.scalars(both)) == {True}
    form = {"fields": ["phone"], "purpose": "visit", "why": "上门前联系"}
    for record in (old, young):
        assert (await world.call("grid", "POST", f"/v1/people/{record['id']}/unmask", json=form)).status_code == 403


async def test_a_guardian_stays_one_whatever_the_other_record_was_before(world: World, owner: Database) -> None:
    await become_minor(world, owner, "nobody")
    past = await guard(world, "nobody", "resident2")
    await world.ok("community", "POST", f"/v1/guardianships/{past['id']}/end", json={"words": "变更"})
    await guard(world, "nobody", "resident1")
    await merged(world, "resident1", "resident2")
    await world.ok("resident2", "GET", f"/v1/people/{world.people['nobody']}")
    assert len(await _ties(world, owner, current=True)) == 1
    assert len(await _ties(world, owner, current=False)) == 1


async def test_of_one_guardian_recorded_twice_one_tie_is_current_and_reachable(world: World, owner: Database) -> None:
    await become_minor(world, owner, "resident2")
    first, second = [await person(world, phone=f"1990000002{i}") for i in range(2)]
    for record in (first, second):
        form = {"minor_id": str(world.people["resident2"]), "guardian_id": record["id"], "relation": "parent"}
        await world.ok("community", "POST", "/v1/guardianships", json=form | {"evidence": "户口簿"})
    assert (await merge(world, first["id"], second["id"])).status_code == 200
    ties = await _ties(world, owner, current=True)
    assert [str(tie.guardian_id) for tie in ties] == [second["id"]]


async def _ties(world: World, owner: Database, *, current: bool) -> list[Guardianship]:
    ended = Guardianship.ended_at.is_(None) if current else Guardianship.ended_at.is_not(None)
    async with owner.transaction(world.district_id) as session:
        rows = select(Guardianship).where(Guardianship.district_id == world.district_id, ended)
        return list(await session.scalars(rows))


async def test_merging_gives_nobody_another_unit_to_act_for(world: World) -> None:
    form = {"name": "另一份", "place_id": str(world.places["home2"])}
    form |= {"organization_id": str(world.units["department"])}
    other = await world.ok("community", "POST", "/v1/people", json=form)
    answer = await merge(world, world.people["liaison"], other["id"])
    assert (answer.status_code, [o["kind"] for o in answer.json()["obstacles"]]) == (409, ["unit"])
    plain = await person(world)
    assert (await merge(world, world.people["liaison"], plain["id"])).status_code == 200
    kept = await world.ok("community", "GET", f"/v1/people/{plain['id']}")
    assert kept["organization_id"] == str(world.units["unit"])


async def test_what_was_taken_back_is_not_agreed_to_by_merging(world: World, owner: Database) -> None:
    await given(world, "volunteer1", "matching")
    refused = {"person_id": str(world.people["member1"])}
    await world.ok("member1", "POST", "/v1/consents/refuse-matching", json=refused)
    for one, into in (("volunteer1", "member1"), ("member1", "volunteer1")):
        answer = await merge(world, world.people[one], world.people[into])
        (obstacle,) = answer.json()["obstacles"]
        assert (answer.status_code, obstacle["kind"], obstacle["purpose"]) == (409, "consent", "matching")
    await given(world, "member1", "matching")
    assert (await merge(world, world.people["volunteer1"], world.people["member1"])).status_code == 200


async def test_a_number_that_stayed_behind_goes_when_the_number_is_corrected(world: World) -> None:
    kept = await person(world, phone="19900000031")
    gone = await person(world, phone="19900000032")
    assert (await merge(world, gone["id"], kept["id"])).status_code == 200
    path = f"/v1/people/{kept['id']}"
    await world.ok("grid", "PATCH", path, json={"phone": "19900000033"}, headers=await tag_of(world, "grid", path))
    newcomer = await person(world, phone="19900000032")
    assert newcomer["id"] not in {kept["id"], gone["id"]}


async def test_leaving_the_party_s_books_leaves_its_branch_too(world: World, owner: Database) -> None:
    branch = await unit(world, owner, "party_branch")
    consent = await given(world, "resident1", "party")
    me = world.people["resident1"]
    form = {"organization_id": str(branch), "since_on": "2019-07-01"}
    await world.ok("community", "POST", f"/v1/people/{me}/register-member", json=form)
    await world.ok("resident1", "POST", f"/v1/consents/{consent['id']}/withdraw", json={})
    shown = await world.ok("community", "GET", f"/v1/people/{me}")
    assert (shown["party_status"], shown["organization_id"]) == ("none", None)


async def test_who_comes_back_after_months_does_not_open_the_contact_anew(world: World, owner: Database) -> None:
    order = await taken(world)
    await act(world, "member1", order, "start", position=AT_HOME)
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    async with owner.transaction(world.district_id) as session:
        row = update(Assignment).where(Assignment.id == mine["id"])
        await session.execute(row.values(checked_in_at=now() - timedelta(days=200)))
    answer = await world.call("member1", "POST", f"/v1/orders/{order['id']}/contact", json={})
    assert (answer.status_code, answer.json()["reason"]) == (403, "over")
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    async with owner.transaction(world.district_id) as session:
        row = update(Assignment).where(Assignment.id == mine["id"])
        await session.execute(row.values(checked_out_at=now() - timedelta(days=90)))
    again = {"position": AT_HOME}
    assert (
        await world.call("member1", "POST", f"/v1/assignments/{mine['id']}/check-in", json=again)
    ).status_code == 422
