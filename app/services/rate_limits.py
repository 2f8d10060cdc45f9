"""Rate limits that all processes share: one bucket is one row, and taking from it is one statement.

The bucket is a keyed hash of what is limited (an address, a phone, a login), so that the table tells nothing about anybody.
What is spent stays spent even if the request is refused afterwards: ``spend`` is its own transaction.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Integer, Interval, LargeBinary, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database, compile_hot
from app.core.errors import TooManyRequests
from app.domain.limits import Guards, Limit

_TYPES: Mapping[str, Any] = {
    "district": Integer(),
    "bucket": LargeBinary(),
    "moment": DateTime(timezone=True),
    "latest": DateTime(timezone=True),
    "pace": Interval(),
}


def statement(sql: str) -> Any:
    """SQL with the values of a bucket (``values_of``) typed."""
    return text(sql).bindparams(*(bindparam(name, type_=kind) for name, kind in _TYPES.items() if f":{name}" in sql))


SPENT = """spent AS (
  INSERT INTO rate_limits AS r (district_id, bucket, full_at) VALUES (:district, :bucket, :moment + :pace)
  ON CONFLICT (district_id, bucket) DO UPDATE SET full_at = greatest(r.full_at, :moment) + :pace
    WHERE greatest(r.full_at, :moment) + :pace <= :latest
  RETURNING full_at
)"""
"""Takes one from a bucket, as the first part of a statement; without a row where there was none left to take."""
_SPEND = compile_hot(
    statement(f"""
WITH {SPENT}
SELECT true AS passed, full_at FROM spent
UNION ALL
SELECT false, full_at FROM rate_limits
WHERE district_id = :district AND bucket = :bucket AND NOT EXISTS (SELECT FROM spent)""")  # noqa: S608 - text of ours
)
_GIVE_BACK = compile_hot(
    statement("UPDATE rate_limits SET full_at = full_at - :pace WHERE district_id = :district AND bucket = :bucket")
)


def bucket_of(sealer: Sealer, district_id: int, limit: Limit, value: str) -> bytes:
    return sealer.blind_index(value, district_id, f"limit/{limit.name}")


async def spend(database: Database, sealer: Sealer, district_id: int, limit: Limit, value: str) -> None:
    """Take one, in a transaction of its own. Raises TooManyRequests, which says when the next is allowed."""
    values = values_of(sealer, district_id, limit, value)
    _judge(await database.hot(district_id, _SPEND, **values), limit, values["latest"])


async def give_back(database: Database, sealer: Sealer, district_id: int, limit: Limit, value: str) -> None:
    """Undo one ``spend``: where only failures count, one is taken before the attempt and given back when it succeeds."""
    values = values_of(sealer, district_id, limit, value)
    await database.hot(district_id, _GIVE_BACK, **values)


async def spend_all(database: Database, sealer: Sealer, district_id: int, guards: Guards) -> None:
    """Take one of each, or none: what is refused by one limit does not count against the others. Raises TooManyRequests."""
    for number, (limit, value) in enumerate(guards):
        try:
            await spend(database, sealer, district_id, limit, value)
        except TooManyRequests:
            await give_back_all(database, sealer, district_id, guards[:number])
            raise


async def give_back_all(database: Database, sealer: Sealer, district_id: int, guards: Guards) -> None:
    for limit, value in guards:
        await give_back(database, sealer, district_id, limit, value)


async def sweep(session: AsyncSession, district_id: int) -> None:
    """Remove the buckets that are full again: a missing one is as good."""
    await session.execute(
        text("DELETE FROM rate_limits WHERE district_id = :district AND full_at < :moment"),
        {"district": district_id, "moment": now()},
    )


def values_of(sealer: Sealer, district_id: int, limit: Limit, value: str) -> dict[str, Any]:
    """What ``SPENT`` needs to know."""
    moment = now()
    return {
        "district": district_id,
        "bucket": bucket_of(sealer, district_id, limit, value),
        "moment": moment,
        "latest": moment + limit.per,
        "pace": limit.interval,
    }


def _judge(rows: Any, limit: Limit, latest: datetime) -> None:
    """No row at all, or one that had room when it was read: others emptied it at this very moment."""
    if not rows:
        raise TooManyRequests(math.ceil(limit.interval.total_seconds()))
    if not rows[0]["passed"]:
        wait = rows[0]["full_at"] + limit.interval - latest
        raise TooManyRequests(math.ceil((wait if wait > timedelta() else limit.interval).total_seconds()))
