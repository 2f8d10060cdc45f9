"""Accounts in the hands of the system administrator: who may, what they see, and that no password is kept in clear."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import select, text

from app.core.clock import now
from app.core.crypto import MasterKey, Sealer
from app.core.db import Database
from app.core.errors import Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain.people import Role
from app.models import Account, Event, Grant
from app.services import accounts_first
from tests.signing_in import PASSWORD, account_of, code, entries, give_password, visitor
from tests.worlds import STAFF, World

WHY = {"reason": "本人当面申请"}
STEPS = ("disable", "enable", "reset-password", "reset-second-factor")


def of(world: World, who: str) -> str:
    return f"/v1/accounts/{world.accounts[who]}"


async def opened(world: World, who: str = "nobody", login: str = "newcomer") -> dict[str, Any]:
    """An account for somebody who has none with a login."""
    found: dict[str, Any] = await world.ok(
        "system", "POST", "/v1/accounts", json={"person_id": str(world.people[who]), "login": login}
    )
    return found


async def without_login(owner: Database, world: World, who: str) -> None:
    async with owner.transaction(world.district_id) as session:
        account = (await session.scalars(select(Account).where(Account.id == world.accounts[who]))).one()
        account.login = account.password_hash = None


async def test_the_system_administrator_sees_accounts_and_masked_names(world: World) -> None:
    listed = await world.ok("system", "GET", "/v1/accounts", params={"limit": 100})
    assert {item["id"] for item in listed["items"]} == {str(account) for account in world.accounts.values()}
    one = await world.ok("system", "GET", of(world, "grid"))
    assert one in listed["items"]
    assert (one["login"], one["person_id"], one["person_name"]) == ("grid", str(world.people["grid"]), "测****d")
    assert one.keys() & {"phone", "id_number", "password_hash", "place_id", "totp_sealed"} == set()
    narrowed = await world.ok("system", "GET", "/v1/accounts", params={"login": "sibling_"})
    assert {item["login"] for item in narrowed["items"]} == {"sibling_grid", "sibling_community"}
    assert (await world.ok("system", "GET", "/v1/accounts", params={"disabled": True}))["items"] == []


@pytest.mark.parametrize("who", sorted({*STAFF, "resident1", "member1"} - {"system"}))
async def test_nobody_else_has_a_say(world: World, owner: Database, who: str) -> None:
    form = {"person_id": str(world.people["nobody"]), "login": "newcomer"}
    assert (await world.call(who, "GET", "/v1/accounts")).status_code == 403
    assert (await world.call(who, "POST", "/v1/accounts", json=form)).status_code == 403
    missing = f"/v1/accounts/{new_id()}"
    for path, there in ((of(world, "volunteer1"), True), (missing, False)):
        assert (await world.call(who, "GET", path)).status_code == 404, there
        for step in STEPS:
            assert (await world.call(who, "POST", f"{path}/{step}", json=WHY)).status_code == 404, (step, there)
    assert (await account_of(owner, world, "volunteer1")).version == 1


async def test_another_districts_accounts_are_not_there(world: World, other_world: World) -> None:
    for step in STEPS:
        assert (await world.call("system", "POST", f"{of(other_world, 'grid')}/{step}", json=WHY)).status_code == 404
    form = {"person_id": str(other_world.people["grid"]), "login": "newcomer"}
    assert (await world.call("system", "POST", "/v1/accounts", json=form)).status_code == 404


async def test_nobody_touches_an_account_of_their_own(world: World, owner: Database) -> None:
    for step in STEPS:
        answer = await world.call("system", "POST", f"{of(world, 'system')}/{step}", json=WHY)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), step
    form = {"person_id": str(world.people["system"]), "login": "another"}
    assert (await world.call("system", "POST", "/v1/accounts", json=form)).status_code == 403
    assert (await account_of(owner, world, "system")).version == 1


async def test_from_opening_to_the_first_sign_in(world: World, owner: Database) -> None:
    await without_login(owner, world, "nobody")
    account = await opened(world)
    assert (account["password_temporary"], account["password_set_at"]) == (True, None)
    there = visitor(world)
    answer = await world.call("system", "POST", f"/v1/accounts/{account['id']}/reset-password", json=WHY)
    given = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert given["login"] == "newcomer"
    challenge = await there.owed("newcomer", "new_password_required", given["password"])
    got = await there.prove("new-password", challenge=challenge, password=PASSWORD)
    me = (await there.call(got.json()["access_token"], "GET", "/v1/me")).json()
    assert me["person"]["id"] == str(world.people["nobody"])
    assert (await there.sign_in("newcomer", given["password"])).status_code == 401
    async with owner.transaction(world.district_id) as session:
        rows = select(Event.action).where(Event.aggregate_id == world.people["nobody"]).order_by(Event.seq)
        assert (await session.scalars(rows)).all() == ["open_account", "reset_password"]


async def test_the_temporary_password_is_kept_nowhere_and_not_told_again(world: World, owner: Database) -> None:
    key = {"idempotency-key": "the-same-key"}
    path = f"{of(world, 'grid')}/reset-password"
    first = (await world.call("system", "POST", path, json=WHY, headers=key)).json()["password"]
    second = await world.call("system", "POST", path, json=WHY, headers=key)
    assert "idempotency-replayed" not in second.headers
    assert second.json()["password"] != first
    tables = ("accounts", "audit_entries", "events", "idempotency_keys", "notices", "challenges", "outbox")
    async with owner.transaction(world.district_id) as session:
        for table in tables:
            rows = await session.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t"))  # noqa: S608
            assert not any(first in row[0] or first.encode().hex() in row[0] for row in rows), table
    parts = first.split("-")
    assert [len(part) for part in parts] == [4, 4, 4, 4]
    assert any(sign.isdigit() for sign in first)
    assert any(sign.islower() for sign in first)


async def test_a_keyed_opening_is_answered_the_same_again_and_holds_no_password(world: World, owner: Database) -> None:
    await without_login(owner, world, "nobody")
    form, key = {"person_id": str(world.people["nobody"]), "login": "newcomer"}, {"idempotency-key": "open-once"}
    answers = [await world.call("system", "POST", "/v1/accounts", json=form, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert "password" not in answers[0].json()
    assert answers[0].headers["location"] == f"/v1/accounts/{answers[0].json()['id']}"


async def test_one_login_one_account(world: World, owner: Database) -> None:
    await without_login(owner, world, "nobody")

    async def tried(who: str, login: str) -> tuple[int, str]:
        form = {"person_id": str(world.people[who]), "login": login}
        answer = await world.call("system", "POST", "/v1/accounts", json=form)
        return answer.status_code, answer.json().get("detail", "")

    assert await tried("nobody", "grid") == (409, "此用户名已被使用")
    assert await tried("grid", "grid-two") == (409, "此人已有账号")
    assert (await tried("nobody", "Grid"))[0] == 422
    assert (await tried("nobody", "newcomer"))[0] == 201


async def test_disabling_is_in_force_with_the_next_request_hot_ones_too(world: World, owner: Database) -> None:
    await give_password(owner, world, "member1")
    there = visitor(world)
    pair = await there.signed_in("member1")
    shut = await world.ok("system", "POST", f"{of(world, 'member1')}/disable", json=WHY)
    assert shut["disabled_at"] is not None
    token, order = pair["access_token"], new_id()
    for path in ("/v1/me", "/v1/orders", "/v1/needs"):
        assert (await there.call(token, "GET", path)).status_code == 401, path
    for verb in ("take", "accept"):
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(new_id())}
        answer = await there.client.post(f"/v1/orders/{order}/{verb}", headers=headers, json={})
        assert answer.status_code == 401, verb
    assert (await there.refresh(pair["refresh_token"])).status_code == 401
    assert (await there.sign_in("member1")).status_code == 401
    again = await world.call("system", "POST", f"{of(world, 'member1')}/disable", json=WHY)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    await world.ok("system", "POST", f"{of(world, 'member1')}/enable", json=WHY)
    assert (await there.call(token, "GET", "/v1/me")).status_code == 401, "what has ended stays ended"
    await there.signed_in("member1")


async def test_resetting_the_password_ends_what_was_signed_in(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    pair = await there.signed_in("grid")
    given = await world.ok("system", "POST", f"{of(world, 'grid')}/reset-password", json=WHY)
    assert (await there.call(pair["access_token"], "GET", "/v1/me")).status_code == 401
    assert (await there.refresh(pair["refresh_token"])).status_code == 401
    assert (await there.sign_in("grid")).status_code == 401
    with time_machine.travel(now() + timedelta(days=3, minutes=1)):
        assert (await there.sign_in("grid", given["password"])).json()["code"] == "unauthenticated"


async def test_a_lost_authenticator_is_taken_away(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    token = (await there.signed_in("grid"))["access_token"]
    none = await world.call("system", "POST", f"{of(world, 'grid')}/reset-second-factor", json=WHY)
    assert (none.status_code, none.json()["code"]) == (409, "wrong_state")
    secret = (await there.call(token, "POST", "/v1/me/second-factor", json={"password": PASSWORD})).json()["secret"]
    await there.call(token, "POST", "/v1/me/second-factor/confirm", json={"code": code(secret, now())})
    assert (await world.ok("system", "GET", of(world, "grid")))["second_factor"] is True
    after = await world.ok("system", "POST", f"{of(world, 'grid')}/reset-second-factor", json=WHY)
    assert after["second_factor"] is False
    assert (await there.call(token, "GET", "/v1/me")).status_code == 401
    await there.signed_in("grid")


async def test_each_step_leaves_one_entry_with_its_reason(world: World, owner: Database) -> None:
    before = len(await entries(owner, world.district_id))
    for step in ("disable", "enable", "reset-password"):
        await world.ok("system", "POST", f"{of(world, 'grid')}/{step}", json=WHY)
    found = (await entries(owner, world.district_id))[before:]
    assert [entry.operation for entry in found] == ["account_disable", "account_enable", "account_reset_password"]
    for entry in found:
        said = (entry.actor_id, entry.subject_id, entry.person_id, entry.why)
        assert said == (world.people["system"], world.accounts["grid"], world.people["grid"], WHY["reason"])


async def test_the_operator_appoints_the_first_administrators(world: World, owner: Database, app: FastAPI) -> None:
    district, there = world.district_id, visitor(world)
    async with owner.transaction(district) as session:
        password = await accounts_first.appoint(
            session, app.state.sealer, district, Role.SYSTEM_ADMIN, "first.system", "测试某"
        )
    challenge = await there.owed("first.system", "new_password_required", password)
    token = (await there.prove("new-password", challenge=challenge, password=PASSWORD)).json()["access_token"]
    listed = (await there.call(token, "GET", "/v1/accounts", params={"login": "first."})).json()["items"]
    assert [(item["login"], item["person_name"]) for item in listed] == [("first.system", "测*某")]
    async with owner.transaction(district) as session:
        held = select(Grant.role, Grant.path, Grant.granted_by).where(Grant.person_id == listed[0]["person_id"])
        assert (await session.execute(held)).all() == [(Role.SYSTEM_ADMIN, world.paths["district"], None)]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"login": "grid"}, Duplicate),
        ({"login": "Not A Login"}, RuleBroken),
        ({"name": "  "}, RuleBroken),
        ({"district_id": 999_999}, NotFound),
    ],
)
async def test_what_cannot_be_appointed_is_refused_and_leaves_nothing(
    world: World, owner: Database, change: dict[str, Any], refusal: type[Exception]
) -> None:
    asked: dict[str, Any] = {
        "district_id": world.district_id,
        "role": Role.AUDIT_ADMIN,
        "login": "audit.one",
        "name": "测试某",
    } | change
    sealer = Sealer(MasterKey(b"0123456789abcdef0123456789abcdef"))
    with pytest.raises(refusal):
        async with owner.transaction(asked["district_id"]) as session:
            await accounts_first.appoint(session, sealer, **asked)
    async with owner.transaction(world.district_id) as session:
        logins = select(Account.login).where(
            Account.district_id == world.district_id, Account.login.in_(["audit.one", "Not A Login"])
        )
        assert (await session.scalars(logins)).all() == []
