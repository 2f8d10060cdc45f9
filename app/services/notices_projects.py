"""Whom a project concerns, and in what words they are told: the community, the units in it, and those whose needs it answers."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.budgets import VOUCHER, VoucherAction
from app.domain.projects import PROJECT, ProjectAction
from app.models import Event, Milestone, Need, NeedFollower, Project, ProjectNeed, ProjectUnit, Voucher
from app.services.grants_holders import acting_for
from app.services.notices_rights import community_of

AGGREGATES = frozenset({PROJECT.noun, VOUCHER.noun, "milestone"})
_A = ProjectAction
_TO_THE_COMMUNITY = {
    "propose": "有一个共建项目待审核",
    _A.RESUBMIT.value: "有一个共建项目修改后重新提交，待审核",
    _A.CLAIM.value: "有单位认领了共建项目",
    _A.UNCLAIM.value: "有单位取消了共建项目的认领",
    _A.DELIVER.value: "有一个共建项目报告完成，居民评议开始",
}
_TO_THE_PROPOSER = {
    _A.RETURN.value: "您提出的共建项目被退回修改：{words}",
    _A.PUBLISH.value: "您提出的共建项目已列入清单",
}
_TO_THE_UNITS = {
    _A.START.value: "贵单位参与的共建项目已启动实施",
    _A.REWORK.value: "贵单位参与的共建项目须整改：{words}",
    _A.EVALUATE.value: "共建项目的居民评议已结束，请查看结果",
    _A.ARCHIVE.value: "贵单位参与的共建项目已归档，谢谢",
}
_MILESTONE = {
    "remind": "共建项目的一个节点将于{due_on}到期",
    "overdue": "共建项目的一个节点已逾期（{due_on}），请尽快完成",
}
_DECIDED = {
    VoucherAction.APPROVE.value: "您录入的项目凭证已审核入账",
    VoucherAction.REJECT.value: "您录入的项目凭证被退回，请查看理由",
}
_TO_ALL = {_A.CANCEL.value: "共建项目已取消：{words}"}
_TO_THE_ASKERS = {_A.DELIVER.value: "回应您需求的共建项目已完成，请参加评议"}


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Whoever did it themselves is left out by the caller. Askers are told of a delivery, and the community with them."""
    if event.aggregate == VOUCHER.noun:
        return await _of_voucher(session, event)
    if event.aggregate == "milestone":
        return await _of_milestone(session, event)
    words = _said(event)
    people: set[UUID | None] = set()
    if event.action in _TO_THE_COMMUNITY or event.action == _A.EVALUATE:
        people |= {*await community_of(session, event.path)}
    if event.action in _TO_THE_ASKERS:
        people |= await _askers(session, event.aggregate_id)
    if event.action in _TO_THE_UNITS | _TO_ALL:
        people |= await _units(session, event.aggregate_id)
    if event.action in _TO_THE_PROPOSER | _TO_ALL:
        people |= await _proposer(session, event.aggregate_id)
    return words, people


async def _of_voucher(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Who decides is told what waits, and whoever entered it what came of it."""
    if event.action == "enter":
        return "有一张项目凭证待审核", {*await community_of(session, event.path)}
    entered_by = await session.scalar(select(Voucher.entered_by).where(Voucher.id == event.aggregate_id))
    return _DECIDED.get(event.action, ""), {entered_by}


async def _of_milestone(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """The units are told before its date, and with the community after it."""
    words = _MILESTONE.get(event.action, "")
    project_id = await session.scalar(select(Milestone.project_id).where(Milestone.id == event.aggregate_id))
    if not words or project_id is None:
        return "", set()
    late = await community_of(session, event.path) if event.action == "overdue" else []
    return words.format(due_on=event.data.get("due_on")), {*late, *await _units(session, project_id)}


def _said(event: Event) -> str:
    every = _TO_THE_COMMUNITY | _TO_THE_PROPOSER | _TO_THE_UNITS | _TO_ALL | _TO_THE_ASKERS
    return every.get(event.action, "").format(words=event.data.get("words") or "")


async def _askers(session: AsyncSession, project_id: UUID) -> set[UUID]:
    answered = select(ProjectNeed.need_id).where(ProjectNeed.project_id == project_id)
    asked = select(Need.asker_id).where(Need.id.in_(answered), Need.asker_id.is_not(None))
    followed = select(NeedFollower.person_id).where(NeedFollower.need_id.in_(answered))
    return {*await session.scalars(asked), *await session.scalars(followed)} - {None}


async def _units(session: AsyncSession, project_id: UUID) -> set[UUID]:
    inside = select(ProjectUnit.organization_id).where(
        ProjectUnit.project_id == project_id, ProjectUnit.left_at.is_(None)
    )
    return await acting_for(session, await session.scalars(inside))


async def _proposer(session: AsyncSession, project_id: UUID) -> set[UUID]:
    row = (await session.execute(select(Project.proposed_by).where(Project.id == project_id))).first()
    return {row.proposed_by} if row else set()
