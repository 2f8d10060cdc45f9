"""Changing the phone of somebody who signs in with it: it is a key to their record, so one member of staff does not turn it.

What was got with the number before ends with it: whoever had it was perhaps never the person. And nobody below a member of
staff changes theirs: only those who could give all their roles.
"""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import Forbidden
from app.domain.accounts import SignInEnd, SignInMethod
from app.domain.authority import STAFF
from app.domain.people import ROLE_NAMES, Actor
from app.models import Account, Person, WechatIdentity
from app.services import grants_holders, people_corrections, people_seal, sign_ins

_BY_NUMBER = (SignInMethod.PHONE, SignInMethod.WECHAT)
_ASK_FIRST = "此人已有账号，手机号是登录凭证：须有本人的更正请求，且由登记请求以外的人员办理"


async def may_change(session: AsyncSession, actor: Actor, sealer: Sealer, person: Person, phone: str | None) -> None:
    """403 for a change of phone that the person has not asked for, once they have an account, or by those below them."""
    if phone == people_seal.opened(sealer, person, "phone"):
        return
    if held := await grants_holders.role_beyond(session, actor, [person.id], STAFF):
        raise Forbidden(f"此人担任{ROLE_NAMES[held]}，手机号须由能授予该角色的人变更，或先收回该角色")
    await _must_be_asked_for(session, actor, person)


async def _must_be_asked_for(session: AsyncSession, actor: Actor, person: Person) -> None:
    if await session.scalar(select(Account.id).where(Account.person_id == person.id).limit(1)) is None:
        return
    if not await people_corrections.is_asked_for(session, actor, person):
        raise Forbidden(_ASK_FIRST)


async def forget_former(session: AsyncSession, sealer: Sealer, person: Person) -> None:
    """End what the person's former number gave: sign-ins by phone and by WeChat, and who in WeChat they are.

    They come anew with the number that is written now, and with no other: one that a record merged into theirs has kept opens
    theirs no more. ``person`` is locked, so nobody comes in by the former number meanwhile.
    """
    merged = select(Person).where(Person.merged_into_id == person.id, Person.phone_index.is_not(None))
    for record in await session.scalars(merged.order_by(Person.id).with_for_update()):
        people_seal.put(sealer, record, "phone", None)
    theirs = select(Account.id).where(Account.person_id == person.id).order_by(Account.id).with_for_update()
    accounts = (await session.scalars(theirs)).all()
    await session.execute(delete(WechatIdentity).where(WechatIdentity.account_id.in_(accounts)))
    await sign_ins.end_all(session, person.district_id, accounts, SignInEnd.PHONE, methods=_BY_NUMBER)
