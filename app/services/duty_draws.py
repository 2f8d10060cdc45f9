"""The yearly draw 抽签 of the units on duty: freeze the list, reveal the seed, publish; or give it up, on record.

Everybody sees all of it, what was given up included: that is what it is worth. The algorithm: ``app.domain.duty_rotation``.
"""

import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.clock import now
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access, duty_rotation
from app.domain.duty_rotation import commitment_of, lot_of, seed_of
from app.domain.duty_turns import DRAW, OPEN_DRAWS, TURN, DrawAction, DrawState
from app.domain.people import Actor
from app.models import CommitteeMember, DutyDraw, DutyTurn
from app.schemas.duty_draws import DutyDrawDiscard, DutyDrawFreeze, DutyDrawQuery, DutyDrawRead, DutyDrawReveal
from app.services.committee_members import community_of
from app.services.duty_draws_list import entrants_of, frozen
from app.services.outbox import publish as publish_event
from app.services.places import paged

_DERIVED = {"seed", "nonce", "entrants", "turns", "reserve", "relaxed", "frozen_at", "actions"}
_FIELDS = tuple(name for name in DutyDrawRead.model_fields if name not in _DERIVED)
_NONCE_BYTES = 32


def present(actor: Actor, draw: DutyDraw) -> dict[str, Any]:
    """The fields of a DutyDrawRead. The nonce is shown only with what came of it."""
    seed = seed_of(draw.nonce, draw.word) if draw.word is not None else None
    names = {one["organization_id"]: one["name"] for one in draw.entrants}
    result = draw.result or {"turns": [], "reserve": [], "relaxed": []}
    return {name: getattr(draw, name) for name in _FIELDS} | {
        "seed": seed,
        "nonce": draw.nonce if seed else None,
        "entrants": [
            one | {"lot": lot_of(seed, UUID(one["organization_id"])) if seed else None} for one in draw.entrants
        ],
        "turns": [
            turn | {"name": names[turn["organization_id"]], "number": number}
            for number, turn in enumerate(result["turns"], start=1)
        ],
        "reserve": result["reserve"],
        "relaxed": result["relaxed"],
        "frozen_at": draw.created_at,
        "actions": DRAW.offered(draw.state, actor.roles_at(draw.path)),
    }


async def page(session: AsyncSession, actor: Actor, query: DutyDrawQuery) -> Page[DutyDraw]:
    """Draws, newest first."""
    access.require_anywhere(actor, "duty-draws:list")
    rows = select(DutyDraw)
    for name in ("community_id", "year", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(DutyDraw, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(DutyDraw.id < after)
    return paged((await session.scalars(rows.order_by(DutyDraw.id.desc()).limit(query.limit + 1))).all(), query.limit)


async def load(session: AsyncSession, actor: Actor, draw_id: UUID) -> DutyDraw:
    access.require_anywhere(actor, "duty-draws:read")
    found = await session.scalar(select(DutyDraw).where(DutyDraw.id == draw_id))
    if found is None:
        raise NotFound()
    return found


async def freeze(session: AsyncSession, actor: Actor, form: DutyDrawFreeze) -> DutyDraw:
    """Freeze the members of today with all that the draw goes by, and commit to a nonce. 409 while one is open or published."""
    place = await community_of(session, form.community_id)
    access.require(actor, "duty-draws:freeze", place.path)
    same = (DutyDraw.community_id == place.id, DutyDraw.year == form.year)
    standing = DutyDraw.state.in_(OPEN_DRAWS | {DrawState.PUBLISHED})
    if await session.scalar(select(DutyDraw.id).where(*same, standing)) is not None:
        raise Duplicate("该年度已有抽签")
    await _must_be_time(session, place.id, form)
    entrants = await frozen(session, place.id, form)
    nonce = secrets.token_hex(_NONCE_BYTES)
    draw = DutyDraw(
        district_id=actor.district_id,
        id=new_id(),
        community_id=place.id,
        path=place.path,
        state=DRAW.initial,
        nonce=nonce,
        commitment=commitment_of(nonce),
        entrants=entrants,
        **form.model_dump(include={"year", "source", "source_on"}),
    )
    session.add(draw)
    data = {"year": draw.year, "commitment": draw.commitment, "units": len(entrants)}
    publish_event(session, DRAW.noun, draw, "freeze", actor=actor, target=draw.state.value, data=data)
    await session.flush()
    return draw


async def _must_be_time(session: AsyncSession, community_id: UUID, form: DutyDrawFreeze) -> None:
    """The year before is drawn first, while it can be: who has a turn there decides who has one here."""
    today, last = clock.today(), duty_rotation.span_of(form.year, 1)[1]
    before = form.year - 1
    if duty_rotation.may_draw(before, today):
        drawn = (DutyDraw.community_id == community_id, DutyDraw.year == before, DutyDraw.state == DrawState.PUBLISHED)
        if await session.scalar(select(DutyDraw.id).where(*drawn)) is None:
            raise Conflict(f"请先公布 {before} 年的轮值")
    if not duty_rotation.may_draw(form.year, today):
        raise RuleBroken("只能抽下一年度，或第一个双月未过的本年度", field="year")
    if not today < form.source_on <= last:
        raise RuleBroken("公开来源须在冻结名单之后、第一个双月结束之前公布", field="source_on")


async def _held(session: AsyncSession, actor: Actor, draw_id: UUID, action: DrawAction) -> DutyDraw:
    draw = await load(session, actor, draw_id)
    actor.checked.add(DRAW.permission(action))
    await session.refresh(draw, with_for_update=True)
    DRAW.decide(draw.state, action, actor.roles_at(draw.path))
    return draw


def _move(session: AsyncSession, draw: DutyDraw, action: DrawAction, actor: Actor) -> None:
    step = DRAW.decide(draw.state, action, actor.roles_at(draw.path))
    source, draw.state = draw.state, step.target
    publish_event(
        session,
        DRAW.noun,
        draw,
        action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data={"year": draw.year},
    )


async def reveal(session: AsyncSession, actor: Actor, draw_id: UUID, form: DutyDrawReveal) -> DutyDraw:
    """Put in what the public source has said, and draw. 409 before its day."""
    draw = await _held(session, actor, draw_id, DrawAction.REVEAL)
    if clock.today() < draw.source_on:
        raise Conflict("公开来源尚未公布")
    found = duty_rotation.draw(entrants_of(draw), draw.year, seed_of(draw.nonce, form.word))
    draw.word = form.word
    draw.result = {
        "turns": [{"organization_id": str(turn.unit_id), "lap": turn.lap} for turn in found.turns],
        "reserve": [str(unit) for unit in found.reserve],
        "relaxed": [rule.value for rule in found.relaxed],
    }
    _move(session, draw, DrawAction.REVEAL, actor)
    return draw


async def publish(session: AsyncSession, actor: Actor, draw_id: UUID) -> DutyDraw:
    """Make it final: six turns are planned. 409 when a unit that was drawn has left meanwhile; then it is drawn anew."""
    draw = await _held(session, actor, draw_id, DrawAction.PUBLISH)
    turns = (draw.result or {})["turns"]
    if clock.today() > duty_rotation.span_of(draw.year, 1)[1]:
        raise Conflict("第一个双月已过，不能再公布")
    await _must_be_members(session, draw, {UUID(turn["organization_id"]) for turn in turns})
    draw.published_at = now()
    _move(session, draw, DrawAction.PUBLISH, actor)
    await session.flush()
    for number, turn in enumerate(turns, start=1):
        _plan(session, draw, number, UUID(turn["organization_id"]), turn["lap"], actor)
        await session.flush()  # one after the other, so that their ids follow their numbers
    return draw


async def _must_be_members(session: AsyncSession, draw: DutyDraw, units: set[UUID]) -> None:
    """Held until the turns are there, so that whoever leaves in between finds them."""
    here = (CommitteeMember.community_id == draw.community_id, CommitteeMember.left_on.is_(None))
    rows = select(CommitteeMember.organization_id).where(*here, CommitteeMember.organization_id.in_(units))
    if set(await session.scalars(rows.order_by(CommitteeMember.id).with_for_update(read=True))) != units:
        raise Conflict("抽中的单位已退出，请作废后重新抽签")


def _plan(session: AsyncSession, draw: DutyDraw, number: int, unit: UUID, lap: int, actor: Actor) -> None:
    starts_on, ends_on = duty_rotation.span_of(draw.year, number)
    turn = DutyTurn(
        district_id=draw.district_id,
        id=new_id(),
        draw_id=draw.id,
        community_id=draw.community_id,
        path=draw.path,
        year=draw.year,
        number=number,
        organization_id=unit,
        lap=lap,
        state=TURN.initial,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    session.add(turn)
    data = {"organization_id": str(unit), "number": number, "year": draw.year}
    publish_event(session, TURN.noun, turn, "plan", actor=actor, target=turn.state.value, data=data)


async def discard(session: AsyncSession, actor: Actor, draw_id: UUID, form: DutyDrawDiscard) -> DutyDraw:
    """Give it up before it is published, with the reason for everybody to see; then another may be begun."""
    draw = await _held(session, actor, draw_id, DrawAction.DISCARD)
    draw.discarded_because = form.reason
    _move(session, draw, DrawAction.DISCARD, actor)
    return draw
