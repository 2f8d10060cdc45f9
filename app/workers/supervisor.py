"""What stands around the server: signals, the port, the database and its schema, one line of progress a step."""

import contextlib
import signal
import socket
import time
from collections.abc import Callable, Iterator
from types import FrameType

import asyncpg
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from app.core.database_url import place
from app.core.db import sqlstate_of
from app.core.migrate import current_and_head, require_head, upgrade
from app.core.postgres import EmbeddedPostgres
from app.core.server_check import check_server
from app.core.start_errors import PortTaken, SettingsWrong, Unreachable
from app.settings import Settings

LOST = (ConnectionError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, DBAPIError)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FAREWELL_SECONDS = 5
"""How long running requests may take to end once we are told to stop."""

Say = Callable[[str], None]


class Steps:
    """Numbers the steps of a start and tells how long each took."""

    def __init__(self, say: Say, total: int) -> None:
        self._say = say
        self._total = total
        self._done = 0

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[Say]:
        """Announce a step, then its result; the caller may say more in between."""
        self._done += 1
        head = f"[{self._done}/{self._total}]"
        self._say(f"{head} {what} …")
        began = time.monotonic()
        yield lambda line: self._say(f"      {line}")
        self._say(f"      done in {time.monotonic() - began:.1f} s")


def read_settings() -> Settings:
    """The settings of the environment. Raises SettingsWrong, which names the variable and never its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in wrong["loc"])
        raise SettingsWrong(f"The setting {name.upper()} cannot be used: {wrong['msg']}.") from None


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind like Ctrl-C. Once unwinding, further signals no longer disturb it."""

    def unwind(_number: int, _frame: FrameType | None) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, unwind) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of a database that answers and is fit: DATABASE_URL, or the embedded server while we are here."""
    if settings.database_url:
        check_server(settings.database_url)
        try:
            yield settings.database_url
        except LOST as error:
            _pass_on_unless_lost(error)
            raise Unreachable(f"The database at {place(settings.database_url)} was lost in the middle.") from error
        return
    embedded = EmbeddedPostgres(settings.data_dir / "postgres")
    try:
        embedded.start()
        check_server(embedded.url)
        yield embedded.url
    except LOST as error:
        _pass_on_unless_lost(error)
        raise embedded.trouble("The embedded PostgreSQL was lost in the middle") from error
    finally:
        embedded.stop()


def _pass_on_unless_lost(error: Exception) -> None:
    """Of the database's errors only a lost connection, a full disk or a broken one is the installation's fault."""
    state = sqlstate_of(error)
    if isinstance(error, DBAPIError) and state and state[:2] not in {"08", "53", "57", "58"}:
        raise error


def bring_schema(url: str, *, migrate: bool, say: Say) -> None:
    """Bring the schema up to date, or refuse one that is not."""
    if not migrate:
        require_head(url)
        return
    current, head = current_and_head(url)
    if current == head:
        return
    say(f"from {current or 'an empty database'} to {head}")
    upgrade(url)


def listen(host: str, port: int) -> socket.socket:
    """Take the port before any work is done, so that a second start fails at once. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(2048)
    except (OSError, OverflowError) as error:
        taken.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise PortTaken(
            f"Cannot serve on {host}:{port} ({reason}): stop what runs there, or choose another with PORT=8001."
        ) from error
    return taken


class Server(uvicorn.Server):
    """Tells when it serves, and treats a closed terminal like Ctrl-C."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        signal.signal(signal.SIGHUP, self.handle_exit)
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def serve(app: object, taken: socket.socket, on_ready: Callable[[], None], *, proxies: str = "") -> None:
    """Serve until told to stop; requests that run then may end. Raises KeyboardInterrupt after a clean stop.

    ``proxies``: who may say where a request comes from, as in ``Settings.forwarded_allow_ips``.
    """
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        loop="uvloop",
        http="httptools",
        lifespan="on",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=FAREWELL_SECONDS,
    )
    Server(config, on_ready).run(sockets=[taken])
