"""Taking roles away, laying them down, and seeing who holds what; each works from the next request on."""

from typing import Any

from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.models import Grant
from tests.routers.authority import HOUR, change, give, own_grant, refused, revoke
from tests.stories.steps import accepted_need, act, only_order, submitted
from tests.worlds import World


async def test_a_role_counts_from_the_next_request_on(world: World) -> None:
    need = await submitted(world)
    assert (await world.call("nobody", "GET", f"/v1/needs/{need['id']}")).status_code == 404
    given = await give(world, "community", "nobody", "grid_worker", "grid")
    assert (await world.call("nobody", "GET", f"/v1/needs/{need['id']}")).status_code == 200
    await revoke(world, "community", given)
    assert (await world.call("nobody", "GET", f"/v1/needs/{need['id']}")).status_code == 404


async def test_hot_verbs_see_it_too(world: World) -> None:
    order = await only_order(world, await accepted_need(world, people_wanted=2))
    await act(world, "grid", order, "publish")
    take = f"/v1/orders/{order['id']}/take"
    assert (await world.call("nobody", "POST", take, json={})).status_code == 404
    await give(world, "community", "nobody", "party_member", "community")
    mine = await own_grant(world, "volunteer1")
    await revoke(world, "community", mine)
    assert (await world.call("volunteer1", "POST", take, json={})).status_code == 404
    answer = await world.call("nobody", "POST", take, json={})
    assert answer.status_code in {200, 422}, "seen; whether the skill fits is another question"


async def test_taking_away(world: World) -> None:
    grid = await own_grant(world, "grid")
    for who, status in (
        ("sibling_community", 404),
        ("resident1", 404),
        ("auditor", 403),
        ("system", 404),
        ("audit", 404),
    ):
        await revoke(world, who, grid, status)
    ended = await revoke(world, "security", grid)
    assert (ended["in_force"], ended["revoked_by"]) == (False, str(world.people["security"]))
    assert ended["ends_at"] == ended["revoked_at"]
    await revoke(world, "security", grid, 409)
    assert (await world.call("grid", "GET", "/v1/needs")).status_code == 403
    kept = await world.ok("community", "GET", f"/v1/grants/{grid['id']}")
    assert kept == ended


async def test_those_below_take_nothing_from_those_above(world: World) -> None:
    above = await own_grant(world, "subdistrict")
    await revoke(world, "community", above, 404)
    await revoke(world, "auditor", above, 403)
    equal = await own_grant(world, "community")
    other = await give(world, "subdistrict", "nobody", "community_admin", "community")
    await revoke(world, "community", other, 403)
    await revoke(world, "nobody", equal, 403)
    for separated in ("system", "security", "audit"):
        await revoke(world, "district", await own_grant(world, separated), 403)
        await revoke(world, separated, await own_grant(world, separated), 403)


async def test_laying_down_ones_own(world: World) -> None:
    for who, status in (
        ("volunteer1", 200),
        ("community", 200),
        ("manager", 200),
        ("auditor", 200),
        ("resident1", 403),
    ):
        await revoke(world, who, await own_grant(world, who), status)
    assert (await world.ok("volunteer1", "GET", "/v1/me"))["grants"] == []


async def test_what_has_ended_by_itself_is_over(world: World, owner: Database) -> None:
    grant = await own_grant(world, "grid")
    past = {"starts_at": now() - 2 * HOUR, "ends_at": now() - HOUR}
    await change(owner, world, update(Grant).where(Grant.person_id == world.people["grid"]).values(**past))
    await revoke(world, "community", grant, 409)
    assert await refused(world, "grid", "nobody", "volunteer", "grid") == (403, "forbidden")


async def test_who_sees_which_grants(world: World) -> None:
    every = (await world.ok("security", "GET", "/v1/grants", params={"limit": 100}))["items"]
    assert len(every) == 20
    seen = {
        who: {g["person_id"] for g in (await world.ok(who, "GET", "/v1/grants", params={"limit": 100}))["items"]}
        for who in ("district", "auditor", "community", "grid", "resident1", "system")
    }
    everyone = {g["person_id"] for g in every}
    assert seen["district"] == seen["auditor"] == everyone
    outside = {
        str(world.people[w]) for w in ("district", "subdistrict", "sibling_grid", "sibling_community", "security")
    }
    assert not seen["community"] & outside
    assert str(world.people["volunteer1"]) in seen["community"]
    assert seen["grid"] == {str(world.people["grid"])}
    assert seen["resident1"] == {str(world.people["resident1"])}
    assert seen["system"] == {str(world.people["system"])}
    assert (await world.call("nobody", "GET", "/v1/grants")).status_code == 403
    hidden = await own_grant(world, "sibling_grid")
    assert (await world.call("community", "GET", f"/v1/grants/{hidden['id']}")).status_code == 404


async def test_filters_and_pages(world: World) -> None:
    async def listed(**params: Any) -> list[Any]:
        found = await world.ok("security", "GET", "/v1/grants", params={"limit": 100} | params)
        return list(found["items"])

    assert {g["role"] for g in await listed(role="party_member")} == {"party_member"}
    assert len(await listed(place_id=str(world.places["grid"]))) == 1
    assert len(await listed(person_id=str(world.people["grid"]))) == 1
    await revoke(world, "community", await own_grant(world, "grid"))
    assert await listed(person_id=str(world.people["grid"]), in_force=True) == []
    assert len(await listed(person_id=str(world.people["grid"]), in_force=False)) == 1
    first = await world.ok("security", "GET", "/v1/grants", params={"limit": 12})
    rest = await world.ok("security", "GET", "/v1/grants", params={"limit": 12, "cursor": first["next_cursor"]})
    assert len({g["id"] for g in first["items"] + rest["items"]}) == 20
    assert rest["next_cursor"] is None
