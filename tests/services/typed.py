"""``sanshun`` as it is typed, in this process: one of its own loads the whole program each time, whatever the command.

Killing it, and how it is started, is for tests with a real one.
"""

import asyncio
import os
from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from app import cli
from app.settings import Settings

Ended = tuple[int, str, str]
"""Exit code, what was said, and what was said to be wrong."""


async def sanshun(settings: Settings, *words: str, **environment: str) -> Ended:
    """Run a command on the database and data folder of the settings. Raises whatever would be a traceback."""
    unset = [name for name in os.environ if name.startswith("SANSHUN_") or name == "DATABASE_URL"]
    given = {"DATABASE_URL": str(settings.database_url), "SANSHUN_DATA_DIR": str(settings.data_dir)}
    around: dict[str, str | None] = {**dict.fromkeys(unset), **given, **environment}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cli, "stoppable", nullcontext)  # signals are the main thread's
        result = await asyncio.to_thread(CliRunner().invoke, cli.cli, list(words), env=around)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr
