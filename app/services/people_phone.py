"""Changing the phone of somebody who signs in with it: the phone is a key to their record, so one member of staff does not turn it.

What is asked is that the person wants it (a request for correction, open) and that whoever wrote the request down for them is
somebody else. House rule.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import Forbidden
from app.domain.people import Actor
from app.domain.rights import RightsKind, RightsState
from app.models import Account, Person, RightsRequest
from app.services import people_seal

_ASK_FIRST = "此人已有账号，手机号是登录凭证：须有本人的更正请求，且由登记请求以外的人员办理"


async def must_be_asked_for(
    session: AsyncSession, actor: Actor, sealer: Sealer, person: Person, phone: str | None
) -> None:
    """403 for a change of phone that the person has not asked for, once they have an account."""
    if phone == people_seal.opened(sealer, person, "phone"):
        return
    if await session.scalar(select(Account.id).where(Account.person_id == person.id).limit(1)) is None:
        return
    asked = select(RightsRequest.id).where(
        RightsRequest.person_id == person.id,
        RightsRequest.kind == RightsKind.CORRECTION,
        RightsRequest.state == RightsState.RECEIVED,
        RightsRequest.asked_by != actor.person_id,
    )
    if await session.scalar(asked.limit(1)) is None:
        raise Forbidden(_ASK_FIRST)
