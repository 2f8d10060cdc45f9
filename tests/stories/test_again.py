"""The same request again: the same answer, as long as the caller may still see it."""

import pytest
from sqlalchemy import update

from app.core.db import Database
from app.core.ids import new_id
from app.models import Grant
from tests.stories.steps import accepted_need, act, only_order, submitted
from tests.worlds import World


@pytest.mark.parametrize("action", ["take", "publish"])
async def test_a_repeated_step_gets_the_same_answer(world: World, action: str) -> None:
    order = await only_order(world, await accepted_need(world))
    who = "grid"
    if action == "take":
        await act(world, "grid", order, "publish")
        who = "member1"
    key = {"idempotency-key": str(new_id())}
    path = f"/v1/orders/{order['id']}/{action}"
    first, again = [await world.call(who, "POST", path, json={}, headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code, first.content) == (200, 200, again.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = await world.call(who, "POST", path.replace(action, "withdraw"), json={}, headers=key)
    assert other.status_code == 422


async def test_nothing_is_replayed_to_who_may_no_longer_see_it(world: World, owner: Database) -> None:
    need = await submitted(world)
    key = {"idempotency-key": str(new_id())}
    path = f"/v1/needs/{need['id']}/ask"
    assert (await world.call("grid", "POST", path, json={"question": "几楼？"}, headers=key)).status_code == 200
    async with owner.transaction(world.district_id) as session:
        await session.execute(
            update(Grant)
            .where(Grant.district_id == world.district_id, Grant.person_id == world.people["grid"])
            .values(place_id=world.places["sibling_grid"], path=world.paths["sibling_grid"])
        )
    assert (await world.call("grid", "POST", path, json={"question": "几楼？"}, headers=key)).status_code == 404
