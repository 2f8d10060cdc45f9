"""Limits that cannot be turned against the people they protect, and a trail that nobody fills."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.domain import limits
from app.domain.accounts import IDLE, USUAL, SignInEnd, SignInMethod
from app.domain.limits import (
    CODE_HERE,
    OWN_PASSWORD,
    PHONE_CODE_ANYWHERE,
    PHONE_CODE_TO,
    PROOF_AGAIN,
    PROOF_FROM,
    REFRESH_AGAIN,
    Limit,
)
from app.models import AuditEntry, SignIn
from tests.routers.conftest import Mobile
from tests.routers.test_accounts_second_factor import bound
from tests.routers.test_phone_codes import PHONE, asked, code_for, recorded, tried
from tests.routers.test_sign_in_methods import comes_by
from tests.signing_in import PASSWORD, Visitor, code, entries, give_password, looked_at, visitor
from tests.worlds import World, count

HOME, ELSEWHERE = "203.0.113.7", "192.0.2.99"
WRONG = "wrong, surely wrong"
NEW = "六月的雨落在旧城的屋檐上"


async def hammered(world: World, login: str = "grid") -> None:
    """Until strangers are locked out."""
    for number in range(1, 12):
        await visitor(world, f"198.51.100.{number}").sign_in(login, WRONG)


async def with_device(there: Visitor, device: str | None, password: str = PASSWORD, login: str = "grid") -> int:
    shown = {"device": device} if device is not None else {}
    answer = await there.form(username=f"{login}@{there.district_id}", password=password, **shown)
    return answer.status_code


@pytest.fixture
async def device(world: World, owner: Database) -> str:
    """One on which grid has signed in."""
    await give_password(owner, world, "grid")
    return str((await visitor(world, HOME).signed_in("grid"))["device"])


async def test_a_known_device_gets_in_at_a_place_never_seen_before(world: World, device: str) -> None:
    await hammered(world)
    assert await with_device(visitor(world, ELSEWHERE), None) == 429
    assert await with_device(visitor(world, ELSEWHERE), device) == 200


async def test_neighbours_at_one_address_do_not_lock_a_known_device_out(world: World, device: str) -> None:
    for _ in range(6):
        await visitor(world, HOME).sign_in("grid", WRONG)
    assert await with_device(visitor(world, HOME), None) == 429
    assert await with_device(visitor(world, HOME), device) == 200


async def test_a_device_guesses_no_faster_and_uses_up_nothing_of_others(world: World, device: str) -> None:
    there = visitor(world, HOME)
    with time_machine.travel(now(), tick=False):
        assert [await with_device(there, device, WRONG) for _ in range(7)] == [401] * 5 + [429] * 2
        assert await with_device(there, device) == 429
        assert [await with_device(there, None, WRONG) for _ in range(6)] == [401] * 5 + [429]


async def test_what_is_no_device_of_the_account_is_ignored(
    world: World, other_world: World, owner: Database, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give_password(owner, world, "community")
    foreign = (await visitor(world, HOME).signed_in("community"))["device"]
    tail = device.partition(".")[2]
    forged = [foreign, f"{other_world.district_id}.{tail}", device[:-2] + "AA", "", "x" * 256, f"{world.district_id}."]
    await hammered(world)
    looked, there = looked_at(monkeypatch), visitor(world, ELSEWHERE)
    assert {await with_device(there, one) for one in forged[:5]} == {429}
    assert {await with_device(visitor(world, HOME), one, WRONG) for one in forged[:5]} == {401}
    assert len(looked) == 10, "the same work, whatever is shown"
    assert {await with_device(there, device, login=login) for login in ("ghost", "community")} == {401, 200}


async def test_a_device_opens_nothing(world: World, device: str) -> None:
    there = visitor(world, HOME)
    assert (await there.call(device, "GET", "/v1/me")).status_code == 401
    assert (await there.refresh(device)).status_code == 401
    assert (await there.prove("second-factor", challenge=device, code="123456")).status_code == 401
    assert await with_device(there, device, WRONG) == 401


async def test_a_device_is_given_by_a_password_alone(mobile: Mobile) -> None:
    await recorded(mobile)
    assert (await tried(mobile, await code_for(mobile))).json()["device"] is None


async def test_a_device_outlives_signing_out_and_not_ninety_days(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid", password_set_at=now() - USUAL)
    there, start = visitor(world, HOME), now()
    with time_machine.travel(start - USUAL + timedelta(days=1)):
        pair = await there.signed_in("grid")
        await there.call(pair["access_token"], "POST", "/v1/me/sign-out")
    await hammered(world)
    assert await with_device(visitor(world, ELSEWHERE), pair["device"]) == 200
    with time_machine.travel(start + timedelta(days=2)):
        await hammered(world)
        assert await with_device(visitor(world, "192.0.2.100"), pair["device"]) == 429


async def test_whoever_knew_the_former_password_has_no_device_left(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    thief, there = visitor(world, ELSEWHERE), visitor(world, HOME)
    mine = await there.signed_in("grid")
    ended, open_still = await thief.signed_in("grid"), await thief.signed_in("grid")
    await thief.call(ended["access_token"], "POST", "/v1/me/sign-out")
    change = await there.call(mine["access_token"], "POST", "/v1/me/password", json={"old": PASSWORD, "new": NEW})
    assert change.status_code == 200
    await hammered(world)
    assert [await with_device(thief, one["device"], WRONG) for one in (ended, open_still)] == [429, 429]
    assert await with_device(visitor(world, "192.0.2.100"), mine["device"], NEW) == 200


async def test_a_temporary_password_is_not_locked_out_and_nobody_learns_who_has_one(
    world: World, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give_password(owner, world, "grid", password_temporary=True)
    await give_password(owner, world, "community")
    for login in ("grid", "community", "ghost"):
        await hammered(world, login)
    looked, there = looked_at(monkeypatch), visitor(world, ELSEWHERE)
    for login in ("grid", "community", "ghost"):
        assert (await there.sign_in(login, WRONG)).status_code == 429
    assert len(looked) == 3, "the same work for all of them"
    assert (await there.sign_in("community")).status_code == 429
    assert (await there.sign_in("grid")).json()["code"] == "new_password_required"


async def test_a_known_device_counts_by_itself_for_one_time_passwords_too(
    world: World, owner: Database, device: str
) -> None:
    """Even somebody at the same address who knows the password locks nobody out of the second step."""
    there = visitor(world, HOME)
    with time_machine.travel(now(), tick=False) as moment:
        secret, _ = await bound(there, "grid", moment)
        for _ in range(CODE_HERE.burst + 1):
            challenge = await there.owed("grid", "second_factor_required")
            refused = await there.prove("second-factor", challenge=challenge, code="000000")
        assert refused.status_code == 429
        username = f"grid@{world.district_id}"
        owed = (await there.form(username=username, password=PASSWORD, device=device)).json()
        form = {"challenge": owed["challenge"], "code": code(secret, now())}
        assert (await there.prove("second-factor", **form)).status_code == 200


async def test_only_passwords_make_an_address_usual(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world, HOME)
    await there.signed_in("grid")
    for method in (SignInMethod.PHONE, SignInMethod.WECHAT):
        await said(owner, world, method=method)
        await hammered(world)
        assert (await there.sign_in("grid")).status_code == 429
    await said(owner, world, method=SignInMethod.PASSWORD)
    assert (await there.sign_in("grid")).status_code == 200


@pytest.mark.parametrize("why", sorted(SignInEnd))
async def test_a_sign_in_that_ended_in_doubt_makes_no_address_usual(
    world: World, owner: Database, device: str, why: SignInEnd
) -> None:
    await said(owner, world, ended_by=why, ended_at=now())
    await hammered(world)
    status = 200 if why in {SignInEnd.SIGNED_OUT, SignInEnd.MERGED} else 429
    assert await with_device(visitor(world, ELSEWHERE), device) == status
    assert await with_device(visitor(world, HOME), None) == status


async def said(owner: Database, world: World, **columns: Any) -> None:
    """Of all sign-ins of grid."""
    async with owner.transaction(world.district_id) as session:
        theirs = update(SignIn).where(SignIn.account_id == world.accounts["grid"])
        await session.execute(theirs.values(**columns))


async def asks(world: World, address: str) -> Any:
    form = {"district_id": world.district_id, "phone": PHONE}
    return await visitor(world, address).client.post("/v1/phone-codes", json=form)


async def test_strangers_do_not_use_up_the_codes_of_an_owner_where_they_have_signed_in(mobile: Mobile) -> None:
    await recorded(mobile)
    assert (await tried(mobile, await code_for(mobile))).status_code == 200
    await mobile.forget_limits()
    with time_machine.travel(now(), tick=False):
        answers = [await asks(mobile.world, f"198.51.100.{number}") for number in range(PHONE_CODE_ANYWHERE.burst + 1)]
        assert [answer.status_code for answer in answers[-2:]] == [202, 429]
        assert (await asked(mobile)).status_code == 202


@pytest.mark.parametrize(("usual", "status"), [(True, 202), (False, 429)])
async def test_a_district_that_is_used_up_is_so_for_newcomers(
    mobile: Mobile, monkeypatch: pytest.MonkeyPatch, *, usual: bool, status: int
) -> None:
    await recorded(mobile)
    if usual:
        await tried(mobile, await code_for(mobile))
    await mobile.forget_limits()
    monkeypatch.setattr(limits, "PHONE_CODE_IN", Limit("phone_code_in", 1, timedelta(hours=1)))
    await asked(mobile, "19900008999")
    assert (await asked(mobile)).status_code == status


async def test_one_site_of_many_networks_counts_as_one_place(mobile: Mobile) -> None:
    answers = [await asks(mobile.world, f"2001:db8:0:{number:x}::1") for number in range(PHONE_CODE_TO.burst + 5)]
    assert Counter(answer.status_code for answer in answers) == {202: PHONE_CODE_TO.burst, 429: 5}
    assert (await asks(mobile.world, "2001:db8:1::1")).status_code == 202


async def test_what_one_limit_refuses_does_not_count_against_the_others(mobile: Mobile) -> None:
    """Whoever asks too soon has lost nothing of the day."""
    with time_machine.travel(now(), tick=False) as moment:
        answers = [await asked(mobile) for _ in range(PHONE_CODE_TO.burst + 2)]
        assert Counter(answer.status_code for answer in answers) == {202: 1, 429: PHONE_CODE_TO.burst + 1}
        moment.shift(timedelta(minutes=1))
        assert (await asked(mobile)).status_code == 202


async def test_a_weaker_way_in_neither_uses_up_nor_ends_the_stronger(world: World, owner: Database) -> None:
    """Whoever has taken over somebody's number, beside somebody who has the password."""
    await give_password(owner, world, "member1")
    there = visitor(world, HOME)
    token = (await there.signed_in("member1"))["access_token"]
    await comes_by(world, owner, "member1", SignInMethod.PHONE)
    form = {"old": WRONG, "new": NEW}
    answers = [await world.call("member1", "POST", "/v1/me/password", json=form) for _ in range(OWN_PASSWORD.burst + 1)]
    assert [answer.status_code for answer in answers] == [422] * OWN_PASSWORD.burst + [429]
    assert (await world.ok("member1", "POST", "/v1/me/sign-ins/end-others")) == {"ended": 0}
    (mine,) = [item for item in await listed(world) if not item["current"]]
    assert (await world.call("member1", "POST", f"/v1/me/sign-ins/{mine['id']}/end")).status_code == 403
    assert (await there.call(token, "POST", "/v1/me/password", json=form)).status_code == 422
    assert (await there.call(token, "POST", "/v1/me/sign-ins/end-others")).json() == {"ended": 1}


async def listed(world: World) -> list[dict[str, Any]]:
    return list((await world.ok("member1", "GET", "/v1/me/sign-ins"))["items"])


async def test_a_weaker_way_in_ends_the_others_of_its_kind(mobile: Mobile) -> None:
    await recorded(mobile)
    pairs = [(await tried(mobile, await code_for(mobile))).json() for _ in range(3)]
    assert (await mobile.as_bearer(pairs[0], "POST", "/v1/me/sign-ins/end-others")).json() == {"ended": 2}
    statuses = [(await mobile.as_bearer(pair, "GET", "/v1/me")).status_code for pair in pairs]
    assert statuses == [200, 401, 401]


async def test_attempts_beyond_the_limit_leave_no_entry(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world, HOME)
    with time_machine.travel(now(), tick=False):
        answers = [await there.sign_in("grid", WRONG) for _ in range(20)]
    assert Counter(answer.status_code for answer in answers) == {401: 5, 429: 15}
    assert len(await entries(owner, world.district_id)) == 5


@pytest.mark.parametrize("proof", ["second-factor", "second-factor/setup", "new-password"])
async def test_the_challenge_of_a_phone_code_proves_nothing_and_leaves_no_entry(mobile: Mobile, proof: str) -> None:
    """Anybody gets one for any number."""
    challenge = (await code_for(mobile)).challenge
    before = await count(mobile.owner, mobile.district_id, AuditEntry)
    more = {"second-factor": {"code": "123456"}, "new-password": {"password": NEW}}.get(proof, {})
    with time_machine.travel(now(), tick=False):
        answers = [
            await mobile.post(f"/v1/token/{proof}", challenge=challenge, **more) for _ in range(PROOF_FROM.burst + 2)
        ]
    assert Counter(answer.status_code for answer in answers) == {401: PROOF_FROM.burst, 429: 2}
    assert await count(mobile.owner, mobile.district_id, AuditEntry) == before
    await give_password(mobile.owner, mobile.world, "grid", password_temporary=True)
    owed = await visitor(mobile.world, "127.0.0.1").owed("grid", "new_password_required")
    assert (await mobile.post("/v1/token/new-password", challenge=owed, password=NEW)).status_code == 200


async def test_nobody_fills_the_trail_with_one_challenge(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid", password_temporary=True)
    there = visitor(world, HOME)
    challenge = await there.owed("grid", "new_password_required")
    answers = [await there.prove("new-password", challenge=challenge, password="x") for _ in range(14)]
    assert Counter(answer.status_code for answer in answers) == {422: 5, 401: 5, 429: 4}
    assert len(await entries(owner, world.district_id)) == 1 + PROOF_AGAIN.burst


async def test_nobody_fills_the_trail_with_a_refresh_token_that_is_over(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world, HOME)
    token = (await there.signed_in("grid"))["refresh_token"]
    before = len(await entries(owner, world.district_id))
    with time_machine.travel(now() + IDLE + timedelta(minutes=5), tick=False):
        answers = [await there.refresh(token) for _ in range(REFRESH_AGAIN.burst + 4)]
    assert Counter(answer.status_code for answer in answers) == {401: REFRESH_AGAIN.burst, 429: 4}
    assert len(await entries(owner, world.district_id)) == before + REFRESH_AGAIN.burst
