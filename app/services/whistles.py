"""Whistles: look up, list, draft. A department sees those it was called by, without what concerns others."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken, WrongState
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.access_parties import READERS
from app.domain.orders import WORKED_ON
from app.domain.people import UNIT_ROLES, Actor, Relation
from app.domain.places import ancestors
from app.domain.whistle_types import due, limits_of
from app.domain.whistles import WHISTLE, WhistleState, level_of
from app.models import Place, Whistle, WhistleCall, WhistleType
from app.schemas.whistles import WhistleDraft, WhistleQuery, WhistleRead, WhistleUpdate
from app.services import categories, orders_case, whistle_types
from app.services.access import at, reads_all, under, under_path
from app.services.office_hours import hours_of
from app.services.outbox import hold, publish
from app.services.places import located, paged, place_of
from app.services.whistles_case import WhistleCase, load, parties_of

_FIELDS = tuple(name for name in WhistleRead.model_fields if name not in {"actions", "type_name"})
_DRAFTERS = access.TABLE["whistles:draft"]
_INSIDE = READERS | {Relation.PROPOSER}
_HERE = READERS | UNIT_ROLES
"""Who has to do with a place at all, so that they are told why they may not blow there."""


async def read(session: AsyncSession, actor: Actor, whistle_id: UUID) -> WhistleCase:
    return await load(session, actor, whistle_id, "whistles:read", lock=False)


async def shown(session: AsyncSession, actor: Actor, cases: Sequence[WhistleCase]) -> list[dict[str, Any]]:
    """The fields of a WhistleRead each."""
    names = await whistle_types.names_of(session, {case.whistle.type_id for case in cases})
    return [_present(actor, case) | {"type_name": names[case.whistle.type_id]} for case in cases]


async def present(session: AsyncSession, actor: Actor, case: WhistleCase) -> dict[str, Any]:
    (one,) = await shown(session, actor, [case])
    return one


def _present(actor: Actor, case: WhistleCase) -> dict[str, Any]:
    fields = {name: getattr(case.whistle, name) for name in _FIELDS}
    if not case.parties & _INSIDE:
        mine = [one for one in case.whistle.department_ids if one == actor.organization_id]
        fields |= {"decision_words": None, "department_ids": mine}
        if Relation.UNIT not in case.parties:
            fields |= {"words": None, "place_id": None}
    return fields | {"actions": WHISTLE.offered(case.whistle.state, case.parties)}


async def page(session: AsyncSession, actor: Actor, query: WhistleQuery) -> Page[WhistleCase]:
    """Whistles of the reader's places, newest first; of a department, those it was called by."""
    access.require_anywhere(actor, "whistles:list")
    rows = select(Whistle).where(or_(_read_by(actor), Whistle.id.in_(_called(actor))))
    rows = rows.where(*await _wanted(session, actor, query))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Whistle.id < after)
    found = (await session.scalars(rows.order_by(Whistle.id.desc()).limit(query.limit + 1))).all()
    cut: Page[Whistle] = paged(found, query.limit)
    return Page(await _cases(session, actor, cut.items), cut.next_cursor)


def _read_by(actor: Actor) -> ColumnElement[bool]:
    return under(Whistle, reads_all(actor))


def _called(actor: Actor) -> Any:
    own = (WhistleCall.organization_id == actor.organization_id, under_path(WhistleCall, actor.grants_of(UNIT_ROLES)))
    return select(WhistleCall.whistle_id).where(*own)


async def _wanted(session: AsyncSession, actor: Actor, query: WhistleQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        getattr(Whistle, name) == value
        for name in ("state", "type_id", "order_id")
        if (value := getattr(query, name)) is not None
    ]
    if query.mine:
        found.append(Whistle.drafted_by == actor.person_id)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        found.append(at(Whistle, place.kind, place.id, place.path))
    if query.organization_id is not None:
        found.append(_calls(query.organization_id, actor))
    return found


def _calls(organization_id: UUID, actor: Actor) -> ColumnElement[bool]:
    """Of others' calls a department learns nothing, so it may ask for its own alone."""
    called = select(WhistleCall.whistle_id).where(WhistleCall.organization_id == organization_id)
    return and_(Whistle.id.in_(called), *([] if organization_id == actor.organization_id else [_read_by(actor)]))


async def _cases(session: AsyncSession, actor: Actor, whistles: Sequence[Whistle]) -> list[WhistleCase]:
    ids = [whistle.id for whistle in whistles]
    own = (WhistleCall.whistle_id.in_(ids), WhistleCall.organization_id == actor.organization_id)
    calls = (await session.scalars(select(WhistleCall).where(*own))).all()
    return [
        WhistleCase(one, parties_of(actor, one, [call for call in calls if call.whistle_id == one.id]))
        for one in whistles
    ]


async def draft(session: AsyncSession, actor: Actor, form: WhistleDraft) -> WhistleCase:
    """Ask the leadership for a whistle, on an order that is worked on or on a matter at a place."""
    access.require_anywhere(actor, "whistles:draft")
    where, category = await _matter(session, actor, form)
    found = await session.scalar(select(WhistleType).where(WhistleType.id == form.type_id))
    if found is None or found.retired:
        raise RuleBroken("没有这种哨，或已停用", field="type_id")
    roles = actor.roles_at(where["path"]) & _DRAFTERS
    whistle = Whistle(
        district_id=actor.district_id,
        id=new_id(),
        state=WHISTLE.initial,
        level=level_of(found.level, len(ancestors(where["path"])), roles),
        drafted_by=actor.person_id,
        lapses_at=due(now(), limits_of(found.limits).decide, await hours_of(session)),
        closed_by_system=False,
        **where,
        **form.model_dump(exclude={"place_id", "category"}) | {"category": category},
    )
    await whistle_types.must_call(session, found, whistle, whistle.department_ids)
    session.add(whistle)
    data = {"type": found.code, "level": whistle.level.value}
    publish(session, WHISTLE.noun, whistle, "draft", actor=actor, target=whistle.state.value, data=data)
    await session.flush()
    return WhistleCase(whistle, parties_of(actor, whistle, ()))


async def update(
    session: AsyncSession, actor: Actor, whistle_id: UUID, version: int, form: WhistleUpdate
) -> WhistleCase:
    """The drafter corrects a draft; whoever approves approves what stands there then, and is told that it was changed."""
    case = await load(session, actor, whistle_id, "whistles:update")
    if not access.may("whistles:update", case.parties):
        raise Forbidden()
    whistle = case.whistle
    if whistle.state is not WhistleState.DRAFTED:
        raise WrongState("批准或结束之后不能修改", state=whistle.state.value)
    await hold(session, whistle, version)
    fields = form.model_dump(exclude_unset=True)
    for name, value in fields.items():
        setattr(whistle, name, value)
    found = await session.get_one(WhistleType, (whistle.district_id, whistle.type_id))
    await whistle_types.must_call(session, found, whistle, whistle.department_ids)
    publish(session, WHISTLE.noun, whistle, "update", actor=actor, data={"fields": sorted(fields)})
    await session.flush()
    return case


async def _matter(session: AsyncSession, actor: Actor, form: WhistleDraft) -> tuple[dict[str, Any], str | None]:
    """Where it is, and of what kind: the order's, or what the form says of a free matter."""
    if (form.order_id is None) == (form.place_id is None):
        raise RuleBroken("在工单上吹哨写 order_id，其他事项写 place_id，两者取一", field="place_id")
    if form.order_id is not None:
        return await _of_order(session, actor, form.order_id)
    place = await place_of(session, form.place_id)  # type: ignore[arg-type]
    _must_work_at(actor, place)
    access.require(actor, "whistles:draft", place.path)
    if form.category is not None:
        await categories.service(session, form.category)
    return located(place), form.category


def _must_work_at(actor: Actor, place: Place) -> None:
    if not actor.roles_at(place.path) & _HERE:
        raise NotFound("没有这个地点")


async def _of_order(session: AsyncSession, actor: Actor, order_id: UUID) -> tuple[dict[str, Any], str | None]:
    case = await orders_case.load(session, actor, order_id, "orders:read", lock=False)
    order = case.order
    access.require(actor, "whistles:draft", order.path)
    if order.state not in WORKED_ON:
        raise Conflict("工单已结束", state=order.state.value)
    names = ("place_id", "path", "community_id", "grid_id", "lon", "lat")
    return {name: getattr(order, name) for name in names}, order.category
