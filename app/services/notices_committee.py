"""Whom a matter of the joint committee concerns, and in what words they are told: whoever acts for the units, and the community."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.duty_turns import DRAW, EXCHANGE, TURN
from app.domain.people import UNIT_ROLES
from app.models import CommitteeMember, Event, Grant, Person
from app.services.access import in_force
from app.services.notices_rights import community_of

AGGREGATES = frozenset({DRAW.noun, TURN.noun, EXCHANGE.noun, "committee-member"})
_ASKING, _ASKED = ("asking_id",), ("asked_id",)
_BOTH = (*_ASKING, *_ASKED)
_EXCHANGE: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "ask": ("有单位请求与本单位调换轮值，请在期限内答复", _ASKED, False),
    "agree": ("两个成员单位商定调换轮值，公示期内可提出不同意", _ASKING, True),
    "decline": ("对方单位不同意调换轮值", _ASKING, False),
    "withdraw": ("一次轮值调换已撤回", _ASKED, True),
    "object": ("社区不同意本次轮值调换，请查看理由", _BOTH, False),
    "complete": ("轮值已调换，请查看新的轮值时间", _BOTH, True),
    "lapse": ("一次轮值调换已失效", _BOTH, False),
}
"""Action → words, which units, whether the community too."""
_TURN: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "plan": ("本单位抽中新一年的轮值，请查看轮值时间", ("organization_id",), False),
    "begin": ("本单位今日起轮值，请查看轮值清单", ("organization_id",), True),
    "end": ("本单位轮值期满，请提交轮值报告", ("organization_id",), False),
    "report": ("轮值单位已提交轮值报告", (), True),
    "close": ("本单位的轮值已办结，谢谢", ("organization_id",), False),
    "replace": ("原轮值单位退出，由本单位接替轮值，请查看轮值时间", ("to",), True),
}
_MEMBER = {"create": "您已被登记为大党委成员单位的联络员", "update": "大党委成员单位的联络员有变动，请查看"}


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Whoever did it themselves is left out by the caller."""
    if event.aggregate == DRAW.noun:
        return await _of_draw(session, event)
    if event.aggregate == "committee-member":
        told = {UUID(event.data[name]) for name in ("liaison_id", "deputy_id") if event.data.get(name)}
        return _MEMBER.get(event.action, ""), {*told}
    table = _EXCHANGE if event.aggregate == EXCHANGE.noun else _TURN
    words, units, community = table.get(event.action, ("", (), False))
    people = await acting_for(session, [UUID(event.data[name]) for name in units])
    return words, {*people, *(await community_of(session, event.path) if community else ())}


async def _of_draw(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Every member unit hears that the year is drawn."""
    if event.action != "publish":
        return "", set()
    here = (CommitteeMember.path == event.path, CommitteeMember.left_on.is_(None))
    return "新一年的轮值安排已公布", {*await liaisons(session, *here)}


async def liaisons(session: AsyncSession, *which: Any) -> set[UUID]:
    """Liaison and deputy of these member units."""
    rows = await session.execute(select(CommitteeMember.liaison_id, CommitteeMember.deputy_id).where(*which))
    return {person for row in rows for person in row if person is not None}


async def acting_for(session: AsyncSession, units: Iterable[UUID]) -> list[UUID]:
    """Whoever acts for one of the units now."""
    acts = exists().where(
        Grant.district_id == Person.district_id,
        Grant.person_id == Person.id,
        Grant.role.in_(UNIT_ROLES),
        in_force(now()),
    )
    return list(await session.scalars(select(Person.id).where(Person.organization_id.in_(list(units)), acts)))
