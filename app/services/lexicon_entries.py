"""The lexicon's entries: list, add, change, retire."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.lexicon import check_meaning, checked_term
from app.domain.people import Actor
from app.domain.places import PlaceKind
from app.domain.texts import normalised
from app.models import LexiconEntry, Place
from app.schemas.lexicon_entries import LexiconEntryCreate, LexiconEntryQuery, LexiconEntryUpdate
from app.services import categories
from app.services.outbox import hold, publish
from app.services.places import paged, place_of

NOUN = "lexicon_entry"


async def page(session: AsyncSession, actor: Actor, query: LexiconEntryQuery) -> Page[LexiconEntry]:
    """The district's and the communities' words: no secret among those who work with them."""
    access.require_anywhere(actor, "lexicon-entries:list")
    rows = select(LexiconEntry)
    if query.place_id is not None:
        rows = rows.where(LexiconEntry.place_id == query.place_id)
    if query.category is not None:
        rows = rows.where(LexiconEntry.category == query.category)
    if query.term is not None:
        rows = rows.where(LexiconEntry.term == normalised(query.term))
    if query.synonyms:
        rows = rows.where(LexiconEntry.synonym_of.is_not(None))
    if not query.retired:
        rows = rows.where(LexiconEntry.retired.is_(False))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(LexiconEntry.id > after)
    return paged((await session.scalars(rows.order_by(LexiconEntry.id).limit(query.limit + 1))).all(), query.limit)


async def load(session: AsyncSession, actor: Actor, entry_id: UUID, permission: str) -> LexiconEntry:
    found = await session.scalar(select(LexiconEntry).where(LexiconEntry.id == entry_id))
    access.require_anywhere(actor, permission)
    if found is None:
        raise NotFound()
    return found


async def create(session: AsyncSession, actor: Actor, form: LexiconEntryCreate) -> LexiconEntry:
    """A new word, for the whole district or for one community; whoever administers the place adds it."""
    access.require_anywhere(actor, "lexicon-entries:create")
    place = await _place(session, form.place_id)
    access.require(actor, "lexicon-entries:create", place.path)
    term = checked_term(form.term, "term")
    synonym_of = None if form.synonym_of is None else checked_term(form.synonym_of, "synonym_of")
    check_meaning(term, form.category, form.weight, synonym_of)
    if form.category is not None:
        await categories.service(session, form.category)
    await _must_be_new(session, place.id, term, form.category)
    entry = LexiconEntry(
        district_id=actor.district_id,
        id=new_id(),
        place_id=place.id,
        path=place.path,
        term=term,
        category=form.category,
        weight=form.weight,
        synonym_of=synonym_of,
        retired=False,
    )
    session.add(entry)
    data = {"term": term, "category": form.category, "weight": form.weight, "synonym_of": synonym_of}
    publish(session, NOUN, entry, "create", actor=actor, data=data)
    await session.flush()
    return entry


async def _place(session: AsyncSession, place_id: UUID | None) -> Place:
    """The community, or the whole district."""
    if place_id is None:
        return (await session.scalars(select(Place).where(Place.parent_id.is_(None)))).one()
    place = await place_of(session, place_id)
    if place.kind not in {PlaceKind.DISTRICT, PlaceKind.COMMUNITY}:
        raise RuleBroken("词语适用于全区或一个社区", field="place_id")
    return place


async def _must_be_new(session: AsyncSession, place_id: UUID, term: str, category: str | None) -> None:
    """409 for a word that has this meaning here already, also a retired one: that can be taken up again."""
    same = LexiconEntry.synonym_of.is_not(None) if category is None else LexiconEntry.category == category
    there = select(LexiconEntry.id).where(LexiconEntry.place_id == place_id, LexiconEntry.term == term, same)
    if await session.scalar(there) is not None:
        raise Duplicate("词库中已有此词，可修改或重新启用")


async def update(
    session: AsyncSession, actor: Actor, entry_id: UUID, version: int, form: LexiconEntryUpdate
) -> LexiconEntry:
    """Another weight, another word it stands for, or retired: what it points to is another entry."""
    entry = await load(session, actor, entry_id, "lexicon-entries:update")
    access.require(actor, "lexicon-entries:update", entry.path)
    await hold(session, entry, version)
    fields = form.model_dump(exclude_unset=True)
    if "synonym_of" in fields:
        fields["synonym_of"] = checked_term(form.synonym_of, "synonym_of")
    for name, value in fields.items():
        setattr(entry, name, value)
    check_meaning(entry.term, entry.category, entry.weight, entry.synonym_of)
    publish(session, NOUN, entry, "update", actor=actor, data=fields)
    await session.flush()
    return entry
