"""Words whose period is over, taken out of rows that stay: who asked, and for what; why it was decided; why somebody was chosen."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, exists, func, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.domain.approvals import ApprovalState, Subject
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.needs import ENDED
from app.domain.orders import WORKED_ON
from app.domain.retention import SPENT, Kind
from app.domain.rights import RightsState
from app.domain.sign_ups import UNDER_WAY
from app.models import Approval, Assignment, ClaimItem, Event, Match, Need, Order, Revisit, RightsRequest, SignUp
from app.services import orders_beside, whistles_words
from app.services.erasure_rows import GONE, blank_matches, blank_oversight
from app.services.outbox import publish
from app.services.retention_periods import BATCH, before, promised_before, run

_MOVED = select(func.max(Event.at)).where(Event.aggregate_id == Need.id, Event.target.is_not(None))
_ended_at = func.coalesce(Need.closed_at, Need.met_at, _MOVED.correlate(Need).scalar_subquery())
"""Refused and merged needs are not closed: they ended with their last step."""


async def asker_names(session: AsyncSession, _: Sealer) -> int:
    """Names of people who have no record of their own: after the need has ended for good nobody calls them."""
    over = _ended_at < promised_before(Kind.ASKER_NAMES, Need.asker_id)
    old = select(Need).where(Need.asker_name_sealed.is_not(None), Need.state.in_(ENDED), over)
    needs = (await session.scalars(old.limit(BATCH).with_for_update(skip_locked=True))).all()
    for need in needs:
        need.asker_name_sealed = None
        publish(session, "need", need, "forget_asker", actor=None)
    return len(needs)


async def need_words(session: AsyncSession, _: Sealer) -> int:
    """What was asked for and how it went stays as a fact: category, place, states and times. The words go, in history too."""
    running = exists().where(Order.need_id == Need.id, Order.state.in_(WORKED_ON)).correlate(Need)
    over = _ended_at < promised_before(Kind.NEED_WORDS, Need.asker_id)
    old = select(Need).where(Need.state.in_(ENDED), Need.title.not_in((SPENT, GONE)), ~running, over)
    needs = (await session.scalars(old.limit(BATCH).with_for_update(skip_locked=True))).all()
    for need in needs:
        need.title = need.details = SPENT
        need.risks = need.form = None
        need.duty_override_words = SPENT if need.duty_override_words else None
        publish(session, "need", need, "forget_words", actor=None)
    ids = [need.id for need in needs]
    await blank_matches(session, Match.need_id, ids, SPENT)
    await run(session, update(ClaimItem).where(ClaimItem.need_id.in_(ids)).values(title=SPENT))
    query = select(Order).where(Order.need_id.in_(ids)).with_for_update()
    orders = (await session.scalars(query)).all()
    for order in orders:
        order.title = SPENT
        order.risks = order.rating_words = order.evidence = None
        order.result = SPENT if order.result else None
        publish(session, "order", order, "forget_words", actor=None)
    await whistles_words.of_orders(session, [order.id for order in orders], SPENT)
    await orders_beside.blank_words(session, [order.id for order in orders], SPENT)
    about = ids + [order.id for order in orders]
    await run(session, update(Revisit).where(Revisit.order_id.in_([order.id for order in orders])).values(words=None))
    await run(session, update(Approval).where(Approval.subject_id.in_(about)).values(form={}, words=None))
    await forget_in_history(session, about)
    await blank_oversight(session, about, SPENT)
    return len(needs)


async def approval_words(session: AsyncSession, _: Sealer) -> int:
    """What was asked for and decided stays; why does not."""
    over = func.coalesce(Approval.decided_at, Approval.updated_at) < before(Kind.APPROVAL_WORDS)
    return await _empty_approvals(session, Approval.subject != Subject.PERSON, over)


async def reading_requests(session: AsyncSession, _: Sealer) -> int:
    """Why somebody wished to read a minor's record. That they did stays."""
    over = Approval.decided_at < before(Kind.READING_REQUESTS)
    return await _empty_approvals(session, Approval.subject == Subject.PERSON, over)


async def _empty_approvals(session: AsyncSession, *which: ColumnElement[bool]) -> int:
    worded = or_(Approval.form != {}, Approval.words.is_not(None))
    old = select(Approval.id).where(Approval.state != ApprovalState.PENDING, worded, *which).limit(BATCH)
    ids = (await session.scalars(old.with_for_update(skip_locked=True))).all()
    await run(session, update(Approval).where(Approval.id.in_(ids)).values(form={}, words=None))
    await forget_in_history(session, ids)
    return len(ids)


async def forget_in_history(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Words in events of these rows, of their assignments and approvals. The database does it only where the row's are gone."""
    await session.flush()
    rows: Any = literal(list(ids), ARRAY(Uuid))
    await session.execute(select(func.forget_spent_words(rows)))


async def rights_words(session: AsyncSession, _: Sealer) -> int:
    """That a request was made, of what kind, and when it was answered stays."""
    worded = or_(RightsRequest.words_sealed.is_not(None), RightsRequest.answer_sealed.is_not(None))
    over = RightsRequest.decided_at < before(Kind.RIGHTS_WORDS)
    old = select(RightsRequest.id).where(RightsRequest.state != RightsState.RECEIVED, worded, over).limit(BATCH)
    emptied = update(RightsRequest).where(RightsRequest.id.in_(old))
    return await run(session, emptied.values(words_sealed=None, answer_sealed=None))


async def sign_up_words(session: AsyncSession, _: Sealer) -> int:
    """What was typed with a sign-up that is over. That somebody came, or did not, stays, as do the numbers of the ratings."""
    silent = {"words": None, "rating_words": None, "guardian_evidence": None}
    worded = or_(*(getattr(SignUp, name).is_not(None) for name in silent))
    over = SignUp.updated_at < before(Kind.SIGN_UP_WORDS)
    old = select(SignUp.id).where(SignUp.state.not_in(UNDER_WAY), worded, over).limit(BATCH)
    return await run(session, update(SignUp).where(SignUp.id.in_(old)).values(silent))


async def choices(session: AsyncSession, _: Sealer) -> int:
    """Why the system asked somebody, and whom it might have asked instead."""
    ended = Assignment.state.not_in(ACTIVE | {AssignmentState.INVITED})
    over = Assignment.updated_at < promised_before(Kind.CHOICES, Assignment.person_id)
    old = select(Assignment.id).where(Assignment.choice.is_not(None), ended, over).limit(BATCH)
    return await run(session, update(Assignment).where(Assignment.id.in_(old)).values(choice=null()))
