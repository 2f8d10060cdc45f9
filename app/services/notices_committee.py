"""Whom a matter of the joint committee concerns, and in what words they are told: whoever acts for the units, and the community."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.duty_turns import DRAW, EXCHANGE, TURN
from app.domain.joint_work import CLAIM, ITEM, MEETING, STEP_NAMES, DutyStep, Level
from app.domain.meeting_decisions import DECISION
from app.domain.places import ancestors
from app.models import CommitteeMember, Event
from app.services.grants_holders import acting_for
from app.services.notices_rights import community_of

AGGREGATES = frozenset(
    {DRAW.noun, TURN.noun, EXCHANGE.noun, MEETING.noun, DECISION.noun, ITEM.noun, CLAIM.noun, "committee-member"}
)
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
_CLAIM: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "make": ("有成员单位认领了服务事项", (), True),
    "confirm": ("本单位认领的服务事项已确认", ("organization_id",), False),
    "withdraw": ("一项服务事项的认领已撤回，请查看", ("organization_id",), True),
    "drop": ("本单位认领的服务事项已撤下", ("organization_id",), False),
    "lead": ("原牵头单位撤回认领，由本单位牵头", ("organization_id",), True),
}
_ASSIGNED = "联席会议决定由本单位办理一件事项，请查看"
_DECISION: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "create": (_ASSIGNED, ("organization_id",), False),
    "reassign": (_ASSIGNED, ("organization_id",), False),
    "complete": ("联席会议的一件决定事项已办结，请查看结果", (), True),
    "reopen": ("本单位办理的联席会议决定事项被退回，请查看理由", ("organization_id",), False),
    "leave": ("退出的成员单位还有未办结的联席会议决定事项，请改派", (), True),
    "drop": ("本单位办理的联席会议决定事项不再办理", ("organization_id",), False),
}
_STEP_DUE = {
    Level.PROMPT: "轮值提醒：{due_on} 前须{name}",
    Level.UNIT: "轮值逾期：{name}应于 {due_on} 前完成",
    Level.COMMUNITY: "轮值单位逾期：{name}应于 {due_on} 前完成",
    Level.SUBDISTRICT: "社区轮值逾期：{name}应于 {due_on} 前完成",
}
_DECISION_DUE = {
    Level.PROMPT: "联席会议决定事项提醒：须于 {due_on} 前办结",
    Level.UNIT: "联席会议决定事项逾期：应于 {due_on} 前办结",
    Level.COMMUNITY: "成员单位逾期：联席会议决定事项应于 {due_on} 前办结",
    Level.SUBDISTRICT: "社区联席会议决定事项逾期：应于 {due_on} 前办结",
}
_TO_ALL = {
    (DRAW.noun, "publish"): "新一年的轮值安排已公布",
    (MEETING.noun, "call"): "将召开联席会议，请查看时间、地点与议程",
    (MEETING.noun, "cancel"): "一次联席会议已取消",
    (MEETING.noun, "seal"): "联席会议纪要已确认，请查看",
    (MEETING.noun, "add"): "已确认的联席会议纪要有补充，请查看",
    (ITEM.noun, "create"): "有新的服务事项可以认领",
}
"""What every member unit hears."""
_MEMBER = {
    "create": "您已被登记为大党委成员单位的联络员",
    "update": "大党委成员单位的联络员有变动，请查看",
    "leave": "贵单位已退出社区大党委",
}


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Whoever did it themselves is left out by the caller."""
    if (to_all := _TO_ALL.get((event.aggregate, event.action))) is not None:
        here = (CommitteeMember.path == event.path, CommitteeMember.left_on.is_(None))
        return to_all, {*await liaisons(session, *here)}
    if event.action in {"prompt", "overdue"}:
        return await _of_checklist(session, event)
    if event.aggregate == "committee-member":
        told = {UUID(event.data[name]) for name in ("liaison_id", "deputy_id") if event.data.get(name)}
        return _MEMBER.get(event.action, ""), {*told}
    table = {EXCHANGE.noun: _EXCHANGE, TURN.noun: _TURN, CLAIM.noun: _CLAIM, DECISION.noun: _DECISION}.get(
        event.aggregate, {}
    )
    words, units, community = table.get(event.action, ("", (), False))
    people = await acting_for(session, [UUID(event.data[name]) for name in units])
    return words, {*people, *(await community_of(session, event.path) if community else ())}


async def _of_checklist(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Ahead and first the unit, then the community, then the street."""
    level, due_on = Level(event.data["level"]), event.data["due_on"]
    if event.aggregate == DECISION.noun:
        words = _DECISION_DUE[level].format(due_on=due_on)
    else:
        words = _STEP_DUE[level].format(due_on=due_on, name=STEP_NAMES[DutyStep(event.data["step"])])
    return words, {*await _at(session, event, level)}


async def _at(session: AsyncSession, event: Event, level: Level) -> Iterable[UUID]:
    match level:
        case Level.PROMPT | Level.UNIT:
            return await _unit_of(session, event)
        case Level.COMMUNITY:
            return await community_of(session, event.path)
        case Level.SUBDISTRICT:
            above = ancestors(event.path)[:-1]
            return await community_of(session, above[-1])


async def _unit_of(session: AsyncSession, event: Event) -> set[UUID]:
    return await acting_for(session, [UUID(event.data["organization_id"])])


async def liaisons(session: AsyncSession, *which: Any) -> set[UUID]:
    """Liaison and deputy of these member units."""
    rows = await session.execute(select(CommitteeMember.liaison_id, CommitteeMember.deputy_id).where(*which))
    return {person for row in rows for person in row if person is not None}
