"""Batches of dispatch: start one, follow it, and the steps of the worker that holds it.

Nothing of it needs the arithmetic of a batch, which is loaded by the process that carries one out (``workers.dispatch_solving``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, LostRace, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.dispatch import Obstacle
from app.domain.dispatch_batches import BATCH_PLACES, MOST_TRIES
from app.domain.dispatch_reasons import written_out
from app.domain.match_batches import UNFINISHED, BatchState
from app.domain.people import Actor
from app.models import DispatchBatch, DispatchChoice
from app.models.base import literal_in
from app.schemas.dispatch_batches import DispatchBatchQuery, DispatchBatchStart, DispatchChoiceQuery, DispatchChoiceRead
from app.services.access import under_path
from app.services.outbox import publish
from app.services.places import paged, place_of

LEASE = timedelta(seconds=120)
"""How long a step may take. What a lost worker held is taken up by another after this."""
_NOUN = "dispatch_batch"


@dataclass(slots=True)
class Claim:
    """A batch in a worker's hands until ``lease``, which moves on with every step."""

    district_id: int
    batch_id: UUID
    lease: datetime
    until: datetime
    """The next lease, once the step is committed."""
    tries: int = 1

    def move_on(self) -> None:
        self.lease = self.until


async def start(session: AsyncSession, actor: Actor, form: DispatchBatchStart) -> DispatchBatch:
    """Ask for a batch; 409 while one of the place is under way."""
    place = await place_of(session, form.place_id)
    access.require(actor, "dispatch-batches:start", place.path)
    if place.kind not in BATCH_PLACES:
        raise RuleBroken("整批派单以社区、街道或区为单位", field="place_id")
    running = select(DispatchBatch.id).where(DispatchBatch.place_id == place.id, text(literal_in("state", UNFINISHED)))
    if (other := await session.scalar(running)) is not None:
        raise Conflict("此地点的整批派单正在进行", batch_id=str(other))
    found = DispatchBatch(
        district_id=place.district_id,
        id=new_id(),
        place_id=place.id,
        path=place.path,
        state=BatchState.QUEUED,
        mode=form.mode,
        every_way=form.every_way,
        invited_orders=0,
        invited=0,
        overtaken=0,
        tries=0,
        requested_by=actor.person_id,
        version=0,
        created_at=now(),
    )
    session.add(found)
    data = {"mode": form.mode.value, "every_way": form.every_way}
    publish(session, _NOUN, found, "start", actor=actor, target=found.state.value, data=data)
    await session.flush()
    return found


async def read(session: AsyncSession, actor: Actor, batch_id: UUID) -> DispatchBatch:
    found = await session.scalar(select(DispatchBatch).where(DispatchBatch.id == batch_id))
    actor.checked.add("dispatch-batches:read")
    if found is None or not access.may("dispatch-batches:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def page(session: AsyncSession, actor: Actor, query: DispatchBatchQuery) -> Page[DispatchBatch]:
    """Of the places the reader's grants cover, newest first."""
    rows = select(DispatchBatch).where(
        under_path(DispatchBatch, access.require_anywhere(actor, "dispatch-batches:list"))
    )
    if query.state is not None:
        rows = rows.where(DispatchBatch.state == query.state)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(DispatchBatch.id < after)
    found = (await session.scalars(rows.order_by(DispatchBatch.id.desc()).limit(query.limit + 1))).all()
    return paged(found, query.limit)


async def choices(
    session: AsyncSession, actor: Actor, batch_id: UUID, query: DispatchChoiceQuery
) -> Page[dict[str, Any]]:
    """What a batch chose and did not ask for."""
    found = await read(session, actor, batch_id)
    actor.checked.add("dispatch-batches:choices")
    rows = select(DispatchChoice).where(DispatchChoice.batch_id == found.id)
    if query.result is not None:
        rows = rows.where(DispatchChoice.result == query.result)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(DispatchChoice.id < after)
    kept = (await session.scalars(rows.order_by(DispatchChoice.id.desc()).limit(query.limit + 1))).all()
    page_ = paged(kept, query.limit)
    return Page([_choice(row, actor) for row in page_.items], page_.next_cursor)


def _choice(row: DispatchChoice, actor: Actor) -> dict[str, Any]:
    """The fields of a DispatchChoiceRead."""
    shown = {name: getattr(row, name) for name in DispatchChoiceRead.model_fields}
    return shown | {"choices": [written_out(_discreet(choice, actor)) for choice in row.choices]}


def _discreet(choice: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Who is complained about does not learn it from here either."""
    hides = choice["person_id"] == str(actor.person_id) and choice.get("obstacle") == Obstacle.RESPONDENT
    return {name: value for name, value in choice.items() if not (hides and name == "obstacle")}


async def claim(session: AsyncSession) -> Claim | None:
    """Take a batch that waits, or whose worker has gone; the oldest first. Other workers pass over a locked row."""
    free = or_(DispatchBatch.lease_until.is_(None), DispatchBatch.lease_until < now())
    query = select(DispatchBatch).where(text(literal_in("dispatch_batches.state", UNFINISHED)), free)
    found = await session.scalar(query.order_by(DispatchBatch.id).limit(1).with_for_update(skip_locked=True))
    if found is None:
        return None
    if found.tries >= MOST_TRIES:
        _end(session, found, "办理进程多次中断")
        return None
    if found.state is BatchState.QUEUED:
        found.state = BatchState.RUNNING
        publish(session, _NOUN, found, "begin", actor=None, source="queued", target="running", noted=False)
    found.tries += 1
    found.lease_until = now() + LEASE
    return Claim(found.district_id, found.id, found.lease_until, found.lease_until, found.tries)


async def held(session: AsyncSession, claimed: Claim) -> DispatchBatch:
    """The batch, locked, its lease moved on; refused when another worker has taken it."""
    query = select(DispatchBatch).where(
        DispatchBatch.id == claimed.batch_id, DispatchBatch.lease_until == claimed.lease
    )
    found = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise LostRace("整批派单已由另一进程接手")
    found.lease_until = claimed.until = now() + LEASE
    return found


async def forget(session: AsyncSession, found: DispatchBatch) -> None:
    """What a try that was interrupted chose and did not ask for; whom it asked stays asked, and counted."""
    await session.execute(delete(DispatchChoice).where(DispatchChoice.batch_id == found.id))
    found.overtaken = 0


async def let_go(session: AsyncSession, claimed: Claim) -> None:
    """Leave the batch to whoever comes next, at once and as if it had not been tried: its process was ended by an orderly stop.

    That process moved the lease on by itself; by the number of the try we know that nobody else has the batch.
    """
    mine = DispatchBatch.id == claimed.batch_id, DispatchBatch.tries == claimed.tries
    rows = update(DispatchBatch).where(*mine, DispatchBatch.state == BatchState.RUNNING)
    await session.execute(rows.values(tries=DispatchBatch.tries - 1, lease_until=None))


async def end(session: AsyncSession, claimed: Claim, refusal: str | None = None) -> None:
    """Done, or failed for this reason."""
    _end(session, await held(session, claimed), refusal)


def _end(session: AsyncSession, found: DispatchBatch, refusal: str | None) -> None:
    source, found.state = found.state, BatchState.FAILED if refusal else BatchState.DONE
    found.message, found.lease_until, found.finished_at = refusal, None, now()
    names = ("mode", "orders", "people", "places", "chosen", "invited_orders", "invited", "overtaken", "cost_cm")
    data: dict[str, Any] = {name: getattr(found, name) for name in names}
    action = "fail" if refusal else "finish"
    publish(session, _NOUN, found, action, actor=None, source=source.value, target=found.state.value, data=data)
