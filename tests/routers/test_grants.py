"""Giving and taking roles: who may, what may not be, and that it works from the next request on."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, RuleBroken
from app.core.ids import new_id
from app.domain.people import Role
from app.models import Account, Event, Grant, Person, SignIn
from app.services import grants, grants_end
from app.workers import relay
from tests.routers.authority import HOUR, change, form, give, own_grant, refused, revoke
from tests.worlds import World, count

GIVEN = [
    ("security", "nobody", "district_admin", "district"),
    ("security", "nobody", "auditor", "community"),
    ("district", "nobody", "subdistrict_admin", "subdistrict"),
    ("subdistrict", "nobody", "community_admin", "sibling_community"),
    ("community", "nobody", "grid_worker", "grid"),
    ("community", "nobody", "social_org_manager", "community"),
    ("grid", "nobody", "volunteer", "grid"),
]


@pytest.mark.parametrize(("who", "person", "role", "place"), GIVEN)
async def test_a_role_is_given_with_who_gave_it(world: World, who: str, person: str, role: str, place: str) -> None:
    given = await give(world, who, person, role, place)
    assert (given["granted_by"], given["in_force"], given["ends_at"]) == (str(world.people[who]), True, None)
    assert given["person_name"].startswith("测*")
    assert await world.ok(who, "GET", f"/v1/grants/{given['id']}") == given
    assert (await own_grant(world, person))["role"] == role


REFUSED = [
    ("resident1", "nobody", "volunteer", "community", 403),
    ("auditor", "nobody", "grid_worker", "grid", 403),
    ("system", "nobody", "grid_worker", "grid", 403),
    ("audit", "nobody", "auditor", "district", 403),
    ("security", "nobody", "volunteer", "community", 403),
    ("security", "nobody", "system_admin", "district", 403),
    ("security", "nobody", "security_admin", "district", 403),
    ("security", "nobody", "audit_admin", "district", 403),
    ("security", "nobody", "client", "district", 403),
    ("security", "security", "district_admin", "district", 403),
    ("district", "nobody", "district_admin", "district", 403),
    ("district", "nobody", "auditor", "district", 403),
    ("district", "district", "grid_worker", "grid", 403),
    ("subdistrict", "nobody", "subdistrict_admin", "subdistrict", 403),
    ("community", "nobody", "community_admin", "community", 403),
    ("community", "nobody", "grid_worker", "sibling_grid", 403),
    ("community", "nobody", "department_staff", "community", 403),
    ("grid", "nobody", "grid_worker", "grid", 403),
    ("grid", "nobody", "volunteer", "community", 403),
    ("grid", "nobody", "party_member", "grid", 403),
    ("community", "nobody", "grid_worker", "community", 422),
    ("community", "nobody", "volunteer", "home1", 422),
    ("district", "nobody", "community_admin", "subdistrict", 422),
]


@pytest.mark.parametrize(("who", "person", "role", "place", "status"), REFUSED)
async def test_what_nobody_may_give(
    world: World, owner: Database, who: str, person: str, role: str, place: str, status: int
) -> None:
    before = await count(owner, world.district_id, Grant)
    assert (await refused(world, who, person, role, place))[0] == status
    assert await count(owner, world.district_id, Grant) == before
    assert await count(owner, world.district_id, Event) == 0


async def test_places_and_people_out_of_sight_do_not_exist(world: World, other_world: World, owner: Database) -> None:
    mine = form(world, "nobody", "grid_worker", "grid")
    moved = {"place_id": world.places["sibling_grid"], "path": world.paths["sibling_grid"]}
    await change(owner, world, update(Person).where(Person.id == world.people["nobody"]).values(**moved))
    for who, wrong in (
        ("district", {"person_id": str(other_world.people["nobody"])}),
        ("district", {"place_id": str(other_world.places["grid"])}),
        ("district", {"person_id": str(new_id())}),
        ("community", {}),
    ):
        answer = await world.call(who, "POST", "/v1/grants", json=mine | wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), wrong
    foreign = await give(other_world, "community", "nobody", "grid_worker", "grid")
    for who in ("security", "district"):
        assert (await world.call(who, "GET", f"/v1/grants/{foreign['id']}")).status_code == 404
        await revoke(world, who, foreign, 404)


async def test_whoever_works_here_is_in_sight_wherever_they_live(world: World, owner: Database) -> None:
    moved = {"place_id": world.places["sibling_grid"], "path": world.paths["sibling_grid"]}
    await change(owner, world, update(Person).where(Person.id == world.people["volunteer1"]).values(**moved))
    assert (await give(world, "community", "volunteer1", "grid_worker", "grid"))["in_force"]


async def test_nobody_gives_to_themselves_by_another_record(world: World, owner: Database) -> None:
    """The record merged into mine is me, and so is the one mine is merged into."""
    for merged, into in (("nobody", "community"), ("community", "nobody")):
        changed = update(Person).where(Person.id == world.people[merged])
        await change(owner, world, changed.values(merged_into_id=world.people[into]))
        assert (await refused(world, "community", "nobody", "grid_worker", "grid"))[0] == 403
        await change(owner, world, changed.values(merged_into_id=None))
    merged_away = update(Person).where(Person.id == world.people["nobody"])
    await change(owner, world, merged_away.values(merged_into_id=world.people["member1"]))
    assert await refused(world, "community", "nobody", "grid_worker", "grid") == (422, "rule_broken")
    minor = update(Person).where(Person.id == world.people["resident2"]).values(minor=True)
    await change(owner, world, minor)
    assert await refused(world, "community", "resident2", "grid_worker", "grid") == (422, "rule_broken")
    assert (await give(world, "community", "resident2", "volunteer", "grid"))["in_force"]


async def test_a_second_account_is_the_same_person(world: World, owner: Database) -> None:
    """Whatever they sign in with: an account beside the first gives its person nothing the first could not."""
    account, sign_in, moment = new_id(), new_id(), now()
    key: dict[str, Any] = {"district_id": world.district_id}
    second = key | {"id": account, "person_id": world.people["community"], "former_hashes": [], "version": 1}
    flags = {"password_temporary": False, "demo": True, "created_at": moment, "updated_at": moment}
    await change(owner, world, insert(Account).values(second | flags))
    lasts = {"method": "password", "started_at": moment, "expires_at": moment + HOUR}
    await change(owner, world, insert(SignIn).values(key | {"id": sign_in, "account_id": account} | lasts))
    world.people["double"] = world.people["community"]
    world.accounts["double"], world.sign_ins["double"] = account, sign_in
    assert (await world.ok("double", "GET", "/v1/me"))["person"]["id"] == str(world.people["community"])
    assert await refused(world, "double", "community", "grid_worker", "grid") == (403, "forbidden")
    assert await refused(world, "community", "double", "grid_worker", "grid") == (403, "forbidden")
    assert (await give(world, "double", "nobody", "grid_worker", "grid"))["in_force"]


async def test_by_phone_nobody_gives_roles(world: World, owner: Database) -> None:
    """A weaker way of signing in carries no authority over others, in giving and in taking."""
    given = await give(world, "community", "nobody", "grid_worker", "grid")
    weaker = update(SignIn).where(SignIn.id == world.sign_ins["community"]).values(method="phone")
    await change(owner, world, weaker)
    assert await refused(world, "community", "member1", "grid_worker", "grid") == (403, "forbidden")
    await revoke(world, "community", given, 404)
    assert (await world.ok("community", "GET", "/v1/me"))["grants"] == []


async def test_the_database_itself_refuses_a_gift_to_oneself(world: World, owner: Database) -> None:
    given = await give(world, "community", "nobody", "grid_worker", "grid")
    wrong = update(Grant).where(Grant.id == UUID(given["id"])).values(granted_by=Grant.person_id)
    with pytest.raises(DBAPIError, match="not_to_oneself"):
        await change(owner, world, wrong)


async def test_what_is_given_ends_before_the_givers_own(world: World, owner: Database) -> None:
    until = now() + HOUR
    mine = update(Grant).where(Grant.person_id == world.people["community"])
    await change(owner, world, mine.values(ends_at=until))
    assert await refused(world, "community", "nobody", "grid_worker", "grid") == (422, "rule_broken")
    later = await refused(world, "community", "nobody", "grid_worker", "grid", ends_at=until + HOUR)
    assert later == (422, "rule_broken")
    assert (await give(world, "community", "nobody", "grid_worker", "grid", ends_at=until))["in_force"]


async def test_times_make_sense(world: World) -> None:
    moment = now()
    for span in (
        {"starts_at": moment - HOUR},
        {"starts_at": moment + HOUR, "ends_at": moment + HOUR},
        {"ends_at": moment - HOUR},
    ):
        assert await refused(world, "community", "nobody", "grid_worker", "grid", **span) == (422, "rule_broken")


async def test_a_role_of_tomorrow_is_not_held_today(world: World) -> None:
    given = await give(world, "community", "nobody", "grid_worker", "grid", starts_at=now() + HOUR)
    assert given["in_force"] is False
    assert (await world.ok("nobody", "GET", "/v1/me"))["grants"] == []
    assert (await world.call("nobody", "GET", "/v1/needs")).status_code == 403
    ended = await revoke(world, "community", given)
    assert ended["ends_at"] == ended["starts_at"]
    again = await give(world, "community", "nobody", "grid_worker", "grid", starts_at=now() + HOUR)
    assert again["id"] != given["id"]


async def test_a_role_is_held_once_at_any_moment(world: World) -> None:
    first = await give(world, "community", "nobody", "grid_worker", "grid", ends_at=now() + HOUR)
    assert await refused(world, "community", "nobody", "grid_worker", "grid") == (409, "duplicate")
    overlap = {"starts_at": now() + HOUR / 2, "ends_at": now() + 2 * HOUR}
    assert await refused(world, "district", "nobody", "grid_worker", "grid", **overlap) == (409, "duplicate")
    after = await give(world, "community", "nobody", "grid_worker", "grid", starts_at=first["ends_at"])
    assert after["in_force"] is False
    await revoke(world, "community", after)
    await revoke(world, "community", first)
    assert (await give(world, "community", "nobody", "grid_worker", "grid"))["in_force"]
    history = await world.ok("community", "GET", "/v1/grants", params={"person_id": str(world.people["nobody"])})
    assert [g["in_force"] for g in history["items"]] == [True, False, False]


async def test_of_64_at_once_one_is_given(world: World, owner: Database) -> None:
    wanted = form(world, "nobody", "grid_worker", "grid")
    givers = ["community", "subdistrict", "district", "security"] * 16
    answers = await asyncio.gather(*(world.call(who, "POST", "/v1/grants", json=wanted) for who in givers))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 63
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"duplicate"}
    person = Grant.person_id == world.people["nobody"]
    assert await count(owner, world.district_id, Grant, person) == 1
    assert await count(owner, world.district_id, Event, Event.aggregate == "grant") == 1


async def test_of_many_revocations_at_once_one_counts(world: World, owner: Database) -> None:
    given = await give(world, "community", "nobody", "grid_worker", "grid")
    path = f"/v1/grants/{given['id']}/revoke"
    calls = (world.call("community", "POST", path, json={"reason": "调离"}) for _ in range(16))
    assert sorted(answer.status_code for answer in await asyncio.gather(*calls)) == [200] + [409] * 15
    assert await count(owner, world.district_id, Event, Event.aggregate == "grant") == 2


async def test_sent_again_it_is_given_and_taken_once(world: World, owner: Database) -> None:
    wanted, key = form(world, "nobody", "grid_worker", "grid"), {"idempotency-key": str(new_id())}
    first, again = [await world.call("community", "POST", "/v1/grants", json=wanted, headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    path, key = f"/v1/grants/{first.json()['id']}/revoke", {"idempotency-key": str(new_id())}
    ended = [await world.call("community", "POST", path, json={"reason": "调离"}, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in ended] == [200, 200]
    assert await count(owner, world.district_id, Event, Event.aggregate == "grant") == 2


async def test_one_event_each_and_the_person_is_told(world: World, owner: Database, app: FastAPI) -> None:
    given = await give(world, "community", "nobody", "grid_worker", "grid")
    await give(world, "community", "nobody", "volunteer", "grid")
    await revoke(world, "community", given)
    await revoke(world, "nobody", (await world.ok("nobody", "GET", "/v1/me"))["grants"][0])
    async with owner.transaction(world.district_id) as session:
        mine = (
            select(Event).where(Event.district_id == world.district_id, Event.aggregate == "grant").order_by(Event.id)
        )
        told = (await session.scalars(mine)).all()
    assert [(e.action, e.seq, str(e.actor_id) == str(world.people["nobody"])) for e in told] == [
        ("create", 1, False),
        ("create", 1, False),
        ("revoke", 2, False),
        ("revoke", 2, True),
    ]
    assert told[2].data["reason"] == "调离"
    await give(world, "community", "nobody", "party_member", "community")
    await relay.relay_district(app.state.database, world.district_id)
    notices = (await world.ok("nobody", "GET", "/v1/notices"))["items"]
    words = [n["text"] for n in notices]
    assert sorted(words) == sorted(
        ["您已获授予“网格员”角色", "您已获授予“志愿者”角色", "您的“网格员”角色已被收回", "您已获授予“党员”角色"]
    )


@pytest.mark.parametrize(
    ("person", "role", "refusal"),
    [
        ("nobody", Role.AUDIT_ADMIN, None),
        ("member1", Role.SYSTEM_ADMIN, None),
        ("system", Role.SYSTEM_ADMIN, Conflict),
        ("system", Role.AUDIT_ADMIN, Conflict),
        ("grid", Role.SECURITY_ADMIN, Conflict),
        ("manager", Role.AUDIT_ADMIN, Conflict),
        ("nobody", Role.GRID_WORKER, RuleBroken),
    ],
)
async def test_separated_administrators_are_appointed_by_the_operator(
    world: World, app: FastAPI, person: str, role: Role, refusal: type[Exception] | None
) -> None:
    async with app.state.database.transaction(world.district_id) as session:
        if refusal is None:
            made = await grants.appoint(session, world.people[person], role)
            assert (made.granted_by, made.place_id, made.ends_at) == (None, world.places["district"], None)
        else:
            with pytest.raises(refusal):
                await grants.appoint(session, world.people[person], role)


async def test_a_separated_administrator_becomes_nothing_else(world: World) -> None:
    for person in ("system", "audit"):
        answer = await world.call(
            "security", "POST", "/v1/grants", json=form(world, person, "district_admin", "district")
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert "三员" in answer.json()["detail"]
    assert (await give(world, "community", "system", "volunteer", "community"))["in_force"], (
        "as a neighbour they may help"
    )


@pytest.mark.parametrize(("one", "other"), [("system_admin", "audit_admin"), ("security_admin", "grid_worker")])
async def test_the_database_keeps_them_apart(world: World, owner: Database, one: str, other: str) -> None:
    await change(owner, world, insert(Grant).values(_row(world, one)))
    with pytest.raises(DBAPIError, match="ex_grants_separated"):
        await change(owner, world, insert(Grant).values(_row(world, other)))


def _row(world: World, role: str) -> dict[str, Any]:
    place = "grid" if role == "grid_worker" else "district"
    return {
        "district_id": world.district_id,
        "id": new_id(),
        "person_id": world.people["nobody"],
        "role": Role(role),
        "place_id": world.places[place],
        "path": world.paths[place],
        "place_kind": place,
        "version": 1,
    }


async def test_ending_all_that_somebody_holds(world: World, app: FastAPI) -> None:
    await give(world, "community", "grid", "volunteer", "community", starts_at=now() + HOUR)
    async with app.state.database.transaction(world.district_id) as session:
        await grants_end.end_all(session, None, world.people["grid"], reason="erased")
    held = await world.ok("security", "GET", "/v1/grants", params={"person_id": str(world.people["grid"])})
    assert len(held["items"]) == 2
    assert all(g["revoked_at"] and g["revoked_by"] is None for g in held["items"])
