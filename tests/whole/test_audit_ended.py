"""I12: whoever comes with a token that was good once, and whose sign-in or account has ended, is known: a denied call."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.accounts import SignInEnd
from app.domain.limits import DENIED_NOTED
from app.models import Account, AuditEntry, SignIn
from tests.routers.client_systems import connected
from tests.stories.steps import accepted_need, act, only_order
from tests.whole.test_audit import entries
from tests.worlds import World


async def _ended(owner: Database, world: World, who: str, how: str) -> None:
    async with owner.transaction(world.district_id) as session:
        sign_in = update(SignIn).where(SignIn.id == world.sign_ins[who])
        account = update(Account).where(Account.id == world.accounts[who])
        ended = sign_in.values(ended_at=now(), ended_by=SignInEnd.SIGNED_OUT)
        await session.execute(ended if how == "sign-in" else account.values(disabled_at=now()))


async def denials(owner: Database, world: World, who: str) -> list[AuditEntry]:
    return await entries(owner, world.district_id, outcome="denied", actor_id=world.people[who])


@pytest.mark.parametrize("how", ["sign-in", "account"])
async def test_each_way_in_leaves_one_entry(world: World, owner: Database, how: str) -> None:
    order = await only_order(world, await accepted_need(world))
    await act(world, "grid", order, "publish")
    await _ended(owner, world, "member1", how)
    for method, path in (
        ("GET", "/v1/me"),
        ("GET", "/v1/orders"),
        ("GET", f"/v1/orders/{order['id']}"),
        ("POST", f"/v1/orders/{order['id']}/take"),
    ):
        form: dict[str, str] | None = {} if method == "POST" else None
        assert (await world.call("member1", method, path, json=form)).status_code == 401, path
    found = await denials(owner, world, "member1")
    assert [entry.operation for entry in found] == ["me_read", "order_list", "order_read", "order_take"]
    said = {(e.status, e.caller, e.sign_in_id, e.address) for e in found}
    assert said == {(401, "person", world.sign_ins["member1"], "127.0.0.1")}
    assert str(found[-1].subject_id) == order["id"]


async def test_a_client_system_that_was_shut_leaves_one(world: World, owner: Database) -> None:
    client = await connected(world, scopes=["orders:list"])
    assert (await client.call("GET", "/v1/orders")).status_code == 200
    await world.ok("system", "POST", f"{client.path}/disable", json={"reason": "合作结束"})
    assert (await client.call("GET", "/v1/orders")).status_code == 401
    (entry,) = await entries(owner, world.district_id, outcome="denied")
    said = (entry.caller, str(entry.actor_id), entry.operation, entry.status)
    assert said == ("client", client.row["id"], "order_list", 401)


async def test_it_fills_the_trail_no_faster_than_any_denial(world: World, owner: Database) -> None:
    await _ended(owner, world, "member1", "sign-in")
    for _ in range(DENIED_NOTED.burst + 5):
        await world.call("member1", "GET", "/v1/me")
    assert len(await denials(owner, world, "member1")) == DENIED_NOTED.burst


async def test_of_whom_nobody_knows_there_is_none(world: World, owner: Database) -> None:
    """No token, a forged one, an expired one, and one for a district that is not there."""
    head, body, _ = world.token("member1").split(".")
    elsewhere = world.tokens.issue(2**31 - 1, new_id(), new_id(), new_id())
    for token in ("", f"{head}.{body}.{'A' * 86}", elsewhere):
        answer = await world.call(None, "GET", "/v1/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    with time_machine.travel(now() - timedelta(days=1)):
        old = world.token("member1")
    answer = await world.call(None, "GET", "/v1/me", headers={"authorization": f"Bearer {old}"})
    assert answer.status_code == 401
    assert await entries(owner, world.district_id) == []
