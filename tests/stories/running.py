"""A server of its own for a story: the real command in a process, with the seeded district, on a free port."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
_RUN = "from app.cli import cli; cli(['run'])"
HASTE = 60
_IN_HASTE = f"""
import app.services.assignments_check as check
from app.core.clock import now
begun = now()
check.now = lambda: begun + (now() - begun) * {HASTE}
{_RUN}
"""
"""Check-ins and check-outs by a clock on which a second is a minute, so that a story need not wait for one."""


@contextmanager
def served(folder: Path, *, in_haste: bool = False) -> Iterator[str]:
    """The address of a running server with its data under the folder; stopped and removed at the end."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    around = {name: value for name, value in os.environ.items() if not name.startswith(("SANSHUN_", "DATABASE_URL"))}
    settings = {"PORT": str(port), "SANSHUN_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", _IN_HASTE if in_haste else _RUN], env=around | settings, stdout=log, stderr=log
        )
    try:
        _await(process, url, folder / "log")
        yield url
    finally:
        process.terminate()
        process.wait(30)
        EmbeddedPostgres(folder / "postgres").remove()


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/livez", timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"not served: {log.read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found
