"""I13: sensitive fields are never in clear outside an authorised answer: not on disk, in WAL, logs, outbox, errors or URLs.

Two hundred made-up people go through a server process of its own, on the database of the suite. What they leave is searched at
once, and again when all tests are done (``tests/secrets_watch.py``).
"""

import base64
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core import log
from app.core.database_url import plain
from app.core.db import Database
from app.settings import Settings
from bench.client import HOST
from bench.processes import measured
from tests import secrets_search
from tests.secrets_people import HOW_MANY, MARKS, secrets
from tests.secrets_search import Search
from tests.secrets_server import FAULTS, TURN
from tests.secrets_story import FEW, SOME, Story
from tests.secrets_watch import FOLDER, begin, begun, checkpoint, left_behind
from tests.whole.catalogue import TENANT
from tests.worlds import World, build_world

_DISTRICT = 989_001
PLANTED = "锡林郭勒达来诺日种下的话"
"""A mark of its own: it stays in the WAL, and is not looked for at the end."""


@pytest.fixture(scope="module")
async def story(
    app: FastAPI, owner: Database, transport: httpx.ASGITransport, settings: Settings
) -> AsyncIterator[Story]:
    """Everybody told about, relayed and imported; the server has stopped and its log is kept with the run's."""
    logs = begin()
    world = await build_world(app, owner, transport, _DISTRICT)
    log = logs / f"secrets-{os.getpid()}.log"
    url, folder = settings.database_url or "", settings.data_dir
    server = measured("secrets", url, folder, workers=False, module="tests.secrets_server", logs=log)
    server.start()
    try:
        await server.ready()
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{server.port}", trust_env=False, timeout=60) as client:
            told = Story(world, client, owner)
            await told.tell()
            await told.break_on(FAULTS)
            turn = await client.post(TURN, params={"district": world.district_id})
            assert turn.status_code == 204, turn.text
            await told.list_all()
            yield told
    finally:
        server.stop()


def test_the_made_up_are_two_hundred_and_unmistakable() -> None:
    assert len({secret.name for secret in secrets()}) == HOW_MANY == 200
    for secret in secrets():
        assert all(any(mark in value for mark in MARKS) for value in secret.values), secret
    assert len({value for secret in secrets() for value in secret.values}) == HOW_MANY * 6 + 1


def test_i13_the_story_was_told(story: Story) -> None:
    """Refusals without an answer to look through would prove nothing."""
    told = story.answers
    assert told["record 201"] == HOW_MANY, told
    assert told["read 200"] == told["correct 200"] == told["ask 201"] == HOW_MANY, told
    assert told["again 409"] == told["stale 412"] == told["hidden 404"] == told["denied 403"] == SOME, told
    assert told["find 200"] == told["care 201"] == told["certify 201"] == told["unmask 200"] == SOME, told
    assert told["care unmask 200"] == told["no JSON 400"] == SOME, told
    assert told["invalid 422"] == 6 * SOME, told
    assert told["import 202"] == 1, told
    assert sum(times for step, times in told.items() if step.startswith("sign in 4")) == 4 * FEW, told
    wrong = {step: times for step, times in told.items() if step.endswith((" 500", " 503", " 504"))}
    assert wrong == {f"fault {fault} 500": 1 for fault in FAULTS}


def test_i13_no_answer_says_it_unasked(story: Story) -> None:
    assert [str(leak) for leak in story.leaks[:10]] == []


async def test_i13_no_row_holds_it(story: Story, database_url: str) -> None:
    """Every row of the district as text: what is compressed on disk too."""
    search, rows = Search(MARKS), 0
    connection = await asyncpg.connect(plain(database_url))
    try:
        for table in TENANT:
            query = f'SELECT t::text FROM "{table}" t WHERE district_id = $1'  # noqa: S608 - the models' own names
            found = await connection.fetch(query, story.world.district_id)
            rows += len(found)
            assert search.text(table, "\n".join(row[0] for row in found)) == []
    finally:
        await connection.close()
    assert rows > 2_000


async def test_i13_no_file_holds_it(story: Story, database_url: str) -> None:
    """Data files, WAL, the database's log, the server's log."""
    await checkpoint(database_url)
    folder = Path(os.environ[FOLDER])
    since = begun(folder)
    assert since is not None
    assert [str(find) for find in left_behind(folder, since)[:10]] == []
    log = folder / "logs" / f"secrets-{os.getpid()}.log"
    lines = log.read_text(encoding="utf-8").splitlines()
    assert sum('"request"' in line for line in lines) >= sum(story.answers.values()) - 1


async def test_i13_a_fault_is_logged_by_its_place_and_without_its_words(story: Story) -> None:
    log = Path(os.environ[FOLDER]) / "logs" / f"secrets-{os.getpid()}.log"
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    faults = [line for line in lines if line["event"] == "fault"]
    assert len(faults) == len(FAULTS)
    for line in faults:
        assert "tests/secrets_server.py" in line["exception"]
        assert "people_unmask" in line["exception"]
    kinds = {line["exception"].rpartition("\n")[2] for line in faults}
    python = {"ValueError", "KeyError", "RuntimeError", "ExceptionGroup", "UnicodeEncodeError"}
    assert kinds == python | {"ProgrammingError"}
    assert sum("\nUndefinedTableError 42P01\n" in line["exception"] for line in faults) == 1
    others = Counter(line["event"].strip() for line in lines if "error" in line)
    assert others["it failed"] == others["Task exception was never retrieved"] == 1
    assert Search(MARKS).file(log) == []


async def test_the_search_finds_what_is_in_clear(story: Story, database_url: str) -> None:
    """A table that keeps a value as it came: it stands in the data files and in the WAL. Many times, since the border of two
    pages of the WAL may part one.
    """
    connection = await asyncpg.connect(plain(database_url))
    try:
        await connection.execute("CREATE TABLE planted (words text)")
        await connection.execute("INSERT INTO planted SELECT $1 FROM generate_series(1, 20)", PLANTED)
        await checkpoint(database_url)
        begun_at = begun(Path(os.environ[FOLDER])) or 0.0
        found = Search([PLANTED]).folder(Path(os.environ[FOLDER]), begun_at)
    finally:
        await connection.execute("DROP TABLE IF EXISTS planted")
        await connection.close()
    assert any("/base/" in find.where for find in found)
    assert any("/pg_wal/" in find.where for find in found)


@pytest.mark.parametrize(
    "path", ["/v1/people/其木格", "/v1/people/%E5%85%B6/grants", "/v1/people/a b", "/v1/people/a;b"]
)
def test_words_in_a_path_are_not_logged(path: str) -> None:
    written = log.scrub(None, "", {"event": "request", "path": path})["path"]
    assert written.startswith("/v1/people/[hidden]")
    ours = "/v1/people/0192f3a0-7c1e-7000-8000-000000000001/read-by"
    assert log.scrub(None, "", {"path": ours})["path"] == ours


async def test_a_field_that_only_the_sender_knows_is_not_echoed(world: World) -> None:
    odd = {"其木格": 1, "15400000001": 2, "title": 3}
    answer = await world.call("resident1", "POST", "/v1/needs", json=odd)
    assert answer.status_code == 422
    assert "15400000001" not in answer.text
    assert "其木格" not in answer.text
    assert {"where": "body.?", "kind": "extra_forbidden"} in answer.json()["errors"]
    assert {"where": "body.title", "kind": "string_type"} in answer.json()["errors"]


@pytest.mark.parametrize("offset", range(3))
def test_the_search_sees_through_disguises(tmp_path: Path, offset: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the form, and across the border of two chunks."""
    secret, search = secrets()[7], Search(MARKS)
    monkeypatch.setattr(secrets_search, "_CHUNK", 4_096)
    for value in secret.values:
        raw = b"\x01" * offset + value.encode()
        disguises = [raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw + b"tail")]
        disguises += [json.dumps(value).encode(), value.encode("gb18030"), httpx.URL(f"http://x/{value}").raw_path]
        for disguise in disguises:
            (tmp_path / "file").write_bytes(b"\0" * 4_090 + disguise)
            assert search.folder(tmp_path), disguise
    (tmp_path / "file").write_text("一个与此无关的人，15012345678")
    assert search.folder(tmp_path) == []
