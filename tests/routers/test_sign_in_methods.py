"""What a sign-in is worth: the same person, the same grants, another way in (docs/decisions/0007)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.domain.accounts import SignInMethod
from app.models import SignIn
from tests.routers.authority import form, give, own_grant, revoke
from tests.routers.test_substitutions import DAY, arrange, end
from tests.stories.steps import accepted_need, act, only_order
from tests.worlds import STAFF, World

WEAKER = [SignInMethod.WECHAT, SignInMethod.PHONE]


async def comes_by(world: World, owner: Database, who: str, method: SignInMethod) -> None:
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(SignIn).where(SignIn.id == world.sign_ins[who]).values(method=method))


async def published(world: World) -> Any:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    return order


async def roles(world: World, who: str) -> list[str]:
    return [grant["role"] for grant in (await world.ok(who, "GET", "/v1/me"))["grants"]]


@pytest.mark.parametrize("method", WEAKER)
async def test_no_role_of_staff_comes_by_phone(world: World, owner: Database, method: SignInMethod) -> None:
    for who, (role, _) in STAFF.items():
        assert await roles(world, who) == [role]
        await comes_by(world, owner, who, method)
        assert await roles(world, who) == []


@pytest.mark.parametrize("method", WEAKER)
async def test_what_people_are_for_themselves_does(world: World, owner: Database, method: SignInMethod) -> None:
    for who, role in (("member1", "party_member"), ("volunteer1", "volunteer"), ("resident1", "resident")):
        await comes_by(world, owner, who, method)
        assert await roles(world, who) == [role]


@pytest.mark.parametrize("method", WEAKER)
async def test_ordinary_verbs_obey(world: World, owner: Database, method: SignInMethod) -> None:
    order = await published(world)
    path = f"/v1/orders/{order['id']}"
    assert (await world.call("community", "GET", path)).status_code == 200
    await comes_by(world, owner, "community", method)
    assert (await world.call("community", "GET", path)).status_code == 404
    assert (await world.call("community", "GET", "/v1/people")).status_code == 403
    assert (await world.call("community", "POST", f"{path}/suspend", json={"reason": "x"})).status_code in {404, 422}


@pytest.mark.parametrize("body", ["{}", "{ }"], ids=["the short way", "the usual way"])
async def test_hot_verbs_obey(world: World, owner: Database, body: str) -> None:
    """The reader's 403 becomes the stranger's 404; a helper takes by phone as by password."""
    order = await published(world)
    path, json = f"/v1/orders/{order['id']}/take", {"content-type": "application/json"}
    assert (await world.call("community", "POST", path, content=body, headers=json)).status_code == 403
    await comes_by(world, owner, "community", SignInMethod.PHONE)
    assert (await world.call("community", "POST", path, content=body, headers=json)).status_code == 404
    await comes_by(world, owner, "member1", SignInMethod.WECHAT)
    taken = await world.call("member1", "POST", path, content=body, headers=json)
    assert (taken.status_code, taken.json()["state"]) == (200, "accepted")
    assert UUID(taken.json()["id"]) == UUID(order["id"])


@pytest.mark.parametrize("method", WEAKER)
async def test_nobody_lays_down_by_phone_what_a_phone_does_not_carry(
    world: World, owner: Database, method: SignInMethod
) -> None:
    held = await own_grant(world, "district")
    planned = await give(world, "security", "district", "auditor", "district", starts_at=now() + DAY)
    helps = await give(world, "community", "district", "volunteer", "community")
    await comes_by(world, owner, "district", method)
    for grant in (held, planned):
        await revoke(world, "district", grant, 404)
        assert (await world.call("district", "GET", f"/v1/grants/{grant['id']}")).status_code == 404
    listed = (await world.ok("district", "GET", "/v1/grants"))["items"]
    assert [grant["id"] for grant in listed] == [helps["id"]]
    await revoke(world, "district", helps)
    await comes_by(world, owner, "district", SignInMethod.PASSWORD)
    assert await roles(world, "district") == ["district_admin"]
    await revoke(world, "district", planned)
    await revoke(world, "district", held)


@pytest.mark.parametrize("method", WEAKER)
async def test_nobody_ends_a_substitution_by_phone(world: World, owner: Database, method: SignInMethod) -> None:
    made = await arrange(world, "community", "grid")
    path = f"/v1/substitutions/{made['id']}"
    for who in ("grid", "community"):
        await comes_by(world, owner, who, method)
        assert (await world.call(who, "GET", path)).status_code == 404
        assert (await world.call(who, "GET", "/v1/substitutions")).status_code == 403
        await end(world, who, made, 404)
        await revoke(world, who, made["grants"][0], 404)
    await comes_by(world, owner, "grid", SignInMethod.PASSWORD)
    assert await world.ok("grid", "GET", path) == made
    await end(world, "grid", made)


async def test_what_a_password_shows_by_place_is_read_as_before(world: World, owner: Database) -> None:
    """Reading comes by the roles that are carried, also of somebody else's grants."""
    await comes_by(world, owner, "grid", SignInMethod.PHONE)
    held = (await world.ok("community", "GET", "/v1/grants", params={"person_id": str(world.people["grid"])}))["items"]
    assert [grant["role"] for grant in held] == ["grid_worker"]
    answer = await world.call("grid", "POST", "/v1/grants", json=form(world, "nobody", "volunteer", "grid"))
    assert answer.status_code == 403
