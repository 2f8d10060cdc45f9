"""What the system administrator does not do alone: shut the other two of the three out, or become anybody."""

from typing import Any

import pytest

from app.core.clock import now
from app.core.db import Database
from app.core.errors import NotFound
from app.domain.people import Role
from app.services import accounts_first
from tests.signing_in import PASSWORD, account_of, code, give_password, visitor
from tests.worlds import World, grant_row

WHY = {"reason": "本人当面申请"}
REFUSED = (403, "forbidden")
"""By its hand, not by the state of the account."""


@pytest.fixture
async def two(world: World, owner: Database) -> World:
    """A second system administrator: ``nobody``."""
    async with owner.transaction(world.district_id) as session:
        session.add(grant_row(world, "nobody", Role.SYSTEM_ADMIN, "district"))
    return world


async def step(world: World, verb: str, who: str = "grid", by: str = "system") -> tuple[int, str]:
    answer = await world.call(by, "POST", f"/v1/accounts/{world.accounts[who]}/{verb}", json=WHY)
    return answer.status_code, answer.json().get("code", "")


async def guarded(world: World, owner: Database, moment: Any, who: str = "grid") -> str:
    """Somebody with a password and an authenticator; its secret."""
    await give_password(owner, world, who)
    there = visitor(world)
    token = (await there.signed_in(who))["access_token"]
    started = await there.call(token, "POST", "/v1/me/second-factor", json={"password": PASSWORD})
    secret = str(started.json()["secret"])
    await there.call(token, "POST", "/v1/me/second-factor/confirm", json={"code": code(secret, now())})
    moment.shift(30)
    return secret


@pytest.mark.parametrize("who", ["security", "audit"])
async def test_none_of_the_three_shuts_another_out(world: World, owner: Database, who: str) -> None:
    for verb in ("disable", "enable"):
        assert await step(world, verb, who) == REFUSED
    assert (await world.call(who, "GET", "/v1/me")).status_code == 200
    assert (await account_of(owner, world, who)).disabled_at is None


async def test_nor_the_other_system_administrator(two: World) -> None:
    assert await step(two, "disable", "system", by="nobody") == REFUSED


async def test_the_operator_opens_what_was_shut(world: World, owner: Database) -> None:
    await give_password(owner, world, "security", disabled_at=now())
    async with owner.transaction(world.district_id) as session:
        password = await accounts_first.reset(session, world.district_id, "security")
    await visitor(world).owed("security", "new_password_required", password)
    async with owner.transaction(world.district_id) as session:
        with pytest.raises(NotFound):
            await accounts_first.reset(session, world.district_id, "grid")


async def test_nobody_takes_the_authenticator_to_the_password_they_gave(
    two: World, owner: Database, moment: Any
) -> None:
    await guarded(two, owner, moment)
    assert await step(two, "reset-password") == (200, "")
    assert await step(two, "reset-second-factor") == REFUSED
    assert await step(two, "reset-password") == (200, ""), "the same again gives nothing more"
    assert await step(two, "reset-second-factor") == REFUSED
    assert await step(two, "reset-second-factor", by="nobody") == (200, "")
    assert await step(two, "reset-password", by="system") == (200, "")
    assert await step(two, "reset-password", by="nobody") == REFUSED


async def test_nor_gives_a_password_once_they_took_the_authenticator(two: World, owner: Database, moment: Any) -> None:
    await guarded(two, owner, moment)
    assert await step(two, "reset-second-factor") == (200, "")
    assert await step(two, "reset-password") == REFUSED
    await visitor(two).signed_in("grid")
    assert await step(two, "reset-password") == REFUSED, "waiting does not help"
    assert await step(two, "reset-password", by="nobody") == (200, "")


async def test_what_the_holder_has_proved_or_bound_since_clears_it(two: World, owner: Database, moment: Any) -> None:
    secret = await guarded(two, owner, moment)
    there = visitor(two)
    given = await two.ok("system", "POST", f"/v1/accounts/{two.accounts['grid']}/reset-password", json=WHY)
    challenge = await there.owed("grid", "second_factor_required", given["password"])
    then = await there.prove("second-factor", challenge=challenge, code=code(secret, now()))
    moment.shift(30)
    chosen = await there.prove("new-password", challenge=then.json()["challenge"], password="六月的雨落在旧城的屋檐上")
    assert chosen.status_code == 200
    assert await step(two, "reset-second-factor") == (200, "")
    await give_password(owner, two, "grid")
    await guarded(two, owner, moment)
    assert await step(two, "reset-password") == (200, "")
    kept = await account_of(owner, two, "grid")
    assert (kept.password_reset_by, kept.second_factor_reset_by) == (two.people["system"], None)


async def test_one_without_an_authenticator_is_helped_by_one(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    assert await step(world, "reset-second-factor") == (409, "wrong_state")
    assert [await step(world, "reset-password") for _ in range(2)] == [(200, "")] * 2
