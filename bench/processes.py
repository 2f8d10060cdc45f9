"""Server processes and their database: started, watched, killed and started again by process id."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.core.migrate import upgrade
from app.core.postgres import EmbeddedPostgres
from app.settings import ROOT
from bench.client import HOST

READY_SECONDS = 60.0
_PRODUCT = ["-P", "-c", "from app.cli import cli; cli(prog_name='sanshun')", "run"]
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def own_postgres(name: str) -> Iterator[tuple[Path, EmbeddedPostgres]]:
    """A folder of its own and in it a PostgreSQL with durable commits, migrated; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"sanshun-{name}-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "postgres", die_with_parent=True)
    try:
        postgres.start()
        upgrade(postgres.url)
        yield folder, postgres
    finally:
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        found: int = probe.getsockname()[1]
        return found


class ServerProcess:
    """One server on one port, its log in a file. ``words`` are what the interpreter is told to run."""

    def __init__(self, words: list[str], port: int, log: Path, environment: dict[str, str]) -> None:
        self._words = words
        self.port = port
        self._log_path = log
        around = {k: v for k, v in os.environ.items() if not k.startswith("SANSHUN_")}
        self._environment = around | {"PYTHONPATH": str(ROOT), "PORT": str(port)} | environment
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self) -> None:
        """Start without waiting; ``ready`` waits."""
        self._log = self._log_path.open("ab")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
            [sys.executable, *self._words],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    async def ready(self) -> None:
        """Wait until it listens and answers. Raises RuntimeError when it ended or is too slow."""
        give_up = time.monotonic() + READY_SECONDS
        while time.monotonic() < give_up:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"the server ended: {self._last_words()}")
            if await self._answers():
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"the server did not answer within {READY_SECONDS:.0f} s: {self._last_words()}")

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection(HOST, self.port)
                writer.write(b"GET /livez HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
                line = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return b" 200 " in line

    def _last_words(self) -> str:
        return " ".join(self._log_path.read_text(errors="replace").splitlines()[-3:])

    def cpu_seconds(self) -> float:
        """CPU time the process has used so far."""
        if self._process is None:
            return 0.0
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def kill(self) -> None:
        """Kill -9: nothing is finished, nothing is flushed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, how)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(15)
        self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None


def measured(
    name: str, url: str, folder: Path, *, workers: bool, module: str = "bench.serve", logs: Path | None = None
) -> ServerProcess:
    """A process of ``bench.serve``; ``folder`` holds its signing key and its log, written like in production."""
    port = free_port()
    environment = {"DATABASE_URL": url, "SANSHUN_DATA_DIR": str(folder), "SANSHUN_LOG_JSON": "true"}
    environment |= {"SANSHUN_WORKERS": str(workers)}
    return ServerProcess(["-m", module, name, str(port)], port, logs or folder / f"{name}.log", environment)


def product(url: str, folder: Path, port: int, district: int) -> ServerProcess:
    """The product as ``make run`` starts it, on a database of its own; the district is there already."""
    environment = {
        "DATABASE_URL": url,
        "SANSHUN_DATA_DIR": str(folder),
        "SANSHUN_SEED_DISTRICT": str(district),
        "SANSHUN_LOG_JSON": "true",
    }
    return ServerProcess(_PRODUCT, port, folder / f"server.{port}.log", environment)
