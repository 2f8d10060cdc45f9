"""I15: no input brings a fault or an answer the document does not know. The long form is ``make fuzz``."""

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.settings import Settings
from bench.client import HOST
from bench.processes import measured
from tests.audited import LEDGER
from tests.fuzz.engine import ROLES, Found, only, run
from tests.fuzz.ground import Ground, lay
from tests.worlds import build_world

pytestmark = pytest.mark.filterwarnings("default")  # of the fuzzer's own libraries
_districts = itertools.count(990_001)
EVERYONE = tuple(ROLES)


@dataclass(frozen=True)
class Target:
    """A server process of its own, on the suite's database: what is fuzzed is what is served."""

    url: str
    document: dict[str, Any]
    ground: Ground

    async def run(self, phases: dict[str, Any], roles: tuple[str, ...] = EVERYONE, **more: Any) -> Found:
        return await asyncio.to_thread(
            run, self.url, more.pop("document", self.document), self.ground, roles, phases, **more
        )


@pytest.fixture(scope="module")
async def target(
    app: FastAPI, owner: Database, transport: httpx.ASGITransport, settings: Settings
) -> AsyncIterator[Target]:
    ground = await lay(owner, await build_world(app, owner, transport, next(_districts)))
    server = measured("ours", settings.database_url or "", settings.data_dir, workers=False)
    server.start()
    try:
        await server.ready()
        yield Target(f"http://{HOST}:{server.port}", app.openapi(), ground)
    finally:
        server.stop()
        LEDGER.forget(ground.world.district_id)


def _operations(document: dict[str, Any]) -> int:
    return sum(len(item) for item in document["paths"].values())


async def test_i15_every_operation_as_each_role(target: Target) -> None:
    """Well-formed and malformed requests, each operation by one role after the other."""
    found = await target.run(only(fuzzing={"generation": {"max-examples": len(EVERYONE)}}))
    assert not found.failures, found.failures
    assert found.times(500, 600) == 0, found
    assert len(found.operations) == _operations(target.document)
    assert found.times(200, 300) > 50, found
    assert {401, 403, 404, 409, 422} <= found.statuses.keys(), found


async def test_i15_every_field_at_its_limits(target: Target) -> None:
    """Each constraint of each field met, missed by one, and broken; methods that are not there."""
    found = await target.run(only(coverage={"unexpected-methods": ["DELETE", "OPTIONS"]}))
    assert not found.failures, found.failures
    assert found.times(500, 600) == 0, found
    assert len(found.operations) == _operations(target.document)
    assert found.statuses[422] > 1_000, found


async def test_i15_what_was_made_is_there(target: Target) -> None:
    """The links of every create lead to what it made."""
    found = await target.run(only(stateful={"generation": {"max-examples": 10}}), ("district_admin",))
    assert not found.failures, found.failures
    assert found.times(500, 600) == 0, found
    assert found.cases > 30


async def test_the_fuzzer_finds_a_broken_promise(target: Target) -> None:
    document = copy.deepcopy(target.document)
    document["components"]["schemas"]["HealthRead"]["required"].append("colour")
    document["paths"] = {"/livez": document["paths"]["/livez"]}
    found = await target.run(only(fuzzing={"generation": {"max-examples": 1}}), document=document)
    assert [line for line in found.failures if "colour" in line]
