"""Prolonging a sign-in by its refresh token. Each token is good once.

A token that comes a second time has two holders, and one of them is a thief: the whole sign-in ends, for both. This is strict
on purpose (house rule): of several requests with one token at the same moment one is answered, and the sign-in is over all the
same, so clients refresh one at a time. Who lost an answer on the way signs in again. A sign-in by password lasts no longer than
the password: where passwords expire, an expired one is replaced at the door.
"""

import base64
import hashlib
import re
from typing import Any

from sqlalchemy import LargeBinary, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import compile_hot
from app.core.errors import Unauthenticated
from app.domain.accounts import SignInEnd, SignInMethod
from app.domain.audit import Trace
from app.domain.limits import REFRESH_AGAIN
from app.domain.passwords import Policy
from app.models import RefreshToken, SignIn
from app.services import credentials, passwords, sign_ins
from app.services.attempts import Desk, attempt

_WRITTEN = re.compile(r"(?P<district>[1-9][0-9]{5})\.(?P<secret>[A-Za-z0-9_-]{43})")
_KNOWN = compile_hot(
    select(RefreshToken.used_at, RefreshToken.expires_at).where(
        RefreshToken.digest == bindparam("digest", type_=LargeBinary())
    )
)


async def by_refresh_token(desk: Desk, policy: Policy, written: str) -> dict[str, Any]:
    """The next pair of tokens. Raises Unauthenticated, and TooManyRequests for a token that comes again and again."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise _over()
    district_id = int(found["district"])
    digest = hashlib.sha256(base64.urlsafe_b64decode(found["secret"] + "=")).digest()
    known = await desk.database.hot(district_id, _KNOWN, digest=digest)
    if not known:
        raise _over()  # nobody's: there is nothing to note, and no district to note it in
    if known[0]["used_at"] is not None or known[0]["expires_at"] <= now():
        await desk.spend(district_id, REFRESH_AGAIN, digest.hex())

    async def prolong(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        sign_in = await _use(session, digest)
        holder = await credentials.find(session, sign_in.account_id)
        trace.person_id = holder.person.id if holder else None
        if holder is None or not await sign_ins.is_open(session, sign_in.id):
            raise _over()
        if sign_in.method is SignInMethod.PASSWORD and passwords.is_over(policy, holder.account):
            await sign_ins.end(session, sign_in.id, SignInEnd.PASSWORD)
            raise _over()
        return sign_ins.prolong(session, desk.tokens, holder.account, sign_in, now())

    return await attempt(desk, district_id, "token_issue", prolong)


async def _use(session: AsyncSession, digest: bytes) -> SignIn:
    """Mark the token as used, and find the sign-in it prolongs; one that was used before ends it."""
    moment = now()
    used = (
        update(RefreshToken)
        .where(RefreshToken.digest == digest, RefreshToken.used_at.is_(None), RefreshToken.expires_at > moment)
        .values(used_at=moment)
        .returning(RefreshToken.sign_in_id)
    )
    sign_in_id = await session.scalar(used)
    if sign_in_id is None:
        token = (await session.scalars(select(RefreshToken).where(RefreshToken.digest == digest))).one()
        if token.used_at is not None:
            await sign_ins.end(session, token.sign_in_id, SignInEnd.REUSED)
        raise _over()
    return (await session.scalars(select(SignIn).where(SignIn.id == sign_in_id))).one()


def _over() -> Unauthenticated:
    return Unauthenticated("登录已失效，请重新登录")
