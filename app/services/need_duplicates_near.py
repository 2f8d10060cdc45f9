"""Needs that look alike, as far as whoever looks may know of them: for one that comes in, and for one that is there.

People see of others' needs only those that are public or open to their community, and of these neither names nor doors. So a
need that they may not read is compared no nearer than its compound: with any door at hand, 同一户 would tell which one it was
asked from.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.geo import LonLat
from app.core.ids import first_id_of
from app.domain import access
from app.domain.duplicates import WINDOW, Asked, Likeness, likeliest, nearest
from app.domain.lexicon import Lexicon
from app.domain.needs import Privacy
from app.domain.people import Actor
from app.domain.places import ancestors
from app.domain.texts import COMPARED_LENGTH, HIDDEN, without_doors
from app.models import Need, Person, Place
from app.models.base import literal_in
from app.models.needs import UNENDED
from app.services import people_seal
from app.services.access import reads_all, under
from app.services.needs_case import KNOWING, relations_to

COMPARED = 400
"""So many of a community's latest unended needs are compared with one; more would keep others waiting."""
_COMPOUND = 5
"""District, subdistrict, community, grid, compound."""

Found = list[tuple[Need, Likeness]]


def unended(community_id: UUID | None, moment: datetime) -> Select[Need]:
    """A community's needs of the window that have not ended, newest first; the states stand as literals for the index."""
    window = (Need.community_id == community_id, Need.id >= first_id_of(moment - WINDOW))
    return (
        select(Need).where(*window, text(literal_in("needs.state", UNENDED))).order_by(Need.id.desc()).limit(COMPARED)
    )


def may_know(actor: Actor, path: str) -> ColumnElement[bool]:
    """Of the needs of a place's community: what they read anyway, their own, what is public, and what is open to them there."""
    if actor.client:
        return Need.client_id == actor.person_id
    community = "/".join(path.split("/")[:3]) + "/"
    lives_here = any(grant.path.startswith(community) or community.startswith(grant.path) for grant in actor.grants)
    open_to = {Privacy.PUBLIC, Privacy.COMMUNITY} if lives_here else {Privacy.PUBLIC}
    own = (Need.asker_id == actor.person_id, Need.submitted_by == actor.person_id)
    return or_(under(Need, reads_all(actor)), Need.privacy.in_(open_to), *own)


async def near(session: AsyncSession, actor: Actor, words: Lexicon, asked: Asked, rows: Select[Need]) -> Found:
    """Door by door with the needs of places that the actor looks after; with others' no nearer than their compound."""
    needs = {need.id: need for need in await session.scalars(rows)}
    theirs = {n.id for n in needs.values() if access.may("needs:read", actor.roles_at(n.path))}
    far = replace(asked, path=ancestors(asked.path)[:_COMPOUND][-1], spot=None)
    found = nearest(asked, [as_asked(words, needs[i]) for i in theirs])
    found += nearest(far, [as_asked(words, needs[i]) for i in needs.keys() - theirs])
    return [(needs[other.id], alike) for other, alike in likeliest(found)]


def as_asked(words: Lexicon, need: Need) -> Asked:
    spot = None if need.lon is None or need.lat is None else LonLat(need.lon, need.lat)
    title = words.grams(need.title)
    return Asked(
        need.id,
        need.path,
        spot,
        need.asked_at,
        need.category,
        title,
        title | words.grams(need.details[:COMPARED_LENGTH]),
    )


async def shown(session: AsyncSession, actor: Actor, sealer: Sealer, found: Found) -> list[dict[str, Any]]:
    """The fields of NearNeeds: whole for whoever may read the need, else without what tells whose it is."""
    needs = [need for need, _ in found]
    related = await relations_to(session, actor, needs)
    readable = {n.id for n in needs if KNOWING & (actor.roles_at(n.path) | related[n.id])}
    titles = await _titles(session, sealer, [need for need in needs if need.id not in readable])
    rows = select(Place.id, Place.name).where(Place.id.in_([need.grid_id for need in needs if need.grid_id]))
    grids: dict[UUID | None, str] = {row.id: row.name for row in await session.execute(rows)}
    return [
        {
            "need_id": need.id if need.id in readable else None,
            "title": titles.get(need.id, need.title),
            "state": need.state,
            "category": need.category,
            "place_name": grids.get(need.grid_id),
            "asked_at": need.asked_at,
            "score": alike.score,
            "parts": alike,
            "reasons": list(alike.reasons),
        }
        for need, alike in found
    ]


async def _titles(session: AsyncSession, sealer: Sealer, needs: Sequence[Need]) -> dict[UUID, str]:
    """Titles for other eyes: without doors, numbers, and the name of whoever asked."""
    ids = {need.asker_id for need in needs if need.asker_id}
    people = {person.id: person for person in await session.scalars(select(Person).where(Person.id.in_(ids)))}
    titles = {}
    for need in needs:
        name = people_seal.opened(sealer, people[need.asker_id], "name") if need.asker_id else _unrecorded(sealer, need)
        titles[need.id] = without_doors(need.title.replace(name, HIDDEN) if name else need.title)
    return titles


def _unrecorded(sealer: Sealer, need: Need) -> str | None:
    if need.asker_name_sealed is None:
        return None
    return sealer.open(need.asker_name_sealed, need.district_id, "needs", "asker_name_sealed", need.id)
