"""Signing in with a login and a password.

One answer, one amount of work and one set of limits for a login that exists and one that does not. Wrong passwords count per
login and address; those from addresses the account does not usually sign in from count together as well, so that a stranger
who hammers at an account locks out strangers, not its owner (house rule). A device that has signed in before says so and
counts by itself: not even neighbours at the same address lock its owner out. Attempts that are refused for their number leave
no audit entry: there would be no end of them.
"""

import re
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import compile_hot
from app.core.errors import TooManyRequests, Unauthenticated
from app.core.passwords import hash_password, is_outdated, password_fits
from app.domain.audit import Trace
from app.domain.limits import password_guards
from app.domain.passwords import Policy
from app.models import Account, District
from app.services import credentials, passwords, rate_limits, sign_ins_known, tokens_proofs
from app.services.attempts import Desk, attempt, denials_noted
from app.services.sign_ins_known import Known

OPERATION = "token_issue"
_NAME = re.compile(r"(?P<login>[a-z0-9_.\-]{1,40})@(?P<district>[1-9][0-9]{5})")
NOWHERE = 0
"""The district in which attempts count that name none of ours."""
_BY_LOGIN = compile_hot(
    select(
        Account.id,
        Account.person_id,
        Account.password_hash,
        Account.password_temporary,
        Account.password_set_at,
        Account.disabled_at,
    )
    .select_from(District)
    .outerjoin(Account, and_(Account.district_id == District.id, Account.login == bindparam("login", type_=Text())))
    .where(District.id == bindparam("district", type_=Integer()))
)


@dataclass(frozen=True, slots=True)
class _Named:
    """What a user name stands for. ``hash`` None: nothing fits, because there is no such account or it may not sign in."""

    district_id: int
    login: str
    account_id: UUID | None
    person_id: UUID | None
    hash: str | None
    temporary: bool = False


async def by_password(
    desk: Desk, policy: Policy, username: str, password: str, shown_device: str | None
) -> dict[str, Any]:
    """Tokens for a login and its password. Raises Unauthenticated, also with what is still owed, and TooManyRequests."""
    named = await _named(desk, username)
    known = await sign_ins_known.by_password(desk, named.district_id, named.account_id, shown_device)
    trace = Trace(person_id=named.person_id)
    fits = await _fits(desk, named, known, password)
    noted = denials_noted(desk, named.district_id, OPERATION, trace) if named.district_id else nullcontext()
    async with noted:
        if not fits:
            raise _wrong()
    renewed = await hash_password(password) if named.hash and is_outdated(named.hash) else None

    async def let_in(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        trace.person_id = named.person_id
        holder = await credentials.find(session, named.account_id)
        if holder is None or holder.account.password_hash != named.hash:
            raise _wrong()
        if renewed is not None:
            holder.account.password_hash = renewed
        return await tokens_proofs.proceed(
            session, desk, policy, holder, second_factor_proved=False, device=known.device
        )

    return await attempt(desk, named.district_id, OPERATION, let_in)


async def _named(desk: Desk, username: str) -> _Named:
    found = _NAME.fullmatch(username)
    if found is None:
        return _Named(NOWHERE, username, None, None, None)
    login, district_id = found["login"], int(found["district"])
    rows = await desk.database.hot(district_id, _BY_LOGIN, login=login, district=district_id)
    if not rows:
        return _Named(NOWHERE, username, None, None, None)
    (row,) = rows
    shut = row["disabled_at"] is not None or passwords.is_dead(row["password_temporary"], row["password_set_at"])
    hashed = None if shut else row["password_hash"]
    return _Named(district_id, login, row["id"], row["person_id"], hashed, bool(row["password_temporary"]))


async def _fits(desk: Desk, named: _Named, known: Known, password: str) -> bool:
    """One is taken of each limit before the password is looked at, and given back when it fits: a race does not help.

    A temporary password is too long to be guessed, so its owner is let in however many strangers have tried. For any other
    login the same work is done before the same refusal, so that nobody learns which have one.
    """
    here, elsewhere = password_guards(named.login, desk.origin.address, usual=known.usual, device=known.device)
    limits = desk.database, desk.sealer, named.district_id
    await rate_limits.spend_all(*limits, here)
    refusal: TooManyRequests | None = None
    try:
        await rate_limits.spend_all(*limits, elsewhere)
    except TooManyRequests as refused:
        refusal, elsewhere = refused, ()
    fits = await password_fits(named.hash if refusal is None or named.temporary else None, password)
    if fits:
        await rate_limits.give_back_all(*limits, (*here, *elsewhere))
    elif refusal is not None:
        raise refusal
    return fits


def _wrong() -> Unauthenticated:
    return Unauthenticated("用户名或密码不正确")
