"""Whether a row still shows itself to someone who asks for an earlier answer about it again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.people import Actor
from app.services import (
    accounts_manage,
    activities,
    activity_series,
    approvals,
    assignments,
    bookings,
    budget_lines,
    certificates,
    claim_items,
    clients,
    co_handlings,
    committee_members,
    consents_read,
    dispatch_batches,
    dispatch_rules,
    duty_exchanges,
    duty_turns,
    employments,
    escalations,
    evaluations,
    events,
    extensions,
    grants,
    guardianships,
    hours,
    household_members,
    joint_meetings,
    match_batches,
    match_runs,
    matches,
    meeting_decisions,
    milestones,
    needs,
    orders_read,
    pairings,
    people,
    project_suggestions,
    projects,
    resources_read,
    revisits,
    rights_requests,
    service_claims,
    sign_ups,
    substitutions,
    supervisions,
    urges,
    vouchers,
    whistle_calls,
    whistles,
)

_READ: dict[str, Callable[[AsyncSession, Actor, UUID], Awaitable[Any]]] = {
    "orders": orders_read.read,
    "needs": needs.read,
    "assignments": lambda session, actor, row_id: assignments.load(
        session, actor, row_id, "assignments:read", lock=False
    ),
    "hours": hours.read,
    "approvals": approvals.load,
    "consents": lambda session, actor, row_id: consents_read.load(session, actor, row_id, "consents:read"),
    "rights-requests": lambda session, actor, row_id: rights_requests.load(
        session, actor, row_id, "rights-requests:read"
    ),
    "guardianships": guardianships.load,
    "notices": events.mark_read,
    "grants": grants.load,
    "accounts": accounts_manage.must_show,
    "substitutions": substitutions.load,
    "clients": clients.load,
    "people": lambda session, actor, row_id: people.load(session, actor, row_id, "people:read"),
    "household-members": household_members.load,
    "employments": employments.load,
    "pairings": pairings.load,
    "certificates": certificates.load,
    "committee-members": lambda session, actor, row_id: committee_members.load(
        session, actor, row_id, "committee-members:read"
    ),
    "dispatch-rules": lambda session, actor, row_id: dispatch_rules.load(session, actor, row_id, "dispatch-rules:read"),
    "duty-turns": duty_turns.load,
    "joint-meetings": joint_meetings.load,
    "meeting-decisions": meeting_decisions.load,
    "claim-items": claim_items.load,
    "service-claims": service_claims.load,
    "duty-exchanges": duty_exchanges.load,
    "co-handlings": lambda session, actor, row_id: co_handlings.load(session, actor, row_id, "co-handlings:read"),
    "extensions": lambda session, actor, row_id: extensions.load(session, actor, row_id, "extensions:read"),
    "activities": activities.read,
    "activity-series": activity_series.read,
    "sign-ups": sign_ups.read,
    "projects": projects.read,
    "budget-lines": budget_lines.load,
    "vouchers": vouchers.read,
    "milestones": milestones.load,
    "evaluations": evaluations.read,
    "revisits": revisits.read,
    "project-suggestions": project_suggestions.read,
    "resources": resources_read.read,
    "bookings": bookings.read,
    "dispatch-batches": dispatch_batches.read,
    "match-batches": match_batches.read,
    "match-runs": match_runs.read,
    "matches": matches.read,
    "urges": urges.load,
    "supervisions": supervisions.load,
    "escalations": escalations.load,
    "whistles": whistles.read,
    "whistle-calls": whistle_calls.read,
}


async def must_still_show(session: AsyncSession, actor: Actor, noun: str, row_id: UUID) -> None:
    """404 when the row is no longer there for this actor; nouns whose steps need no row are free. An approval to read a minor's
    record is not asked for: the answer to a change shows no more of it than it did.
    """
    if (read := _READ.get(noun)) is not None:
        await read(session, actor, row_id)
