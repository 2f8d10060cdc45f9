"""The database: one engine for ordinary verbs, one pool for hot ones, and the district every statement is bound to.

Requests run as a role that owns nothing, so forced row-level security binds them; the policy compares each row's district
with ``app.district``. Ordinary transactions set it as they begin, in one round trip. Hot verbs send single statements on
connections of their own, which remember the district they were last set to and save the round trip.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import Executable, event, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from app.core.database_url import plain
from app.core.errors import AppError, Conflict, Duplicate, Invalid, NotFound, Unavailable

STATEMENT_TIMEOUT_MS = 20_000
KEYS_IN_NAME = "sanshun keys "
_LEND_SECONDS = 10
_PLAN_ONCE = {"plan_cache_mode": "force_generic_plan"}
"""Hot statements are few and know their shape: planning them anew each time would cost more than running them."""


_DISTRICT = "district"
_STATEMENTS_KEPT = 500
"""Of each connection, prepared; a working day needs more kinds of them than the driver keeps by itself."""
_COMPILED_KEPT = 2_000


class BoundConnection(asyncpg.Connection):
    """A connection that enters the district of its next transaction together with BEGIN."""

    __slots__ = ("_next",)

    def enter_next(self, district_id: int | None) -> None:
        self._next = district_id

    async def execute(self, query: str, *args: Any, **more: Any) -> str:
        district_id = getattr(self, "_next", None)
        if district_id is not None and query.lower().startswith("begin"):
            # the driver's own BEGIN, whatever its options; SET LOCAL takes no parameters: the number is formatted as one
            query, self._next = f"{query} SET LOCAL app.district = '{district_id:d}'", None
        return await super().execute(query, *args, **more)


class BoundSession(Session):
    """A session that knows the district of its transactions; without one it sees no row of any."""


@event.listens_for(BoundSession, "after_begin")
def _enter_district(session: Session, _: Any, connection: Any) -> None:
    """BEGIN itself is not sent before the first statement."""
    connection.connection.driver_connection.enter_next(session.info.get(_DISTRICT))


class HotConnection(asyncpg.Connection):
    """A connection that keeps its district between uses and is not reset on release: it never holds a transaction."""

    __slots__ = ("_district",)

    async def enter(self, district_id: int) -> None:
        if getattr(self, "_district", None) != district_id:
            await self.execute(f"SET app.district = '{district_id:d}'")
            self._district = district_id

    def get_reset_query(self) -> str:
        return ""


class HotPool:
    """Runs statements on hot connections, the last used first.

    asyncpg's pool opens and replaces them. Lending one costs it half of what a short statement costs, so those in good
    health stay here between uses.
    """

    def __init__(self, pool: asyncpg.Pool, size: int) -> None:
        self._pool = pool
        self._idle: list[Any] = []
        self._turns = asyncio.Semaphore(size)

    async def fetch(self, district_id: int, sql: str, arguments: list[Any]) -> list[asyncpg.Record]:
        """The rows of one statement. Raises TimeoutError when no connection becomes free in time."""
        await self._turn()
        try:
            connection = await self._healthy()
            try:
                await connection.enter(district_id)
                rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            except BaseException:
                await self._pool.release(connection)
                raise
            self._idle.append(connection)
            return rows
        finally:
            self._turns.release()

    async def _turn(self) -> None:
        if self._turns.locked():
            async with asyncio.timeout(_LEND_SECONDS):
                await self._turns.acquire()
        else:
            await self._turns.acquire()

    async def _healthy(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            await self._pool.release(connection)
        return await self._pool.acquire(timeout=_LEND_SECONDS)

    def terminate(self) -> None:
        self._idle.clear()
        self._pool.terminate()


@dataclass(frozen=True, slots=True)
class HotStatement:
    """A SQLAlchemy statement compiled once; ``order`` names its parameters by position."""

    sql: str
    order: tuple[str, ...]
    constants: dict[str, Any]


def compile_hot(statement: Executable) -> HotStatement:
    """Compile a statement for the driver itself: building and compiling it costs more than running it."""
    dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    return HotStatement(str(compiled), tuple(compiled.positiontup or ()), dict(compiled.params))


class Database:
    """Owns the connections of one process. ``role`` None runs as the connecting user: for seeding and migrations.

    ``keys``: the numbers of the field keys the process knows, the one it seals with first. They stand in the name of its
    connections, so that whoever changes keys sees who does not know the new one yet.
    """

    def __init__(self, url: str, role: str | None, pool_size: int, keys: Sequence[int] = ()) -> None:
        self._url = plain(url)
        self._pool_size = pool_size
        self._server_settings = {
            "application_name": f"{KEYS_IN_NAME}{','.join(map(str, keys))}" if keys else "sanshun",
            "timezone": "UTC",
            "statement_timeout": str(STATEMENT_TIMEOUT_MS),
            "idle_in_transaction_session_timeout": "30000",
            "jit": "off",
        } | ({"role": role} if role else {})
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            connect_args={"async_creator_fn": self._connect, "prepared_statement_cache_size": _STATEMENTS_KEPT},
            query_cache_size=_COMPILED_KEPT,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_use_lifo=True,  # the one used last has its statements prepared and its caches warm
            hide_parameters=True,
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False, sync_session_class=BoundSession)
        self._hot: HotPool | None = None

    async def _connect(self) -> asyncpg.Connection:
        """The driver reads the URL itself, so that every option it knows may stand there."""
        return await asyncpg.connect(
            self._url, connection_class=BoundConnection, server_settings=self._server_settings, timeout=10
        )

    async def open(self) -> None:
        size = self._pool_size * 2
        pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=size,
            connection_class=HotConnection,
            server_settings=self._server_settings | _PLAN_ONCE,
            timeout=10,
        )
        self._hot = HotPool(pool, size)

    async def close(self) -> None:
        if self._hot is not None:
            self._hot.terminate()
            self._hot = None
        await self.engine.dispose()

    async def hot(self, district_id: int, statement: HotStatement, **values: Any) -> list[asyncpg.Record]:
        """Run one statement in its own transaction, bound to the district."""
        if self._hot is None:
            raise Unavailable()
        arguments = [values[name] if name in values else statement.constants[name] for name in statement.order]
        return await self._hot.fetch(district_id, statement.sql, arguments)

    async def ready(self) -> bool:
        """Whether the database answers and has the tables this code knows; never raises."""
        try:
            async with asyncio.timeout(3), self.sessions() as session:
                await session.execute(text("SELECT id FROM districts LIMIT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    @asynccontextmanager
    async def transaction(self, district_id: int) -> AsyncIterator[AsyncSession]:
        """One transaction bound to the district, committed at the end."""
        async with self.sessions(info={_DISTRICT: district_id}) as session, session.begin():
            yield session


_BY_CLASS: dict[str, type[AppError]] = {
    "08": Unavailable,
    "22": Invalid,
    "40": Unavailable,
    "53": Unavailable,
    "57": Unavailable,
}
_BY_STATE: dict[str, type[AppError]] = {
    "23505": Duplicate,
    "23503": NotFound,
    "23514": Invalid,
    "23P01": Conflict,
    "55P03": Conflict,
}


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE behind a driver's or SQLAlchemy's error, if there is one."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
    return state if isinstance(state, str) else None


def refusal_of(error: BaseException) -> AppError | None:
    """What a database error means to the caller; None when it is a fault of ours."""
    state = sqlstate_of(error)
    if state is None:
        gone = isinstance(error, (OSError, asyncpg.InterfaceError, TimeoutError))
        closed = isinstance(error, DBAPIError) and error.connection_invalidated
        return Unavailable() if gone or closed else None
    kind = _BY_STATE.get(state) or _BY_CLASS.get(state[:2])
    return kind() if kind else None
