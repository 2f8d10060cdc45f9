"""Challenges: what stands between a first proof and a token. Good for some minutes, some attempts, and once.

The client holds a handle, which cannot be guessed or made up (app.core.handles). An attempt counts even if it fails: whoever
redeems one must end the transaction in order, and refuse afterwards.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database, compile_hot
from app.core.errors import Unauthenticated
from app.core.handles import handle_of, row_of
from app.core.ids import new_id
from app.domain.accounts import MOST_ATTEMPTS, ChallengeKind
from app.models import Challenge

_LIFETIME = timedelta(minutes=10)
_KEPT = timedelta(days=1)
_PURPOSE = "challenge"
_WHOSE = compile_hot(select(Challenge.account_id).where(Challenge.id == bindparam("challenge", type_=Uuid())))


async def open(  # noqa: A001 - read as challenges.open
    session: AsyncSession,
    sealer: Sealer,
    district_id: int,
    kind: ChallengeKind,
    *,
    account_id: UUID | None = None,
    payload: str | None = None,
    digest: bytes | None = None,
    lifetime: timedelta = _LIFETIME,
) -> str:
    """A new challenge; its handle, for the client. ``payload`` is sealed and comes back from ``payload_of``."""
    row_id = new_id()
    sealed = sealer.seal(payload, district_id, "challenges", "payload_sealed", row_id) if payload is not None else None
    challenge = Challenge(
        district_id=district_id,
        id=row_id,
        kind=kind,
        account_id=account_id,
        payload_sealed=sealed,
        digest=digest,
        expires_at=now() + lifetime,
    )
    session.add(challenge)
    await session.flush()
    return handle_of(sealer, district_id, row_id, _PURPOSE)


def district_of(sealer: Sealer, handle: str) -> int:
    """The district a handle of ours belongs to, for its transaction. Raises Unauthenticated when it is none of ours."""
    return _read(sealer, handle)[0]


async def account_of(database: Database, sealer: Sealer, handle: str) -> UUID | None:
    """Whose challenge it is, if it is an account's: accounts are locked before their challenges."""
    district_id, row_id = _read(sealer, handle)
    rows = await database.hot(district_id, _WHOSE, challenge=row_id)
    found: UUID | None = rows[0]["account_id"] if rows else None
    return found


async def look(session: AsyncSession, sealer: Sealer, handle: str, *kinds: ChallengeKind) -> Challenge:
    """The open challenge of a handle, locked; no attempt is counted. Raises Unauthenticated when there is none (any more)."""
    district_id, row_id = _read(sealer, handle)
    query = select(Challenge).where(
        Challenge.district_id == district_id,
        Challenge.id == row_id,
        Challenge.kind.in_(kinds),
        Challenge.used_at.is_(None),
        Challenge.expires_at > now(),
        Challenge.attempts < MOST_ATTEMPTS,
    )
    challenge = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if challenge is None:
        raise _gone()
    return challenge


async def redeem(session: AsyncSession, sealer: Sealer, handle: str, *kinds: ChallengeKind) -> Challenge:
    """Like ``look``, and one attempt is counted. ``close`` it when the answer is right."""
    challenge = await look(session, sealer, handle, *kinds)
    challenge.attempts += 1
    return challenge


def close(challenge: Challenge) -> None:
    """The proof is given: the challenge is good no more."""
    challenge.used_at = now()


async def close_all(session: AsyncSession, district_id: int, account_ids: Collection[UUID]) -> None:
    """Nothing that is still owed for these accounts is good any more: what it stood on has changed."""
    owed = update(Challenge).where(
        Challenge.district_id == district_id, Challenge.account_id.in_(account_ids), Challenge.used_at.is_(None)
    )
    await session.execute(owed.values(used_at=now()))


def payload_of(sealer: Sealer, challenge: Challenge) -> str | None:
    if challenge.payload_sealed is None:
        return None
    return sealer.open(challenge.payload_sealed, challenge.district_id, "challenges", "payload_sealed", challenge.id)


async def sweep(session: AsyncSession, district_id: int) -> None:
    """Remove the challenges that have been over for a day."""
    await session.execute(
        delete(Challenge).where(Challenge.district_id == district_id, Challenge.expires_at < now() - _KEPT)
    )


def _read(sealer: Sealer, handle: str) -> tuple[int, UUID]:
    """District and row of a handle. Raises Unauthenticated when we did not make it."""
    found = row_of(sealer, handle, _PURPOSE)
    if found is None:
        raise _gone()
    return found


def _gone() -> Unauthenticated:
    return Unauthenticated("验证已失效，请重新登录")
