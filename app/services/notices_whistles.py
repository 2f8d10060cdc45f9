"""Whom a whistle concerns, and in what words they are told: its callers, the departments called, whoever approves and rules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA, now
from app.domain.levels import ROLE_OF, Level
from app.domain.places import ancestors
from app.domain.whistle_calls import CALL, TASK_NAMES, CallAction, Task, Told
from app.domain.whistle_types import LADDER
from app.domain.whistles import WHISTLE, WhistleAction, WhistleState, ruling_level
from app.models import Event, Grant, Whistle
from app.services.access import in_force
from app.services.grants_holders import acting_for
from app.services.notices_rights import community_of

AGGREGATES = frozenset({WHISTLE.noun, CALL.noun})
_People = set[UUID | None]
_A, _C = WhistleAction, CallAction
_TO_THE_DRAFTER = {
    _A.APPROVE.value: "您起草的吹哨已批准，请在期限内吹哨",
    _A.DENY.value: "您起草的吹哨未获批准，请查看理由",
    _A.LAPSE.value: "您起草的吹哨逾期未审批或未吹哨，已失效",
    _A.COMPLETE.value: "所召集的部门均已处置，请评价",
    _A.CLOSE.value: "您起草的吹哨已办结",
}
_TO_THE_DEPARTMENT = {
    "call": "有一次吹哨召集本部门，请在期限内签到",
    _C.UPHOLD.value: "管辖争议成立，本部门不必办理",
    _C.OVERRULE.value: "管辖争议不成立，须由本部门办理，请签到",
    _C.RATE.value: "吹哨方已评价本部门的处置，请查看并评价本次吹哨",
    _C.CANCEL.value: "一次吹哨已取消，本部门不必前往",
}
_TO_THE_CALLER = {
    _C.SIGN.value: "有部门已签到",
    _C.CONTACT.value: "有部门已就吹哨事项联系，请查看",
    _C.REPORT.value: "有部门已到场报到",
    _C.ACT.value: "有部门已处置，请查看结果并评价",
    _C.UPHOLD.value: "一个部门的管辖争议成立，可改召其他部门",
    _C.OVERRULE.value: "一个部门的管辖争议不成立，由其办理",
    _C.RATE_BACK.value: "有部门评价了您的吹哨",
}
_TO_THE_LEADERS = {"draft": "有一次吹哨待您审批", "update": "待您审批的一次吹哨已修改，请重新查看"}
_WITH_THE_ORDER = "您起草的吹哨所附的工单已结束，吹哨随之终止"
_CALLED_OFF = "一个部门不再召集，可改召其他部门"
_DISPUTED = "有部门提出管辖争议，请在期限内裁定"
_WARNED = "吹哨报到提醒：{task}时限将于 {due_on} 到期"
_LATE = "吹哨报到逾期：{task}应于 {due_on} 前完成，请督促"


async def rows_of(session: AsyncSession, event: Event) -> list[tuple[str, _People]]:
    """Words with those they are for. Whoever did it themselves is left out by the caller."""
    if event.aggregate == WHISTLE.noun:
        return await _of_whistle(session, event)
    whistle = await _whistle(session, UUID(event.data["whistle_id"]))
    department: _People = {*await acting_for(session, [UUID(event.data["organization_id"])])}
    if event.action in {"warn", "overdue"}:
        return await _of_clock(session, event, whistle, department)
    found = [(_TO_THE_DEPARTMENT.get(event.action, ""), department)]
    caller: _People = {whistle.drafted_by}
    found.append((_TO_THE_CALLER.get(event.action, ""), caller - department))
    if event.action == _C.CANCEL and whistle.state is not WhistleState.CANCELLED:
        found.append((_CALLED_OFF, caller - department))
    if event.action == _C.DISPUTE:
        found.append((_DISPUTED, {*await _leaders(session, whistle, ruling_level(whistle.level))}))
    return found


async def _of_whistle(session: AsyncSession, event: Event) -> list[tuple[str, _People]]:
    whistle = await _whistle(session, event.aggregate_id)
    if event.action in _TO_THE_LEADERS:
        leaders: _People = {*await _leaders(session, whistle, whistle.level)}
        return [(_TO_THE_LEADERS[event.action], leaders - {whistle.drafted_by})]
    words = _WITH_THE_ORDER if "order_id" in event.data else _TO_THE_DRAFTER.get(event.action, "")
    return [(words, {whistle.drafted_by})]


async def _of_clock(
    session: AsyncSession, event: Event, whistle: Whistle, department: _People
) -> list[tuple[str, _People]]:
    """A warning goes to whoever has to do it; a delay to them at first, and to one rung after the other."""
    task, told = Task(event.data["task"]), Told(event.data["told"])
    facts = {"task": TASK_NAMES[task], "due_on": f"{_moment(event):%Y-%m-%d %H:%M}"}
    doers = department
    if task is Task.RULE:
        doers = {*await _leaders(session, whistle, ruling_level(whistle.level))}
    if told is Told.WARNED:
        return [(_WARNED.format(**facts), doers)]
    late: _People = {*await _leaders(session, whistle, Level(told.value))}
    return [(_LATE.format(**facts), late | (doers if event.data["first"] else set()))]


def _moment(event: Event) -> datetime:
    return datetime.fromisoformat(event.data["due_at"]).astimezone(CHINA)


async def _whistle(session: AsyncSession, whistle_id: UUID) -> Whistle:
    return (await session.scalars(select(Whistle).where(Whistle.id == whistle_id))).one()


async def _leaders(session: AsyncSession, whistle: Whistle, rung: Level) -> list[UUID]:
    """Who answers at this rung of the whistle's place; where there is nobody, above it. At the grid, its workers."""
    above = ancestors(whistle.path)
    if rung is Level.GRID:
        held = (Grant.role == ROLE_OF[rung], Grant.path.in_(above), in_force(now()))
        return list(await session.scalars(select(Grant.person_id).where(*held)))
    depth = len(LADDER) - LADDER.index(rung)
    return await community_of(session, above[min(depth, len(above)) - 1])
