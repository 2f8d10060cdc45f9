"""What is shown when a need comes in: which kind of service it may be, and which needs look alike.

People see of others' needs only those that are public or open to their community, and of these neither names nor doors. So for
them a place is compared no nearer than its compound: with any door at hand, 同一户 would tell which one a need was asked from.
"""

from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.geo import LonLat
from app.core.ids import new_id
from app.domain import access
from app.domain.duplicates import Asked
from app.domain.needs import Privacy
from app.domain.people import Actor
from app.domain.places import ancestors
from app.models import Need, Place
from app.schemas.needs_intake import NeedSuggest
from app.services import lexicon, suggestions
from app.services.access import READER_ROLES, reads_all, under
from app.services.need_duplicates import near, shown, unended
from app.services.places import place_of

_COMPOUND = 5
"""District, subdistrict, community, grid, compound."""


async def suggest(session: AsyncSession, actor: Actor, sealer: Sealer, form: NeedSuggest) -> dict[str, Any]:
    """What a text may ask for, and what asks for the same near by. Nothing is written."""
    access.require_anywhere(actor, "needs:suggest")
    place = await place_of(session, form.place_id)
    details = form.details or ""
    words = await lexicon.of(session, place.community_id)
    path, spot = _where(actor, place)
    asked = Asked(new_id(), path, spot, now(), None, words.grams(form.title), words.grams(form.title + "\n" + details))
    found = await near(session, words, asked, unended(place.community_id, now()).where(_may_know(actor, place)))
    return {
        "categories": await suggestions.for_text(session, place.community_id, form.title, details),
        "near": await shown(session, actor, sealer, found),
    }


def _where(actor: Actor, place: Place) -> tuple[str, LonLat | None]:
    """The place as far as this reader may have others' needs compared with it."""
    if not actor.roles_at(place.path) & READER_ROLES:
        return ancestors(place.path)[:_COMPOUND][-1], None
    return place.path, None if place.lon is None or place.lat is None else LonLat(place.lon, place.lat)


def _may_know(actor: Actor, place: Place) -> ColumnElement[bool]:
    """What they read anyway, their own, what is public, and what their community may see."""
    if actor.client:
        return Need.client_id == actor.person_id
    community = "/".join(place.path.split("/")[:3]) + "/"
    lives_here = any(grant.path.startswith(community) or community.startswith(grant.path) for grant in actor.grants)
    open_to = {Privacy.PUBLIC, Privacy.COMMUNITY} if lives_here else {Privacy.PUBLIC}
    own = (Need.asker_id == actor.person_id, Need.submitted_by == actor.person_id)
    return or_(under(Need, reads_all(actor)), Need.privacy.in_(open_to), *own)
