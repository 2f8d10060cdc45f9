"""What stands beside an order, each in a table of its own: how much of it there is, and the words in it.

A new noun beside the order adds one line to ``PARTS``; counting, retention and erasure follow.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, false, func, literal, null, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.co_handlings import RUNNING
from app.domain.escalations import EscalationState
from app.domain.extensions import ExtensionState
from app.domain.people import Actor
from app.domain.supervisions import OPEN_SUPERVISIONS
from app.models import CoHandling, Escalation, Extension, Objection, Supervision, Urge
from app.services.orders_case import load


@dataclass(frozen=True, slots=True)
class Part:
    """A noun beside the order, with ``order_id``."""

    noun: str
    """As its address calls it."""
    model: Any
    open: ColumnElement[bool]
    """Which rows still wait for something."""
    words: Mapping[str, str]
    """Column typed by hand → column that names who typed it; empty where the noun has its words forgotten by itself."""


PARTS: tuple[Part, ...] = (
    Part("urges", Urge, false(), {}),
    Part("supervisions", Supervision, Supervision.state.in_(OPEN_SUPERVISIONS), {}),
    Part("escalations", Escalation, Escalation.state == EscalationState.RAISED, {}),
    Part(
        "co-handlings",
        CoHandling,
        CoHandling.state.in_(RUNNING),
        {"part": "invited_by", "words": "answered_by", "result": "answered_by"},
    ),
    Part(
        "extensions",
        Extension,
        Extension.state == ExtensionState.ASKED,
        {"words": "asked_by", "decision_words": "decided_by"},
    ),
    Part("objections", Objection, Objection.verdict.is_(None), {"basis": "objected_by", "words": "judged_by"}),
)


async def read(session: AsyncSession, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """How many of each kind there are and still open; the fields of an OrderBesideRead. 404 for whom the order is not there."""
    await load(session, actor, order_id, "orders:read", lock=False)
    counts = [
        select(
            literal(part.noun).label("noun"), func.count().filter(part.open).label("open"), func.count().label("total")
        ).where(part.model.order_id == order_id)
        for part in PARTS
    ]
    rows = (await session.execute(union_all(*counts))).mappings()
    return {"order_id": order_id, "items": [dict(row) for row in rows]}


async def blank_words(session: AsyncSession, orders: Collection[UUID], word: str) -> None:
    """Everything typed by hand beside these orders; nothing stands where nothing was said."""
    for part in PARTS:
        values = {name: _blanked(getattr(part.model, name), word) for name in part.words}
        await _write(session, part, part.model.order_id.in_(orders), values)


async def blank_written(session: AsyncSession, people: Collection[UUID], word: str) -> None:
    """Everything these people typed beside orders."""
    for part in PARTS:
        for name, by in part.words.items():
            column = getattr(part.model, name)
            await _write(session, part, getattr(part.model, by).in_(people), {name: _blanked(column, word)})


def _blanked(column: Any, word: str) -> Any:
    return case((column.is_(None), null()), else_=literal(word))


async def _write(session: AsyncSession, part: Part, which: ColumnElement[bool], values: dict[str, Any]) -> None:
    if values:
        changed = update(part.model).where(which).values(values)
        await session.execute(changed.execution_options(synchronize_session=False))
