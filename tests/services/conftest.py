"""What the tests of services share."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI

from app.core.database_url import plain
from app.core.db import Database
from app.settings import Settings
from tests.seeded import Seeded, look
from tests.services.audit_trails import ENTRIES, Trail
from tests.services.rings import Rings
from tests.worlds import World


@pytest.fixture(scope="session")
async def seeded(owner: Database) -> Seeded:
    """District 150103, seeded once a worker."""
    return await look(owner)


@pytest.fixture
async def trail(world: World, app: FastAPI, settings: Settings, tmp_path: Path) -> Trail:
    return Trail(world, app.state.database, settings, tmp_path)


@pytest.fixture
async def whole(trail: Trail) -> Trail:
    """Twelve entries, linked and anchored."""
    await trail.note(ENTRIES, data={"minutes": 90, "b": [1, 2.5, None]}, address="192.0.2.7")
    await trail.link()
    await trail.anchor()
    return trail


@pytest.fixture
async def intruder(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who owns the database and has not the key."""
    connection = await asyncpg.connect(plain(database_url))
    yield connection
    await connection.close()


@pytest.fixture
def rings(settings: Settings) -> Rings:
    return Rings(settings)
