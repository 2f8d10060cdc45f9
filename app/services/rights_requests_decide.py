"""Answering a request about one's own data, or taking it back; and telling the community what is overdue."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, NotFound, RuleBroken
from app.domain.lifecycle import Step
from app.domain.people import Actor
from app.domain.rights import CORRECTIONS, RIGHTS, RightsAction, RightsKind, RightsState
from app.models import Assignment, Consent, Event, Grant, HourEntry, Order, RightsRequest
from app.schemas.rights_requests import RightsRequestComplete, RightsRequestRefuse, RightsRequestWithdraw
from app.services import erasure, people_merged
from app.services.assignments_explain import explained
from app.services.due import must_be_due
from app.services.outbox import publish
from app.services.rights_requests import RightsCase, load, seal

_Step = Step[RightsState, RightsAction]
_Outcome = Callable[[AsyncSession, Actor, RightsCase, RightsRequestComplete], Awaitable[dict[str, Any] | None]]


async def complete(
    session: AsyncSession, actor: Actor, sealer: Sealer, request_id: UUID, form: RightsRequestComplete
) -> RightsCase:
    """Do what was asked and answer. Of a deletion nothing opens afterwards, the request's own words included."""
    case = await load(session, actor, request_id, "rights-requests:complete", lock=True)
    step = RIGHTS.decide(case.request.state, RightsAction.COMPLETE, case.parties)
    case.request.outcome = await _OUTCOMES[case.request.kind](session, actor, case, form)
    case.request.answer_sealed = seal(sealer, case.request, case.person, "answer_sealed", form.words)
    _move(session, case, step, actor)
    return case


async def refuse(
    session: AsyncSession, actor: Actor, sealer: Sealer, request_id: UUID, form: RightsRequestRefuse
) -> RightsCase:
    """Say no, with the reason: the person may go to court with it."""
    case = await load(session, actor, request_id, "rights-requests:refuse", lock=True)
    step = RIGHTS.decide(case.request.state, RightsAction.REFUSE, case.parties)
    case.request.answer_sealed = seal(sealer, case.request, case.person, "answer_sealed", form.words)
    _move(session, case, step, actor)
    return case


async def withdraw(session: AsyncSession, actor: Actor, request_id: UUID, _: RightsRequestWithdraw) -> RightsCase:
    case = await load(session, actor, request_id, "rights-requests:withdraw", lock=True)
    _move(session, case, RIGHTS.decide(case.request.state, RightsAction.WITHDRAW, case.parties), actor)
    return case


def _move(session: AsyncSession, case: RightsCase, step: _Step, actor: Actor) -> None:
    request = case.request
    source, request.state = request.state, step.target
    request.decided_by, request.decided_at = actor.person_id, now()
    publish(
        session,
        RIGHTS.noun,
        request,
        step.action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data={"kind": request.kind.value},
    )


async def overdue(session: AsyncSession, request_id: UUID) -> None:
    """The house limit has passed without an answer: the community is told, once."""
    request = await session.scalar(select(RightsRequest).where(RightsRequest.id == request_id).with_for_update())
    if request is None or request.state is not RightsState.RECEIVED or request.overdue_at is not None:
        raise Conflict("已答复，或已提醒")
    must_be_due(None, request.due_at)
    request.overdue_at = now()
    publish(session, RIGHTS.noun, request, "overdue", actor=None, data={"kind": request.kind.value})


async def _nothing(*_: object) -> None:
    """The person has what they asked for; the answer says how."""


async def _corrected(session: AsyncSession, _: Actor, case: RightsCase, form: RightsRequestComplete) -> dict[str, Any]:
    """Where it was corrected since the request: in the change named, of the person or of a row of theirs; or in the newest of the
    person.
    """
    kinds = ((Event.aggregate == noun) & Event.action.in_(actions) for noun, actions in CORRECTIONS.items())
    query = select(Event.id, Event.aggregate, Event.seq).where(Event.at > case.request.created_at, or_(*kinds))
    if form.event_id is None:
        query = query.where(Event.aggregate_id == case.person.id)
    else:
        query = query.where(Event.id == form.event_id, await _of_theirs(session, case.person.id))
    found = (await session.execute(query.order_by(Event.at.desc(), Event.id.desc()).limit(1))).first()
    if found is None:
        raise RuleBroken("请先在档案中更正，再办结此请求", field="event_id")
    return {"event_id": str(found.id), "aggregate": found.aggregate, "seq": found.seq}


async def _of_theirs(session: AsyncSession, person_id: UUID) -> ColumnElement[bool]:
    """Events of the person, among them those of certificates, household, membership and care; and of rows that have their own."""
    people = await people_merged.ids_of(session, person_id)
    rows = [select(model.id).where(model.person_id.in_(people)) for model in (Consent, Grant, HourEntry)]
    return or_(Event.aggregate_id == person_id, *(Event.aggregate_id.in_(ids) for ids in rows))


async def _explained(session: AsyncSession, _: Actor, case: RightsCase, __: RightsRequestComplete) -> dict[str, Any]:
    """The explanation itself, of the newest time they were asked."""
    assignment = await session.scalar(
        select(Assignment)
        .where(Assignment.order_id == case.request.subject_id, Assignment.person_id == case.person.id)
        .order_by(Assignment.id.desc())
        .limit(1)
    )
    order = await session.scalar(select(Order).where(Order.id == case.request.subject_id))
    if assignment is None or order is None:
        raise NotFound("没有邀请过此人的这个工单")
    told = explained(assignment, order)
    return told | {name: str(told[name]) for name in ("assignment_id", "order_id")}


async def _erased(session: AsyncSession, actor: Actor, case: RightsCase, _: RightsRequestComplete) -> dict[str, Any]:
    return await erasure.erase(session, actor, case.person)


_OUTCOMES: dict[RightsKind, _Outcome] = {
    RightsKind.ACCESS: _nothing,
    RightsKind.CORRECTION: _corrected,
    RightsKind.EXPLANATION: _explained,
    RightsKind.DELETION: _erased,
}
