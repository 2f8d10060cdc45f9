"""Signing in, and who the person behind a request is at this moment."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import DateTime, Text, Uuid, and_, bindparam, select

from app.core.clock import now
from app.core.db import Database, compile_hot
from app.core.errors import Unauthenticated
from app.core.ids import new_id
from app.core.passwords import password_fits
from app.core.security import Identity, Tokens
from app.domain.accounts import LONGEST, SignInMethod
from app.domain.people import Actor, Grant
from app.domain.sign_ins import carried
from app.models import Account, Person, SignIn
from app.models import Grant as GrantRow
from app.services.access import in_force, lasting

_NAME = re.compile(r"^(?P<login>[a-z0-9_.\-]{1,40})@(?P<district>[1-9][0-9]{5})$")
_MOMENT: Any = bindparam("now", type_=DateTime(timezone=True))
_ACTOR = compile_hot(
    select(
        Person.organization_id,
        SignIn.method,
        GrantRow.role,
        GrantRow.place_id,
        GrantRow.path,
        GrantRow.place_kind,
        GrantRow.lent_by,
    )
    .select_from(Account)
    .join(Person, and_(Person.district_id == Account.district_id, Person.id == Account.person_id))
    .join(SignIn, lasting(bindparam("sign_in", type_=Uuid())))
    .outerjoin(
        GrantRow,
        and_(
            GrantRow.district_id == Person.district_id,
            GrantRow.person_id == Person.id,
            in_force(_MOMENT),
        ),
    )
    .where(Account.id == bindparam("account", type_=Uuid()), Account.disabled_at.is_(None))
)

_BY_LOGIN = compile_hot(
    select(Account.district_id, Account.id, Account.person_id, Account.password_hash).where(
        Account.login == bindparam("login", type_=Text()), Account.disabled_at.is_(None)
    )
)


async def actor_of(database: Database, identity: Identity) -> Actor:
    """The person with the grants in force now that their way of signing in carries.

    Read on every request, so that taking a role away works at once.
    """
    rows = await database.hot(
        identity.district_id, _ACTOR, account=identity.account_id, sign_in=identity.sign_in_id, now=now()
    )
    if not rows:
        raise Unauthenticated("登录已失效，请重新登录")
    names = ("role", "place_id", "path", "place_kind", "lent_by")
    grants = (Grant(*(row[name] for name in names)) for row in rows if row["role"])
    return Actor(
        identity.district_id,
        identity.person_id,
        identity.account_id,
        rows[0]["organization_id"],
        carried(SignInMethod(rows[0]["method"]), grants),
        sign_in_id=identity.sign_in_id,
    )


async def sign_in(database: Database, tokens: Tokens, username: str, password: str) -> dict[str, Any]:
    """A short access token for name and password; one answer for an unknown name and a wrong password."""
    found = _NAME.match(username)
    account = await _account(database, int(found["district"]), found["login"]) if found else None
    if not await password_fits(account["password_hash"] if account else None, password) or account is None:
        raise Unauthenticated("用户名或密码不正确")
    district_id, moment = account["district_id"], now()
    async with database.transaction(district_id) as session:
        began = SignIn(
            district_id=district_id,
            id=new_id(),
            account_id=account["id"],
            method=SignInMethod.PASSWORD,
            started_at=moment,
            expires_at=moment + LONGEST,
        )
        session.add(began)
    return {
        "access_token": tokens.issue(district_id, account["person_id"], account["id"], began.id),
        "token_type": "bearer",
        "expires_in": int(tokens.lifetime.total_seconds()),
    }


async def _account(database: Database, district_id: int, login: str) -> Mapping[str, Any] | None:
    rows = await database.hot(district_id, _BY_LOGIN, login=login)
    return dict(rows[0]) if rows else None
