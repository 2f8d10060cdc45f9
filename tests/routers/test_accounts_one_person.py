"""The account is the person's one account: a login joins the way in they have, and shutting it shuts every way in."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.models import Account, Person
from tests.profiles import merged
from tests.routers.conftest import Mobile
from tests.routers.registering import PHONE, register, signed_in
from tests.routers.test_phone_codes import code_for, tried
from tests.signing_in import give_password, visitor
from tests.worlds import World

WHY = {"reason": "已调离本社区"}


async def recorded(mobile: Mobile) -> str:
    form = {"name": "巴图", "phone": PHONE, "place_id": str(mobile.world.places["home2"])}
    return str((await mobile.world.ok("grid", "POST", "/v1/people", json=form))["id"])


async def by_phone(mobile: Mobile) -> Any:
    return await tried(mobile, await code_for(mobile, PHONE), PHONE)


async def with_login(mobile: Mobile, person_id: str, login: str = "batu") -> Any:
    return await mobile.world.call("system", "POST", "/v1/accounts", json={"person_id": person_id, "login": login})


async def step(world: World, account_id: Any, verb: str) -> int:
    return (await world.call("system", "POST", f"/v1/accounts/{account_id}/{verb}", json=WHY)).status_code


async def test_a_login_joins_the_account_somebody_comes_by(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    tokens = (await by_phone(mobile)).json()
    (before,) = await mobile.rows(Account, Account.person_id == person_id)
    opened = await with_login(mobile, person_id)
    assert (opened.status_code, opened.json()["login"], opened.headers["etag"]) == (201, "batu", '"2"')
    (after,) = await mobile.rows(Account, Account.person_id == person_id)
    assert (UUID(opened.json()["id"]), after.id) == (before.id, before.id)
    assert (after.password_temporary, after.password_set_at) == (True, None)
    assert (await mobile.as_bearer(tokens, "GET", "/v1/me")).status_code == 200, "what is signed in goes on"
    assert (await with_login(mobile, person_id, "batu-two")).json()["detail"] == "此人已有账号"


async def test_disabling_shuts_every_way_in_and_enabling_opens_them(mobile: Mobile) -> None:
    tokens = [(await register(mobile)).json(), (await by_phone(mobile)).json()]
    person_id = (await mobile.me(tokens[0]))["person"]["id"]
    account = (await with_login(mobile, person_id)).json()["id"]
    assert await step(mobile.world, account, "disable") == 200
    for pair in tokens:
        assert (await mobile.as_bearer(pair, "GET", "/v1/me")).status_code == 401
    assert (await by_phone(mobile)).status_code == 401
    assert (await signed_in(mobile)).status_code == 401
    assert await step(mobile.world, account, "disable") == 409
    assert await step(mobile.world, account, "enable") == 200
    assert (await by_phone(mobile)).status_code == 200
    assert (await signed_in(mobile)).status_code == 200


async def test_no_login_is_a_way_round_a_disabled_account(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    await by_phone(mobile)
    (account,) = await mobile.rows(Account, Account.person_id == person_id)
    assert await step(mobile.world, account.id, "disable") == 200
    refused = await with_login(mobile, person_id)
    assert (refused.status_code, refused.json()["detail"]) == (409, "此人的账号已停用，请先启用")


async def test_first_coming_by_phone_while_the_login_is_given_makes_one_account(mobile: Mobile) -> None:
    person_id = await recorded(mobile)
    sent = await code_for(mobile, PHONE)
    answers = await asyncio.gather(tried(mobile, sent, PHONE), with_login(mobile, person_id))
    assert [answer.status_code for answer in answers] == [200, 201]
    (account,) = await mobile.rows(Account, Account.person_id == person_id)
    assert account.login == "batu"


async def test_of_somebody_merged_both_accounts_are_shut(world: World, owner: Database) -> None:
    await merged(world, "nobody", "resident1")
    for who in ("nobody", "resident1"):
        await give_password(owner, world, who)
    there = visitor(world)
    pairs = [await there.signed_in(who) for who in ("nobody", "resident1")]
    assert await step(world, world.accounts["nobody"], "disable") == 200
    for who, pair in zip(("nobody", "resident1"), pairs, strict=True):
        assert (await there.call(pair["access_token"], "GET", "/v1/me")).status_code == 401
        assert (await there.sign_in(who)).status_code == 401
    assert await step(world, world.accounts["resident1"], "disable") == 409
    assert await step(world, world.accounts["resident1"], "enable") == 200
    for who in ("nobody", "resident1"):
        await there.signed_in(who)


async def test_one_account_left_open_is_shut_by_the_other(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        shut = update(Account).where(Account.id == world.accounts["nobody"]).values(disabled_at=now())
        await session.execute(shut)
    await merged(world, "nobody", "resident1")
    assert await step(world, world.accounts["nobody"], "disable") == 200
    async with owner.transaction(world.district_id) as session:
        rows = select(Account.disabled_at).where(Account.person_id == world.people["resident1"])
        assert None not in (await session.scalars(rows)).all()


async def test_wechat_waits_for_a_disabling_under_way(mobile: Mobile) -> None:
    tokens = (await register(mobile)).json()
    person_id = (await mobile.me(tokens))["person"]["id"]
    async with mobile.owner.transaction(mobile.district_id) as session:
        await session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
        theirs = Account.person_id == person_id
        await session.execute(update(Account).where(theirs).values(disabled_at=now()))
        coming = asyncio.create_task(signed_in(mobile))
        await asyncio.sleep(0.3)
    assert (await coming).status_code == 401
