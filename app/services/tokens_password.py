"""Signing in with a login and a password.

One answer, one amount of work and one set of limits for a login that exists and one that does not. Wrong passwords count per
login and address; those from addresses the account does not usually sign in from count together as well, so that a stranger
who hammers at an account locks out strangers, not its owner (house rule).
"""

import re
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import compile_hot
from app.core.errors import Unauthenticated
from app.core.passwords import hash_password, is_outdated, password_fits
from app.domain.audit import Trace
from app.domain.limits import is_usual, password_guards
from app.domain.passwords import Policy
from app.models import Account, District
from app.services import credentials, passwords, rate_limits, sign_ins, tokens_proofs
from app.services.attempts import Desk, attempt, denials_noted

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


async def by_password(desk: Desk, policy: Policy, username: str, password: str) -> dict[str, Any]:
    """Tokens for a login and its password. Raises Unauthenticated, also with what is still owed, and TooManyRequests."""
    named = await _named(desk, username)
    trace = Trace(person_id=named.person_id)
    noted = denials_noted(desk, named.district_id, OPERATION, trace) if named.district_id else nullcontext()
    async with noted:
        await _must_fit(desk, named, password)
    renewed = await hash_password(password) if named.hash and is_outdated(named.hash) else None

    async def let_in(session: AsyncSession, trace: Trace) -> dict[str, Any]:
        trace.person_id = named.person_id
        holder = await credentials.find(session, named.account_id)
        if holder is None or holder.account.password_hash != named.hash:
            raise _wrong()
        if renewed is not None:
            holder.account.password_hash = renewed
        return await tokens_proofs.proceed(session, desk, policy, holder, second_factor_proved=False)

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
    return _Named(district_id, login, row["id"], row["person_id"], None if shut else row["password_hash"])


async def _must_fit(desk: Desk, named: _Named, password: str) -> None:
    """One is taken of each limit before the password is looked at, and given back when it fits: a race does not help."""
    address = desk.origin.address
    known = await sign_ins.addresses(desk.database, named.district_id, named.account_id)
    guards = password_guards(named.login, address, usual=is_usual(address, known))
    await rate_limits.spend_all(desk.database, desk.sealer, named.district_id, guards)
    if not await password_fits(named.hash, password):
        raise _wrong()
    await rate_limits.give_back_all(desk.database, desk.sealer, named.district_id, guards)


def _wrong() -> Unauthenticated:
    return Unauthenticated("用户名或密码不正确")
