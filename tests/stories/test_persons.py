"""One person is several things at once, and the limits they set are kept."""

import asyncio
from typing import Any
from uuid import UUID

from app.core.db import Database
from app.domain.consents import Purpose
from app.domain.profiles import GuardianRelation
from app.models import Guardianship
from tests.profiles import consent, id_number, person, roles_of, tag_of, unit, wish_for_correction
from tests.stories.steps import accepted_need, act, only_order, refused
from tests.worlds import World


async def record(world: World, who: str) -> None:
    """What is needed of somebody before they can be more than a resident."""
    me = str(world.people[who])
    path = f"/v1/people/{me}"
    await wish_for_correction(world, who)
    await world.ok("grid", "PATCH", path, json={"phone": "19900007777"}, headers=await tag_of(world, "grid", path))
    mine = {"id_number": id_number("1986-05-20", 208), "skills": ["teaching"], "languages": ["zh", "mn"]}
    await world.ok(who, "PATCH", "/v1/me", json=mine, headers=await tag_of(world, who, "/v1/me"))
    home = {"person_id": me, "relation": "head", "since_on": "2015-10-01"}
    await world.ok("grid", "POST", "/v1/household-members", json=home)


async def become_everything(world: World, owner: Database, who: str) -> str:
    """Registered member, volunteer, social worker; answers the party branch."""
    me = str(world.people[who])
    await consent(world, owner, me, Purpose.PARTY)
    branch = str(await unit(world, owner, "party_branch"))
    member = {"organization_id": branch, "since_on": "2010-07-01"}
    await world.ok("community", "POST", f"/v1/people/{me}/register-member", json=member)
    await world.ok(who, "POST", f"/v1/people/{me}/volunteer", json={"categories": ["children.study"]})
    work = {"person_id": me, "kind": "social_worker", "place_id": str(world.places["community"])}
    await world.ok("community", "POST", "/v1/employments", json=work | {"since_on": "2018-03-01"})
    return branch


async def ward_of(world: World, owner: Database, who: str) -> str:
    """A child in the household, whom they answer for."""
    child = await person(world, birth_date="2019-06-01", place_id=str(world.places["home1"]))
    assert child["minor"] is True
    form = {"person_id": child["id"], "relation": "child", "since_on": "2019-06-01"}
    await world.ok("grid", "POST", "/v1/household-members", json=form)
    row = Guardianship(
        district_id=world.district_id,
        minor_id=UUID(child["id"]),
        guardian_id=world.people[who],
        relation=GuardianRelation.PARENT,
        evidence="户口簿",
        verified_by=world.people["grid"],
    )
    async with owner.transaction(world.district_id) as session:
        session.add(row)
    return str(child["id"])


async def test_one_person_is_member_volunteer_social_worker_resident_and_guardian(
    world: World, owner: Database
) -> None:
    me = f"/v1/people/{world.people['resident1']}"
    await record(world, "resident1")
    branch = await become_everything(world, owner, "resident1")
    child = await ward_of(world, owner, "resident1")
    assert await roles_of(world, "resident1") == ["party_member", "resident", "volunteer"]
    shown = (await world.ok("resident1", "GET", "/v1/me"))["person"]
    assert (shown["sex"], shown["party_status"], shown["organization_id"]) == ("female", "registered", branch)
    assert (await world.ok("resident1", "GET", f"{me}/volunteer"))["categories"] == ["children.study"]
    assert (await world.ok("resident1", "GET", f"{me}/party-membership"))["since_on"] == "2010-07-01"
    assert [row["kind"] for row in (await world.ok("resident1", "GET", "/v1/employments"))["items"]] == [
        "social_worker"
    ]
    ward = await world.ok("resident1", "GET", f"/v1/people/{child}")
    assert (ward["id"], ward["minor"]) == (child, True)
    family = (await world.ok("resident1", "GET", "/v1/household-members"))["items"]
    assert {row["relation"] for row in family} == {"head", "child"}


async def in_the_pool(world: World, count: int) -> list[Any]:
    orders = [await only_order(world, await accepted_need(world)) for _ in range(count)]
    for order in orders:
        await act(world, "grid", order, "publish")
    return orders


async def wish(world: World, who: str, limit: int | None) -> None:
    tag = await tag_of(world, who, "/v1/me")
    await world.ok(who, "PATCH", "/v1/me", json={"load_limit": limit}, headers=tag)


async def test_who_wishes_to_hold_two_is_not_given_a_third(world: World) -> None:
    await wish(world, "member1", 2)
    orders = await in_the_pool(world, 3)
    for order in orders[:2]:
        await act(world, "member1", order, "take")
    assert await refused(world, "member1", orders[2], "take") == (422, "rule_broken")
    assert await refused(world, "grid", orders[2], "offer", person_id=str(world.people["member1"])) == (
        422,
        "rule_broken",
    )
    ranked = await world.ok("grid", "GET", f"/v1/orders/{orders[2]['id']}/candidates")
    people = {item["person_id"] for item in ranked["items"]}
    assert str(world.people["member1"]) not in people
    assert str(world.people["member2"]) in people
    await wish(world, "member1", None)
    await act(world, "member1", orders[2], "take")


async def test_an_invitation_does_not_reach_beyond_the_limit(world: World) -> None:
    orders = await in_the_pool(world, 2)
    await act(world, "grid", orders[0], "offer", person_id=str(world.people["member1"]))
    await wish(world, "member1", 1)
    await act(world, "member1", orders[1], "take")
    assert await refused(world, "member1", orders[0], "accept") == (422, "rule_broken")


async def test_the_wish_holds_in_a_race(world: World) -> None:
    await wish(world, "member1", 2)
    orders = await in_the_pool(world, 7)
    answers = await asyncio.gather(
        *(world.call("member1", "POST", f"/v1/orders/{order['id']}/take", json={}) for order in orders)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [422] * 5
