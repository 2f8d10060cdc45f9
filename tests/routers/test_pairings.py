"""Pairings 结对包联: one at a place and level on any day, who was responsible when, and who may know of a household's."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.core.clock import today
from app.core.db import Database
from app.core.ids import new_id
from app.domain.organizations import OrganizationKind
from app.domain.people import PartyStatus
from app.models import Organization, Pairing, Person
from tests.worlds import World, count

DAY = timedelta(days=1)


async def unit(world: World, owner: Database, kind: OrganizationKind) -> str:
    row = {"district_id": world.district_id, "id": new_id(), "kind": kind, "name": f"单位{new_id().hex[-8:]}"}
    here = {"place_id": world.places["community"], "path": world.paths["community"]}
    async with owner.transaction(world.district_id) as session:
        session.add(Organization(**row, **here, community_id=world.places["community"]))
    return str(row["id"])


async def make_member(world: World, owner: Database, who: str) -> str:
    async with owner.transaction(world.district_id) as session:
        mine = update(Person).where(Person.id == world.people[who])
        await session.execute(mine.values(party_status=PartyStatus.REGISTERED))
    return str(world.people[who])


async def pair(world: World, level: str, place: str, who: str = "community", **more: Any) -> Any:
    form = {"level": level, "place_id": str(world.places[place]), "starts_on": "2026-01-01"}
    return await world.call(who, "POST", "/v1/pairings", json=form | more)


@pytest.fixture
async def chain(world: World, owner: Database) -> dict[str, str]:
    """The door home1 with all four levels since January; what each party's id is."""
    found = {"member": await make_member(world, owner, "member1")}
    made = [await pair(world, "member", "home1", person_id=found["member"])]
    for level, place, kind in (
        ("branch", "entrance", OrganizationKind.PARTY_BRANCH),
        ("general_branch", "building", OrganizationKind.GENERAL_BRANCH),
        ("work_unit", "compound", OrganizationKind.WORK_UNIT),
    ):
        found[level] = await unit(world, owner, kind)
        made.append(await pair(world, level, place, organization_id=found[level]))
    assert [answer.status_code for answer in made] == [201] * 4, [answer.text for answer in made]
    return found


async def responsible(world: World, place: str, who: str = "community", **asked: str) -> list[Any]:
    path = f"/v1/places/{world.places[place]}/responsible"
    return list((await world.ok(who, "GET", path, params=asked))["items"])


async def test_who_was_responsible_for_this_door_on_that_day(
    world: World, owner: Database, chain: dict[str, str]
) -> None:
    rows = await responsible(world, "home1")
    assert [row["level"] for row in rows] == ["member", "branch", "general_branch", "work_unit"]
    assert [row["person_id"] or row["organization_id"] for row in rows] == list(chain.values())
    assert rows[0]["person_name"] == "测*******1"
    assert [row["level"] for row in await responsible(world, "home2")] == ["branch", "general_branch", "work_unit"]
    assert [row["level"] for row in await responsible(world, "building")] == ["general_branch", "work_unit"]
    assert await responsible(world, "home1", on="2025-12-31") == []
    other = await make_member(world, owner, "member2")
    path = f"/v1/pairings/{rows[0]['id']}/replace"
    form = {"person_id": other, "starts_on": "2026-06-01"}
    assert (await world.call("grid", "POST", path, json=form)).status_code == 403
    new = await world.ok("community", "POST", path, json=form)
    assert (new["person_id"], new["starts_on"], new["ends_on"]) == (other, "2026-06-01", None)
    for on, person in (("2026-05-31", chain["member"]), ("2026-06-01", other)):
        assert (await responsible(world, "home1", on=on))[0]["person_id"] == person
    old = await world.ok("community", "GET", f"/v1/pairings/{rows[0]['id']}")
    assert (old["ends_on"], old["end_reason"], old["version"]) == ("2026-05-31", "replaced", 2)
    again = await world.call("community", "POST", path, json={"person_id": other, "starts_on": "2026-07-01"})
    assert again.status_code == 409


async def test_one_at_a_place_and_level_on_any_day(world: World, owner: Database, chain: dict[str, str]) -> None:
    branch = await unit(world, owner, OrganizationKind.PARTY_BRANCH)
    past = {"organization_id": branch, "starts_on": "2025-01-01", "end_reason": "term"}
    assert (await pair(world, "branch", "entrance", organization_id=branch)).status_code == 409
    assert (await pair(world, "branch", "entrance", **past, ends_on="2026-01-01")).status_code == 409
    assert (await pair(world, "branch", "entrance", **past, ends_on="2025-12-31")).status_code == 201
    (running,) = (
        await world.ok(
            "community",
            "GET",
            "/v1/pairings",
            params={"place_id": str(world.places["entrance"]), "current": "true"},
        )
    )["items"]
    path = f"/v1/pairings/{running['id']}/end"
    early = await world.call("community", "POST", path, json={"ends_on": "2025-12-31", "reason": "term"})
    assert (early.status_code, early.json()["field"]) == (422, "ends_on")
    gone = await world.ok("community", "POST", path, json={"ends_on": "2026-03-01", "reason": "mistake"})
    assert gone["end_reason"] == "mistake"
    assert [row["level"] for row in await responsible(world, "entrance", on="2026-02-01")] == [
        "general_branch",
        "work_unit",
    ]
    races = await asyncio.gather(
        *(pair(world, "branch", "entrance", who, organization_id=branch) for who in ("community", "district"))
    )
    assert sorted(answer.status_code for answer in races) == [201, 409]
    with pytest.raises(IntegrityError, match="ex_pairings_once"):
        async with owner.transaction(world.district_id) as session:
            session.add(
                Pairing(
                    district_id=world.district_id,
                    id=new_id(),
                    level="branch",
                    place_id=world.places["entrance"],
                    path=world.paths["entrance"],
                    organization_id=branch,
                    starts_on=today(),
                )
            )


async def test_what_does_not_fit_is_refused(world: World, owner: Database) -> None:
    branch, person = await unit(world, owner, OrganizationKind.PARTY_BRANCH), str(world.people["volunteer1"])
    for level, place, party, field in (
        ("branch", "building", {"organization_id": branch}, "place_id"),
        ("general_branch", "building", {"organization_id": branch}, "organization_id"),
        ("member", "home1", {"person_id": person}, "person_id"),
        ("branch", "entrance", {}, "organization_id"),
        ("branch", "entrance", {"organization_id": branch, "ends_on": "2026-02-01"}, "end_reason"),
    ):
        answer = await pair(world, level, place, **party)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    elsewhere = await pair(world, "branch", "entrance", "sibling_community", organization_id=branch)
    assert elsewhere.status_code == 403
    assert await count(owner, world.district_id, Pairing) == 0


async def test_a_household_is_shown_to_its_staff_its_member_and_who_lives_there(
    world: World, owner: Database, chain: dict[str, str]
) -> None:
    async with owner.transaction(world.district_id) as session:
        elsewhere = [world.people[who] for who in ("resident2", "liaison", "sibling_community")]
        moved = update(Person).where(Person.id.in_(elsewhere))
        home = {"place_id": world.places["home7"], "path": world.paths["home7"]}
        await session.execute(moved.values(**home))
    seen = {}
    for who in ("grid", "community", "auditor", "member1", "resident1", "resident2", "liaison", "sibling_community"):
        rows = (await world.ok(who, "GET", "/v1/pairings", params={"under": str(world.places["grid"])}))["items"]
        seen[who] = len(rows)
    assert seen == dict.fromkeys(("grid", "community", "auditor", "member1", "resident1"), 4) | dict.fromkeys(
        ("resident2", "liaison", "sibling_community"), 3
    )
    path = f"/v1/places/{world.places['home1']}/responsible"
    assert (await world.call("resident2", "GET", path)).status_code == 404
    assert len(await responsible(world, "home1", "resident1")) == 4
    assert (await world.call("system", "GET", "/v1/pairings")).status_code == 403


async def test_whoever_leaves_the_party_looks_after_no_household(
    world: World, owner: Database, chain: dict[str, str]
) -> None:
    await world.ok("community", "POST", f"/v1/people/{chain['member']}/leave-party", json={})
    mine = {"person_id": chain["member"]}
    (row,) = (await world.ok("community", "GET", "/v1/pairings", params=mine))["items"]
    assert (row["end_reason"], row["ends_on"]) == ("left", today().isoformat())
    tomorrow = (today() + DAY).isoformat()
    rows = await responsible(world, "home1", on=tomorrow)
    assert rows[0]["level"] == "branch"


async def test_what_is_agreed_until_a_later_day_can_still_be_ended(world: World, owner: Database) -> None:
    """Ended earlier, replaced, and ended with its member's membership; one of later then never comes to be."""
    member, other = [await make_member(world, owner, who) for who in ("member1", "member2")]
    now, term = today().isoformat(), {"ends_on": (today() + 300 * DAY).isoformat(), "end_reason": "term"}
    first = (await pair(world, "member", "home1", person_id=member, **term)).json()
    path = f"/v1/pairings/{first['id']}"
    late = {"person_id": other, "starts_on": (today() + 301 * DAY).isoformat()}
    assert (await world.call("community", "POST", f"{path}/replace", json=late)).status_code == 422
    tomorrow = (today() + DAY).isoformat()
    second = await world.ok("community", "POST", f"{path}/replace", json={"person_id": other, "starts_on": tomorrow})
    assert (await world.ok("community", "GET", path))["ends_on"] == now
    assert (
        await world.call("community", "POST", f"{path}/end", json={"ends_on": now, "reason": "left"})
    ).status_code == 409
    sooner = {"ends_on": (today() + 9 * DAY).isoformat(), "reason": "moved"}
    for day in (20, 9):
        sooner["ends_on"] = (today() + day * DAY).isoformat()
        ended = await world.ok("community", "POST", f"/v1/pairings/{second['id']}/end", json=sooner)
        assert ended["ends_on"] == sooner["ends_on"]
    third = (await pair(world, "member", "home2", person_id=other, starts_on=now, **term)).json()
    await world.ok("community", "POST", f"/v1/people/{other}/leave-party", json={})
    for made, reason, last in ((second, "mistake", tomorrow), (third, "left", now)):
        row = await world.ok("community", "GET", f"/v1/pairings/{made['id']}")
        assert (row["end_reason"], row["ends_on"]) == (reason, last)
    for home in ("home1", "home2"):
        assert await responsible(world, home, on=(today() + 5 * DAY).isoformat()) == []


async def test_whoever_sees_one_in_the_list_reads_it(world: World, owner: Database, chain: dict[str, str]) -> None:
    for who in ("sibling_community", "resident2", "grid"):
        rows = (await world.ok(who, "GET", "/v1/pairings"))["items"]
        assert rows
        for row in rows:
            assert (await world.ok(who, "GET", f"/v1/pairings/{row['id']}"))["id"] == row["id"]
    ended = {"ends_on": today().isoformat(), "reason": "left"}
    board = next(row for row in rows if row["level"] == "branch")
    answer = await world.call("sibling_community", "POST", f"/v1/pairings/{board['id']}/end", json=ended)
    assert answer.status_code == 403, "what is read elsewhere is not changed from there"
