"""Whom an event concerns, and in what words they are told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.assignments import ACTIVE, ASSIGNMENT, AssignmentAction, AssignmentState
from app.domain.needs import NEED, NeedAction
from app.domain.orders import ORDER, OrderAction
from app.domain.people import ROLE_NAMES, Role
from app.models import Approval, Assignment, Event, Need, NeedFollower, Notice, Order
from app.services import (
    notices_activities,
    notices_clocks,
    notices_co_handlings,
    notices_committee,
    notices_dispatch,
    notices_extensions,
    notices_objections,
    notices_oversight,
    notices_projects,
    notices_quality,
    notices_resources,
    notices_rights,
    notices_whistles,
)
from app.services.grants_holders import acting_for

_ASSIGNEE_WORDS = {
    "invite": "有一个工单邀请您，请在期限内答复；不便可婉拒，不影响评价",
    AssignmentAction.EXPIRE.value: "邀请已过期，已转请他人；不影响评价",
    AssignmentAction.FILL.value: "邀请您的工单已由他人接下，谢谢您；不影响评价，以后仍会邀请您",
    AssignmentAction.RELEASE.value: "您的接单已释放，不必前往",
    AssignmentAction.SUBSTITUTE.value: "您的工单已转请他人接手",
    AssignmentAction.VERIFY.value: "您承办的工单已办结，谢谢",
}
_QUIET = frozenset({NeedAction.DISPATCH.value, "submit", "update"})
"""What an asker did themselves, or would only be noise."""
_Topic = Callable[[AsyncSession, Event], Awaitable[tuple[str, set[UUID | None]]]]
_TOPICS: dict[str, _Topic] = {
    **dict.fromkeys(notices_rights.AGGREGATES, notices_rights.words_and_people),
    **dict.fromkeys(notices_committee.AGGREGATES, notices_committee.words_and_people),
    **dict.fromkeys(notices_activities.AGGREGATES, notices_activities.words_and_people),
    **dict.fromkeys(notices_dispatch.AGGREGATES, notices_dispatch.words_and_people),
    **dict.fromkeys(notices_projects.AGGREGATES, notices_projects.words_and_people),
    **dict.fromkeys(notices_clocks.AGGREGATES, notices_clocks.words_and_people),
    **dict.fromkeys(notices_quality.AGGREGATES, notices_quality.words_and_people),
}
"""Aggregates whose notices stand in a module of their own."""
_Topics = Callable[[AsyncSession, Event], Awaitable[list[tuple[str, set[UUID | None]]]]]
_SEVERAL: dict[str, _Topics] = {
    **dict.fromkeys(notices_co_handlings.AGGREGATES, notices_co_handlings.rows_of),
    **dict.fromkeys(notices_extensions.AGGREGATES, notices_extensions.rows_of),
    **dict.fromkeys(notices_resources.AGGREGATES, notices_resources.rows_of),
    **dict.fromkeys(notices_oversight.AGGREGATES, notices_oversight.rows_of),
    **dict.fromkeys(notices_whistles.AGGREGATES, notices_whistles.rows_of),
}
"""The same, where different people are told different things."""
_ROWS = 1_000
"""Notices in one statement; PostgreSQL takes up to 32,767 parameters."""


@dataclass(slots=True)
class _Askers:
    """Who asked for or follows the needs of a batch: read once, since every step of an order is told to them."""

    need_of: dict[UUID, UUID]
    people: dict[UUID, set[UUID | None]]

    def of_order(self, order_id: UUID) -> set[UUID | None]:
        return self.people.get(self.need_of[order_id], set()) if order_id in self.need_of else set()


async def tell(session: AsyncSession, events: list[Event]) -> None:
    """One notice a person and event, whoever relays it and however often."""
    askers = await _askers_of(session, events)
    rows: list[dict[str, object]] = []
    for event in events:
        knows = None if _unrecorded(event) else event.actor_id
        for words, people in await _told(session, event, askers):
            rows += [_row(event, person, words) for person in people - {knows} if words and person is not None]
    for start in range(0, len(rows), _ROWS):
        await session.execute(insert(Notice).values(rows[start : start + _ROWS]).on_conflict_do_nothing())


async def _told(session: AsyncSession, event: Event, askers: _Askers) -> list[tuple[str, set[UUID | None]]]:
    """Words with those they are for; of most events there is one thing to say."""
    if (several := _SEVERAL.get(event.aggregate)) is not None:
        return await several(session, event)
    if event.aggregate == ORDER.noun and event.action in notices_objections.ACTIONS:
        return await notices_objections.rows_of(session, event)
    if (topic := _TOPICS.get(event.aggregate)) is not None:
        return [await topic(session, event)]
    return [await _words_and_people(session, event, askers)]


async def _askers_of(session: AsyncSession, events: list[Event]) -> _Askers:
    orders = {e.aggregate_id for e in events if e.aggregate == ORDER.noun and e.action in _ORDER_WORDS}
    needs = {e.aggregate_id for e in events if e.aggregate == NEED.noun and e.action not in _QUIET}
    found = _Askers({}, {})
    if orders:
        rows = await session.execute(select(Order.id, Order.need_id).where(Order.id.in_(orders)))
        found.need_of = {row.id: row.need_id for row in rows}
    if needs := needs | set(found.need_of.values()):
        asked = await session.execute(select(Need.id, Need.asker_id, Need.submitted_by).where(Need.id.in_(needs)))
        found.people = {row.id: {row.asker_id, row.submitted_by} for row in asked}
        follow = select(NeedFollower.need_id, NeedFollower.person_id).where(NeedFollower.need_id.in_(needs))
        for row in await session.execute(follow):
            found.people[row.need_id].add(row.person_id)
    return found


def _row(event: Event, person_id: UUID, words: str) -> dict[str, object]:
    return {
        "district_id": event.district_id,
        "id": new_id(),
        "person_id": person_id,
        "event_id": event.id,
        "text": words,
        "created_at": now(),
    }


async def _words_and_people(session: AsyncSession, event: Event, askers: _Askers) -> tuple[str, set[UUID | None]]:
    if event.aggregate == ASSIGNMENT.noun:
        return _assignee_words(event), await _assignees(session, event)
    if event.aggregate in {"grant", "substitution"}:
        return _authority_words_and_people(event)
    if event.aggregate == "approval" and event.action in _APPROVAL_WORDS:
        asked_by = await session.scalar(select(Approval.asked_by).where(Approval.id == event.aggregate_id))
        return _APPROVAL_WORDS[event.action], {asked_by}
    if event.aggregate == NEED.noun and event.action not in _QUIET:
        return _need_words(event), askers.people.get(event.aggregate_id, set())
    if event.aggregate == ORDER.noun and event.action in _ORDER_WORDS:
        return await _order_words_and_people(session, event, askers)
    return "", set()


_GRANT_WORDS = {
    "create": "您已获授予“{role}”角色",
    "revoke": "您的“{role}”角色已被收回",
    "lent": "您代理的“{role}”角色已结束：原授权已收回",
    "lapse": "“{role}”的代理已结束：代理人已不是同一辖区、同一单位的工作人员",
    "shorten": "“{role}”的代理期限已缩短：不长于代理人自己的任期",
}
"""Of lending and giving back, the substitution itself tells."""
_SUBSTITUTION_WORDS = {"create": "有一次代理安排与您有关，请查看起止时间与角色", "end": "与您有关的一次代理已提前结束"}


def _authority_words_and_people(event: Event) -> tuple[str, set[UUID | None]]:
    """A change of somebody's own authority is told to them; of a substitution, or of the one who stands in, to both."""
    if event.aggregate == "substitution":
        both = {UUID(event.data[name]) for name in ("absent_id", "substitute_id")}
        return _SUBSTITUTION_WORDS.get(event.action, ""), {*both}
    action = "lent" if event.action == "revoke" and event.data.get("lent") else event.action
    words = _GRANT_WORDS.get(action, "").format(role=ROLE_NAMES[Role(event.data["role"])])
    return words, {UUID(event.data[name]) for name in ("person_id", "lent_by") if name in event.data}


_APPROVAL_WORDS = {"grant": "您的申请已批准", "deny": "您的申请未获批准", "void": "您的申请已失效：事情已有新的进展"}


def _unrecorded(event: Event) -> bool:
    """A check-out whose minutes could not be recorded: news even to whoever checked out."""
    return event.action == AssignmentAction.CHECK_OUT.value and event.data.get("recorded") is False


def _assignee_words(event: Event) -> str:
    if _unrecorded(event):
        return "签到后过久未签退，本次时长未记录；请联系网格员凭佐证补录"
    if event.action == AssignmentAction.RELEASE.value and event.source == AssignmentState.INVITED.value:
        return "邀请您的工单已另作安排，不必再答复；不影响评价"
    return _ASSIGNEE_WORDS.get(event.action, "")


async def _assignees(session: AsyncSession, event: Event) -> set[UUID | None]:
    """The person, or whoever acts for the unit."""
    if person := event.data.get("person_id"):
        return {UUID(person)}
    return {*await acting_for(session, [UUID(event.data["organization_id"])])}


def _need_words(event: Event) -> str:
    """The step in plain words, with whatever the community wrote about it."""
    step = NEED.action_names.get(NeedAction(event.action)) if event.action in set(NeedAction) else None
    said = next(
        (event.data[name] for name in ("question", "words", "basis", "measures", "channel") if event.data.get(name)), ""
    )
    if event.action in _MERGING:
        said = _MERGING[event.action]
    return f"您的需求：{step}。{said}" if step else ""


_MERGING = {
    NeedAction.MERGE.value: "已与同一事项合并办理，之后的进展会继续通知您",
    NeedAction.UNMERGE.value: "已恢复为单独办理，之后的进展会继续通知您",
}
_ORDER_WORDS = {
    OrderAction.CONFIRM.value: "工单已确认办结",
    OrderAction.ACCEPT.value: "已有人接单",
    OrderAction.TAKE.value: "已有人接单",
    OrderAction.START.value: "服务已开始",
    OrderAction.REPORT.value: "服务已完成，请评单",
    OrderAction.EXPLAIN.value: "工单已解释办结",
    OrderAction.TERMINATE.value: "工单已终止",
    OrderAction.PLAN.value: "工单已挂账",
    OrderAction.REWORK.value: "点单人要求返工",
    OrderAction.REOPEN.value: "工单重新办理",
}


async def _order_words_and_people(session: AsyncSession, event: Event, askers: _Askers) -> tuple[str, set[UUID | None]]:
    """Askers hear how it goes; what sends the work back goes to those who hold it."""
    if event.action == OrderAction.REWORK.value:
        holders = await session.scalars(
            select(Assignment.person_id).where(Assignment.order_id == event.aggregate_id, Assignment.state.in_(ACTIVE))
        )
        return _ORDER_WORDS[event.action], set(holders)
    return f"您的需求：{_ORDER_WORDS[event.action]}", askers.of_order(event.aggregate_id)
