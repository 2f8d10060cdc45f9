"""Attempts to get in without a token: how often, in which district, and the one audit entry each leaves, let in or not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.db import Database, compile_hot
from app.core.errors import AppError, NotFound
from app.core.security import Tokens
from app.domain.accounts import Origin
from app.domain.audit import Caller, Outcome, Trace
from app.domain.limits import Limit, network_of
from app.models import District
from app.services import audit, rate_limits

Answer = TypeVar("Answer")
_DISTRICT = compile_hot(select(District.id).where(District.id == bindparam("district", type_=Integer())))


@dataclass(frozen=True, slots=True)
class Desk:
    """What every way in needs, and where the request comes from."""

    database: Database
    tokens: Tokens
    sealer: Sealer
    origin: Origin

    async def must_be_a_district(self, district_id: int) -> None:
        """Raises NotFound when there is no such district."""
        if not await self.database.hot(district_id, _DISTRICT, district=district_id):
            raise NotFound("没有这个区")

    async def come(self, district_id: int, limit: Limit) -> None:
        """Begin an attempt from this address. Raises NotFound when there is no such district, TooManyRequests."""
        await self.must_be_a_district(district_id)
        await self.spend(district_id, limit, network_of(self.origin.address))

    async def spend(self, district_id: int, limit: Limit, value: str) -> None:
        """Take one of a limit; it stays taken whatever comes of the attempt. Raises TooManyRequests."""
        await rate_limits.spend(self.database, self.sealer, district_id, limit, value)


async def counted(desk: Desk, district_id: int, verb: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
    """Run a verb in a transaction of its own that is committed even when the verb refuses.

    What it counted before, such as a wrong code, stays counted. So a verb refuses before it writes anything else.
    """
    answer: Answer | AppError
    async with desk.database.transaction(district_id) as session:
        try:
            answer = await verb(session)
        except AppError as refusal:
            answer = refusal
    if isinstance(answer, AppError):
        raise answer
    return answer


async def attempt(
    desk: Desk,
    district_id: int,
    operation: str,
    verb: Callable[[AsyncSession, Trace], Awaitable[Answer]],
    *,
    status: int = 200,
) -> Answer:
    """A verb that is ``counted``, with the audit entry of the attempt; ``status`` is that of its answer."""
    trace = Trace()

    async def noted(session: AsyncSession) -> Answer:
        try:
            answer = await verb(session, trace)
        except AppError as refusal:
            _note(desk, session, district_id, operation, refusal.status, trace, refusal.code)
            raise
        _note(desk, session, district_id, operation, status, trace)
        return answer

    return await counted(desk, district_id, noted)


@asynccontextmanager
async def denials_noted(
    desk: Desk, district_id: int, operation: str, trace: Trace | None = None
) -> AsyncIterator[None]:
    """Note what is refused outside the attempt's own transaction, such as by WeChat."""
    try:
        yield
    except AppError as refusal:
        status, code = refusal.status, refusal.code

        async def noted(session: AsyncSession) -> None:
            _note(desk, session, district_id, operation, status, trace or Trace(), code)

        await counted(desk, district_id, noted)
        raise


def _note(
    desk: Desk,
    session: AsyncSession,
    district_id: int,
    operation: str,
    status: int,
    trace: Trace,
    code: str | None = None,
) -> None:
    """Whoever is let in is who acted; whoever is not is somebody unknown at the door of the person's account."""
    done = status < 400
    entry = audit.add(
        session,
        district_id,
        operation,
        Outcome.DONE if done else Outcome.DENIED,
        caller=Caller.PERSON if done and trace.person_id else None,
        address=desk.origin.address,
        status=status,
        trace=trace,
        data={"code": code} if code else None,
    )
    entry.actor_id = trace.person_id if done else None
