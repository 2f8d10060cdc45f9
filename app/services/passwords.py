"""Choosing passwords: by oneself, by the rules of the profile; or a temporary one, by the system administrator."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import RuleBroken
from app.core.passwords import hash_password, password_fits
from app.domain.accounts import TEMPORARY_LASTS, SignInEnd
from app.domain.passwords import KEPT_FORMER, Policy, faults, is_expired
from app.domain.people import Actor
from app.models import Account
from app.schemas.passwords import PasswordChange
from app.services import credentials, own_proofs, sign_ins
from app.services.attempts import Desk
from app.services.outbox import publish

_PLAIN = "abcdefghjkmnpqrstuvwxyz"
_FIGURES = "23456789"
"""Signs that nobody mistakes for one another when they copy them from paper."""


def is_over(policy: Policy, account: Account) -> bool:
    """Whether the password is good for nothing but choosing another."""
    return account.password_temporary or is_expired(policy, account.password_set_at, now())


def is_dead(temporary: bool, set_at: datetime | None) -> bool:
    """Whether a temporary password has waited too long."""
    return temporary and (set_at is None or now() - set_at > TEMPORARY_LASTS)


async def choose(policy: Policy, account: Account, password: str) -> None:
    """Set a password of the person's own choice. Raises RuleBroken, which names everything that is wrong with it."""
    if found := faults(policy, password, account.login):
        raise RuleBroken("；".join(found))
    for earlier in (account.password_hash, *account.former_hashes[: policy.former]):
        if earlier is not None and await password_fits(earlier, password):
            raise RuleBroken("不能使用现在或最近用过的密码")
    keep(account, await hash_password(password), temporary=False)


async def set_temporary(account: Account, by: UUID | None = None) -> str:
    """Set a password that somebody else hands over; it is returned, and kept nowhere. ``by``: the administrator who does."""
    signs = [secrets.choice(_PLAIN + _FIGURES) for _ in range(14)] + [secrets.choice(_PLAIN), secrets.choice(_FIGURES)]
    password = "-".join("".join(signs[start : start + 4]) for start in range(0, 16, 4))
    keep(account, await hash_password(password), temporary=True)
    account.password_reset_by = by
    return password


def keep(account: Account, hashed: str, *, temporary: bool) -> None:
    former = [account.password_hash] if account.password_hash else []
    account.former_hashes = [*former, *(account.former_hashes or [])][:KEPT_FORMER]
    account.password_hash = hashed
    account.password_temporary, account.password_reset_by = temporary, None
    account.password_set_at = now()


def told(policy: Policy, account: Account) -> dict[str, Any]:
    """The fields of a PasswordRead."""
    set_at = account.password_set_at
    return {"set_at": set_at, "expires_at": set_at + policy.lasts if set_at and policy.lasts else None}


async def change(
    session: AsyncSession, desk: Desk, actor: Actor, policy: Policy, form: PasswordChange
) -> dict[str, Any]:
    """Change one's own password; all other sign-ins end."""
    holder = await credentials.own(session, actor)
    await own_proofs.must_prove(session, desk, holder, password=form.old)
    await choose(policy, holder.account, form.new)
    publish(session, "person", holder.person, "change_password", actor=actor)
    await session.flush()
    await sign_ins.end_all(session, actor.district_id, [holder.account.id], SignInEnd.PASSWORD, spare=actor.sign_in_id)
    return told(policy, holder.account)
