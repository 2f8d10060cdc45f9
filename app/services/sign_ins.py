"""Sign-ins: from signing in to signing out on one device, with the chain of refresh tokens that prolongs it."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Forbidden, NotFound
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.core.security import Tokens
from app.domain import access
from app.domain.accounts import ENDS, IDLE, LONGEST, USUAL, Origin, SignInEnd, SignInMethod
from app.domain.people import Actor
from app.models import Account, RefreshToken, SignIn
from app.schemas.sign_ins import SignInQuery, SignInRead
from app.services import challenges
from app.services.places import paged

_TOKEN_BYTES = 32
_KEPT = timedelta(days=1)
"""So long a refresh token that is over is still known, if it was used before."""


async def begin(
    session: AsyncSession,
    tokens: Tokens,
    account: Account,
    method: SignInMethod,
    origin: Origin,
    *,
    sign_in_id: UUID | None = None,
    second_factor: bool = False,
) -> dict[str, Any]:
    """Begin a sign-in for somebody who has proved who they are; the fields of a TokenRead."""
    moment = now()
    began = SignIn(
        district_id=account.district_id,
        id=sign_in_id or new_id(),
        account_id=account.id,
        method=method,
        second_factor=second_factor,
        address=origin.address,
        device=origin.device,
        started_at=moment,
        expires_at=moment + LONGEST,
    )
    session.add(began)
    await session.flush()
    return prolong(session, tokens, account, began, moment)


def prolong(
    session: AsyncSession, tokens: Tokens, account: Account, sign_in: SignIn, moment: datetime
) -> dict[str, Any]:
    """The next pair of tokens. The refresh token lasts ``IDLE``, but never beyond the sign-in itself."""
    secret = secrets.token_bytes(_TOKEN_BYTES)
    expires = min(moment + IDLE, sign_in.expires_at)
    session.add(
        RefreshToken(
            district_id=sign_in.district_id,
            id=new_id(),
            sign_in_id=sign_in.id,
            digest=hashlib.sha256(secret).digest(),
            created_at=moment,
            expires_at=expires,
        )
    )
    written = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    return {
        "access_token": tokens.issue(account.district_id, account.person_id, account.id, sign_in.id),
        "token_type": "bearer",
        "expires_in": int(tokens.lifetime.total_seconds()),
        "refresh_token": f"{sign_in.district_id}.{written}",
        "refresh_expires_in": int((expires - moment).total_seconds()),
        "scope": None,
        "device": None,
    }


async def is_open(session: AsyncSession, sign_in_id: UUID) -> bool:
    """Whether the sign-in may be prolonged; it is locked, so that it cannot end meanwhile."""
    open_ = select(SignIn.id).where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None), SignIn.expires_at > now())
    return (await session.scalar(open_.with_for_update())) is not None


async def end(session: AsyncSession, sign_in_id: UUID, why: SignInEnd) -> bool:
    """End one sign-in; False when it has ended before."""
    ended = (
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None))
        .values(ended_at=now(), ended_by=why)
        .returning(SignIn.id)
    )
    return (await session.scalar(ended)) is not None


async def end_all(
    session: AsyncSession,
    district_id: int,
    account_ids: Collection[UUID],
    why: SignInEnd,
    *,
    spare: UUID | None = None,
    methods: Collection[SignInMethod] = tuple(SignInMethod),
) -> int:
    """End what the accounts have open, by these ways of signing in, and what is still to be proved; the very next request
    with any of their tokens is refused. ``spare`` stays. How many there were.

    Whoever changes an account for this has written the change before: sign-ins that begin meanwhile wait for it.
    """
    running = update(SignIn).where(
        SignIn.district_id == district_id,
        SignIn.account_id.in_(account_ids),
        SignIn.method.in_(methods),
        SignIn.ended_at.is_(None),
    )
    if spare is not None:
        running = running.where(SignIn.id != spare)
    await challenges.close_all(session, district_id, account_ids)
    ended = await session.scalars(running.values(ended_at=now(), ended_by=why).returning(SignIn.id))
    return len(ended.all())


async def second_factor_proved(session: AsyncSession, sign_in_id: UUID | None) -> None:
    """An authenticator was bound in this sign-in: it has proved one from now on."""
    await session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(second_factor=True))


async def second_factor_gone(session: AsyncSession, account_id: UUID) -> None:
    """There is no authenticator any more: what is signed in goes on as if it had proved none."""
    running = update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    await session.execute(running.values(second_factor=False))


async def page(session: AsyncSession, actor: Actor, query: SignInQuery) -> Page[dict[str, Any]]:
    """One's own sign-ins, the newest first, whatever account of one's own they are of."""
    rows = _own(actor).order_by(SignIn.id.desc()).limit(query.limit + 1)
    if query.open:
        rows = rows.where(SignIn.ended_at.is_(None), SignIn.expires_at > now())
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(SignIn.id < after)
    found = paged((await session.scalars(rows)).all(), query.limit)
    return Page([_shown(actor, sign_in) for sign_in in found.items], found.next_cursor)


async def sign_out(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    """End the sign-in this request came by."""
    actor.checked.add(access.SELF)
    if actor.sign_in_id is None or actor.client:
        return {"ended": 0}
    return {"ended": int(await end(session, actor.sign_in_id, SignInEnd.SIGNED_OUT))}


async def method_of(session: AsyncSession, actor: Actor) -> SignInMethod | None:
    """The way the caller has signed in; None for client systems."""
    found: SignInMethod | None = await session.scalar(select(SignIn.method).where(SignIn.id == actor.sign_in_id))
    return found


async def end_one(session: AsyncSession, actor: Actor, sign_in_id: UUID) -> dict[str, Any]:
    """End one of one's own. Raises NotFound for any other, and Forbidden for one by a stronger way than the caller's."""
    found = await session.scalar(_own(actor).where(SignIn.id == sign_in_id))
    if found is None:
        raise NotFound()
    if found.method not in await _ended_by(session, actor):
        raise Forbidden("凭密码的登录，须凭密码登录后才能结束")
    return {"ended": int(await end(session, sign_in_id, SignInEnd.SIGNED_OUT))}


async def end_others(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    """End all of one's own but the one this request came by; by a weaker way, only those that came by such."""
    actor.checked.add(access.SELF)
    methods, spare = await _ended_by(session, actor), actor.sign_in_id
    if SignInMethod.PASSWORD in methods:
        accounts = (await session.scalars(select(Account.id).where(Account.person_id == actor.person_id))).all()
        return {"ended": await end_all(session, actor.district_id, accounts, SignInEnd.SIGNED_OUT, spare=spare)}
    others = _own(actor).where(SignIn.method.in_(methods), SignIn.ended_at.is_(None), SignIn.id != spare)
    found = (await session.scalars(others.order_by(SignIn.id))).all()
    return {"ended": sum([await end(session, other.id, SignInEnd.SIGNED_OUT) for other in found])}


async def _ended_by(session: AsyncSession, actor: Actor) -> frozenset[SignInMethod]:
    """What the caller may end, by the way they came; client systems have nothing to end."""
    method = await method_of(session, actor)
    return ENDS[method] if method is not None else frozenset()


async def sweep(session: AsyncSession, district_id: int) -> None:
    """Remove refresh tokens that are over, and sign-ins that have been for as long as anybody asks where from they were."""
    moment = now()
    over = RefreshToken.district_id == district_id, RefreshToken.expires_at < moment - _KEPT
    await session.execute(delete(RefreshToken).where(*over))
    past = SignIn.district_id == district_id, SignIn.expires_at < moment - USUAL
    await session.execute(delete(SignIn).where(*past))


def _own(actor: Actor) -> Select[SignIn]:
    actor.checked.add(access.SELF)
    mine = and_(Account.district_id == SignIn.district_id, Account.id == SignIn.account_id)
    return select(SignIn).join(Account, mine).where(Account.person_id == actor.person_id)


def _shown(actor: Actor, sign_in: SignIn) -> dict[str, Any]:
    fields = {name: getattr(sign_in, name) for name in SignInRead.model_fields if name != "current"}
    return fields | {"current": sign_in.id == actor.sign_in_id}
