"""What is shown when a need comes in: which kind of service it may be, and which needs look alike."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.geo import LonLat
from app.core.ids import new_id
from app.domain import access
from app.domain.duplicates import Asked
from app.domain.people import Actor
from app.schemas.needs_intake import NeedSuggest
from app.services import lexicon, suggestions
from app.services.need_duplicates_near import may_know, near, shown, unended
from app.services.places import place_of


async def suggest(session: AsyncSession, actor: Actor, sealer: Sealer, form: NeedSuggest) -> dict[str, Any]:
    """What a text may ask for, and what asks for the same near by. Nothing is written."""
    access.require_anywhere(actor, "needs:suggest")
    place = await place_of(session, form.place_id)
    details = form.details or ""
    words = await lexicon.of(session, place.community_id)
    spot = None if place.lon is None or place.lat is None else LonLat(place.lon, place.lat)
    title, both = words.grams(form.title), words.grams(form.title + "\n" + details)
    asked = Asked(new_id(), place.path, spot, now(), None, title, both)
    rows = unended(place.community_id, now()).where(may_know(actor, place.path))
    found = await near(session, actor, words, asked, rows)
    return {
        "categories": await suggestions.for_text(session, place.community_id, form.title, details),
        "near": await shown(session, actor, sealer, found),
    }
