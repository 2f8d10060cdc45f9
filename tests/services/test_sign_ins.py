"""Signing in by password, prolonging, ending: what each answer is, what is over when, and what the trail says of it."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import argon2
import pytest
import time_machine
from sqlalchemy import select, update

from app.core import passwords
from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.accounts import IDLE, LONGEST, SignInEnd
from app.domain.audit import Caller, Outcome
from app.models import Account, RefreshToken, SignIn
from app.services import sign_ins
from app.workers import sweeping
from tests.signing_in import (
    PASSWORD,
    account_of,
    entries,
    give_password,
    looked_at,
    open_sign_ins,
    visitor,
)
from tests.worlds import World

HOME = "203.0.113.7"


async def test_a_password_gets_both_tokens_and_the_sign_in_says_where_from(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world, HOME)
    got = await there.signed_in("grid")
    assert (got["token_type"], got["expires_in"], got["refresh_expires_in"]) == ("bearer", 900, 14 * 86_400)
    assert (await there.call(got["access_token"], "GET", "/v1/me")).json()["person"]["id"] == str(world.people["grid"])
    listed = (await there.call(got["access_token"], "GET", "/v1/me/sign-ins")).json()["items"]
    assert [item["current"] for item in listed] == [True, False]
    assert (listed[0]["address"], listed[0]["device"], listed[0]["method"]) == (HOME, "Qingcheng/1.0", "password")
    (entry,) = await entries(owner, world.district_id)
    said = (entry.operation, entry.outcome, entry.caller, entry.status, entry.address)
    assert said == ("token_issue", Outcome.DONE, Caller.PERSON, 200, HOME)
    assert (entry.actor_id, entry.person_id) == (world.people["grid"], world.people["grid"])


async def test_nobody_learns_whether_a_login_is_there(
    world: World, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same status, same body, same headers, same work: one hash each, whatever is wrong."""
    await give_password(owner, world, "grid")
    await give_password(owner, world, "community", disabled_at=now())
    await give_password(owner, world, "district", password_temporary=True, password_set_at=now() - timedelta(days=4))
    done = looked_at(monkeypatch)
    there = visitor(world, HOME)
    district = world.district_id
    names = (f"grid@{district}", f"ghost@{district}", "grid@999999", "grid", "总管 ' OR 1=1 --")
    answers = [await there.form(username=name, password="not this one, really") for name in names]
    answers += [await there.sign_in(who, PASSWORD) for who in ("community", "district")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert len(done) == len(answers)


async def test_every_attempt_that_is_looked_at_leaves_one_entry_and_none_of_them_the_login(
    world: World, owner: Database
) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world, HOME)
    typed_in_the_wrong_field = "my-secret-password"
    await there.sign_in("grid", "wrong password here")
    await there.sign_in(typed_in_the_wrong_field, "grid")
    for _ in range(5):
        await there.sign_in("grid", "wrong password here")
    found = await entries(owner, world.district_id)
    assert [(entry.status, entry.data["code"]) for entry in found] == [(401, "unauthenticated")] * 6
    assert {(entry.outcome, entry.caller, entry.actor_id) for entry in found} == {
        (Outcome.DENIED, Caller.ANONYMOUS, None)
    }
    assert Counter(entry.person_id for entry in found) == {world.people["grid"]: 5, None: 1}
    written = "".join(str(vars(entry)) for entry in found)
    assert typed_in_the_wrong_field not in written
    assert "wrong password" not in written


async def test_a_hash_of_old_parameters_is_made_anew_at_the_next_sign_in(world: World, owner: Database) -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    await give_password(owner, world, "grid", password_hash=old)
    await visitor(world).signed_in("grid")
    kept = (await account_of(owner, world, "grid")).password_hash
    assert kept is not None
    assert kept != old
    assert not passwords.is_outdated(kept)
    await visitor(world).signed_in("grid")


async def test_refreshing_gives_a_new_pair_and_keeps_the_sign_in(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    first = await there.signed_in("grid")
    second = (await there.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert await open_sign_ins(owner, world, "grid") == 1
    for pair in (first, second):
        assert (await there.call(pair["access_token"], "GET", "/v1/me")).status_code == 200
    async with owner.transaction(world.district_id) as session:
        kept = (await session.scalars(select(RefreshToken.digest))).all()
    assert all(len(digest) == 32 for digest in kept)
    assert not any(first["refresh_token"].encode() in digest for digest in kept)


async def test_a_refresh_token_that_comes_twice_ends_the_sign_in(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    first = await there.signed_in("grid")
    second = (await there.refresh(first["refresh_token"])).json()
    assert (await there.refresh(first["refresh_token"])).status_code == 401
    for pair in (first, second):
        assert (await there.call(pair["access_token"], "GET", "/v1/me")).status_code == 401
    assert (await there.refresh(second["refresh_token"])).status_code == 401
    assert await ends(owner, world, "grid") == {SignInEnd.REUSED: 1}


async def test_of_sixteen_uses_at_once_one_is_answered_and_the_sign_in_is_over(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    pair = await there.signed_in("grid")
    answers = await asyncio.gather(*(there.refresh(pair["refresh_token"]) for _ in range(16)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 15}
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await there.call(won["access_token"], "GET", "/v1/me")).status_code == 401
    assert (await there.refresh(won["refresh_token"])).status_code == 401
    assert await ends(owner, world, "grid") == {SignInEnd.REUSED: 1}


async def test_refreshing_ends_after_two_idle_weeks_and_after_a_month_in_any_case(
    world: World, owner: Database
) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    began = now()
    idle, busy = await there.signed_in("grid"), await there.signed_in("grid")
    for days in (13, 26):
        with time_machine.travel(began + timedelta(days=days)):
            busy = (await there.refresh(busy["refresh_token"])).json()
    assert timedelta(seconds=busy["refresh_expires_in"]) <= LONGEST - timedelta(days=26) + timedelta(seconds=5)
    with time_machine.travel(began + IDLE + timedelta(minutes=1)):
        assert (await there.refresh(idle["refresh_token"])).status_code == 401
    with time_machine.travel(began + LONGEST + timedelta(minutes=1)):
        assert (await there.refresh(busy["refresh_token"])).status_code == 401
    assert await ends(owner, world, "grid") == {}, "what is over by time is nobody's theft"


@pytest.mark.parametrize(
    "written", ["", "x", "150103.", "150103." + "A" * 43, "0.AAAA", "150103." + "A" * 42 + "é", "150103." + "=" * 43]
)
async def test_what_is_no_refresh_token_is_refused(world: World, owner: Database, written: str) -> None:
    answer = await visitor(world).refresh(written)
    assert answer.status_code in {401, 422}
    assert await entries(owner, world.district_id) == []


async def test_a_refresh_token_belongs_to_its_district(world: World, other_world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    pair = await there.signed_in("grid")
    elsewhere = pair["refresh_token"].replace(str(world.district_id), str(other_world.district_id))
    assert (await there.refresh(elsewhere)).status_code == 401
    assert (await there.refresh(pair["refresh_token"])).status_code == 200


async def ends(owner: Database, world: World, who: str) -> dict[SignInEnd, int]:
    async with owner.transaction(world.district_id) as session:
        rows = select(SignIn.ended_by).where(SignIn.account_id == world.accounts[who], SignIn.ended_by.is_not(None))
        return dict(Counter(await session.scalars(rows)))


async def refused_everywhere(there: Any, pair: dict[str, Any]) -> None:
    """Ordinary reads, the hot ways of lists and of taking, and refreshing."""
    token, order = pair["access_token"], new_id()
    assert (await there.call(token, "GET", "/v1/me")).status_code == 401
    assert (await there.call(token, "GET", "/v1/orders")).status_code == 401
    for verb in ("take", "accept"):
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(new_id())}
        answer = await there.client.post(f"/v1/orders/{order}/{verb}", headers=headers, json={})
        assert answer.status_code == 401, verb
    assert (await there.refresh(pair["refresh_token"])).status_code == 401


async def test_signing_out_works_on_the_next_request(world: World, owner: Database) -> None:
    await give_password(owner, world, "member1")
    there = visitor(world)
    here, elsewhere = await there.signed_in("member1"), await there.signed_in("member1")
    assert (await there.call(here["access_token"], "POST", "/v1/me/sign-out")).json() == {"ended": 1}
    await refused_everywhere(there, here)
    assert (await there.call(elsewhere["access_token"], "GET", "/v1/me")).status_code == 200
    assert await ends(owner, world, "member1") == {SignInEnd.SIGNED_OUT: 1}


async def test_one_ends_ones_other_sign_ins_and_nobody_elses(world: World, owner: Database) -> None:
    await give_password(owner, world, "member1")
    there = visitor(world)
    pairs = [await there.signed_in("member1") for _ in range(4)]
    mine = pairs[0]["access_token"]
    listed = (await there.call(mine, "GET", "/v1/me/sign-ins", params={"limit": 2})).json()
    assert len(listed["items"]) == 2
    ended = await there.call(mine, "POST", f"/v1/me/sign-ins/{listed['items'][0]['id']}/end")
    assert ended.json() == {"ended": 1}
    await refused_everywhere(there, pairs[3])
    others = await there.call(mine, "POST", f"/v1/me/sign-ins/{world.sign_ins['grid']}/end")
    assert others.status_code == 404
    assert (await there.call(mine, "POST", f"/v1/me/sign-ins/{new_id()}/end")).content == others.content
    assert (await there.call(mine, "POST", "/v1/me/sign-ins/end-others")).json() == {"ended": 3}
    assert [(await there.call(pair["access_token"], "GET", "/v1/me")).status_code for pair in pairs] == [
        200,
        401,
        401,
        401,
    ]
    rest = (await there.call(mine, "GET", "/v1/me/sign-ins", params={"open": False})).json()["items"]
    assert Counter(item["ended_by"] for item in rest) == {"signed_out": 4, None: 1}


async def test_a_disabled_account_is_out_with_the_next_request(world: World, owner: Database) -> None:
    await give_password(owner, world, "member1")
    there = visitor(world)
    pair = await there.signed_in("member1")
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Account).where(Account.id == world.accounts["member1"]).values(disabled_at=now()))
        await sign_ins.end_all(session, world.district_id, [world.accounts["member1"]], SignInEnd.DISABLED)
    await refused_everywhere(there, pair)
    async with owner.transaction(world.district_id) as session:
        await session.execute(update(Account).where(Account.id == world.accounts["member1"]).values(disabled_at=None))
    await refused_everywhere(there, pair)


async def test_changing_the_password_ends_the_other_sign_ins(world: World, owner: Database) -> None:
    await give_password(owner, world, "member1")
    there = visitor(world)
    here, elsewhere = await there.signed_in("member1"), await there.signed_in("member1")

    async def change(old: str, new: str) -> tuple[int, str]:
        answer = await there.call(here["access_token"], "POST", "/v1/me/password", json={"old": old, "new": new})
        return answer.status_code, answer.json().get("detail", "")

    new = "六月的雨落在旧城的屋檐上"
    assert await change("wrong, surely", new) == (422, "密码不正确")
    assert await change(PASSWORD, "member1 rides again") == (422, "密码不能包含用户名")
    assert await change(PASSWORD, PASSWORD) == (422, "不能使用现在或最近用过的密码")
    assert (await there.call(elsewhere["access_token"], "GET", "/v1/me")).status_code == 200
    assert await change(PASSWORD, new) == (200, "")
    await refused_everywhere(there, elsewhere)
    assert (await there.call(here["access_token"], "GET", "/v1/me")).status_code == 200
    assert (await there.sign_in("member1", PASSWORD)).status_code == 401
    await there.signed_in("member1", new)
    written = " ".join(str(vars(entry)) for entry in await entries(owner, world.district_id))
    assert new not in written


async def test_an_old_password_is_guessed_no_faster_with_a_stolen_token(world: World, owner: Database) -> None:
    await give_password(owner, world, "member1")
    there = visitor(world)
    token = (await there.signed_in("member1"))["access_token"]
    form = {"old": "wrong, surely", "new": "六月的雨落在旧城的屋檐上"}
    answers = [await there.call(token, "POST", "/v1/me/password", json=form) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429] * 2


async def test_what_is_long_over_is_swept(world: World, owner: Database, app: Any) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    pair = await there.signed_in("grid")
    await there.refresh(pair["refresh_token"])
    with time_machine.travel(now() + IDLE + timedelta(days=2)):
        await sweeping.sweep(app.state.database, world.district_id)
        assert await count_of(owner, world, RefreshToken) == 0
        assert await open_sign_ins(owner, world, "grid") == 1
    with time_machine.travel(now() + LONGEST + timedelta(days=91)):
        await sweeping.sweep(app.state.database, world.district_id)
        assert await count_of(owner, world, SignIn) == 0


async def count_of(owner: Database, world: World, model: Any) -> int:
    async with owner.transaction(world.district_id) as session:
        return len((await session.scalars(select(model.id).where(model.district_id == world.district_id))).all())
