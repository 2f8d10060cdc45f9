"""An order nobody gets on with: urged three times, supervised, answered, escalated, and the supervision lifted at last."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.core.clock import CHINA
from app.core.db import Database
from tests.services.histories import broken_histories
from tests.stories.steps import act, started
from tests.stories.test_rights import told
from tests.worlds import World

MONDAY = datetime(2026, 11, 23, 10, tzinfo=CHINA)


@pytest.fixture(autouse=True)
def monday() -> Iterator[Any]:
    with time_machine.travel(MONDAY) as clock:
        yield clock


async def test_from_the_first_urge_to_the_end(world: World, app: FastAPI, owner: Database, monday: Any) -> None:
    order = await started(world)
    for _ in range(3):
        urge = await world.ok("resident1", "POST", "/v1/urges", json={"order_id": order["id"]})
        monday.shift(timedelta(days=1))
    assert urge["number"] == 3
    assert any("已被催办3次" in words for words in await told(world, app, "subdistrict"))

    form = {"order_id": order["id"], "grounds": ["urged"], "words": "居民三次催办", "working_days": 2}
    supervision = await world.ok("subdistrict", "POST", "/v1/supervisions", json=form)
    beside = f"/v1/supervisions/{supervision['id']}"
    await world.ok("grid", "POST", f"{beside}/answer", json={"words": "管道在墙内，本级无力开挖"})

    form = {"order_id": order["id"], "tried": "关阀、找物业两次", "wish": "请协调供水公司"}
    escalation = await world.ok("community", "POST", "/v1/escalations", json=form)
    decided = {"decision": "供水公司周五开挖", "help": "街道出抢修费"}
    await world.ok("subdistrict", "POST", f"/v1/escalations/{escalation['id']}/answer", json=decided)
    assert any("街道已作出答复" in words for words in await told(world, app, "resident1"))

    monday.shift(timedelta(days=1))
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    await act(world, "member1", order, "report", result="已换管")
    await act(world, "resident1", order, "confirm", rating=4)
    assert (await world.ok("subdistrict", "POST", f"{beside}/lift", json={}))["state"] == "lifted"
    assert await broken_histories(owner, world.district_id) == []
