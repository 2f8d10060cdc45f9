"""Needs: submit, read, list, correct; what the asker may do afterwards."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate, Forbidden, NotFound, RuleBroken, Unauthenticated
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.core.types import masked_name
from app.domain import access
from app.domain.consents import Purpose
from app.domain.form_schemas import check_form
from app.domain.needs import CONFIRM_WINDOW, NEED, REOPEN_WINDOW, NeedAction, NeedSource, NeedState, Urgency
from app.domain.orders import ENDED, OrderState
from app.domain.people import Actor, Relation, Role
from app.domain.places import NO_NEARER
from app.models import Client, Need, NeedFollower, Order, Person, Place
from app.schemas.needs import (
    NeedAnswer,
    NeedAppeal,
    NeedConfirm,
    NeedQuery,
    NeedRead,
    NeedReopen,
    NeedSubmit,
    NeedUpdate,
    NeedWithdraw,
)
from app.services import affected, categories, clocks_needs, consents, minors, revisits_open
from app.services.access import READER_ROLES, at, reads_all, under
from app.services.clocks import Timing
from app.services.due import must_be_due
from app.services.needs_case import KNOWING, NeedCase, decide, held_by, load, move, relations_to
from app.services.needs_plan import off_the_books
from app.services.needs_progress import progress_of
from app.services.needs_search import having
from app.services.orders_case import load as load_order
from app.services.orders_release import void_approvals
from app.services.orders_work import withdraw_case
from app.services.outbox import changes, hold, publish
from app.services.people_names import names_of
from app.services.places import located, must_be_in_a_community, paged, place_of

_WORKED_OUT = frozenset({"actions", "asker_name", "client_name", "progress"})
_FIELDS = tuple(name for name in NeedRead.model_fields if name not in _WORKED_OUT)
_NOT_TOLD = dict.fromkeys(("asker_id", "asker_name", "submitted_by", "client_id", "client_name", "form", "risks"))
"""What neighbours are not told of a need they may know of: who asked, and what concerns the home."""
_TOLD_WHY = KNOWING - {Relation.SENDER}
"""Who is told in words why a need is on the books (挂账): everyone else only until when."""
_PROXIES = READER_ROLES - {Role.AUDITOR}
"""Who may ask on someone's behalf (代点单)."""


async def submit(session: AsyncSession, actor: Actor, sealer: Sealer, form: NeedSubmit) -> NeedCase:
    """点单. Whoever works at the place may ask for someone else, who stays the asker."""
    place = await place_of(session, form.place_id)
    access.require_anywhere(actor, "needs:submit")
    await _check_asker(session, actor, form, place)
    await _must_live(session, actor, form)
    must_be_in_a_community(place)
    if not actor.client and form.asker_name is None:
        await _must_be_agreed_to(session, form.asker_id or actor.person_id, form.urgency)
    await _check_form(session, form.category, form.form)
    await _check_number(session, actor, form)
    moment = now()
    columns = form.model_dump(exclude={"place_id", "asker_id", "asker_name"})
    need = Need(
        district_id=actor.district_id,
        id=new_id(),
        state=NEED.initial,
        asked_at=moment,
        created_at=moment,
        round=1,
        appealed=False,
        closed_by_system=False,
        **_origin(actor, form),
        **columns,
        **located(place),
    )
    if form.asker_name is not None:
        need.asker_name_sealed = sealer.seal(form.asker_name, need.district_id, "needs", "asker_name_sealed", need.id)
    session.add(need)
    clocks_needs.begin(session, need, Timing(), "submit")
    data = {"source": need.source.value, "category": need.category}
    publish(session, NEED.noun, need, "submit", actor=actor, target=need.state.value, data=data)
    return NeedCase(need, actor.roles_at(need.path) | {Relation.SENDER if actor.client else Relation.ASKER})


async def _check_form(session: AsyncSession, code: str | None, form: dict[str, Any] | None) -> None:
    """A kind of service of the catalogue, and the form it asks for."""
    if code is not None:
        check_form((await categories.service(session, code)).form_schema, form)
    elif form:
        raise RuleBroken("填写附加表单须先选定服务类别", field="form")


async def _check_number(session: AsyncSession, actor: Actor, form: NeedSubmit) -> None:
    """A client's own number stands once among what it sent; what bears the same number elsewhere is nobody's business."""
    named = [name for name in ("source_number", "sender_due_at") if getattr(form, name) is not None]
    if named and not actor.client:
        raise RuleBroken("来件编号和来件期限只由接入系统填写", field=named[0])
    if form.sender_due_at is not None and form.sender_due_at <= now():
        raise RuleBroken("来件期限须在今后", field="sender_due_at")
    if form.source_number is not None:
        sent = select(Need.id).where(Need.client_id == actor.person_id, Need.source_number == form.source_number)
        if await session.scalar(sent) is not None:
            raise Duplicate("此编号的工单已提交过")


def _origin(actor: Actor, form: NeedSubmit) -> dict[str, Any]:
    """Whose need it is and who brought it. A client system is nobody: it names the asker, or leaves it open."""
    if actor.client:
        return {"source": NeedSource.CLIENT, "client_id": actor.person_id}
    proxy = form.asker_id is not None or form.asker_name is not None
    asker_id = form.asker_id if proxy else actor.person_id
    source = NeedSource.PROXY if proxy else NeedSource.SELF
    return {"source": source, "asker_id": asker_id, "submitted_by": actor.person_id}


async def _check_asker(session: AsyncSession, actor: Actor, form: NeedSubmit, place: Place) -> None:
    """Whoever asks for someone else works at the place, and sees whoever has a record here. A client keeps to its place."""
    if actor.client and (form.asker_id is not None or not actor.roles_at(place.path)):
        raise Forbidden("接入系统只能在其接入范围内提交，点单人只填称呼")
    proxy = form.asker_id is not None or form.asker_name is not None
    if proxy and not actor.client and not actor.roles_at(place.path) & _PROXIES:
        raise Forbidden("只有该地点的网格员或社区工作人员可以代点单")
    if form.asker_id is not None and form.asker_name is not None:
        raise RuleBroken("点单人已建档时不必再填称呼", field="asker_name")
    if form.asker_id is not None:
        asker = await session.scalar(select(Person).where(Person.id == form.asker_id))
        if asker is None or not access.may("people:read", actor.roles_at(asker.path)):
            raise NotFound("没有这个人")


async def _must_live(session: AsyncSession, actor: Actor, form: NeedSubmit) -> None:
    """Nothing is asked in the name of a record that is erased or merged: whoever does that locks it, and is waited for."""
    if actor.client:
        return
    named = {actor.person_id, form.asker_id or actor.person_id}
    living = (Person.id.in_(named), Person.merged_into_id.is_(None), Person.erased_at.is_(None))
    locked = select(Person.id).where(*living).order_by(Person.id).with_for_update(read=True, key_share=True)
    found = set(await session.scalars(locked))
    if actor.person_id not in found:
        raise Unauthenticated("登录已失效，请重新登录")
    if found != named:
        raise NotFound("没有这个人")


async def _must_be_agreed_to(session: AsyncSession, asker_id: UUID, urgency: Urgency) -> None:
    """What is done for a minor, their guardian has agreed to (个人信息保护法); where life or health is at stake nobody waits."""
    asker = (await session.scalars(select(Person).where(Person.id == asker_id))).one()
    if not asker.minor or urgency is Urgency.CRITICAL:
        return
    if not await minors.guardians_of(session, asker):
        raise RuleBroken(
            "点单人未满十四周岁：请先核验并登记其监护人，取得监护人同意后再点单；也可由监护人本人点单；紧急时请以 critical 提交",
            field="asker_id",
        )
    await consents.require_basis(session, asker, Purpose.SERVICE)


async def present(session: AsyncSession, sealer: Sealer, cases: list[NeedCase]) -> list[dict[str, Any]]:
    """The fields of NeedReads; askers' names masked."""
    names = await names_of(session, sealer, [c.need.asker_id for c in cases if c.need.asker_id])
    progress = await progress_of(session, [c.need for c in cases])
    systems = await _client_names(session, [c.need.client_id for c in cases if c.need.client_id])
    shown = []
    for case in cases:
        fields = {name: getattr(case.need, name) for name in _FIELDS}
        fields["client_name"] = systems.get(case.need.client_id)
        if Relation.SENDER in case.parties and case.need.due_at is not None:
            fields["place_id"] = case.need.grid_id or case.need.community_id
        fields["asker_name"] = _asker_name(case.need, sealer, names)
        fields["progress"] = progress[case.need.id]
        if not case.parties & KNOWING:
            fields |= _NOT_TOLD
        if not case.parties & _TOLD_WHY:
            fields |= {"obstacle": None, "measures": None}
        fields["actions"] = NEED.offered(case.need.state, case.parties)
        shown.append(fields)
    return shown


async def _client_names(session: AsyncSession, clients: list[UUID]) -> dict[UUID | None, str]:
    if not clients:
        return {}
    rows = await session.execute(select(Client.id, Client.name).where(Client.id.in_(clients)))
    return {row.id: row.name for row in rows}


def _asker_name(need: Need, sealer: Sealer, names: dict[UUID, str]) -> str | None:
    if need.asker_id is not None:
        return names.get(need.asker_id)
    if need.asker_name_sealed is None:
        return None
    name = sealer.open(need.asker_name_sealed, need.district_id, "needs", "asker_name_sealed", need.id)
    return masked_name(name)


async def read(session: AsyncSession, actor: Actor, need_id: UUID) -> NeedCase:
    return await load(session, actor, need_id, "needs:read", lock=False)


async def page(session: AsyncSession, actor: Actor, query: NeedQuery) -> Page[NeedCase]:
    """Needs of the reader's places, newest first; of everyone else, their own."""
    access.require_anywhere(actor, "needs:list")
    found = (await session.scalars(await listing(session, actor, query))).all()
    needs: Page[Need] = paged(found, query.limit)
    related = await relations_to(session, actor, needs.items)
    return Page([NeedCase(n, actor.roles_at(n.path) | related[n.id]) for n in needs.items], needs.next_cursor)


async def listing(session: AsyncSession, actor: Actor, query: NeedQuery) -> Select[Need]:
    """The page's query, with the limit in its text: bound as a value, it is planned for a tenth of the table."""
    grants = [] if query.mine or query.affecting else reads_all(actor)
    shown = await affected.where_i_live(session, actor) if query.affecting and not actor.client else concerns(actor)
    rows = select(Need).where(under(Need, grants) if grants else shown)
    if query.q is not None:
        rows = rows.where(await having(session, query.q, grants, id_after(query.cursor)))
    if query.state is not None:
        rows = rows.where(Need.state == query.state)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        if place.kind not in NO_NEARER and not grants:
            raise RuleBroken("没有管理角色的人只能按网格或网格以上的地点查", field="place_id")
        rows = rows.where(at(Need, place.kind, place.id, place.path))
    if query.category is not None:
        rows = rows.where(Need.category == query.category)
    if query.source_number is not None:
        rows = rows.where(Need.source_number == query.source_number)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Need.id < after)
    return rows.order_by(Need.id.desc()).limit(literal_column(str(query.limit + 1)))


def concerns(actor: Actor) -> ColumnElement[bool]:
    """What the actor asked for, follows or works on: short index walks instead of one long filter."""
    if actor.client:
        return Need.client_id == actor.person_id
    mine = aliased(Need)
    asked = select(mine.id).where(mine.asker_id == actor.person_id)
    submitted = select(mine.id).where(mine.submitted_by == actor.person_id)
    followed = select(NeedFollower.need_id).where(NeedFollower.person_id == actor.person_id)
    return Need.id.in_(asked.union(submitted, followed, held_by(actor)))


async def update(session: AsyncSession, actor: Actor, need_id: UUID, version: int, form: NeedUpdate) -> NeedCase:
    """The asker corrects the words before the community has decided."""
    case = await load(session, actor, need_id, "needs:update")
    if not access.may("needs:update", case.parties):
        raise Forbidden()
    if case.need.state not in {NeedState.SUBMITTED, NeedState.INFO_REQUESTED}:
        raise Conflict("受理后不能修改，可补充说明或撤回")
    await hold(session, case.need, version)
    if case.need.asker_id is not None and "urgency" in form.model_fields_set:
        await _must_be_agreed_to(session, case.need.asker_id, form.urgency)
    fields = form.model_dump(exclude_unset=True)
    if "form" in fields:
        await _check_form(session, case.need.category, form.form)
    for name, value in fields.items():
        setattr(case.need, name, value)
    publish(session, NEED.noun, case.need, "update", actor=actor, data={"fields": sorted(changes(fields))})
    return case


async def answer(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedAnswer) -> NeedCase:
    case = await load(session, actor, need_id, "needs:answer")
    step = decide(case, NeedAction.ANSWER)
    case.need.answer_by = None
    move(session, case, step, actor, answer=form.answer)
    return case


async def appeal(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedAppeal) -> NeedCase:
    case = await load(session, actor, need_id, "needs:appeal")
    step = decide(case, NeedAction.APPEAL)
    if case.need.appealed:
        raise Conflict("申诉只能提出一次")
    case.need.appealed = True
    move(session, case, step, actor, words=form.words)
    return case


async def confirm(session: AsyncSession, actor: Actor | None, need_id: UUID, form: NeedConfirm) -> NeedCase:
    """The asker, or after a while the system, closes a met need."""
    case = await load(session, actor, need_id, "needs:confirm")
    step = decide(case, NeedAction.CONFIRM)
    must_be_due(actor, case.need.met_at and case.need.met_at + CONFIRM_WINDOW)
    case.need.closed_at = now()
    case.need.closed_by_system = actor is None
    move(session, case, step, actor, words=form.words, auto=actor is None)
    return case


async def withdraw(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedWithdraw) -> NeedCase:
    """Take the need back: its orders are withdrawn, their people released and told."""
    case = await load(session, actor, need_id, "needs:withdraw")
    step = decide(case, NeedAction.WITHDRAW)
    orders = await session.scalars(
        select(Order.id).where(Order.need_id == need_id, Order.state.not_in(ENDED)).order_by(Order.id)
    )
    case.need.closed_at = now()
    if case.need.state is NeedState.PLANNED:
        off_the_books(case.need)
    move(session, case, step, actor, words=form.words)
    for order_id in list(orders):
        await withdraw_case(session, await load_order(session, None, order_id, "orders:withdraw"), actor, form.words)
    await void_approvals(session, case.need)
    return case


async def reopen(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedReopen) -> NeedCase:
    """Take an ended need up again within the window; a new round begins. What was never accepted is looked at first."""
    case = await load(session, actor, need_id, "needs:reopen")
    step = decide(case, NeedAction.REOPEN)
    ended = case.need.closed_at or case.need.met_at
    if ended is None or ended + REOPEN_WINDOW < now():
        raise Conflict("已超过重新办理的期限")
    case.need.round += 1
    case.need.met_at = case.need.closed_at = None
    case.need.closed_by_system = False
    target = NeedState.SUBMITTED if case.need.due_at is None else None
    move(session, case, step, actor, target=target, words=form.words, round=case.need.round)
    await _came_to_nothing(session, case.need)
    return case


async def _came_to_nothing(session: AsyncSession, need: Need) -> None:
    """What was closed in the round before solved nothing, and nobody need be asked about it any more."""
    closed = (Order.need_id == need.id, Order.need_round == need.round - 1, Order.state == OrderState.CLOSED)
    for order in await session.scalars(select(Order).where(*closed).order_by(Order.id).with_for_update()):
        order.unmet = True
        await revisits_open.void(session, order)
