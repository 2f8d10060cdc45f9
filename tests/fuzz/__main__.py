"""The long form: ``make fuzz``, every phase, as each role in turn. Exits 1 when a promise of the document is broken."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from app.core.db import Database
from app.core.migrate import upgrade
from app.core.postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from bench.client import HOST
from bench.processes import measured
from tests.fuzz.engine import ROLES, Found, run
from tests.fuzz.ground import Ground, lay
from tests.worlds import build_world

DISTRICT = 990_000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=…", description=__doc__)
    parser.add_argument("--examples", type=int, default=30, help="made-up requests an operation and role (30)")
    parser.add_argument("--role", choices=list(ROLES), help="only this role")
    return parser.parse_args()


async def _prepared(settings: Settings) -> tuple[Ground, dict[str, Any]]:
    app = create_app(settings)
    owner = Database(settings.database_url or "", role=None, pool_size=2)
    try:
        async with app.router.lifespan_context(app):
            world = await build_world(app, owner, httpx.ASGITransport(app), DISTRICT)
            return await lay(owner, world), app.openapi()
    finally:
        await owner.close()


def _fuzz(settings: Settings, roles: list[str], examples: int) -> list[Found]:
    ground, document = asyncio.run(_prepared(settings))
    phases = {
        "fuzzing": {"generation": {"max-examples": examples}},
        "stateful": {"generation": {"max-examples": examples}},
    }
    server = measured("ours", settings.database_url or "", settings.data_dir, workers=True)
    server.start()
    found = []
    try:
        asyncio.run(server.ready())
        for role in roles:
            found.append(run(f"http://{HOST}:{server.port}", document, ground.ids, ground.tokens([role]), phases))
            _tell(found[-1])
    finally:
        server.stop()
    return found


def _tell(found: Found) -> None:
    sys.stdout.write(f"{found}\n")
    for failure, request in found.failures.items():
        sys.stdout.write(f"  {failure}\n      {request}\n")
    sys.stdout.flush()


def main() -> int:
    """0 when no role found anything."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="sanshun-fuzz-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "postgres", durable=False, die_with_parent=True)
    try:
        postgres.start()
        upgrade(postgres.url)
        settings = Settings(
            database_url=postgres.url, data_dir=folder, workers=False, log_json=True, pool_size=4, token_minutes=60
        )
        found = _fuzz(settings, [arguments.role] if arguments.role else list(ROLES), arguments.examples)
    finally:
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)
    broken = sum(len(run.failures) for run in found)
    sys.stdout.write(f"{sum(run.cases for run in found)} requests, {broken} broken promises\n")
    return 1 if broken or any(run.times(500, 600) for run in found) else 0


if __name__ == "__main__":
    sys.exit(main())
