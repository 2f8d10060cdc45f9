"""I13: after the whole suite nothing of the two hundred made-up people stands in clear in what the suite leaves behind.

``tests/whole/test_secrets.py`` takes them through the product and looks at once. This looks again when every test is done,
over all that the run's server wrote since: data files, WAL, its log, and the logs of the processes that served them.
"""

import asyncio
import os
import time
from pathlib import Path

import asyncpg
import pytest

from app.core.database_url import plain
from tests.secrets_people import MARKS
from tests.secrets_search import Find, Search

FOLDER = "SANSHUN_TEST_FOLDER"
"""Where the run keeps its server and its logs; set by the process that starts the server."""
_BEGUN = "secrets.begun"


def begin() -> Path:
    """Note that the people are about to be taken in; returns the folder that their processes' logs are to be kept in."""
    folder = Path(os.environ[FOLDER])
    (folder / _BEGUN).touch(exist_ok=True)
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    return logs


def begun(folder: Path) -> float | None:
    """When the people were first taken in, in seconds of the epoch; None when they never were in this run."""
    note = folder / _BEGUN
    return note.stat().st_ctime - 1 if note.exists() else None


def left_behind(folder: Path, since: float) -> list[Find]:
    """What stands in clear in all that the run wrote since."""
    return Search(MARKS).folder(folder, since)


async def checkpoint(url: str) -> None:
    """Have everything written that the server still holds in memory."""
    connection = await asyncpg.connect(plain(url))
    try:
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


class Watch:
    """The plugin of the process that started the server: it looks when all others are done."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url
        self._found: list[Find] = []
        self._seconds: float | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        since = begun(self._folder)
        if since is None:
            return
        start = time.perf_counter()
        asyncio.run(checkpoint(self._url))
        self._found = left_behind(self._folder, since)
        self._seconds = time.perf_counter() - start
        if self._found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._found:
            terminalreporter.section("in clear (I13)", red=True)
            for find in self._found[:20]:
                terminalreporter.write_line(str(find))
        elif self._seconds is not None:
            terminalreporter.write_line(f"I13: nothing in clear in what the run left behind ({self._seconds:.1f} s)")
