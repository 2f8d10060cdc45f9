"""Runs the migrations as the connecting user, who owns the tables; alembic calls this file."""

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import PGDialect

from app.core.migrate import on_connection
from app.models import Base
from app.models.base import Polygon

ONE_AT_A_TIME = 0x53414E5348554E
"""Key of the lock; "SANSHUN" in ASCII."""

PGDialect.ischema_names["polygon"] = Polygon
"""Lets alembic compare the one column type SQLAlchemy does not know."""


def migrate(connection: Connection) -> None:
    # Held until this connection closes: a second process waits here, then finds nothing left to do.
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
    # A migration that cannot get its table lock gives up, instead of queueing every request behind it.
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


on_connection(context.config.attributes["url"], migrate)
