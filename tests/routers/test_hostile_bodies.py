"""I15: bodies nobody sends by accident. Each is refused with the right word, and nothing of it comes back or is kept."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.core.ids import new_id
from app.models import Event, Need
from tests.worlds import World, count

MARK = "SECRETMARK"
LIMIT = 1_048_576


def form(world: World, **more: Any) -> dict[str, Any]:
    return {"title": f"漏水 {MARK}", "details": "滴水", "place_id": str(world.places["home1"])} | more


async def send(world: World, body: bytes | AsyncIterator[bytes], who: str | None = "resident1", **headers: str) -> Any:
    """One raw POST of a need; a generator goes without Content-Length."""
    known = {"content-type": "application/json", "idempotency-key": str(new_id())}
    if who is not None:
        known["authorization"] = f"Bearer {world.token(who)}"
    known |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.client.post("/v1/needs", content=body, headers=known)


def nested(depth: int) -> bytes:
    return b'{"title":' + b"[" * depth + b"]" * depth + b"}"


MALFORMED = {
    "empty object twice": b"{}{}",
    "half an object": b'{"title": "',
    "twice the same key": b'{"title": "a", "title": "b"}',
    "twice the same key, further in": b'{"title": {"x": 1, "x": 2}}',
    "NaN": b'{"people_concerned": NaN}',
    "Infinity": b'{"people_concerned": Infinity}',
    "-Infinity": b'{"people_concerned": -Infinity}',
    "UTF-16": '{"title": "漏水"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"title": "漏水"}'.encode("utf-16-le"),
    "UTF-32": '{"title": "漏水"}'.encode("utf-32"),
    "UTF-8 with a mark": b'\xef\xbb\xbf{"title": "a"}',
    "GB18030": '{"title": "修水管"}'.encode("gb18030"),
    "broken UTF-8": b'{"title": "\xff\xfe"}',
    "a surrogate in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "a bare control character": b'{"title": "a\x00b"}',
    "nested 100,000 deep": nested(100_000),
    "a number of 5,000 digits": b'{"people_concerned": ' + b"9" * 5_000 + b"}",
    "a comment": b'{"title": "a" /* b */}',
    "single quotes": b"{'title': 'a'}",
    "a trailing comma": b'{"title": "a",}',
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_i15_what_is_not_json_is_a_bad_request(world: World, name: str) -> None:
    answer = await send(world, MALFORMED[name])
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


UNFIT: dict[str, Any] = {
    "NUL": {"title": "a\x00b"},
    "a bell": {"title": "a\x07b"},
    "a C1 control": {"title": "a\x85b"},
    "DEL": {"title": "a\x7fb"},
    "a line break in a line": {"title": "a\nb"},
    "NUL in several lines": {"details": "a\x00b"},
    "a lone surrogate": {"title": "\ud800"},
    "a lone surrogate in a key": {"\udfff": 1},
    "spaces only": {"title": "   "},
    "nothing": {"title": ""},
    "501 characters": {"title": "水" * 501},
    "10,001 characters": {"details": "水" * 10_001},
    "an integer too large for the database": {"people_concerned": 2**63},
    "an integer of 4,000 digits": {"people_concerned": 10**4_000},
    "a fraction": {"people_concerned": 1.5},
    "a number as text": {"people_concerned": "two"},
    "nought": {"people_concerned": 0},
    "the year 9999": {"wanted_at": "9999-12-31T23:59:59Z"},
    "the year 1": {"wanted_at": "0001-01-01T00:00:00Z"},
    "a time without an offset": {"wanted_at": "2026-11-24T08:00:00"},
    "an offset beyond a day": {"wanted_at": "2026-11-24T08:00:00+99:00"},
    "no UUID": {"place_id": "1"},
    "a word the catalogue does not know": {"urgency": "now"},
    "an unknown field": {"state": "closed"},
    "a list": {"title": ["a"]},
    "an object": {"title": {"$ne": None}},
    "null where text is": {"title": None},
}


@pytest.mark.parametrize("name", UNFIT)
async def test_i15_what_does_not_fit_is_invalid_and_not_echoed(world: World, owner: Database, name: str) -> None:
    answer = await send(world, json.dumps(form(world, **UNFIT[name])).encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert answer.json()["errors"]
    assert MARK not in answer.text
    assert await count(owner, world.district_id, Need) == await count(owner, world.district_id, Event) == 0


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"1", b"true"])
async def test_i15_what_is_no_object_is_invalid(world: World, body: bytes) -> None:
    assert (await send(world, body)).status_code == 422


async def test_i15_a_number_beyond_floats_is_invalid(world: World) -> None:
    body = b'{"position": {"lon": 1e400, "lat": 40.8, "datum": "wgs84"}}'
    path = f"/v1/assignments/{new_id()}/check-in"
    headers = {"authorization": f"Bearer {world.token('member1')}", "content-type": "application/json"}
    assert (await world.client.post(path, content=body, headers=headers)).status_code == 422


async def test_i15_complaints_are_few_whatever_was_sent(world: World) -> None:
    answer = await send(world, json.dumps(form(world) | {f"x{i}": i for i in range(20_000)}).encode())
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) <= 50
    assert len(answer.content) < 20_000


async def _pieces(size: int) -> AsyncIterator[bytes]:
    """A body of so many bytes without a declared length."""
    yield b'{"title": "'
    for _ in range((size - 13) // 4096):
        yield b"a" * 4096
    yield b"a" * ((size - 13) % 4096) + b'"}'


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(("size", "status"), [(LIMIT, 422), (LIMIT + 1, 413), (3 * LIMIT, 413)])
async def test_i15_a_body_beyond_the_limit_is_too_large(world: World, size: int, status: int, declared: bool) -> None:
    whole = b"".join([piece async for piece in _pieces(size)])
    assert len(whole) == size
    answer = await send(world, whole if declared else _pieces(size))
    assert answer.status_code == status, answer.text[:200]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 40, "1e9", "٣"])
async def test_i15_a_length_that_is_none_is_refused(world: World, length: str) -> None:
    request = httpx.Request("POST", "http://test/v1/needs", content=b"{}")
    request.headers["authorization"] = f"Bearer {world.token('resident1')}"
    request.headers["content-length"] = length if length.isascii() else length.encode().decode("latin-1")
    answer = await world.client.send(request)
    assert answer.status_code in {400, 413}, answer.text


async def test_i15_nobody_unknown_makes_the_server_read_a_body(world: World) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1_000):
            read += 1
            yield b"a" * 65_536

    assert (await send(world, endless(), who=None)).status_code == 401
    assert read == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "application/jsonp", "x"])
async def test_i15_other_kinds_of_bodies_are_refused(world: World, kind: str) -> None:
    answer = await send(world, json.dumps(form(world)).encode(), content_type=kind)
    assert answer.status_code in {400, 415, 422}, answer.text


async def test_what_is_only_unusual_is_taken_as_it_is(world: World) -> None:
    """Rare characters, emoji, tabs and line breaks are text like any other, kept to the letter; text is kept in NFC."""
    details = "𠮷野家\t🏮\r\n一二三\n" + "é" + " e\u0301"
    need = (await send(world, json.dumps(form(world, details=details)).encode())).json()
    assert need["details"] == "𠮷野家\t🏮\r\n一二三\né é"


async def test_true_is_no_number(world: World, owner: Database) -> None:
    answer = await send(world, json.dumps(form(world, people_concerned=True)).encode())
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == ["body.people_concerned"]
    assert await count(owner, world.district_id, Need) == 0
