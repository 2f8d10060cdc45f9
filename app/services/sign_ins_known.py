"""What speaks for whoever tries to sign in: an address, or a device, from which the same account signed in before.

Neither lets anybody in. They decide what a failure counts against, so that strangers lock out strangers only.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import compile_hot
from app.core.handles import handle_of, row_of
from app.domain.accounts import HARMLESS, USUAL, SignInMethod
from app.domain.limits import is_usual
from app.models import Account, Person, SignIn
from app.services.attempts import Desk

_DEVICE = "device"
_NOBODY = UUID(int=0)
_LATELY = SignIn.started_at > bindparam("since", type_=DateTime(timezone=True))
_IN_ORDER = or_(*(SignIn.ended_by == end for end in sorted(HARMLESS)))
_BY_PASSWORD = compile_hot(
    select(SignIn.address, func.bool_or(SignIn.id == bindparam("device", type_=Uuid())).label("device"))
    .join(Account, and_(Account.district_id == SignIn.district_id, Account.id == SignIn.account_id))
    .where(
        SignIn.account_id == bindparam("account", type_=Uuid()),
        SignIn.method == SignInMethod.PASSWORD,
        _LATELY,
        or_(
            SignIn.ended_at.is_(None),
            and_(_IN_ORDER, SignIn.ended_at >= func.coalesce(Account.password_set_at, SignIn.started_at)),
        ),
    )
    .group_by(SignIn.address)
)
_BY_PHONE = compile_hot(
    select(SignIn.address)
    .join(Account, and_(Account.district_id == SignIn.district_id, Account.id == SignIn.account_id))
    .join(Person, and_(Person.district_id == Account.district_id, Person.id == Account.person_id))
    .where(
        Person.phone_index == any_(bindparam("indexes", type_=ARRAY(LargeBinary()))),
        SignIn.method == SignInMethod.PHONE,
        _LATELY,
        or_(SignIn.ended_at.is_(None), _IN_ORDER),
    )
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Known:
    """``device``: the one that was shown, when the account has signed in on it."""

    usual: bool
    device: str | None


def device_of(sealer: Sealer, district_id: int, sign_in_id: UUID) -> str:
    """What the device of a sign-in shows the next time."""
    return handle_of(sealer, district_id, sign_in_id, _DEVICE)


async def by_password(desk: Desk, district_id: int, account_id: UUID | None, device: str | None = None) -> Known:
    """What speaks for a password or a one-time password; the same work for an account that does not exist.

    A sign-in speaks for nobody that ended in doubt, or had ended when the password was last set: whoever knew the former one
    has neither address nor device left.
    """
    shown = row_of(desk.sealer, device or "", _DEVICE)
    sign_in_id = shown[1] if shown is not None and shown[0] == district_id else _NOBODY
    values = {"account": account_id or _NOBODY, "device": sign_in_id, "since": now() - USUAL}
    rows = await desk.database.hot(district_id, _BY_PASSWORD, **values)
    usual = is_usual(desk.origin.address, [row["address"] for row in rows])
    return Known(usual, str(sign_in_id) if any(row["device"] for row in rows) else None)


async def by_phone(desk: Desk, district_id: int, phone: str) -> bool:
    """Whether whoever has this number has signed in with it from this address."""
    values: dict[str, Any] = {"indexes": desk.sealer.blind_indexes(phone, district_id, "phone"), "since": now() - USUAL}
    rows = await desk.database.hot(district_id, _BY_PHONE, **values)
    return is_usual(desk.origin.address, [row["address"] for row in rows])
