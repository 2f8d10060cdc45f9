"""The embedded PostgreSQL: keeps data, is adopted, recovers, shares, stops, and reads Chinese."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.core.postgres import EmbeddedPostgres
from app.core.postgres_cluster import Cluster
from app.core.postgres_files import file_troubles, owner_of
from app.core.server_check import check_server, refuse_unfit
from app.core.start_errors import NoSpace, ServerUnfit, StartFailed, Unwritable

ROOT = Path(__file__).resolve().parents[2]
START_AND_BE_KILLED = """
import os, signal, sys
from pathlib import Path
from app.core.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False, die_with_parent=sys.argv[2] == "die")
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose database files are made once; each test starts and stops its own servers on them."""
    folder = tmp_path_factory.mktemp("embedded") / "postgres"
    with EmbeddedPostgres(folder, durable=False) as server:
        ask(server, "CREATE TABLE kept (word text)")
    yield folder
    EmbeddedPostgres(folder).remove()


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedPostgres]:
    found = EmbeddedPostgres(data, durable=False)
    found.start()
    yield found
    found.stop()


def ask(server: EmbeddedPostgres, question: str) -> Any:
    async def connect_and_ask() -> Any:
        connection = await asyncpg.connect(server.url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(connect_and_ask())


def start_in_a_process_killed_at_once(data: Path, fate: str) -> int:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", START_AND_BE_KILLED, str(data), fate],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return int(done.stdout)


def gone(pid: int) -> bool:
    give_up = time.monotonic() + 15
    while time.monotonic() < give_up:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_data_is_kept_between_starts(data: Path) -> None:
    with EmbeddedPostgres(data) as first:
        ask(first, "INSERT INTO kept VALUES ('漏水')")
        pid = first.pid
    assert gone(pid)
    with EmbeddedPostgres(data) as second:
        assert ask(second, "SELECT count(*) FROM kept WHERE word = '漏水'") == 1
        assert ask(second, "SHOW fsync") == "on"


def test_server_left_behind_by_a_killed_process_is_adopted(data: Path) -> None:
    left_behind = start_in_a_process_killed_at_once(data, "stay")
    with EmbeddedPostgres(data) as server:
        assert server.pid == left_behind
        assert ask(server, "SELECT 1") == 1
    assert gone(left_behind)


def test_server_dies_with_its_parent_when_asked(data: Path) -> None:
    assert gone(start_in_a_process_killed_at_once(data, "die"))


def test_killed_server_recovers_what_was_committed(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        ask(server, "INSERT INTO kept VALUES ('killed')")
        killed, port = server.pid, server.port
        os.kill(killed, signal.SIGKILL)
        assert gone(killed)
        server.start()
        assert (server.pid != killed, server.port) == (True, port)
        assert ask(server, "SELECT count(*) FROM kept WHERE word = 'killed'") == 1


def test_immediate_stop_loses_nothing_committed(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        ask(server, "INSERT INTO kept VALUES ('immediate')")
        server.stop_immediate()
        assert gone(server.pid)
        server.start()
        assert ask(server, "SELECT count(*) FROM kept WHERE word = 'immediate'") == 1


def test_number_reused_by_a_stranger_does_not_block_the_start(data: Path) -> None:
    with EmbeddedPostgres(data, durable=False) as server:
        os.kill(server.pid, signal.SIGKILL)
        assert gone(server.pid)
        note = server.data / "cluster" / "postmaster.pid"
        owner = owner_of(server.data)
        as_owner = owner.arguments() if owner else {}
        with subprocess.Popen(["/bin/sleep", "60"], **as_owner) as stranger:
            try:
                _, *rest = note.read_text().split("\n")
                note.write_text("\n".join([str(stranger.pid), *rest]))
                server.start()
                assert ask(server, "SELECT 1") == 1
                assert stranger.poll() is None
            finally:
                stranger.kill()


def test_last_of_two_users_stops_the_server(data: Path) -> None:
    first, second = EmbeddedPostgres(data, durable=False), EmbeddedPostgres(data, durable=False)
    first.start()
    second.start()
    assert first.pid == second.pid
    first.stop()
    assert ask(second, "SELECT 1") == 1
    second.stop()
    assert gone(second.pid)


def test_interrupted_first_start_is_made_good(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    half = server.data / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    try:
        server.start()
        assert ask(server, "SELECT current_database()") == "sanshun"
        assert not half.exists()
    finally:
        server.remove()
    assert not server.data.exists()


def test_chinese_text_has_similarity(server: EmbeddedPostgres) -> None:
    ask(server, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert ask(server, "SELECT similarity('漏水', '漏水')") == 1
    check_server(server.url)


def test_database_blind_to_chinese_is_refused(server: EmbeddedPostgres) -> None:
    ask(server, "CREATE DATABASE blind TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER libc ENCODING 'UTF8'")
    with pytest.raises(ServerUnfit, match="no letters in Chinese text"):
        check_server(server.url.removesuffix("/sanshun") + "/blind")


def test_server_asks_for_the_password(server: EmbeddedPostgres) -> None:
    async def connect_without() -> None:
        await asyncpg.connect(re.sub(r":[^:@]+@", ":wrong@", server.url))

    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(connect_without())
    assert ask(server, "SHOW listen_addresses") == "127.0.0.1"
    assert (server.data / "password").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("number", "encoding"), [(140_020, "UTF8"), (150_000, "SQL_ASCII")])
def test_old_or_wrongly_encoded_servers_are_refused(number: int, encoding: str) -> None:
    refuse_unfit("db:5432/sanshun", 150_000, "15.0", "UTF8")
    with pytest.raises(ServerUnfit, match="is needed"):
        refuse_unfit("db:5432/sanshun", number, "x", encoding)


def test_file_in_the_way_of_the_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match=r"/file/postgres cannot be written"):
        EmbeddedPostgres(tmp_path / "file" / "postgres")


def test_taken_port_fails_with_the_servers_own_words(server: EmbeddedPostgres, tmp_path: Path) -> None:
    other = EmbeddedPostgres(tmp_path / "postgres", durable=False, port=server.port)
    with pytest.raises(StartFailed, match="could not create any TCP/IP sockets"):
        other.start()
    other.remove()


def test_full_disk_is_told_apart(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, None, durable=True)
    log = "FATAL:  could not write to file: No space left on device"
    assert isinstance(cluster.trouble("PostgreSQL ended", log), NoSpace)
    with pytest.raises(NoSpace), file_troubles(tmp_path):
        raise OSError(28, "No space left on device")
