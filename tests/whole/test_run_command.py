"""``sanshun run``: what hinders a start is one sentence and a non-zero exit; a start serves, stops and recovers."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.core.migrate import current_and_head
from app.core.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    found = EmbeddedPostgres(tmp_path_factory.mktemp("run") / "postgres", durable=False, die_with_parent=True)
    found.start()
    yield found
    found.remove()


@pytest.fixture
def port() -> int:
    return free_port()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def refused(*words: str, **environment: str | int | Path) -> str:
    """The one sentence a command refuses with."""
    unset = [name for name in os.environ if name.startswith("SANSHUN_") or name == "DATABASE_URL"]
    given: dict[str, str | None] = {name: str(value) for name, value in environment.items()}
    result = CliRunner().invoke(cli, list(words), env=dict.fromkeys(unset) | given)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("sanshun: ")
    assert "Traceback" not in result.output
    return result.stderr


def execute(url: str, *statements: str) -> None:
    async def connect_and_execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(connect_and_execute())


def another_database(server: EmbeddedPostgres, name: str) -> str:
    execute(server.url, f"CREATE DATABASE {name}")
    return f"{server.url.removesuffix('/sanshun')}/{name}"


def test_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert f"Cannot serve on 127.0.0.1:{taken} (Address already in use)" in refused("run", PORT=taken)


@pytest.mark.parametrize(("variable", "value"), [("PORT", "eighty"), ("PORT", "70000"), ("SANSHUN_POOL_SIZE", "0")])
def test_setting_that_cannot_be_used_is_named_without_its_value(variable: str, value: str) -> None:
    sentence = refused("run", **{variable: value})
    assert "cannot be used" in sentence
    assert variable.removeprefix("SANSHUN_") in sentence
    assert value == "0" or value not in sentence


def test_unreachable_database_is_named_without_the_password(port: int) -> None:
    nobody_there = free_port()
    url = f"postgresql://someone:secret-word@127.0.0.1:{nobody_there}/sanshun"
    sentence = refused("run", PORT=port, DATABASE_URL=url)
    assert f"The database at 127.0.0.1:{nobody_there}/sanshun (DATABASE_URL) cannot be used" in sentence
    assert "secret-word" not in sentence


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql://", "mysql://host/name", "postgresql://[::1/x", "postgresql://h:x/y"]
)
def test_malformed_database_url_is_refused(url: str, port: int) -> None:
    assert "DATABASE_URL" in refused("run", PORT=port, DATABASE_URL=url)


def test_wrong_password_is_refused(server: EmbeddedPostgres, port: int) -> None:
    url = re.sub(r":[^:@]+@", ":wrong-word@", server.url)
    sentence = refused("run", PORT=port, DATABASE_URL=url)
    assert "password authentication failed" in sentence
    assert "wrong-word" not in sentence


def test_outdated_schema_is_refused(server: EmbeddedPostgres, port: int) -> None:
    url = another_database(server, "outdated")
    sentence = refused("run", "--no-migrate", PORT=port, DATABASE_URL=url)
    assert "is at revision none, this code needs" in sentence
    assert "sanshun migrate" in sentence


def test_schema_of_newer_code_is_refused(server: EmbeddedPostgres, port: int) -> None:
    url = another_database(server, "newer")
    execute(
        url,
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('9999')",
    )
    assert "was made by other code" in refused("run", PORT=port, DATABASE_URL=url)


def test_data_folder_that_cannot_be_written_is_named(tmp_path: Path, port: int) -> None:
    (tmp_path / "file").write_text("")
    sentence = refused("run", PORT=port, SANSHUN_DATA_DIR=tmp_path / "file")
    assert f"The data folder {tmp_path}/file/postgres cannot be written" in sentence


def test_two_processes_migrate_at_once(server: EmbeddedPostgres) -> None:
    url = another_database(server, "twice")
    both = [sanshun("migrate", DATABASE_URL=url) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    current, head = current_and_head(url)
    assert current == head


def sanshun(*words: str, **environment: str) -> subprocess.Popen[str]:
    around = {name: value for name, value in os.environ.items() if not name.startswith("SANSHUN_")}
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", "from app.cli import cli; cli()", *words],
        env=around | {"PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def await_served(process: subprocess.Popen[str], port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.05)
    process.kill()
    pytest.fail(f"not served: {process.communicate()[0]}")


def test_run_serves_survives_a_kill_and_stops_cleanly(tmp_path: Path, port: int) -> None:
    environment = {"PORT": str(port), "SANSHUN_DATA_DIR": str(tmp_path)}
    database = EmbeddedPostgres(tmp_path / "postgres")
    try:
        killed = sanshun("run", **environment)
        await_served(killed, port)
        killed.kill()
        killed.communicate()
        again = sanshun("run", **environment)
        await_served(again, port)
        again.send_signal(signal.SIGTERM)
        said, _ = again.communicate(timeout=30)
        assert again.returncode == 0, said
        assert f"http://127.0.0.1:{port}/docs" in said
        assert said.endswith("stopped\n")
        assert not (database.data / "cluster" / "postmaster.pid").exists()
    finally:
        database.start()
        database.remove()
