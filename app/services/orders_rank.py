"""Whom an order would be offered to next, and why: the ranking of those who may be asked, and what bars the others."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import access
from app.domain.dispatch import OBSTACLE_WORDS, Obstacle
from app.domain.dispatch_cost import told
from app.domain.people import Actor
from app.services import need_respondents
from app.services.dispatch import Look, look
from app.services.orders_case import load
from app.services.people_names import names_of


async def ranked(session: AsyncSession, actor: Actor, order_id: UUID, sealer: Any) -> dict[str, Any]:
    """Who would be asked next and why, and who would not and why not."""
    case = await load(session, actor, order_id, "orders:rank", lock=False)
    access.require(actor, "orders:rank", case.order.path)
    seen = await look(session, case.order, case.need)
    if await need_respondents.concern(session, case.need.id, actor):
        # Who is complained about does not learn it from here either.
        seen = replace(seen, barred=[one for one in seen.barred if one[1] is not Obstacle.RESPONDENT])
    people = [c.person_id for c in seen.ranked[:_SHOWN]] + [c.person_id for c, _ in seen.barred[:_SHOWN]]
    return {"order_id": order_id} | _shown(seen, await names_of(session, sealer, people))


_SHOWN = 20


def _shown(seen: Look, names: Mapping[UUID, str]) -> dict[str, Any]:
    shown = ("person_id", "cost", "distance_m", "parts")
    return {
        "items": [{n: getattr(c, n) for n in shown} | {"name": names[c.person_id]} for c in seen.ranked[:_SHOWN]],
        "weights": told(seen.weights),
        "feasible": len(seen.ranked),
        "barred": [
            {
                "person_id": c.person_id,
                "name": names[c.person_id],
                "distance_m": c.distance_m,
                "obstacle": reason,
                "words": OBSTACLE_WORDS[reason],
            }
            for c, reason in seen.barred[:_SHOWN]
        ],
        "obstacles": Counter(reason.value for _, reason in seen.barred),
    }
