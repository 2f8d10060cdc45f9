"""Brings a database's schema to the one this code was written for."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.core.database_url import place, plain
from app.core.start_errors import MigrationFailed, SchemaOutdated

T = TypeVar("T")
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database; there is no alembic.ini."""
    config = Config(output_buffer=io.StringIO(), stdout=io.StringIO())
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def on_connection(url: str, work: Callable[[Connection], T]) -> T:
    """Run blocking ``work`` on a connection of its own. Not to be called where an event loop runs."""

    async def connect_and_work() -> T:
        engine = create_async_engine(
            "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(plain(url))
        )
        async with engine.connect() as connection:
            return await connection.run_sync(work)

    return asyncio.run(connect_and_work())


def upgrade(url: str) -> None:
    """Apply what is missing, each migration in its own transaction; several processes may do so at once.

    Raises MigrationFailed. Not to be called where an event loop runs.
    """
    try:
        command.upgrade(alembic_config(url), "head")
    except CommandError as error:
        raise SchemaOutdated(f"The database at {place(url)} was made by other code: {error}.") from error
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0].rpartition(">: ")[2]
        raise MigrationFailed(f"The schema at {place(url)} could not be brought up to date: {reason}.") from error


def current_and_head(url: str) -> tuple[str | None, str]:
    """The schema's revision (None = empty database), and the one this code was written for."""
    current = on_connection(url, lambda found: MigrationContext.configure(found).get_current_revision())
    head = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    return current, head or ""


def require_head(url: str) -> None:
    """Raise SchemaOutdated unless the schema is the one this code was written for."""
    current, head = current_and_head(url)
    if current != head:
        raise SchemaOutdated(
            f"The schema at {place(url)} is at revision {current or 'none'}, this code needs {head}: "
            "run 'sanshun migrate' first."
        )
