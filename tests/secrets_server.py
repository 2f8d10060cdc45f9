"""The product's server with two doors more, for the tests of what it leaves behind: ``python -m tests.secrets_server NAME PORT``.

One has the workers take their turn in this process, whose log is looked through. The other breaks unmasking after it has opened
the values, by faults that quote them in every way software quotes what it breaks on.
"""

import asyncio
import gc
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from fastapi import Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.main import create_app
from app.services import people_unmask
from app.settings import Settings
from app.workers import imports, relay
from app.workers.supervisor import listen, serve

TURN = "/workers-turn"
Fault = Callable[[str, AsyncSession], Awaitable[Any]]


async def _words(said: str, _: AsyncSession) -> NoReturn:
    raise ValueError(said)


async def _key(said: str, _: AsyncSession) -> NoReturn:
    raise KeyError(said)


async def _cause(said: str, session: AsyncSession) -> NoReturn:
    try:
        await _key(said, session)
    except KeyError as missing:
        missing.add_note(said)
        raise RuntimeError(f"broke on {said}") from missing


async def _several(said: str, _: AsyncSession) -> NoReturn:
    raise ExceptionGroup(said, [ValueError(said), ExceptionGroup(said, [KeyError(said)])])


async def _encoding(said: str, _: AsyncSession) -> Any:
    return said.encode("ascii")


async def _statement(said: str, session: AsyncSession) -> Any:
    """The database quotes the name of what is not there, and the driver the whole statement."""
    return await session.execute(text(f'SELECT * FROM "{said}"'))  # noqa: S608 - what stands there is the test


async def _forgotten(said: str, session: AsyncSession) -> NoReturn:
    """A task nobody waits for: the event loop writes its exception out when it is thrown away."""
    task = asyncio.create_task(_cause(said, session))
    await asyncio.wait([task])
    del task
    gc.collect()
    raise ValueError(said)


async def _library(said: str, session: AsyncSession) -> Any:
    try:
        await _key(said, session)
    except KeyError:
        logging.getLogger("library").exception("it failed")
        raise


FAULTS: dict[str, Fault] = {
    "words": _words,
    "missing key": _key,
    "cause": _cause,
    "several": _several,
    "encoding": _encoding,
    "statement": _statement,
    "forgotten": _forgotten,
    "library": _library,
}
"""By the reason that is stated."""


def _break_unmasking() -> None:
    unmask = people_unmask.unmask

    async def broken(session: AsyncSession, *rest: Any) -> dict[str, Any]:
        found = await unmask(session, *rest)
        if (fault := FAULTS.get(rest[-1].why)) is not None:
            await fault(" ".join(str(field["value"]) for field in found["opened"]), session)
        return found

    setattr(people_unmask, "unmask", broken)  # noqa: B010 - a name to the type checker, a fault to us


async def _turn(request: Request, district: int) -> None:
    state = request.app.state
    await imports.take_up(state.database, state.sealer, asyncio.Event(), district)
    await relay.relay_district(state.database, district)


def main() -> None:
    _break_unmasking()
    settings = Settings()
    app = create_app(settings)
    app.add_api_route(TURN, _turn, methods=["POST"], status_code=204)
    serve(app, listen(settings.host, int(sys.argv[2])), on_ready=lambda: None)


if __name__ == "__main__":
    main()
