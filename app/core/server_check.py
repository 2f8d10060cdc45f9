"""Is the database server one the product can run on? Asked once, before anything is written."""

import asyncio
import re

import asyncpg

from app.core.database_url import place, plain
from app.core.start_errors import ServerUnfit, Unreachable

OLDEST = 150_000
"""PostgreSQL 15, as ``server_version_num`` counts."""
WELL_FORMED = re.compile(r"postgres(ql)?(\+asyncpg)?://[^/?#]*/[^/?#]")
CONNECT_SECONDS = 5.0

FACTS = """
SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding, '漏水' ~ '^[[:alpha:]]+$' AS reads_chinese,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') AS has_trigrams
"""
SIMILARITY = "SELECT similarity('漏水', '漏水') = 1"


def check_server(url: str) -> None:
    """Raise Unreachable or ServerUnfit. Not to be called where an event loop runs."""
    if not WELL_FORMED.match(url):
        raise Unreachable("DATABASE_URL is not of the form postgresql://user:password@host:port/name.")
    try:
        asyncio.run(_check(url))
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error).partition("\n")[0] or f"no answer within {CONNECT_SECONDS:.0f} s"
        raise Unreachable(f"The database at {place(url)} (DATABASE_URL) cannot be used: {reason}.") from error


async def _check(url: str) -> None:
    connection = await asyncpg.connect(plain(url), timeout=CONNECT_SECONDS)
    try:
        [facts] = await connection.fetch(FACTS)
        refuse_unfit(place(url), facts["number"], facts["version"], facts["encoding"])
        reads_chinese = facts["reads_chinese"]
        if facts["has_trigrams"]:
            reads_chinese = reads_chinese and await connection.fetchval(SIMILARITY)
        if not reads_chinese:
            raise ServerUnfit(
                f"The database at {place(url)} has a locale that finds no letters in Chinese text: "
                "create it with LOCALE 'C.UTF-8' or another UTF-8 locale."
            )
    finally:
        await connection.close()


def refuse_unfit(where: str, number: int, version: str, encoding: str) -> None:
    """Raise ServerUnfit for a server that is too old or does not store UTF-8."""
    if number < OLDEST:
        raise ServerUnfit(f"The server at {where} is PostgreSQL {version}; 15 or newer is needed.")
    if encoding != "UTF8":
        raise ServerUnfit(f"The database at {where} is encoded in {encoding}; UTF8 is needed.")
