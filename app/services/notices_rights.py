"""Whom a matter of personal information concerns, and in what words they are told. Nothing of the matter itself is said."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.consents import GivenBy
from app.domain.people import Role
from app.domain.places import ancestors
from app.domain.rights import RIGHTS, RightsAction
from app.models import Consent, Event, Grant, RightsRequest
from app.services.access import in_force

AGGREGATES = frozenset({RIGHTS.noun, "consent"})
_TO_THE_PERSON = {
    RightsAction.COMPLETE.value: "您的个人信息请求已办结，请查看答复",
    RightsAction.REFUSE.value: "您的个人信息请求未予办理，请查看理由",
}
_TO_THE_COMMUNITY = {
    "submit": "有一件个人信息请求，请在十五个工作日内答复",
    "overdue": "有一件个人信息请求已逾期未答复，请尽快办理",
}
_CONSENT = {
    "give": "已有人代您登记了一项个人信息同意；如不属实，可随时撤回",
    "withdraw": "您的一项个人信息同意已被撤回",
    "disclose": "经您同意，已向其他系统提供您的信息；可在导出中查看明细",
}


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Whoever did it themselves is left out by the caller."""
    if event.aggregate == "consent":
        consent = await session.scalar(select(Consent).where(Consent.id == event.aggregate_id))
        return _CONSENT.get(event.action, ""), {*_concerned(consent)} if consent else set()
    if event.action in _TO_THE_COMMUNITY:
        return _TO_THE_COMMUNITY[event.action], {*await community_of(session, event.path)}
    request = await session.scalar(select(RightsRequest).where(RightsRequest.id == event.aggregate_id))
    people = {request.person_id, request.asked_by} if request else set()
    return _TO_THE_PERSON.get(event.action, ""), {*people}


def _concerned(consent: Consent) -> set[UUID]:
    """The person, and of a minor the guardian who gave it, perhaps on a sheet somebody else recorded."""
    given = {consent.giver_id} if consent.given_by is GivenBy.GUARDIAN else set()
    return {consent.person_id} | given


async def community_of(session: AsyncSession, path: str) -> list[UUID]:
    """Who answers for the community; where there is none, for the places above it."""
    answers = (Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN)
    rows = await session.execute(
        select(Grant.role, Grant.person_id).where(
            Grant.role.in_(answers), Grant.path.in_(ancestors(path)), in_force(now())
        )
    )
    found: dict[Role, list[UUID]] = {}
    for role, person_id in rows:
        found.setdefault(role, []).append(person_id)
    return next((found[role] for role in answers if role in found), [])
