"""Columns of numbers by COPY: what the database answers is what arrives, and what does not fit is refused."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.columns import BIG, EPOCH, FLOAT, INT, KEY, NO_DAY, NO_KEY, NO_TIME, SMALL, columns, key_bytes, places_in
from app.core.db import Database
from app.workers.dispatch_solving import driver

_ONE, _TWO = UUID("01a22749-2201-7652-98b8-03cbf8310000"), UUID("01a22749-2201-7652-98b8-03cbf8310001")
_ROWS = """
SELECT * FROM (VALUES ({two}::uuid, 2::smallint, 7, 1.5::float8, {moment}, {day}, 'ü/1/'),
  ({one}::uuid, -1::smallint, -7, 'NaN'::float8, '-infinity', '-infinity', ''))
AS rows(key, small, number, way, moment, day, path)"""
_KINDS = {"key": KEY, "small": SMALL, "number": INT, "way": FLOAT, "moment": BIG, "day": INT}


async def test_what_the_database_answers_arrives(owner: Database) -> None:
    moment = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
    given = {"one": str(_ONE), "two": str(_TWO), "moment": moment, "day": date(2026, 11, 29)}
    async with owner.transaction(1) as session:
        found = await columns(await driver(session), _ROWS, _KINDS, given, text=True)
        await session.execute(text("SELECT 1"))
    assert len(found) == 2
    assert [UUID(bytes=key) for key in key_bytes(found["key"])] == [_TWO, _ONE]
    assert (found["small"].tolist(), found["number"].tolist()) == ([2, -1], [7, -7])
    assert found["way"][0] == 1.5
    assert found["way"][1] != found["way"][1]
    since = int((moment - datetime(EPOCH.year, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
    assert found["moment"].tolist() == [since, NO_TIME]
    assert found["day"].tolist() == [(date(2026, 11, 29) - EPOCH).days, NO_DAY]
    assert [one.decode() for one in found.texts] == ["ü/1/", ""]
    ascending = found["key"][::-1]
    assert places_in(ascending, found["key"]).tolist() == [1, 0]
    assert places_in(ascending[:1], found["key"]).tolist() == [-1, 0]


async def test_words_of_ours_are_only_words(owner: Database) -> None:
    """A quote ends nothing; nothing is not a row; the zero key is nobody's."""
    nobody = "'00000000-0000-0000-0000-000000000000'::uuid"
    async with owner.transaction(1) as session:
        connection = await driver(session)
        found = await columns(
            connection, "SELECT 1, {word}", {"one": INT}, {"word": "a'; DROP TABLE people --"}, text=True
        )
        none = await columns(connection, "SELECT 1 WHERE false", {"one": INT}, {})
        zero = await columns(connection, f"SELECT {nobody}", {"key": KEY}, {})
    assert found.texts == [b"a'; DROP TABLE people --"]
    assert len(none) == 0
    assert zero["key"].tolist() == [NO_KEY]


@pytest.mark.parametrize(
    "query", ["SELECT NULL::int", "SELECT 1::bigint", "SELECT 1, 2", "SELECT 1::smallint, 2::smallint"]
)
async def test_a_field_of_another_width_is_refused(owner: Database, query: str) -> None:
    async with owner.transaction(1) as session:
        with pytest.raises(ValueError, match="width"):
            await columns(await driver(session), query, {"one": INT}, {})
