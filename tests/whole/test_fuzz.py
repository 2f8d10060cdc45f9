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
from tests.fuzz.fields import new_fields
from tests.fuzz.ground import Ground, lay
from tests.worlds import build_world

pytestmark = pytest.mark.filterwarnings("default")  # of the fuzzer's own libraries
_districts = itertools.count(990_001)
EVERYONE = tuple(ROLES)
PARTS = 4
"""So that the suite's processes share them, and none of the fuzzer's has all operations in memory."""


@dataclass(frozen=True)
class Target:
    """A server process of its own, on the suite's database: what is fuzzed is what is served."""

    url: str
    document: dict[str, Any]
    ground: Ground

    def part(self, number: int) -> dict[str, Any]:
        return part_of(self.document, number)

    async def run(self, document: dict[str, Any], phases: dict[str, Any], roles: tuple[str, ...] = EVERYONE) -> Found:
        return await asyncio.to_thread(run, self.url, document, self.ground.ids, self.ground.tokens(roles), phases)


def part_of(document: dict[str, Any], number: int) -> dict[str, Any]:
    """The document of one part of the operations, those of a noun together."""
    paths = list(document["paths"].items())
    ends = [len(paths) * end // PARTS for end in (number, number + 1)]
    return {**document, "paths": dict(paths[slice(*ends)])}


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


@pytest.mark.parametrize("part", range(PARTS))
async def test_i15_every_operation_by_roles_in_turn(target: Target, part: int) -> None:
    """Well-formed and malformed requests, each operation by some roles in turn."""
    document = target.part(part)
    found = await target.run(document, only(fuzzing={"generation": {"max-examples": 3}}))
    assert not found.failures, found.failures
    assert found.times(500, 600) == 0, found
    assert len(found.operations) == _operations(document)
    assert found.times(200, 300) > 50 / PARTS, found
    assert {401, 403, 404, 409, 422} <= found.statuses.keys(), found


@pytest.mark.parametrize("part", range(PARTS))
async def test_i15_every_field_at_its_limits(target: Target, part: int) -> None:
    """Each constraint of each field met, missed by one, and broken; methods that are not there.

    Paths without a field that another has not are left out; ``make fuzz`` tries all.
    """
    document = part_of(new_fields(target.document), part)
    found = await target.run(document, only(coverage={"unexpected-methods": ["DELETE", "OPTIONS"]}))
    assert not found.failures, found.failures
    assert found.times(500, 600) == 0, found
    assert len(found.operations) == _operations(document)
    assert found.statuses[422] > 1_000 / PARTS, found


def test_the_parts_are_the_whole(target: Target) -> None:
    parts = [path for number in range(PARTS) for path in target.part(number)["paths"]]
    assert parts == list(target.document["paths"])


async def test_i15_what_was_made_is_there(target: Target) -> None:
    """The links of every create lead to what it made."""
    phase = only(stateful={"generation": {"max-examples": 10}})
    found = await target.run(target.document, phase, ("district_admin",))
    assert not found.failures, found.failures
    assert found.times(500, 600) == 0, found
    assert found.cases > 30


async def test_the_fuzzer_finds_a_broken_promise(target: Target) -> None:
    document = copy.deepcopy(target.document)
    document["components"]["schemas"]["HealthRead"]["required"].append("colour")
    document["paths"] = {"/livez": document["paths"]["/livez"]}
    found = await target.run(document, only(fuzzing={"generation": {"max-examples": 1}}))
    assert [line for line in found.failures if "colour" in line]


def test_a_path_without_a_new_field_is_left_out(target: Target) -> None:
    kept = new_fields(target.document)
    assert 200 < _operations(kept) < 0.7 * _operations(target.document)
    assert new_fields(kept) == kept
    assert kept["paths"].keys() <= target.document["paths"].keys()
    one = {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 9}}
    other = {**one, "schema": {"type": "integer", "maximum": 8}}
    paths = {f"/{name}": {"get": {"parameters": [asked]}} for name, asked in (("a", one), ("b", one), ("c", other))}
    assert list(new_fields({"paths": paths})["paths"]) == ["/a", "/c"]
