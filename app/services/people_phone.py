"""Changing the phone of somebody who signs in with it: it is a key to their record, so one member of staff does not turn it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import Forbidden
from app.domain.people import Actor
from app.models import Account, Person
from app.services import people_corrections, people_seal

_ASK_FIRST = "此人已有账号，手机号是登录凭证：须有本人的更正请求，且由登记请求以外的人员办理"


async def must_be_asked_for(
    session: AsyncSession, actor: Actor, sealer: Sealer, person: Person, phone: str | None
) -> None:
    """403 for a change of phone that the person has not asked for, once they have an account."""
    if phone == people_seal.opened(sealer, person, "phone"):
        return
    if await session.scalar(select(Account.id).where(Account.person_id == person.id).limit(1)) is None:
        return
    if not await people_corrections.is_asked_for(session, actor, person):
        raise Forbidden(_ASK_FIRST)
