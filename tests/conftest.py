"""One embedded PostgreSQL a run, a migrated database a worker, and for every test a district of its own.

Isolation is the product's own: each test works in a fresh district, behind row-level security, with real commits. So the
hot verbs, which use connections of their own, are tested as they run, and races are races.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import uvloop
from fastapi import FastAPI

from app.core.database_url import plain
from app.core.db import Database
from app.core.migrate import upgrade
from app.core.postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from tests.audited import LEDGER
from tests.responses import CheckedTransport
from tests.secrets_watch import FOLDER, Watch
from tests.signing_in import cheap_passwords
from tests.worlds import World, build_world

_URL = "SANSHUN_TEST_SERVER"
_districts = itertools.count(100_000 + (os.getpid() * 97) % 700_000)


def pytest_configure(config: pytest.Config) -> None:
    """The first process starts the server and makes the template; workers find it by its URL.

    All run on the event loop that the product is served with. By the policy, and not by the plugin's hook for it: that
    makes a parameter of the loop, and with it all that lives as long as the session anew for tests that have none.
    """
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    if os.environ.get(_URL):
        return
    folder = Path(tempfile.mkdtemp(prefix="sanshun-test-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres", durable=False, die_with_parent=True)
    server.start()
    os.environ[_URL], os.environ[FOLDER] = server.url, str(folder)
    config.pluginmanager.register(Watch(folder, server.url))
    config.add_cleanup(lambda: _end(server, folder))
    upgrade(server.url)


def _end(server: EmbeddedPostgres, folder: Path) -> None:
    server.remove()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.pop(_URL, None)


async def _clone(name: str) -> str:
    """A copy of the migrated template; the template itself is never connected to while it is copied."""
    server = os.environ[_URL]
    connection = await asyncpg.connect(plain(server).rsplit("/", 1)[0] + "/postgres")
    try:
        for _ in range(50):
            try:
                await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE sanshun STRATEGY file_copy')
                break
            except asyncpg.ObjectInUseError:
                await asyncio.sleep(0.1)
    finally:
        await connection.close()
    return server.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(autouse=True)
def cheap() -> Iterator[None]:
    """A password of the product costs a fifth of a second each time, whatever the test is about."""
    with cheap_passwords():
        yield


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
async def database_url(worker_name: str) -> str:
    return await _clone(f"test_{worker_name}_{os.getpid()}")


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=database_url, data_dir=tmp_path_factory.mktemp("data"), workers=False, log_json=True, pool_size=16
    )


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The whole app, started; workers stand still so that tests move the clocks themselves."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def owner(database_url: str) -> AsyncIterator[Database]:
    """The database as its owner, who seeds and looks."""
    database = Database(database_url, role=None, pool_size=4)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def transport(app: FastAPI, owner: Database) -> AsyncIterator[httpx.ASGITransport]:
    """Holds every answer of the suite against the published document, and every call against the audit trail."""
    yield CheckedTransport(app)
    await LEDGER.settle_all(owner)


@pytest.fixture
async def world(app: FastAPI, owner: Database, transport: httpx.ASGITransport) -> AsyncIterator[World]:
    """A small district of the test's own, with people in every role."""
    found = await build_world(app, owner, transport, next(_districts))
    yield found
    await LEDGER.settle(owner, found.district_id)


@pytest.fixture
async def other_world(app: FastAPI, owner: Database, transport: httpx.ASGITransport) -> AsyncIterator[World]:
    """A second district, to look across from."""
    found = await build_world(app, owner, transport, next(_districts))
    yield found
    await LEDGER.settle(owner, found.district_id)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sanshun-scratch-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
