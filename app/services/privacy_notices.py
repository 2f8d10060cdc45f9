"""Privacy notices: published one version after the other, never changed; read by everyone, before they have an account."""

from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database, compile_hot
from app.core.errors import NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.consents import Purpose, asks_anew
from app.domain.people import Actor
from app.models import PrivacyNotice
from app.schemas.privacy_notices import PrivacyNoticePublish, PrivacyNoticeQuery, PrivacyNoticeRead
from app.services.outbox import publish as publish_event
from app.services.places import paged

_CURRENT = compile_hot(
    select(*(getattr(PrivacyNotice, name) for name in PrivacyNoticeRead.model_fields))
    .ext(distinct_on(PrivacyNotice.purpose))
    .where(PrivacyNotice.effective_at <= bindparam("now", type_=DateTime(timezone=True)))
    .order_by(PrivacyNotice.purpose, PrivacyNotice.number.desc())
)


async def current(database: Database, district_id: int, purpose: Purpose | None) -> dict[str, Any]:
    """The notice in force for each purpose of a district; for people who have no account yet, so it asks for no actor."""
    rows = await database.hot(district_id, _CURRENT, now=now())
    return {"items": [dict(row) for row in rows if purpose is None or row["purpose"] == purpose]}


async def current_for(session: AsyncSession, purpose: Purpose) -> PrivacyNotice:
    """The notice in force for a purpose; 404 when none has taken effect."""
    found = await session.scalar(
        select(PrivacyNotice)
        .where(PrivacyNotice.purpose == purpose, PrivacyNotice.effective_at <= now())
        .order_by(PrivacyNotice.number.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound("此用途尚无生效的告知书")
    return found


async def page(session: AsyncSession, actor: Actor, query: PrivacyNoticeQuery) -> Page[PrivacyNotice]:
    """All versions, newest first."""
    access.require_anywhere(actor, "privacy-notices:list")
    rows = select(PrivacyNotice).order_by(PrivacyNotice.id.desc()).limit(query.limit + 1)
    if query.purpose is not None:
        rows = rows.where(PrivacyNotice.purpose == query.purpose)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(PrivacyNotice.id < after)
    return paged((await session.scalars(rows)).all(), query.limit)


async def load(session: AsyncSession, actor: Actor, notice_id: UUID) -> PrivacyNotice:
    access.require_anywhere(actor, "privacy-notices:read")
    found = await session.scalar(select(PrivacyNotice).where(PrivacyNotice.id == notice_id))
    if found is None:
        raise NotFound()
    return found


async def publish(session: AsyncSession, actor: Actor, form: PrivacyNoticePublish) -> PrivacyNotice:
    """The next version for a purpose. Two at once: one is refused by the database, as both would be the same version."""
    path = f"{actor.district_id}/"
    access.require(actor, "privacy-notices:publish", path)
    moment = now()
    if form.effective_at is not None and form.effective_at < moment:
        raise RuleBroken("生效时间不能早于现在", field="effective_at")
    before = await session.scalar(
        select(PrivacyNotice)
        .where(PrivacyNotice.purpose == form.purpose)
        .order_by(PrivacyNotice.number.desc())
        .limit(1)
    )
    notice = PrivacyNotice(
        district_id=actor.district_id,
        id=new_id(),
        purpose=form.purpose,
        number=before.number + 1 if before else 1,
        title=form.title,
        text=form.text,
        kinds=list(dict.fromkeys(form.kinds)),
        retention_days=form.retention_days,
        renews=asks_anew(before.kinds if before else None, form.kinds, form.renews),
        effective_at=form.effective_at or moment,
        path=path,
        published_by=actor.person_id,
        created_at=moment,
    )
    session.add(notice)
    data = {"purpose": notice.purpose.value, "number": notice.number, "renews": notice.renews}
    publish_event(session, "privacy-notice", notice, "publish", actor=actor, data=data)
    return notice
