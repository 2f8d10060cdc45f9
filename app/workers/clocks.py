"""The clocks: what happens because time has passed. Each due row is one transaction; two workers never do one thing twice.

Rows are found without a lock, then locked and looked at again by the verb itself, state and time: whoever comes second finds
the row moved on and is refused, which is the right outcome here. One row that fails does not hold up the others.
"""

import asyncio
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import delete

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import AppError
from app.domain.needs import CONFIRM_WINDOW as NEED_CONFIRM_WINDOW
from app.domain.orders import CONFIRM_WINDOW, LONGEST_SUSPENSION
from app.domain.retention import Kind, period_of
from app.models import Assignment, IdempotencyKey, Need, Order, RightsRequest
from app.schemas.needs import NeedConfirm, NeedDue
from app.schemas.orders import OrderDue, OrderResume
from app.services import (
    needs,
    needs_plan,
    needs_triage,
    orders_answers,
    orders_pause,
    orders_work,
    rights_requests_decide,
)
from app.workers import (
    clocks_activities,
    clocks_committee,
    clocks_dispatch,
    clocks_limits,
    clocks_matches,
    clocks_oversight,
    clocks_projects,
    clocks_quality,
    clocks_resources,
    clocks_whistles,
)
from app.workers.clocks_due import Due, Verb, ids_of
from app.workers.relay import every, in_each_district

_TOPICS = (
    clocks_dispatch,
    clocks_limits,
    clocks_committee,
    clocks_projects,
    clocks_resources,
    clocks_matches,
    clocks_oversight,
    clocks_quality,
    clocks_whistles,
)
_PAUSE_SECONDS = 2.0
_log = structlog.get_logger()


async def run(database: Database, sealer: Sealer, stop: asyncio.Event) -> None:
    """Keep time until told to stop."""
    work = partial(tick, sealer=sealer)
    await every(_PAUSE_SECONDS, stop, lambda: in_each_district(database, work))


async def tick(database: Database, district_id: int, sealer: Sealer | None = None) -> None:
    """Everything that is due in one district; what asks for somebody's age waits where there is no ``sealer``."""
    topics = (one for topic in _TOPICS for one in topic.due())
    for ids, verb in [*_due(), *topics, *clocks_activities.due(sealer)]:
        async with database.transaction(district_id) as session:
            found = list(dict.fromkeys(await session.scalars(ids)))
        for row_id in found:
            await _do(database, district_id, verb, row_id)
    async with database.transaction(district_id) as session:
        await session.execute(
            delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - period_of(Kind.IDEMPOTENCY_KEYS))
        )


async def _do(database: Database, district_id: int, verb: Verb, row_id: UUID) -> None:
    try:
        async with database.transaction(district_id) as session:
            await verb(session, row_id)
    except AppError as refused:
        _log.info("clock_refused", refusal=refused.code)
    except Exception as error:  # noqa: BLE001 - one row that cannot be dealt with must not stop all the others
        _log.error("clock_failed", row=str(row_id), kind=type(error).__name__)


def _due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    moment = now()
    return [
        (
            ids_of(Assignment.order_id, "assignments.state = 'invited'", Assignment.answer_by, moment),
            orders_answers.expire,
        ),
        (ids_of(Order.id, "state = 'open' AND auto_offer", Order.next_offer_at, moment), orders_answers.look_again),
        (
            ids_of(Order.id, "state = 'reported'", Order.reported_at, moment - CONFIRM_WINDOW),
            orders_work.confirm_by_system,
        ),
        (
            ids_of(Order.id, "state = 'suspended'", Order.suspended_at, moment - LONGEST_SUSPENSION),
            lambda session, row_id: orders_pause.resume(session, None, row_id, OrderResume()),
        ),
        (
            ids_of(Order.id, "state = 'planned'", Order.planned_until, moment),
            lambda session, row_id: orders_pause.due(session, None, row_id, OrderDue()),
        ),
        (
            ids_of(RightsRequest.id, "state = 'received' AND overdue_at IS NULL", RightsRequest.due_at, moment),
            rights_requests_decide.overdue,
        ),
        (ids_of(Need.id, "state = 'info_requested'", Need.answer_by, moment), needs_triage.lapse),
        (
            ids_of(Need.id, "state = 'met'", Need.met_at, moment - NEED_CONFIRM_WINDOW),
            lambda session, row_id: needs.confirm(session, None, row_id, NeedConfirm()),
        ),
        (
            ids_of(Need.id, "state = 'planned'", Need.planned_until, moment),
            lambda session, row_id: needs_plan.due(session, None, row_id, NeedDue()),
        ),
    ]
