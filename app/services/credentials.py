"""An account with the person behind it, locked while somebody proves something about it or changes it."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound, Unauthenticated
from app.domain import access
from app.domain.accounts import STAFF, SignInMethod
from app.domain.passwords import Policy
from app.domain.people import Actor
from app.models import Account, Grant, Person
from app.services import sign_ins
from app.services.access import in_force


@dataclass(frozen=True, slots=True)
class Holder:
    """``method``: how they have signed in, once they have."""

    account: Account
    person: Person
    method: SignInMethod | None = None


async def find(session: AsyncSession, account_id: UUID | None) -> Holder | None:
    """The account, locked, as long as it may sign in: a sign-in that begins while it is being disabled ends with the others."""
    locked = select(Account).where(Account.id == account_id, Account.disabled_at.is_(None)).with_for_update()
    account = await session.scalar(locked.execution_options(populate_existing=True))
    if account is None:
        return None
    person = await session.scalar(select(Person).where(Person.id == account.person_id, Person.erased_at.is_(None)))
    return Holder(account, person) if person is not None else None


async def must_find(session: AsyncSession, account_id: UUID | None) -> Holder:
    """Raises Unauthenticated when the account may not sign in (any more)."""
    holder = await find(session, account_id)
    if holder is None:
        raise Unauthenticated("登录已失效，请重新登录")
    return holder


async def own(session: AsyncSession, actor: Actor) -> Holder:
    """The caller's own account, the person locked before it. Raises NotFound for callers that sign in without a password."""
    actor.checked.add(access.SELF)
    await session.execute(select(Person.id).where(Person.id == actor.person_id).with_for_update(key_share=True))
    holder = await find(session, actor.account_id)
    if holder is None or holder.account.login is None:
        raise NotFound("您的账号没有密码")
    actor.trace.person_id = holder.person.id
    return replace(holder, method=await sign_ins.method_of(session, actor))


async def must_have_second_factor(session: AsyncSession, policy: Policy, holder: Holder) -> bool:
    """Whether the policy asks a second factor of the person, for a role they hold now."""
    if not policy.staff_second_factor:
        return False
    role = exists().where(Grant.person_id == holder.person.id, Grant.role.in_(STAFF), in_force(now()))
    return bool(await session.scalar(select(role)))
