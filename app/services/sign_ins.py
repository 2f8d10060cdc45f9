"""Sign-ins: from signing in to signing out on one device, with the chain of refresh tokens that prolongs it."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.core.security import Tokens
from app.domain.accounts import IDLE, LONGEST, Origin, SignInEnd, SignInMethod
from app.models import Account, RefreshToken, SignIn

_TOKEN_BYTES = 32


async def begin(
    session: AsyncSession, tokens: Tokens, account: Account, method: SignInMethod, origin: Origin
) -> dict[str, Any]:
    """Begin a sign-in for somebody who has proved who they are; the fields of a TokenRead."""
    moment = now()
    began = SignIn(
        district_id=account.district_id,
        id=new_id(),
        account_id=account.id,
        method=method,
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
    }


async def end_all(
    session: AsyncSession,
    district_id: int,
    account_ids: Collection[UUID],
    why: SignInEnd,
    *,
    spare: UUID | None = None,
) -> None:
    """End what the accounts have open; the very next request with any of its tokens is refused. ``spare`` stays."""
    running = update(SignIn).where(
        SignIn.district_id == district_id, SignIn.account_id.in_(account_ids), SignIn.ended_at.is_(None)
    )
    if spare is not None:
        running = running.where(SignIn.id != spare)
    await session.execute(running.values(ended_at=now(), ended_by=why))
