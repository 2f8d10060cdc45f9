"""Needs that may be the same: what a need is like, who said that two are not, and the worklist of those who decide."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after, id_cursor
from app.domain import access
from app.domain.duplicates import Asked, Likeness, clusters
from app.domain.lexicon import Lexicon
from app.domain.needs import NEED, NeedState
from app.domain.people import Actor
from app.models import DuplicateDismissal, Need
from app.models.base import literal_in
from app.models.needs import UNENDED
from app.schemas.need_duplicates import NeedDuplicateQuery
from app.schemas.needs_intake import NeedDismissDuplicate, NeedRestoreDuplicate
from app.services import lexicon
from app.services.access import at, reads_all, under
from app.services.need_duplicates_near import COMPARED, Found, as_asked, may_know, near, shown, unended
from app.services.needs_case import NeedCase, load
from app.services.outbox import publish
from app.services.places import place_of

_ANCHORS = 200
"""So many are looked at for one page of the worklist."""
_MERGEABLE = (NeedState.SUBMITTED, NeedState.ACCEPTED)


async def of_need(
    session: AsyncSession, actor: Actor, sealer: Sealer, need_id: UUID, *, dismissed: bool
) -> list[dict[str, Any]]:
    """For whoever looks after the place: what likely asks for the same, without what somebody dismissed; or that alone."""
    case = await load(session, actor, need_id, "needs:duplicates", lock=False)
    access.require(actor, "needs:duplicates", case.need.path)
    words = await lexicon.of(session, case.need.community_id)
    apart = {one for pair in await _dismissed(session, [need_id]) for one in pair}
    others = (Need.id != need_id, Need.id.in_(apart) if dismissed else Need.id.not_in(apart))
    known = may_know(actor, case.need.path)
    rows = unended(case.need.community_id, case.need.created_at).where(known, *others)
    found = await near(session, actor, words, as_asked(words, case.need), rows)
    return await shown(session, actor, sealer, found)


def _pair(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)


async def _dismissed(session: AsyncSession, ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    d, mine = DuplicateDismissal, list(ids)
    rows = select(d.need_id, d.other_id).where(or_(d.need_id.in_(mine), d.other_id.in_(mine)))
    return {(row.need_id, row.other_id) for row in await session.execute(rows)}


async def dismiss(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedDismissDuplicate) -> NeedCase:
    """Two needs are not the same: by whom that was said is kept, and the pair is not shown again."""
    case, pair = await _held_pair(session, actor, need_id, form.other_id, "needs:dismiss_duplicate")
    if pair in await _dismissed(session, [need_id]):
        raise Conflict("已认定不是同一件事")
    key = {"district_id": actor.district_id, "need_id": pair[0], "other_id": pair[1]}
    session.add(DuplicateDismissal(id=new_id(), dismissed_by=actor.person_id, **key))
    publish(session, NEED.noun, case.need, "dismiss_duplicate", actor=actor, data={"other_id": str(form.other_id)})
    return case


async def restore(session: AsyncSession, actor: Actor, need_id: UUID, form: NeedRestoreDuplicate) -> NeedCase:
    """They may be the same after all: the pair is shown again. That it was dismissed, and by whom, stays in the history."""
    case, pair = await _held_pair(session, actor, need_id, form.other_id, "needs:restore_duplicate")
    d = DuplicateDismissal
    gone = delete(d).where(d.need_id == pair[0], d.other_id == pair[1]).returning(d.id)
    if await session.scalar(gone) is None:
        raise Conflict("没有这样的认定")
    publish(session, NEED.noun, case.need, "restore_duplicate", actor=actor, data={"other_id": str(form.other_id)})
    return case


async def _held_pair(
    session: AsyncSession, actor: Actor, need_id: UUID, other_id: UUID, permission: str
) -> tuple[NeedCase, tuple[UUID, UUID]]:
    """Two needs of a community, both locked in the order of their ids: what is said of the pair may be said from either end."""
    if other_id != need_id:
        await session.execute(
            select(Need.id).where(Need.id.in_([need_id, other_id])).order_by(Need.id).with_for_update()
        )
    case = await load(session, actor, need_id, permission)
    if not access.may(permission, case.parties):
        raise Forbidden()
    if other_id == need_id:
        raise RuleBroken("须是另一件需求", field="other_id")
    other = (await load(session, actor, other_id, permission, lock=False)).need
    if other.community_id != case.need.community_id:
        raise NotFound("没有这件需求")
    return case, _pair(need_id, other_id)


async def page(session: AsyncSession, actor: Actor, sealer: Sealer, query: NeedDuplicateQuery) -> Page[dict[str, Any]]:
    """The worklist: needs that can be merged, newest first, each with the older ones it may be the same as.

    A page is made of a bounded number of needs, so it may be short; the cursor says where the next goes on.
    """
    access.require_anywhere(actor, "need-duplicates:list")
    rows = select(Need).where(under(Need, reads_all(actor)), text(literal_in("needs.state", UNENDED)))
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(Need, place.kind, place.id, place.path))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Need.id < after)
    found = (await session.scalars(rows.order_by(Need.id.desc()).limit(_ANCHORS + COMPARED))).all()
    items, last = await _pairs(session, found, query.limit)
    more = len(items) == query.limit or len(found) > _ANCHORS
    pairs = iter(await shown(session, actor, sealer, [pair for _, older in items for pair in older]))
    rows_shown = [_item(need) | {"near": [next(pairs) for _ in older]} for need, older in items]
    return Page(rows_shown, id_cursor(last) if more and last is not None else None)


async def _pairs(
    session: AsyncSession, needs: Sequence[Need], limit: int
) -> tuple[list[tuple[Need, Found]], UUID | None]:
    """Up to ``limit`` needs with their likely duplicates, and the last one that was looked at."""
    by_id = {need.id: need for need in needs}
    dismissed = await _dismissed(session, by_id)
    alike = await _compared(session, needs)
    last = needs[min(len(needs), _ANCHORS) - 1].id if needs else None
    items: list[tuple[Need, Found]] = []
    for one, others in alike:
        left = [
            (by_id[o.id], how)
            for o, how in others
            if _open(by_id[one.id], by_id[o.id]) and _pair(one.id, o.id) not in dismissed
        ]
        if left:
            items.append((by_id[one.id], left))
        if len(items) == limit:
            return items, one.id
    return items, last


async def _compared(session: AsyncSession, needs: Sequence[Need]) -> list[tuple[Asked, list[tuple[Asked, Likeness]]]]:
    """Within each community, in the order of the needs; in a thread, as it takes the processor."""
    first = {need.id for need in needs[:_ANCHORS]}
    found = []
    for community_id in {need.community_id for need in needs}:
        words = await lexicon.of(session, community_id)
        ours = [need for need in needs if need.community_id == community_id]
        found += await asyncio.to_thread(_alike, words, ours, sum(need.id in first for need in ours))
    return sorted(found, key=lambda pair: pair[0].id, reverse=True)


def _alike(words: Lexicon, needs: Sequence[Need], most: int) -> list[tuple[Asked, list[tuple[Asked, Likeness]]]]:
    return clusters([as_asked(words, need) for need in needs], most)


def _open(one: Need, other: Need) -> bool:
    """One of the two can be merged into the other."""
    return one.state in _MERGEABLE or other.state in _MERGEABLE


def _item(need: Need) -> dict[str, Any]:
    names = ("title", "state", "category", "place_id", "asked_at")
    return {"need_id": need.id, **{name: getattr(need, name) for name in names}}
