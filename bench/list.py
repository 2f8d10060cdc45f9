"""``make bench-list``: a page of 20 of 1,000,000 orders, our whole app against the floor.

Asked by the admins of eight communities, half of the time from the top and half from a random depth. Both sides serve the same
database, and every page of one must equal the other's, field by field. The million rows are made on the first run and
kept in .data/bench.
"""

import argparse
import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import uvloop

from app.core.crypto import Sealer
from app.core.keys import field_keys, signing_keys
from app.core.migrate import current_and_head, upgrade
from app.core.paging import id_cursor
from app.core.postgres import EmbeddedPostgres
from app.core.security import Tokens
from app.settings import ROOT, Settings
from bench import million
from bench.client import Load, request
from bench.data import Ground, Person
from bench.measure import Side, interleave, result
from bench.processes import measured

LIMIT = 20
FOLDER = ROOT / ".data" / "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--requests", type=int, default=800, help="a round and side")
    parser.add_argument("--workers", action=argparse.BooleanOptionalAction, default=True, help="as in production")
    asked = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    postgres = EmbeddedPostgres(FOLDER / "postgres", die_with_parent=True)
    try:
        postgres.start()
        prepare(postgres)
        print(uvloop.run(bench(postgres.url, FOLDER, asked)))
    finally:
        postgres.stop()


def prepare(postgres: EmbeddedPostgres) -> None:
    """The million orders under today's schema; made anew when they are missing or of another schema."""

    async def there() -> bool:
        connection = await asyncpg.connect(postgres.url)
        try:
            return await million.is_there(connection)
        finally:
            await connection.close()

    async def make() -> None:
        connection = await asyncpg.connect(postgres.url)
        try:
            await million.make(connection, FOLDER)
        finally:
            await connection.close()

    current, head = current_and_head(postgres.url)
    if current == head and asyncio.run(there()):
        return
    if current is not None:
        postgres.remove()
        postgres.start()
    upgrade(postgres.url)
    asyncio.run(make())


async def bench(url: str, folder: Path, asked: argparse.Namespace) -> str:
    settings = Settings(data_dir=folder)
    tokens = Tokens(signing_keys(settings), timedelta(hours=1))
    ground = Ground(await asyncpg.connect(url), million.DISTRICT, tokens, Sealer(*field_keys(settings)))
    people, starts = await million.admins(ground), await million.depths(ground.connection)
    sides = {name: Side(name, measured(name, url, folder, workers=asked.workers)) for name in ("ours", "floor")}
    pages: dict[int, list[Any]] = {}

    async def play(side: Side, number: int) -> None:
        load = await side.load(questions(people, starts, asked.requests, number))
        compare(side, load, pages.setdefault(number, []))

    try:
        for side in sides.values():
            side.server.start()
        for side in sides.values():
            await side.server.ready()
        for side in sides.values():
            await play(side, -1)
            sides[side.name] = Side(side.name, side.server)
        await interleave(asked.rounds, play, sides["ours"], sides["floor"])
    finally:
        for side in sides.values():
            side.server.stop()
    return result("list", sides["ours"], sides["floor"], orders=million.ORDERS, equal_pages=True, workers=asked.workers)


def questions(people: dict[str, Person], starts: list[Any], count: int, number: int) -> list[bytes]:
    """The round's requests, the same for both sides."""
    chance = random.Random(number)  # noqa: S311 - to be repeatable
    found = []
    for i in range(count):
        community, order = chance.choice(starts)
        after = f"&cursor={id_cursor(order)}" if i % 2 else ""
        found.append(request("GET", f"/v1/orders?limit={LIMIT}{after}", people[community].token))
    return found


def compare(side: Side, load: Load, seen: list[Any]) -> None:
    """Full pages, and the same ones from both sides."""
    pages = []
    for reply in load.replies:
        assert reply is not None
        assert reply.status == 200, f"{side.name}: {reply.status} {reply.body.decode()}"
        pages.append(orjson.loads(reply.body))
    short = sum(len(page["items"]) < LIMIT for page in pages)
    assert short <= len(pages) // 100, f"{side.name}: {short} pages are not full"
    if seen:
        differing = sum(a != b for a, b in zip(pages, seen, strict=True))
        assert not differing, f"{differing} pages differ from the other side's"
        seen.clear()
    else:
        seen += pages


if __name__ == "__main__":
    main()
