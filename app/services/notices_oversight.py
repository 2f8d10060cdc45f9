"""Who is told when an order is urged, supervised or escalated, and in what words. Nothing of what was written is said.

Helpers are asked, never ordered (志愿服务条例 §25): of a supervision those who dispatch and the units on the order are told.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA
from app.domain import urges
from app.domain.assignments import ACTIVE
from app.domain.escalations import ESCALATION, EscalationAction
from app.domain.levels import DISPATCHES, LEVEL_TITLES, Level
from app.domain.supervisions import SUPERVISION, SupervisionAction, said_of
from app.models import Assignment, Escalation, Event, Need, NeedFollower, Order, Supervision
from app.services.escalations_taken import handling
from app.services.grants_holders import acting_for
from app.services.levels import people_at
from app.services.supervisions import left_office

AGGREGATES = frozenset({urges.NOUN, SUPERVISION.noun, ESCALATION.noun})
_Told = list[tuple[str, set[UUID | None]]]
_Said = list[tuple[str, set[UUID]]]


async def rows_of(session: AsyncSession, event: Event) -> _Told:
    """Words with those they are for; whoever is told two things is told the first."""
    if "order_id" not in event.data:
        return []
    topics = {urges.NOUN: _of_urge, SUPERVISION.noun: _of_supervision, ESCALATION.noun: _of_escalation}
    told: _Told = []
    known: set[UUID] = set()
    for words, people in await topics[event.aggregate](session, event):
        told.append((words, {*(people - known)}))
        known |= people
    return told


async def _of_urge(session: AsyncSession, event: Event) -> _Said:
    """Whoever holds the order and whoever dispatches it; of the third urge of a round the level above as well."""
    number, order_id = event.data["number"], UUID(event.data["order_id"])
    helpers, units = await _holders(session, order_id)
    handler = await handling(session, order_id)
    found: _Said = [
        (f"您承办的工单有人催办（本轮第{number}次），请尽快办理或与点单人联系", helpers | units),
        (f"您派出的工单有人催办（本轮第{number}次），请跟进", await _dispatchers(session, event, handler)),
    ]
    if (level := urges.told_above(number, handler)) is not None:
        found.insert(0, (f"有一个工单本轮已被催办{number}次，请关注", await people_at(session, event.path, level)))
    return found


async def _of_supervision(session: AsyncSession, event: Event) -> _Said:
    order_id, level = UUID(event.data["order_id"]), Level(event.data["level"])
    answering = (await _holders(session, order_id))[1]
    answering |= await _dispatchers(session, event, await handling(session, order_id))
    if event.action == "set":
        owed = f"有一个工单由{LEVEL_TITLES[level]}督办（{said_of(event.data['grounds'])}），请于{_due(event)}前答复"
        told = f"您的需求已由{LEVEL_TITLES[level]}督办"
        return [(owed, answering), (told, await _askers(session, order_id))]
    if event.action in _TO_THOSE_WHO_ANSWER:
        return [(_TO_THOSE_WHO_ANSWER[event.action].format(due=_due(event)), answering)]
    if event.action == SupervisionAction.ANSWER:
        return [("您督办的工单已有答复，请查看后解除或退回", await _setters(session, event, level))]
    if event.action == SupervisionAction.OVERDUE:
        return [
            ("您督办的工单逾期未答复", await _setters(session, event, level)),
            ("有一个工单的督办逾期未答复，请尽快答复", answering),
            *await _upward(session, event, "有一个被督办的工单逾期未答复，请关注"),
        ]
    return await _upward(session, event, "有一个被督办的工单逾期未答复，请关注")


_TO_THOSE_WHO_ANSWER = {
    SupervisionAction.RETURN.value: "督办的答复被退回，请于{due}前重新答复",
    SupervisionAction.LIFT.value: "一个工单的督办已解除",
}


async def _of_escalation(session: AsyncSession, event: Event) -> _Said:
    """The level asked and whoever raised it; the asker hears in plain words how it goes on."""
    order_id, to_level = UUID(event.data["order_id"]), Level(event.data["to_level"])
    asked = await people_at(session, event.path, to_level)
    if event.action == "raise":
        told = f"您的需求本级难以解决，已提请{LEVEL_TITLES[to_level]}协调"
        words = f"有一个工单提请{LEVEL_TITLES[to_level]}解决，请于{_due(event)}前答复"
        return [(words, asked), (told, await _askers(session, order_id))]
    if event.action == EscalationAction.OVERDUE:
        late = await _upward(session, event, "有一个提请上级解决的工单逾期未答复，请关注")
        return [*late, ("提请解决的工单已逾期未答复，请尽快答复", asked)]
    if event.action not in _DECIDED:
        return []
    by = LEVEL_TITLES[Level(event.data["decided_level"])]
    raised, told = _DECIDED[event.action]
    more = f"，并由{by}接手派单" if event.data["takes_over"] else ""
    raiser = await session.scalar(select(Escalation.raised_by).where(Escalation.id == event.aggregate_id))
    below = await _dispatchers(session, event, Level.GRID)
    workers = below | ({raiser} if raiser else set())
    return [(raised.format(by=by) + more, workers), (told.format(by=by), await _askers(session, order_id))]


_DECIDED = {
    EscalationAction.ANSWER.value: (
        "提请{by}解决的工单已有答复，请查看",
        "您的需求：{by}已作出答复，将据此继续办理",
    ),
    EscalationAction.RETURN.value: (
        "提请{by}解决的工单被退回，请查看理由",
        "您的需求：{by}研究后仍由原承办方继续办理",
    ),
}
"""To those below, and to the asker."""


def _due(event: Event) -> str:
    return f"{datetime.fromisoformat(event.data['due_at']).astimezone(CHINA):%Y-%m-%d %H:%M}"


async def _upward(session: AsyncSession, event: Event, words: str) -> _Said:
    told = event.data["told_level"]
    return [(words, await people_at(session, event.path, Level(told)))] if told else []


async def _dispatchers(session: AsyncSession, event: Event, handler: Level) -> set[UUID]:
    levels: Iterable[Level] = DISPATCHES | {handler}
    return await people_at(session, event.path, *levels)


async def _setters(session: AsyncSession, event: Event, level: Level) -> set[UUID]:
    """Whoever set it; when they have left, whoever answers for their level."""
    row = await session.scalar(select(Supervision).where(Supervision.id == event.aggregate_id))
    if row is None:
        return set()
    return await people_at(session, event.path, level) if await left_office(session, [row]) else {row.set_by}


async def _holders(session: AsyncSession, order_id: UUID) -> tuple[set[UUID], set[UUID]]:
    """The helpers on an order, and whoever acts for the units on it."""
    columns = (Assignment.person_id, Assignment.organization_id)
    active = (Assignment.order_id == order_id, Assignment.state.in_(ACTIVE))
    rows = (await session.execute(select(*columns).where(*active))).all()
    helpers = {row.person_id for row in rows if row.person_id is not None}
    units = [row.organization_id for row in rows if row.organization_id is not None]
    return helpers, await acting_for(session, units) if units else set()


async def _askers(session: AsyncSession, order_id: UUID) -> set[UUID]:
    """Whoever asked, on whose behalf, and whoever follows."""
    need_id = await session.scalar(select(Order.need_id).where(Order.id == order_id))
    asked = (await session.execute(select(Need.asker_id, Need.submitted_by).where(Need.id == need_id))).all()
    followed = await session.scalars(select(NeedFollower.person_id).where(NeedFollower.need_id == need_id))
    people = {person for row in asked for person in row if person is not None}
    return people | set(followed)
