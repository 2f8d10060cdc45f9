"""Who the person behind a request is at this moment."""

from typing import Any

from sqlalchemy import DateTime, Uuid, and_, bindparam, select

from app.core.clock import now
from app.core.db import Database, compile_hot
from app.core.errors import Unauthenticated
from app.core.security import Identity
from app.domain.accounts import SignInMethod
from app.domain.passwords import Policy
from app.domain.people import Actor, Grant
from app.domain.sign_ins import carried, roles_carried
from app.models import Account, Person, SignIn
from app.models import Grant as GrantRow
from app.services import clients_token
from app.services.access import in_force, lasting

_MOMENT: Any = bindparam("now", type_=DateTime(timezone=True))
_ACTOR = compile_hot(
    select(
        Person.organization_id,
        SignIn.method,
        SignIn.second_factor,
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


async def actor_of(database: Database, identity: Identity, policy: Policy) -> Actor:
    """The person with the grants in force now that their way of signing in carries, or the client system.

    Read on every request, so that taking a role away works at once.
    """
    if identity.client:
        return await clients_token.actor_of(database, identity)
    rows = await database.hot(
        identity.district_id, _ACTOR, account=identity.account_id, sign_in=identity.sign_in_id, now=now()
    )
    if not rows:
        raise Unauthenticated("登录已失效，请重新登录")
    names = ("role", "place_id", "path", "place_kind", "lent_by")
    grants = (Grant(*(row[name] for name in names)) for row in rows if row["role"])
    method, second_factor = SignInMethod(rows[0]["method"]), rows[0]["second_factor"]
    return Actor(
        identity.district_id,
        identity.person_id,
        identity.account_id,
        rows[0]["organization_id"],
        carried(policy, method, grants, second_factor=second_factor),
        sign_in_id=identity.sign_in_id,
        carries=roles_carried(policy, method, second_factor=second_factor),
    )
