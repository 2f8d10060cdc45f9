"""The secret an authenticator shares with an account, and the codes that stand in for it. Each code is good once.

Two requests with the same code at the same moment: the first to write the time step, or to mark the recovery code, has used
it; the other is refused.
"""

import base64
import hashlib
import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import totp
from app.core.clock import now
from app.core.crypto import Sealer
from app.core.ids import new_id
from app.models import Account, RecoveryCode
from app.services.credentials import Holder

ISSUER = "三顺"
_CODES = 10
_CODE_BYTES = 10
"""80 bits: sixteen signs of Base32."""


def new_secret(sealer: Sealer, holder: Holder) -> dict[str, str]:
    """Give the account a secret, not confirmed yet; what the authenticator needs to know."""
    account, secret = holder.account, totp.new_secret()
    account.totp_sealed = sealer.seal_bytes(secret, *_cell(account), holder.person.secret)
    account.totp_confirmed_at = account.totp_step = None
    shown = f"{account.login}@{account.district_id}"
    return {"secret": totp.base32(secret), "uri": totp.uri(secret, ISSUER, shown)}


async def fits(session: AsyncSession, sealer: Sealer, holder: Holder, code: str) -> bool:
    """Whether a one-time password or a recovery code is right, and was not used before; now it is used."""
    if code.isdecimal():
        return await _totp_fits(session, sealer, holder, code)
    digest = _digest(code)
    used = (
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == holder.account.id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None)
        )
        .values(used_at=now())
        .returning(RecoveryCode.id)
    )
    return (await session.scalar(used)) is not None


async def _totp_fits(session: AsyncSession, sealer: Sealer, holder: Holder, code: str) -> bool:
    account = holder.account
    if account.totp_sealed is None:
        return False
    secret = sealer.open_bytes(account.totp_sealed, *_cell(account), holder.person.secret)
    step = totp.matching_step(secret, code, now())
    if step is None:
        return False
    used = (
        update(Account)
        .where(Account.id == account.id, or_(Account.totp_step.is_(None), Account.totp_step < step))
        .values(totp_step=step)
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalar(used)) is not None


async def new_recovery_codes(session: AsyncSession, account: Account) -> list[str]:
    """Ten new codes, in clear for the only time; the old ones are void."""
    await _forget_codes(session, account)
    codes = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode() for _ in range(_CODES)]
    session.add_all(
        RecoveryCode(district_id=account.district_id, id=new_id(), account_id=account.id, digest=_digest(code))
        for code in codes
    )
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


async def codes_left(session: AsyncSession, account: Account) -> int:
    query = select(func.count()).where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    return int(await session.scalar(query) or 0)


def confirm(account: Account) -> None:
    """The authenticator counts from now on."""
    account.totp_confirmed_at, account.second_factor_reset_by = now(), None


async def remove(session: AsyncSession, account: Account, by: UUID | None = None) -> None:
    """Take the authenticator and the recovery codes away. ``by``: the administrator who does it for somebody else."""
    account.second_factor_reset_by = by
    account.totp_sealed = account.totp_confirmed_at = account.totp_step = None
    await _forget_codes(session, account)


async def _forget_codes(session: AsyncSession, account: Account) -> None:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.replace("-", "").upper().encode()).digest()


def _cell(account: Account) -> tuple[int, str, str, Any]:
    return account.district_id, "accounts", "totp_sealed", account.id
