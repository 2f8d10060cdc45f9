"""Accounts of staff in the hands of the system administrator: open, shut, and set back what people have lost.

They see who an account belongs to by the masked name alone, and nobody lays hands on an account of their own. Temporary
passwords go out in one answer and are kept nowhere: not with an idempotency key, not in an event, not in the trail.

Who looks after accounts must not become whoever looks after authority or the trail, nor shut them out: an account for one of
the separated administrators, what it is entered with, and whether it is open are matters of the operator's command
(等级保护, 三员分立). And nobody becomes anybody: password and authenticator of one account are not both reset by the same hand.
"""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, Forbidden, NotFound, WrongState
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.core.passwords import hash_password
from app.domain import access
from app.domain.accounts import TEMPORARY_LASTS, SignInEnd
from app.domain.people import SEPARATED, Actor
from app.models import Account, Grant, Person
from app.schemas.accounts import (
    AccountCreate,
    AccountDisable,
    AccountEnable,
    AccountQuery,
    AccountRead,
    AccountResetPassword,
    AccountResetSecondFactor,
)
from app.services import authenticators, passwords, reasons, sign_ins
from app.services.access import in_force, under
from app.services.outbox import publish
from app.services.people_names import names_of
from app.services.places import paged

_OPEN_FIELDS = tuple(name for name in AccountRead.model_fields if name not in {"person_name", "second_factor"})
_OF_PERSON = and_(Person.district_id == Account.district_id, Person.id == Account.person_id)


async def present(session: AsyncSession, sealer: Sealer, accounts: list[Account]) -> list[dict[str, Any]]:
    """The fields of an AccountRead, one for each."""
    names = await names_of(session, sealer, {account.person_id for account in accounts})
    return [
        {name: getattr(account, name) for name in _OPEN_FIELDS}
        | {"person_name": names[account.person_id], "second_factor": account.totp_confirmed_at is not None}
        for account in accounts
    ]


async def read(session: AsyncSession, actor: Actor, sealer: Sealer, account_id: UUID) -> dict[str, Any]:
    account, _ = await _find(session, actor, account_id, "accounts:read")
    return await _one(session, sealer, account)


async def page(session: AsyncSession, actor: Actor, sealer: Sealer, query: AccountQuery) -> Page[dict[str, Any]]:
    grants = access.require_anywhere(actor, "accounts:list")
    rows = _rows().where(under(Person, grants)).order_by(Account.id).limit(query.limit + 1)
    if query.person_id is not None:
        rows = rows.where(Account.person_id == query.person_id)
    if query.login is not None:
        rows = rows.where(Account.login.startswith(query.login, autoescape=True))
    if query.disabled is not None:
        rows = rows.where(Account.disabled_at.is_not(None) if query.disabled else Account.disabled_at.is_(None))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Account.id > after)
    found = paged((await session.scalars(rows)).all(), query.limit)
    return Page(await present(session, sealer, list(found.items)), found.next_cursor)


async def create(session: AsyncSession, actor: Actor, sealer: Sealer, form: AccountCreate) -> dict[str, Any]:
    """Give somebody a login nobody knows the password of yet: resetting it gives the first.

    It is added to the account they come by with a phone already, since that is the person's one account. ``person`` is
    locked, so that one who registers meanwhile does not get two.
    """
    access.require_anywhere(actor, "accounts:create")
    person = await session.scalar(
        select(Person).where(Person.id == form.person_id, Person.erased_at.is_(None)).with_for_update()
    )
    if person is None or not access.may("accounts:create", actor.roles_at(person.path)):
        raise NotFound("没有这个人")
    if person.merged_into_id is not None:
        raise Conflict("此档案已并入另一份档案，请为那一份开户")
    _not_oneself(actor, person)
    await _not_separated(session, person)
    await _must_be_free(session, person, form.login)
    account = await _one_of(session, person)
    account.login, account.password_hash = form.login, await hash_password(secrets.token_urlsafe(32))
    account.password_temporary, account.password_set_at = True, None
    actor.trace.person_id = person.id
    publish(session, "person", person, "open_account", actor=actor, data={"account_id": str(account.id)})
    await session.flush()
    return await _one(session, sealer, account)


async def _must_be_free(session: AsyncSession, person: Person, login: str) -> None:
    taken = or_(Account.login == login, and_(Account.person_id == person.id, Account.login.is_not(None)))
    found = await session.scalar(select(Account.login).where(taken).limit(1))
    if found is not None:
        raise Duplicate("此用户名已被使用" if found == login else "此人已有账号")


async def _one_of(session: AsyncSession, person: Person) -> Account:
    """The account the person has, or a new one."""
    accounts = await _all_of(session, person)
    if not accounts:
        account = Account(district_id=person.district_id, id=new_id(), person_id=person.id, demo=False, version=1)
        session.add(account)
        return account
    enabled = next((account for account in accounts if account.disabled_at is None), None)
    if enabled is None:
        raise Conflict("此人的账号已停用，请先启用")
    _touch(enabled)
    return enabled


async def disable(
    session: AsyncSession, actor: Actor, sealer: Sealer, account_id: UUID, form: AccountDisable
) -> dict[str, Any]:
    """Shut somebody out: whatever is signed in, by whichever account of theirs, ends with the very next request.

    Somebody recorded twice and merged may have several.
    """
    account, person = await _hold(session, actor, account_id, "accounts:disable")
    await _not_separated(session, person)
    accounts = await _all_of(session, person)
    open_ = [one for one in accounts if one.disabled_at is None]
    if not open_:
        raise WrongState("账号已停用")
    reasons.state(actor, sealer, form.reason, person)
    for one in open_:
        one.disabled_at = now()
    await _changed(session, actor, account, person, "disable_account", open_)
    await sign_ins.end_all(session, actor.district_id, [one.id for one in accounts], SignInEnd.DISABLED)
    return await _one(session, sealer, account)


async def enable(
    session: AsyncSession, actor: Actor, sealer: Sealer, account_id: UUID, form: AccountEnable
) -> dict[str, Any]:
    """Let somebody in again, by every account of theirs."""
    account, person = await _hold(session, actor, account_id, "accounts:enable")
    await _not_separated(session, person)
    shut = [one for one in await _all_of(session, person) if one.disabled_at is not None]
    if not shut:
        raise WrongState("账号未停用")
    if person.erased_at is not None:
        raise WrongState("此人已注销")
    reasons.state(actor, sealer, form.reason, person)
    for one in shut:
        one.disabled_at = None
    await _changed(session, actor, account, person, "enable_account", shut)
    return await _one(session, sealer, account)


async def reset_password(
    session: AsyncSession, actor: Actor, sealer: Sealer, account_id: UUID, form: AccountResetPassword
) -> dict[str, Any]:
    """A temporary password, told this once. It is good for choosing another, and what was signed in ends."""
    account, person = await _hold(session, actor, account_id, "accounts:reset_password")
    await _not_separated(session, person)
    if account.totp_confirmed_at is None:
        _not_the_same(actor, account.second_factor_reset_by)
    if account.login is None:
        raise WrongState("此账号经微信或手机登录，没有密码")
    reasons.state(actor, sealer, form.reason, person)
    password = await passwords.set_temporary(account, actor.person_id)
    await _changed(session, actor, account, person, "reset_password", [account])
    await sign_ins.end_all(session, actor.district_id, [account.id], SignInEnd.PASSWORD)
    return {"login": account.login, "password": password, "expires_at": now() + TEMPORARY_LASTS}


async def reset_second_factor(
    session: AsyncSession, actor: Actor, sealer: Sealer, account_id: UUID, form: AccountResetSecondFactor
) -> dict[str, Any]:
    """Take a lost authenticator away. Its phone may be in strange hands: what was signed in ends."""
    account, person = await _hold(session, actor, account_id, "accounts:reset_second_factor")
    await _not_separated(session, person)
    if account.password_temporary:
        _not_the_same(actor, account.password_reset_by)
    if account.totp_sealed is None:
        raise WrongState("没有绑定身份验证器")
    reasons.state(actor, sealer, form.reason, person)
    await authenticators.remove(session, account, actor.person_id)
    await _changed(session, actor, account, person, "reset_second_factor", [account])
    await sign_ins.end_all(session, actor.district_id, [account.id], SignInEnd.SECOND_FACTOR)
    return await _one(session, sealer, account)


def _rows() -> Select[Account]:
    return select(Account).join(Person, _OF_PERSON)


async def must_show(session: AsyncSession, actor: Actor, account_id: UUID) -> None:
    """Raises NotFound unless the actor may still see the account."""
    await _find(session, actor, account_id, "accounts:read")


async def _find(session: AsyncSession, actor: Actor, account_id: UUID, permission: str) -> tuple[Account, Person]:
    """An account of somebody at a place the actor looks after; 404 otherwise."""
    row = (
        await session.execute(select(Account, Person).join(Person, _OF_PERSON).where(Account.id == account_id))
    ).first()
    if row is None or not access.may("accounts:read", actor.roles_at(row.Person.path)):
        raise NotFound()
    access.require(actor, permission, row.Person.path)
    actor.trace.person_id = row.Person.id
    return row.Account, row.Person


async def _hold(session: AsyncSession, actor: Actor, account_id: UUID, permission: str) -> tuple[Account, Person]:
    """The same, locked, for a change; never one's own. People are locked before their accounts, by every verb."""
    account, person = await _find(session, actor, account_id, permission)
    _not_oneself(actor, person)
    await session.refresh(person, with_for_update={"key_share": True})
    await session.refresh(account, with_for_update=True)
    if account.person_id != person.id:
        raise Conflict("此人的档案刚刚合并，请重新查看账号")
    return account, person


def _not_oneself(actor: Actor, person: Person) -> None:
    if person.id == actor.person_id:
        raise Forbidden("不能处理自己的账号，请由另一位系统管理员办理")


def _not_the_same(actor: Actor, other: UUID | None) -> None:
    """Whoever reset both the password and the authenticator could sign in as the other: the second takes another's hand."""
    if other == actor.person_id:
        raise Forbidden("同一账号的密码与身份验证器不能由同一人先后重置，请由另一位系统管理员办理")


async def _not_separated(session: AsyncSession, person: Person) -> None:
    held = select(Grant.id).where(Grant.person_id == person.id, Grant.role.in_(SEPARATED), in_force(now())).limit(1)
    if await session.scalar(held) is not None:
        raise Forbidden("三员的账号与口令由运维命令办理")


async def _all_of(session: AsyncSession, person: Person) -> Sequence[Account]:
    """Every account of a person, locked; the person was before."""
    query = select(Account).where(Account.person_id == person.id).order_by(Account.id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


def _touch(account: Account) -> None:
    account.version += 1
    account.updated_at = now()


async def _changed(
    session: AsyncSession, actor: Actor, account: Account, person: Person, action: str, changed: Sequence[Account]
) -> None:
    """Count the change on the accounts, tell it of the person, and write both before what is signed in is looked at."""
    for one in changed:
        _touch(one)
    publish(session, "person", person, action, actor=actor, data={"account_id": str(account.id)})
    await session.flush()


async def _one(session: AsyncSession, sealer: Sealer, account: Account) -> dict[str, Any]:
    (shown,) = await present(session, sealer, [account])
    return shown
