"""Who is told of extensions: the hub that one waits, whoever asked for it what came of it, the need's asker of the new date."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA
from app.domain.extensions import EXTENSION, REASON_NAMES, ExtensionAction
from app.models import Event, Extension, Need, NeedFollower, Order
from app.services.notices_rights import community_of

AGGREGATES = frozenset({EXTENSION.noun})
_Told = list[tuple[str, set[UUID | None]]]
_TO_WHO_ASKED = {
    ExtensionAction.DENY.value: "您申请的延期未获批准，请按原期限办理",
    ExtensionAction.LAPSE.value: "您申请的延期已失效：工单已有新的进展",
}


async def rows_of(session: AsyncSession, event: Event) -> _Told:
    extension = await session.scalar(select(Extension).where(Extension.id == event.aggregate_id))
    if extension is None:
        return []
    reason = REASON_NAMES[extension.reason]
    if event.action == "ask":
        hub: set[UUID | None] = {*await community_of(session, event.path)}
        words = f"有一个工单申请延期 {extension.working_days} 个工作日（{reason}），请审批"
        return [(words, hub - {extension.asked_by})]
    if event.action == ExtensionAction.APPROVE.value and extension.due_after is not None:
        date = f"{extension.due_after.astimezone(CHINA):%Y年%m月%d日}"
        return [
            (f"您申请的延期已批准，办结期限为{date}", {extension.asked_by}),
            (f"您的需求：办理期限延至{date}（{reason}）", await _askers(session, extension.order_id)),
        ]
    return [(_TO_WHO_ASKED.get(event.action, ""), {extension.asked_by})]


async def _askers(session: AsyncSession, order_id: UUID) -> set[UUID | None]:
    need_id = select(Order.need_id).where(Order.id == order_id).scalar_subquery()
    asked = (await session.execute(select(Need.asker_id, Need.submitted_by).where(Need.id == need_id))).one()
    follow = await session.scalars(select(NeedFollower.person_id).where(NeedFollower.need_id == need_id))
    return {asked.asker_id, asked.submitted_by, *follow}
