"""Whom a need complains about 被反映对象: they, and the members of an organization that is, have no part in its orders (回避).

Only staff of the place see it, and none of them what is said about themselves: who is complained about does not learn it from here.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, NotFound, RuleBroken
from app.core.ids import new_id
from app.domain import access
from app.domain.needs import NEED
from app.domain.people import Actor
from app.models import Need, NeedRespondent, Organization
from app.schemas.need_respondents import NeedClearRespondent, NeedNameRespondent
from app.services import people
from app.services.needs_case import NeedCase, load
from app.services.outbox import publish
from app.services.people_names import names_of


def against(need_id: Any, person_id: Any, organization_id: Any) -> ColumnElement[bool]:
    """Beside a need and a person: whether the need complains about them or their organization. Columns or values; None: nobody."""
    them = or_(false(), _is(NeedRespondent.person_id, person_id), _is(NeedRespondent.organization_id, organization_id))
    return exists().where(NeedRespondent.need_id == need_id, NeedRespondent.cleared_at.is_(None), them)


def _is(column: Any, party: Any) -> ColumnElement[bool]:
    """Compared with None a column would be empty, not somebody's."""
    return false() if party is None else column == party


async def concern(session: AsyncSession, need_id: UUID, actor: Actor) -> bool:
    """Whether a need complains about whoever asks."""
    return bool(await session.scalar(select(against(need_id, actor.person_id, actor.organization_id))))


async def must_not_be(session: AsyncSession, need: Need, organization: UUID) -> None:
    """422 for an organization that is complained about."""
    if await session.scalar(select(against(need.id, None, organization))):
        raise RuleBroken("按回避的规定，此单须由其他单位承办", field="organization_id")


async def of_need(session: AsyncSession, actor: Actor, sealer: Sealer, need_id: UUID) -> dict[str, Any]:
    """For staff of the place, without what concerns themselves."""
    await _case(session, actor, need_id, "needs:respondents", lock=False)
    rows = (await session.scalars(_seen_by(actor, need_id).order_by(NeedRespondent.id))).all()
    return {"need_id": need_id, "items": await _present(session, sealer, rows)}


async def _case(session: AsyncSession, actor: Actor, need_id: UUID, permission: str, *, lock: bool) -> NeedCase:
    case = await load(session, actor, need_id, permission, lock=lock)
    access.require(actor, permission, case.need.path)
    return case


def _seen_by(actor: Actor, need_id: UUID) -> Any:
    mine = (
        _is(NeedRespondent.person_id, actor.person_id),
        _is(NeedRespondent.organization_id, actor.organization_id),
    )
    others = func.coalesce(or_(*mine), false()).is_(False)
    return select(NeedRespondent).where(NeedRespondent.need_id == need_id, NeedRespondent.cleared_at.is_(None), others)


async def _present(session: AsyncSession, sealer: Sealer, rows: Sequence[NeedRespondent]) -> list[dict[str, Any]]:
    known = await names_of(session, sealer, {row.person_id for row in rows if row.person_id})
    units = select(Organization.id, Organization.name)
    units = units.where(Organization.id.in_([row.organization_id for row in rows if row.organization_id]))
    titles = {row.id: row.name for row in await session.execute(units)}
    shown = ("id", "person_id", "organization_id", "named_by", "named_at")
    return [
        {name: getattr(row, name) for name in shown}
        | {
            "person_name": known[row.person_id] if row.person_id else None,
            "organization_name": titles[row.organization_id] if row.organization_id else None,
        }
        for row in rows
    ]


async def record(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedNameRespondent) -> NeedCase:
    """From now on the need's orders go past them. 409 when it is on record already."""
    case = await _case(session, actor, need_id, "needs:name_respondent", lock=True)
    if (form.person_id is None) == (form.organization_id is None):
        raise RuleBroken("被反映对象须是一个人或一个单位，二者择一", field="person_id")
    await _must_be_there(session, actor, form)
    if form.person_id is not None and form.person_id == case.need.asker_id:
        raise RuleBroken("点单人不能是被反映对象", field="person_id")
    if await session.scalar(select(_the_very(need_id, form.person_id, form.organization_id))):
        raise Conflict("已登记为被反映对象")
    _add(session, case.need, form.person_id, form.organization_id, actor.person_id)
    publish(session, NEED.noun, case.need, "name_respondent", actor=actor)
    return case


async def _must_be_there(session: AsyncSession, actor: Actor, form: NeedNameRespondent) -> None:
    if form.organization_id is not None:
        known = select(Organization.id).where(Organization.id == form.organization_id)
        if await session.scalar(known) is None:
            raise NotFound("没有这个单位")
    if form.person_id is not None:
        people.must_live(await people.load(session, actor, form.person_id, "people:read"))


def _the_very(need_id: UUID, person: UUID | None, organization: UUID | None) -> ColumnElement[bool]:
    same = (
        NeedRespondent.person_id.is_not_distinct_from(person),
        NeedRespondent.organization_id.is_not_distinct_from(organization),
    )
    return exists().where(NeedRespondent.need_id == need_id, NeedRespondent.cleared_at.is_(None), *same)


def _add(session: AsyncSession, need: Need, person: UUID | None, organization: UUID | None, by: UUID | None) -> None:
    named = {"person_id": person, "organization_id": organization, "named_by": by}
    session.add(NeedRespondent(district_id=need.district_id, id=new_id(), need_id=need.id, **named))


async def clear(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedClearRespondent) -> NeedCase:
    """It was not about them. That it was on record, and who took it back, stays."""
    case = await _case(session, actor, need_id, "needs:clear_respondent", lock=True)
    row = await session.scalar(_seen_by(actor, need_id).where(NeedRespondent.id == form.respondent_id))
    if row is None:
        raise NotFound("没有这条登记")
    row.cleared_by, row.cleared_at = actor.person_id, now()
    publish(session, NEED.noun, case.need, "clear_respondent", actor=actor)
    return case


async def carry(session: AsyncSession, need: Need, master: Need) -> None:
    """A need that is merged into another brings along whom it complains about."""
    rows = await session.scalars(
        select(NeedRespondent).where(NeedRespondent.need_id == need.id, NeedRespondent.cleared_at.is_(None))
    )
    for row in rows.all():
        if not await session.scalar(select(_the_very(master.id, row.person_id, row.organization_id))):
            _add(session, master, row.person_id, row.organization_id, row.named_by)
