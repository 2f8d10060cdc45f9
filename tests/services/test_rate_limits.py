"""Buckets all processes share: exact in a race, even over time, told by nobody, and no way to lock others out."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from app.core.clock import now
from app.core.db import Database
from app.core.errors import TooManyRequests
from app.domain.limits import LIMITS, PASSWORD_FROM, PASSWORD_HERE, Limit, network_of, password_guards
from app.services import rate_limits
from app.workers import sweeping
from tests.signing_in import give_password, looked_at, visitor
from tests.worlds import World

TEN = Limit("ten", 10, timedelta(minutes=10))
WRONG = "wrong, surely wrong"
HOME, STRANGER = "203.0.113.7", "198.51.100.23"


async def spent(app: Any, world: World, limit: Limit, value: str = "x") -> int | None:
    """None when it was allowed, else the seconds to wait."""
    try:
        await rate_limits.spend(app.state.database, app.state.sealer, world.district_id, limit, value)
    except TooManyRequests as refused:
        return refused.seconds
    return None


async def test_of_64_at_once_exactly_the_burst_passes(world: World, app: Any) -> None:
    with time_machine.travel(now(), tick=False):
        results = await asyncio.gather(*(spent(app, world, TEN) for _ in range(64)))
        assert Counter(result is None for result in results) == {True: 10, False: 54}
        assert {result for result in results if result is not None} == {60}


async def test_the_bucket_fills_evenly_and_never_above_the_burst(world: World, app: Any) -> None:
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        assert [await spent(app, world, TEN) for _ in range(11)] == [None] * 10 + [60]
        clock.move_to(start + timedelta(seconds=59))
        assert await spent(app, world, TEN) == 1
        clock.move_to(start + timedelta(seconds=60))
        assert [await spent(app, world, TEN) for _ in range(2)] == [None, 60]
        clock.move_to(start + timedelta(hours=3))
        assert [await spent(app, world, TEN) for _ in range(11)] == [None] * 10 + [60]


async def test_values_limits_and_districts_do_not_share(world: World, other_world: World, app: Any) -> None:
    once = Limit("once", 1, timedelta(hours=1))
    assert await spent(app, world, once, "a") is None
    assert await spent(app, world, once, "a") == 3_600
    assert await spent(app, world, once, "b") is None
    assert await spent(app, world, Limit("once more", 1, timedelta(hours=1)), "a") is None
    assert await spent(app, other_world, once, "a") is None


async def test_what_is_given_back_is_there_again_and_all_or_none_is_taken(world: World, app: Any) -> None:
    one, two = Limit("one", 1, timedelta(hours=1)), Limit("two", 2, timedelta(hours=1))
    database, sealer, district = app.state.database, app.state.sealer, world.district_id
    guards = [(two, "a"), (one, "a")]
    await rate_limits.spend_all(database, sealer, district, guards)
    for _ in range(3):
        with pytest.raises(TooManyRequests):
            await rate_limits.spend_all(database, sealer, district, guards)
    assert await spent(app, world, two, "a") is None, "what the second refused does not count against the first"
    await rate_limits.give_back_all(database, sealer, district, guards)
    assert await spent(app, world, one, "a") is None


async def test_the_table_tells_nothing_and_is_swept(world: World, app: Any, owner: Database) -> None:
    value = "15400001234"
    await spent(app, world, TEN, value)
    rows = text("SELECT r::text AS row, relpersistence FROM rate_limits r, pg_class WHERE relname = 'rate_limits'")
    async with owner.transaction(world.district_id) as session:
        found = (await session.execute(rows)).all()
    assert all(value not in row.row and value.encode().hex() not in row.row for row in found)
    assert {row.relpersistence for row in found} == {b"u"}
    mine = text("SELECT count(*) FROM rate_limits WHERE district_id = :district")
    for later, left in ((30, 1), (61, 0)):
        with time_machine.travel(now() + timedelta(seconds=later)):
            await sweeping.sweep(app.state.database, world.district_id)
        async with owner.transaction(world.district_id) as session:
            assert await session.scalar(mine, {"district": world.district_id}) == left


def test_every_limit_has_a_name_of_its_own() -> None:
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)
    assert all(limit.burst > 0 and limit.per > timedelta() for limit in LIMITS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("fe80::1%eth0", "fe80::2", True),
        (None, "not an address", True),
    ],
)
def test_what_counts_as_one_address(one: str | None, other: str | None, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


def test_a_usual_address_counts_alone() -> None:
    assert guarded(usual=True, device=None) == (["password_here"], [])
    assert guarded(usual=False, device=None) == (["password_here", "password_from"], ["password_elsewhere"])


@pytest.mark.parametrize("usual", [True, False])
def test_a_known_device_counts_alone_wherever_it_is(usual: bool) -> None:
    assert guarded(usual=usual, device="one") == (["password_device"], [])


def guarded(*, usual: bool, device: str | None) -> tuple[list[str], ...]:
    guards = password_guards("grid", HOME, usual=usual, device=device)
    return tuple([limit.name for limit, _ in part] for part in guards)


@pytest.mark.parametrize("login", ["grid", "ghost"])
async def test_five_wrong_ones_lock_the_address_out_whoever_is_meant(world: World, owner: Database, login: str) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world, STRANGER)
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        answers = [await there.sign_in(login, WRONG) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert answers[-1].headers["retry-after"] == "180"
        assert (await there.sign_in(login)).status_code == 429, "the right password does not help either"
        clock.move_to(start + timedelta(minutes=15))
        assert (await there.sign_in(login)).status_code == (200 if login == "grid" else 401)


async def test_right_passwords_do_not_count(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    there = visitor(world, HOME)
    assert [(await there.sign_in("grid")).status_code for _ in range(8)] == [200] * 8


async def test_a_stranger_who_hammers_locks_out_strangers_and_not_the_owner(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    await visitor(world, HOME).signed_in("grid")
    storm = [visitor(world, f"198.51.100.{number}") for number in range(1, 9)]
    answers = [await stranger.sign_in("grid", WRONG) for _ in range(3) for stranger in storm]
    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 14}, "many addresses guess no faster"
    await visitor(world, HOME).signed_in("grid")
    elsewhere = visitor(world, "192.0.2.99")
    assert (await elsewhere.sign_in("grid")).status_code == 429, "even the owner, at a place never seen before"
    assert (await elsewhere.sign_in("member1", WRONG)).status_code == 401, "others there are not concerned"


async def test_a_usual_address_is_one_of_the_last_ninety_days(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    start = now()
    with time_machine.travel(start - timedelta(days=91)):
        await visitor(world, HOME).signed_in("grid")
    await hammered(world, "grid")
    assert (await visitor(world, HOME).sign_in("grid")).status_code == 429


async def hammered(world: World, login: str) -> None:
    for number in range(1, 12):
        await visitor(world, f"198.51.100.{number}").sign_in(login, WRONG)


async def test_one_address_tries_no_long_list_of_logins(world: World, owner: Database) -> None:
    await give_password(owner, world, "grid")
    await visitor(world, HOME).signed_in("grid")
    at_home = visitor(world, HOME)
    with time_machine.travel(now(), tick=False):
        answers = [await at_home.sign_in(f"login{number}", WRONG) for number in range(PASSWORD_FROM.burst + 2)]
    assert Counter(answer.status_code for answer in answers) == {401: PASSWORD_FROM.burst, 429: 2}
    assert (await at_home.sign_in("grid")).status_code == 200, "a neighbour of the guesser's is not locked out"
    assert (await visitor(world, STRANGER).sign_in("ghost", WRONG)).status_code == 401


async def test_a_race_looks_at_no_more_passwords_than_the_limit(
    world: World, owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give_password(owner, world, "grid")
    looked = looked_at(monkeypatch)
    there = visitor(world, STRANGER)
    answers = await asyncio.gather(*(there.sign_in("grid", f"{WRONG} {number}") for number in range(24)))
    assert Counter(answer.status_code for answer in answers) == {401: PASSWORD_HERE.burst, 429: 19}
    assert len(looked) == PASSWORD_HERE.burst
