"""What may be owed between a password and a token: codes, recovery codes, new passwords, an authenticator to bind."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.core.clock import now
from app.core.db import Database
from app.domain.accounts import MOST_ATTEMPTS
from app.domain.audit import Outcome
from app.models import Account, Challenge, RecoveryCode, SignIn
from tests.signing_in import PASSWORD, STRONG, Visitor, account_of, code, entries, give_password, open_sign_ins, visitor
from tests.worlds import World

NEW = "六月的雨落在旧城的屋檐上"


async def bound(there: Visitor, login: str, moment: Any) -> tuple[str, list[str]]:
    """Somebody with an authenticator: its secret and the recovery codes. The clock moves on one step."""
    token = (await there.signed_in(login))["access_token"]
    started = (await there.call(token, "POST", "/v1/me/second-factor", json={"password": PASSWORD})).json()
    confirmed = await there.call(
        token, "POST", "/v1/me/second-factor/confirm", json={"code": code(started["secret"], now())}
    )
    assert confirmed.status_code == 200, confirmed.text
    moment.shift(30)
    return started["secret"], confirmed.json()["recovery_codes"]


async def test_a_bound_authenticator_is_asked_for(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    secret, _ = await bound(there, "grid", moment)
    challenge = await there.owed("grid", "second_factor_required")
    wrong = await there.prove("second-factor", challenge=challenge, code="000000")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthenticated")
    got = await there.prove("second-factor", challenge=challenge, code=code(secret, now()))
    assert (await there.call(got.json()["access_token"], "GET", "/v1/me")).status_code == 200
    again = await there.prove("second-factor", challenge=challenge, code=code(secret, now(), 1))
    assert again.status_code == 401, "a challenge is good once"
    trail = [
        (entry.operation, entry.status, entry.data.get("code")) for entry in await entries(owner, world.district_id)
    ]
    assert trail[-4:] == [
        ("token_issue", 401, "second_factor_required"),
        ("token_second_factor", 401, "unauthenticated"),
        ("token_second_factor", 200, None),
        ("token_second_factor", 401, "unauthenticated"),
    ]


async def test_the_secret_stands_nowhere_in_clear(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid")
    secret, codes = await bound(visitor(world), "grid", moment)
    kept = await account_of(owner, world, "grid")
    assert kept.totp_sealed is not None
    assert kept.totp_sealed[0] & 0x80, "sealed with the person's own secret too"
    assert secret.encode() not in kept.totp_sealed
    async with owner.transaction(world.district_id) as session:
        rows = (await session.scalars(select(RecoveryCode).where(RecoveryCode.account_id == kept.id))).all()
    assert len({row.digest for row in rows}) == len(codes) == 10
    written = "".join(str(vars(entry)) for entry in await entries(owner, world.district_id))
    assert not any(value in written for value in (secret, *codes))


async def test_a_code_is_good_once_even_in_a_race(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    secret, _ = await bound(there, "grid", moment)
    challenges = [await there.owed("grid", "second_factor_required") for _ in range(4)]
    shown = code(secret, now())
    answers = await asyncio.gather(
        *(there.prove("second-factor", challenge=challenge, code=shown) for challenge in challenges)
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 3}
    late = await there.prove("second-factor", challenge=await owed(there), code=code(secret, now(), -1))
    assert late.status_code == 401, "nor is an earlier step good afterwards"


async def owed(there: Visitor) -> str:
    return await there.owed("grid", "second_factor_required")


async def test_a_challenge_bears_five_attempts_and_an_account_few_more(
    world: World, owner: Database, moment: Any
) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    secret, _ = await bound(there, "grid", moment)
    challenge = await owed(there)
    for _ in range(MOST_ATTEMPTS):
        assert (await there.prove("second-factor", challenge=challenge, code="000000")).status_code == 401
    moment.shift(timedelta(minutes=4))
    right = code(secret, now())
    assert (await there.prove("second-factor", challenge=challenge, code=right)).status_code == 401
    answers = [await there.prove("second-factor", challenge=await owed(there), code="000000") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 429, 429], "another challenge gives no more guesses"
    assert (await there.prove("second-factor", challenge=await owed(there), code=right)).status_code == 429
    moment.shift(timedelta(minutes=3))
    right = code(secret, now())
    assert (await there.prove("second-factor", challenge=await owed(there), code=right)).status_code == 200


async def test_challenges_cannot_be_made_up_moved_or_kept(
    world: World, other_world: World, owner: Database, moment: Any
) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    secret, _ = await bound(there, "grid", moment)
    handle = await owed(there)
    district, _, tail = handle.partition(".")
    forged = [
        f"{other_world.district_id}.{tail}",
        f"{district}.{'A' * 43}",
        f"{district}.{tail[:-4]}AAAA",
        f"{district}.{tail}A",
        "x",
        "1.2.3",
    ]
    before = len(await entries(owner, world.district_id))
    for made_up in forged:
        answer = await there.prove("second-factor", challenge=made_up, code=code(secret, now()))
        assert answer.status_code == 401, made_up
    assert len(await entries(owner, world.district_id)) == before
    wrong_door = await there.prove("new-password", challenge=handle, password=NEW)
    assert wrong_door.status_code == 401, "a challenge for a code is none for a password"
    moment.shift(timedelta(minutes=11))
    late = await there.prove("second-factor", challenge=handle, code=code(secret, now()))
    assert late.status_code == 401
    assert await open_sign_ins(owner, world, "grid") == 1


async def test_a_recovery_code_stands_in_once(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    _, codes = await bound(there, "grid", moment)
    used = codes[3].lower().replace("-", "")
    handles = [await owed(there) for _ in range(3)]
    answers = await asyncio.gather(*(there.prove("second-factor", challenge=handle, code=used) for handle in handles))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 2}
    token = next(answer.json()["access_token"] for answer in answers if answer.status_code == 200)
    shown = (await there.call(token, "GET", "/v1/me/second-factor")).json()
    assert (shown["recovery_codes_left"], shown["confirmed_at"] is not None) == (9, True)
    renewed = await there.call(token, "POST", "/v1/me/second-factor/recovery-codes", json={"password": PASSWORD})
    assert len(renewed.json()["recovery_codes"]) == 10
    assert (await there.prove("second-factor", challenge=await owed(there), code=codes[4])).status_code == 401
    fresh = renewed.json()["recovery_codes"][0]
    assert (await there.prove("second-factor", challenge=await owed(there), code=fresh)).status_code == 200


async def test_binding_and_removing_ask_for_proof(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    token = (await there.signed_in("grid"))["access_token"]

    async def step(path: str, **form: str) -> tuple[int, str]:
        answer = await there.call(token, "POST", f"/v1/me/second-factor{path}", json=form)
        return answer.status_code, answer.json().get("code", "")

    assert await step("/confirm", code="123456") == (409, "wrong_state")
    assert await step("/remove", password=PASSWORD) == (409, "wrong_state")
    assert await step("", password="wrong, surely") == (422, "rule_broken")
    secret, _ = await bound(there, "grid", moment)
    assert await step("", password=PASSWORD) == (409, "wrong_state")
    assert await step("/remove") == (422, "rule_broken")
    assert await step("/remove", code="000000") == (422, "rule_broken")
    assert await step("/remove", password=PASSWORD, code=code(secret, now())) == (422, "rule_broken")
    assert await step("/remove", code=code(secret, now())) == (200, "")
    await there.signed_in("grid")
    kept = await account_of(owner, world, "grid")
    assert (kept.totp_sealed, kept.totp_confirmed_at, kept.totp_step) == (None, None, None)


async def test_who_signs_in_without_a_password_has_none_to_change(world: World, owner: Database) -> None:
    async with owner.transaction(world.district_id) as session:
        account = update(Account).where(Account.id == world.accounts["resident1"])
        await session.execute(account.values(login=None, password_hash=None))
    for method, path, form in (
        ("POST", "/v1/me/password", {"old": "x", "new": NEW}),
        ("POST", "/v1/me/second-factor", {"password": "x"}),
        ("GET", "/v1/me/second-factor", None),
    ):
        answer = await world.call("resident1", method, path, json=form)
        assert answer.status_code == 404, path


async def test_a_temporary_password_is_for_choosing_another(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid", password_temporary=True)
    there = visitor(world)
    challenge = await there.owed("grid", "new_password_required")
    weak = await there.prove("new-password", challenge=challenge, password="too short")
    assert (weak.status_code, weak.json()["detail"]) == (422, "密码至少 12 个字符")
    same = await there.prove("new-password", challenge=challenge, password=PASSWORD)
    assert (same.status_code, same.json()["detail"]) == (422, "不能使用现在或最近用过的密码")
    got = await there.prove("new-password", challenge=challenge, password=NEW)
    assert (await there.call(got.json()["access_token"], "GET", "/v1/me")).status_code == 200
    assert (await there.sign_in("grid", PASSWORD)).status_code == 401
    await there.signed_in("grid", NEW)
    assert (await there.prove("new-password", challenge=challenge, password=STRONG)).status_code == 401


async def test_a_stolen_temporary_password_does_not_pass_the_authenticator(
    world: World, owner: Database, moment: Any
) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    secret, _ = await bound(there, "grid", moment)
    await give_password(owner, world, "grid", password_temporary=True)
    challenge = await owed(there)
    assert (await there.prove("new-password", challenge=challenge, password=NEW)).status_code == 401
    then = await there.prove("second-factor", challenge=challenge, code=code(secret, now()))
    assert (then.status_code, then.json()["code"]) == (401, "new_password_required")
    got = await there.prove("new-password", challenge=then.json()["challenge"], password=NEW)
    assert got.status_code == 200


async def test_an_open_challenge_dies_with_the_password(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world)
    secret, _ = await bound(there, "grid", moment)
    challenge = await owed(there)
    reset = await world.call(
        "system", "POST", f"/v1/accounts/{world.accounts['grid']}/reset-password", json={"reason": "遗忘"}
    )
    assert reset.status_code == 200
    answer = await there.prove("second-factor", challenge=challenge, code=code(secret, now()))
    assert answer.status_code == 401
    async with owner.transaction(world.district_id) as session:
        open_ = select(Challenge.id).where(Challenge.account_id == world.accounts["grid"], Challenge.used_at.is_(None))
        assert (await session.scalars(open_)).all() == []


async def test_mlps3_expires_remembers_and_asks_staff_for_an_authenticator(
    world: World, owner: Database, moment: Any, mlps3: None
) -> None:
    await give_password(owner, world, "grid", STRONG, password_set_at=now() - timedelta(days=91))
    there = visitor(world)
    challenge = await there.owed("grid", "new_password_required", STRONG)
    for password, wrong in (
        ("horsehorse4", "密码须含大写字母、小写字母、数字、其他字符中的至少 3 类"),
        ("Grid-20261", "密码不能包含用户名"),
        (STRONG, "不能使用现在或最近用过的密码"),
    ):
        refused = await there.prove("new-password", challenge=challenge, password=password)
        assert (refused.status_code, refused.json()["detail"]) == (422, wrong)
    then = await there.prove("new-password", challenge=challenge, password="Horse-5-Grass")
    assert (then.status_code, then.json()["code"]) == (401, "second_factor_setup_required")
    secret = (await there.prove("second-factor/setup", challenge=then.json()["challenge"])).json()["secret"]
    again = (await there.prove("second-factor/setup", challenge=then.json()["challenge"])).json()["secret"]
    assert secret != again
    got = await there.prove("second-factor", challenge=then.json()["challenge"], code=code(again, now()))
    assert (await there.call(got.json()["access_token"], "GET", "/v1/me")).status_code == 200
    moment.shift(30)
    await there.owed("grid", "second_factor_required", "Horse-5-Grass")


async def test_mlps3_takes_none_of_the_last_passwords_again(
    world: World, owner: Database, moment: Any, mlps3: None
) -> None:
    await give_password(owner, world, "member1", STRONG)
    there = visitor(world)
    token = (await there.signed_in("member1", STRONG))["access_token"]

    async def change(old: int, new: int) -> int:
        form = {"old": f"Horse-{old}-Grass", "new": f"Horse-{new}-Grass"}
        return (await there.call(token, "POST", "/v1/me/password", json=form)).status_code

    assert [await change(number, number + 1) for number in range(4, 9)] == [200] * 5
    assert [await change(9, number) for number in range(4, 10)] == [422] * 6
    assert await change(9, 10) == 200
    assert await change(10, 4) == 200, "the sixth before is forgotten"
    kept = await account_of(owner, world, "member1")
    assert len(kept.former_hashes) == 5


async def test_residents_need_no_authenticator_under_either_profile(world: World, owner: Database, mlps3: None) -> None:
    await give_password(owner, world, "resident1", STRONG)
    got = await visitor(world).signed_in("resident1", STRONG)
    shown: datetime | None = (await account_of(owner, world, "resident1")).totp_confirmed_at
    assert got["access_token"]
    assert shown is None


async def test_a_refused_attempt_leaves_no_sign_in(world: World, owner: Database, moment: Any) -> None:
    await give_password(owner, world, "grid", password_temporary=True)
    there = visitor(world)
    await there.owed("grid", "new_password_required")
    await there.sign_in("grid", "wrong, surely")
    async with owner.transaction(world.district_id) as session:
        rows = select(SignIn.id).where(SignIn.account_id == world.accounts["grid"])
        assert (await session.scalars(rows)).all() == [world.sign_ins["grid"]]
    assert {entry.outcome for entry in await entries(owner, world.district_id)} == {Outcome.DENIED}


async def test_a_challenge_from_before_the_authenticator_takes_its_place_no_more(
    world: World, owner: Database, moment: Any, mlps3: None
) -> None:
    """Whoever knows the password alone had two challenges open when its owner bound an authenticator."""
    await give_password(owner, world, "grid", STRONG)
    thief, there = visitor(world, "198.51.100.9"), visitor(world)
    one = await thief.owed("grid", "second_factor_setup_required", STRONG)
    theirs = (await thief.prove("second-factor/setup", challenge=one)).json()["secret"]
    mine = await there.owed("grid", "second_factor_setup_required", STRONG)
    secret = (await there.prove("second-factor/setup", challenge=mine)).json()["secret"]
    got = await there.prove("second-factor", challenge=mine, code=code(secret, now()))
    assert got.status_code == 200
    assert (await thief.prove("second-factor/setup", challenge=one)).status_code == 401
    assert (await thief.prove("second-factor", challenge=one, code=code(theirs, now()))).status_code == 401
    assert (await account_of(owner, world, "grid")).totp_confirmed_at is not None
