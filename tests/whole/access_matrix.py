"""Write the access matrix anew: ``python -m tests.whole.access_matrix --write [NOUN…]``; without ``--write`` it is only printed.

Every operation of the published document is tried as every role in every situation, on a PostgreSQL of its own. The
differences are for a person to review: the suite only holds the app to what stands in the file.
"""

import argparse
import asyncio
import itertools
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from app.core.db import Database
from app.core.migrate import upgrade
from app.core.postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from tests.responses import CheckedTransport
from tests.signing_in import cheap_passwords
from tests.whole.access_golden import GOLDEN, read, rendered
from tests.whole.access_ground import Ground
from tests.whole.access_people import Seats, seat_everyone
from tests.whole.access_registry import builder_of, noun_of
from tests.whole.access_walk import UNCLEAR, Verdicts, Walk
from tests.whole.document import Operation, operations_of
from tests.worlds import build_world

_districts = itertools.count(910_000)


async def lay(app: FastAPI, owner: Database, transport: httpx.ASGITransport, districts: Sequence[int]) -> Ground:
    """Two districts with everyone in place."""
    world, other = [await build_world(app, owner, transport, district) for district in districts]
    seats = Seats(world, other)
    async with owner.transaction(world.district_id) as session:
        await seat_everyone(session, app.state.sealer, seats)
    return Ground(seats, owner, app)


def of_noun(document: dict[str, Any], noun: str) -> list[Operation]:
    return [operation for operation in operations_of(document) if noun_of(operation) == noun]


def nouns(document: dict[str, Any]) -> list[str]:
    return sorted({noun_of(operation) for operation in operations_of(document)})


async def _found(app: FastAPI, owner: Database, only: Sequence[str]) -> dict[str, Verdicts]:
    transport, document = CheckedTransport(app), app.openapi()
    for operation in operations_of(document):
        builder_of(operation)  # before the walk begins
    found: dict[str, Verdicts] = {}
    for noun in only or nouns(document):
        ground = await lay(app, owner, transport, [next(_districts), next(_districts)])
        walk = Walk(ground, document, of_noun(document, noun))
        found |= await walk.found()
        sys.stderr.write("\n".join([f"{noun}: {len(found)} operations so far", *walk.unclear[:5], ""]))
    return found


@asynccontextmanager
async def _started(settings: Settings) -> AsyncIterator[tuple[FastAPI, Database]]:
    app = create_app(settings)
    owner = Database(settings.database_url or "", role=None, pool_size=2)
    try:
        async with app.router.lifespan_context(app):
            yield app, owner
    finally:
        await owner.close()


async def _text(settings: Settings, only: Sequence[str], kept: dict[str, Verdicts]) -> str:
    """The verdicts found now; of nouns not walked those that are ``kept``, as far as their operations still are."""
    async with _started(settings) as (app, owner):
        verdicts = kept | await _found(app, owner, only)
        return rendered([o for o in operations_of(app.openapi()) if o.name in verdicts], verdicts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.whole.access_matrix", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {GOLDEN.name}")
    parser.add_argument("noun", nargs="*", help="walk only these nouns; the lines of the others stay")
    arguments = parser.parse_args()
    lines = read(GOLDEN.read_text(encoding="utf-8")) if arguments.write and arguments.noun else {}
    kept = {name: verdicts for name, (_, verdicts) in lines.items()}
    folder = Path(tempfile.mkdtemp(prefix="sanshun-access-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres", durable=False, die_with_parent=True)
    try:
        server.start()
        upgrade(server.url)
        settings = Settings(database_url=server.url, data_dir=folder, workers=False, log_json=True, token_minutes=60)
        with cheap_passwords():
            text = asyncio.run(_text(settings, arguments.noun, kept))
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.write and UNCLEAR not in text:
        GOLDEN.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
