"""Requests a person makes about their own data: made here, answered in ``rights_requests_decide``."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Duplicate, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.people import Actor, Parties, Relation
from app.domain.rights import RIGHTS, RIGHTS_NAMES, RightsKind, RightsState, answer_due_at
from app.models import Assignment, Person, RightsRequest
from app.schemas.rights_requests import RightsRequestQuery, RightsRequestRead, RightsRequestSubmit
from app.services import minors, people, people_rows, subjects
from app.services.access import under_path
from app.services.outbox import publish
from app.services.places import paged

_DERIVED = {"kind_name", "words", "answer", "actions"}
_FIELDS = tuple(name for name in RightsRequestRead.model_fields if name not in _DERIVED)
_DECIDERS = access.TABLE["rights-requests:complete"]


@dataclass(slots=True)
class RightsCase:
    """A request with its person, and what the actor is to them."""

    request: RightsRequest
    person: Person
    parties: Parties


async def submit(session: AsyncSession, actor: Actor, sealer: Sealer, form: RightsRequestSubmit) -> RightsCase:
    """Ask about one's own data. 409 while the same request is being dealt with."""
    subject = await subjects.load(session, actor, form.person_id, "rights-requests:submit", lock=True)
    person = subject.person
    if person.erased_at is not None:
        raise NotFound("没有这个人")
    people.must_live(person)
    if person.minor and actor.person_id == person.id:
        raise RuleBroken("未满十四周岁须由监护人提出", field="person_id")
    await _check(session, person, form)
    moment = now()
    request = RightsRequest(
        district_id=person.district_id,
        id=new_id(),
        person_id=person.id,
        asked_by=actor.person_id,
        kind=form.kind,
        state=RIGHTS.initial,
        path=person.path,
        subject_id=form.subject_id,
        due_at=answer_due_at(moment),
        created_at=moment,
    )
    request.words_sealed = seal(sealer, request, person, "words_sealed", form.words)
    session.add(request)
    data = {"kind": form.kind.value}
    publish(session, RIGHTS.noun, request, "submit", actor=actor, target=request.state.value, data=data)
    return RightsCase(request, person, subject.parties | {Relation.SUBJECT})


async def _check(session: AsyncSession, person: Person, form: RightsRequestSubmit) -> None:
    same = select(RightsRequest.id).where(
        RightsRequest.person_id == person.id,
        RightsRequest.kind == form.kind,
        RightsRequest.state == RightsState.RECEIVED,
        RightsRequest.subject_id == form.subject_id if form.subject_id else RightsRequest.subject_id.is_(None),
    )
    if await session.scalar(same) is not None:
        raise Duplicate("同样的请求正在办理")
    if form.kind is RightsKind.CORRECTION and form.words is None:
        raise RuleBroken("请写明哪里有误、应是什么", field="words")
    if (form.kind is RightsKind.EXPLANATION) != (form.subject_id is not None):
        raise RuleBroken("解释自动匹配须指明工单，其他请求不填", field="subject_id")
    if form.subject_id is not None:
        asked = select(Assignment.id).where(Assignment.order_id == form.subject_id, Assignment.person_id == person.id)
        if await session.scalar(asked.limit(1)) is None:
            raise NotFound("没有邀请过此人的这个工单")


def seal(sealer: Sealer, request: RightsRequest, person: Person, column: str, words: str | None) -> bytes | None:
    """Seal words for the person they are about; nothing is kept of somebody who is erased."""
    if words is None or person.secret is None:
        return None
    return sealer.seal(words, request.district_id, "rights_requests", column, request.id, person.secret)


async def load(
    session: AsyncSession, actor: Actor, request_id: UUID, permission: str, *, lock: bool = False
) -> RightsCase:
    """A request; 404 unless it is about the actor or their ward, or was made at a place whose requests they answer.

    Person before request: one sequence of locks. Of a deletion the person is locked against new rows that name them, too.
    """
    actor.checked.add(permission)
    request = await session.scalar(select(RightsRequest).where(RightsRequest.id == request_id))
    if request is None:
        raise NotFound()
    query = select(Person).where(Person.id == request.person_id)
    if lock:
        shared = request.kind is not RightsKind.DELETION
        query = query.with_for_update(key_share=shared).execution_options(populate_existing=True)
    person = (await session.scalars(query)).one()
    if lock:
        await session.refresh(request, with_for_update=True)
    parties = await parties_of(session, actor, request, person)
    if not access.may("rights-requests:read", parties):
        raise NotFound()
    actor.trace.person_id = person.id
    return RightsCase(request, person, parties)


async def parties_of(session: AsyncSession, actor: Actor, request: RightsRequest, person: Person) -> Parties:
    """Whoever wrote the request down for somebody stands with them: they do not decide on it."""
    parties = actor.roles_at(request.path) | await minors.relations_to(session, actor, person)
    return parties | {Relation.SUBJECT} if request.asked_by == actor.person_id and not actor.client else parties


async def read(session: AsyncSession, actor: Actor, request_id: UUID) -> RightsCase:
    """One request with its words. About a minor it is a part of their record: whoever answers it asks for an approval to read, as
    for the rest, which they need to answer anyway. It can be refused or completed without.
    """
    case = await load(session, actor, request_id, "rights-requests:read")
    await minors.must_be_approved(session, actor, case.person)
    return case


async def page(session: AsyncSession, actor: Actor, query: RightsRequestQuery) -> Page[RightsCase]:
    """Requests at the places whose requests the actor answers; of everyone else their own and their wards'. Newest first.

    That there is one about a minor shows, or nobody would answer it; asked for a minor, only to whoever may read the record.
    """
    actor.checked.add("rights-requests:list")
    if actor.client:
        raise Forbidden()
    rows = select(RightsRequest, Person).join(
        Person, (Person.district_id == RightsRequest.district_id) & (Person.id == RightsRequest.person_id)
    )
    rows = rows.where(await _scope(session, actor))
    if query.state is not None:
        rows = rows.where(RightsRequest.state == query.state)
    if query.kind is not None:
        rows = rows.where(RightsRequest.kind == query.kind)
    if query.person_id is not None:
        await people_rows.of_minors(session, actor, query.person_id)
        rows = rows.where(RightsRequest.person_id == query.person_id)
    if query.overdue:
        rows = rows.where(RightsRequest.state == RightsState.RECEIVED, RightsRequest.due_at <= now())
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(RightsRequest.id < after)
    found = (await session.execute(rows.order_by(RightsRequest.id.desc()).limit(query.limit + 1))).all()
    people = {request.id: person for request, person in found}
    cut: Page[RightsRequest] = paged([request for request, _ in found], query.limit)
    cases = [RightsCase(r, people[r.id], await parties_of(session, actor, r, people[r.id])) for r in cut.items]
    return Page(cases, cut.next_cursor)


async def _scope(session: AsyncSession, actor: Actor) -> ColumnElement[bool]:
    deciders = [grant for grant in actor.grants if grant.role in _DECIDERS]
    mine = [actor.person_id, *await minors.wards_of(session, actor.person_id)]
    own = or_(RightsRequest.person_id.in_(mine), RightsRequest.asked_by == actor.person_id)
    return or_(own, under_path(RightsRequest, deciders)) if deciders else own


def present(case: RightsCase, actor: Actor, sealer: Sealer, *, clear: bool = False) -> dict[str, Any]:
    """The fields of a RightsRequestRead. Words are in clear where one request is read, and only there: lists need none, and answers
    to changes are kept for a day to be given again. That staff read them is noted.
    """
    request = case.request
    shown = {name: getattr(request, name) for name in _FIELDS}
    mine = Relation.SUBJECT in case.parties
    if case.person.minor and not clear and not mine:
        shown["subject_id"] = shown["outcome"] = None
    for name in ("words", "answer"):
        box = getattr(request, f"{name}_sealed") if clear else None
        shown[name] = _opened(sealer, request, case.person, f"{name}_sealed", box)
        if box and not mine:
            actor.trace.opened.append(name)
            actor.trace.purpose = "rights_request"
    shown["kind_name"] = RIGHTS_NAMES[request.kind]
    shown["actions"] = RIGHTS.offered(request.state, case.parties)
    return shown


def _opened(sealer: Sealer, request: RightsRequest, person: Person, column: str, box: bytes | None) -> str | None:
    if box is None or person.secret is None:
        return None
    return sealer.open(box, request.district_id, "rights_requests", column, request.id, person.secret)
