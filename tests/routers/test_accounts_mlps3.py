"""Where staff need a second factor, no sign-in carries their roles without one, whenever the role came; and none outlasts
its password.
"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.domain.accounts import SignInMethod
from app.models import SignIn
from tests.routers.authority import give, own_grant, revoke
from tests.routers.test_sign_in_methods import published, roles
from tests.signing_in import STRONG, Visitor, code, give_password, visitor
from tests.worlds import World


@pytest.fixture(autouse=True)
async def proved(world: World, owner: Database, mlps3: None) -> None:
    """Everybody of the world has signed in with an authenticator."""
    await with_second_factor(world, owner, proved=True)


async def with_second_factor(world: World, owner: Database, who: str | None = None, *, proved: bool) -> None:
    mine = update(SignIn).where(SignIn.district_id == world.district_id)
    if who is not None:
        mine = mine.where(SignIn.id == world.sign_ins[who])
    async with owner.transaction(world.district_id) as session:
        await session.execute(mine.values(second_factor=proved))


async def carried(there: Visitor, token: str) -> list[str]:
    return [grant["role"] for grant in (await there.call(token, "GET", "/v1/me")).json()["grants"]]


async def made_district_admin(world: World, who: str = "resident1") -> None:
    await give(world, "security", who, "district_admin", "district")


async def bind(there: Visitor, token: str, moment: Any) -> str:
    """The secret of an authenticator bound in a running sign-in; the clock moves on one step."""
    started = await there.call(token, "POST", "/v1/me/second-factor", json={"password": STRONG})
    secret = str(started.json()["secret"])
    form = {"code": code(secret, now())}
    assert (await there.call(token, "POST", "/v1/me/second-factor/confirm", json=form)).status_code == 200
    moment.shift(30)
    return secret


async def test_a_role_given_later_waits_for_an_authenticator(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "resident1", STRONG)
    there = visitor(world)
    pair = await there.signed_in("resident1", STRONG)
    await made_district_admin(world)
    again = await there.refresh(pair["refresh_token"])
    assert again.status_code == 200, "a resident goes on as a resident"
    for token in (pair["access_token"], again.json()["access_token"]):
        assert await carried(there, token) == ["resident"]
        assert (await there.call(token, "GET", "/v1/people")).status_code == 403
    challenge = await there.owed("resident1", "second_factor_setup_required", STRONG)
    secret = (await there.prove("second-factor/setup", challenge=challenge)).json()["secret"]
    got = (await there.prove("second-factor", challenge=challenge, code=code(secret, now()))).json()
    assert sorted(await carried(there, got["access_token"])) == ["district_admin", "resident"]
    prolonged = (await there.refresh(got["refresh_token"])).json()["access_token"]
    assert (await there.call(prolonged, "GET", "/v1/people")).status_code == 200


async def test_one_may_be_bound_in_the_running_sign_in(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "resident1", STRONG)
    there = visitor(world)
    here, elsewhere = [(await there.signed_in("resident1", STRONG))["access_token"] for _ in range(2)]
    await made_district_admin(world)
    await bind(there, here, moment)
    assert sorted(await carried(there, here)) == ["district_admin", "resident"]
    assert await carried(there, elsewhere) == ["resident"]


@pytest.mark.parametrize("body", ["{}", "{ }"], ids=["the short way", "the usual way"])
async def test_hot_verbs_obey(world: World, owner: Database, body: str) -> None:
    """The reader's 403 becomes the stranger's 404; a helper needs no second factor."""
    order = await published(world)
    path, json = f"/v1/orders/{order['id']}/take", {"content-type": "application/json"}
    assert (await world.call("community", "POST", path, content=body, headers=json)).status_code == 403
    await with_second_factor(world, owner, "community", proved=False)
    assert await roles(world, "community") == []
    assert (await world.call("community", "POST", path, content=body, headers=json)).status_code == 404
    await with_second_factor(world, owner, "member1", proved=False)
    assert (await world.call("member1", "POST", path, content=body, headers=json)).status_code == 200


async def test_staff_do_not_take_their_authenticator_away(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid", STRONG)
    there = visitor(world)
    challenge = await there.owed("grid", "second_factor_setup_required", STRONG)
    secret = (await there.prove("second-factor/setup", challenge=challenge)).json()["secret"]
    got = (await there.prove("second-factor", challenge=challenge, code=code(secret, now()))).json()
    refused = await there.call(got["access_token"], "POST", "/v1/me/second-factor/remove", json={"password": STRONG})
    assert (refused.status_code, refused.json()["code"]) == (422, "rule_broken")
    moment.shift(30)
    await there.owed("grid", "second_factor_required", STRONG)


async def test_who_took_theirs_away_is_given_no_role_on_its_strength(
    world: World, owner: Database, moment: Any
) -> None:
    await give_password(owner, world, "resident1", STRONG)
    there = visitor(world)
    token = (await there.signed_in("resident1", STRONG))["access_token"]
    await bind(there, token, moment)
    removed = await there.call(token, "POST", "/v1/me/second-factor/remove", json={"password": STRONG})
    assert removed.status_code == 200
    await made_district_admin(world)
    assert await carried(there, token) == ["resident"]


async def test_no_sign_in_by_password_outlasts_the_password(world: World, owner: Database) -> None:
    await give_password(owner, world, "resident1", STRONG, password_set_at=now() - timedelta(days=89))
    there = visitor(world)
    pair, by_phone = [await there.signed_in("resident1", STRONG) for _ in range(2)]
    query = select(SignIn.id).where(SignIn.account_id == world.accounts["resident1"]).order_by(SignIn.id.desc())
    async with owner.transaction(world.district_id) as session:
        newest = await session.scalar(query.limit(1))
        values = update(SignIn).where(SignIn.id == newest).values(method=SignInMethod.PHONE)
        await session.execute(values)
    with time_machine.travel(now() + timedelta(days=2)):
        over = await there.refresh(pair["refresh_token"])
        assert (over.status_code, over.json()["detail"]) == (401, "登录已失效，请重新登录")
        assert (await there.refresh(by_phone["refresh_token"])).status_code == 200
        await there.owed("resident1", "new_password_required", STRONG)
    async with owner.transaction(world.district_id) as session:
        ends = select(SignIn.ended_by).where(SignIn.account_id == world.accounts["resident1"]).order_by(SignIn.id)
        assert (await session.scalars(ends)).all() == [None, "password", None]


async def test_nor_is_a_role_laid_down_without_one(world: World, owner: Database) -> None:
    held = await own_grant(world, "district")
    await with_second_factor(world, owner, "district", proved=False)
    await revoke(world, "district", held, 404)
    await with_second_factor(world, owner, "district", proved=True)
    await revoke(world, "district", held)
