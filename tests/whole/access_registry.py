"""Which row the access matrix tries an operation on.

A noun is the first part of the path after ``/v1``. A new noun gets a builder in ``access_rows`` or ``access_rows_people`` and a
line here; an operation whose row must stand elsewhere, or whose form must say more than the least, gets its own line under
its operationId, which counts before the noun's.
"""

from tests.whole import access_rows as work
from tests.whole import access_rows_activities as activities
from tests.whole import access_rows_beside as beside
from tests.whole import access_rows_clocks as clocks
from tests.whole import access_rows_committee as committee
from tests.whole import access_rows_dispatch as dispatch
from tests.whole import access_rows_matches as matches
from tests.whole import access_rows_offers as offers
from tests.whole import access_rows_oversight as oversight
from tests.whole import access_rows_people as people
from tests.whole import access_rows_projects as projects
from tests.whole import access_rows_records as records
from tests.whole import access_rows_whistles as whistles
from tests.whole.access_ground import Build
from tests.whole.document import Operation

BUILDERS: dict[str, Build] = {
    "accounts": people.account,
    "activities": activities.activity,
    "activity-series": activities.series,
    "approvals": work.approval,
    "assignments": work.assignment,
    "audit": records.audit,
    "bookings": offers.booking,
    "budget-lines": projects.budget_line,
    "care-facts": records.care_fact,
    "categories": work.category,
    "certificates": records.certificate,
    "claim-items": committee.item,
    "clients": people.client,
    "clocks": clocks.clock,
    "co-handlings": beside.co_handling,
    "committee-members": committee.member,
    "consents": records.consent,
    "contributions": projects.contribution,
    "dispatch-rules": matches.rule,
    "dispatch-weights": matches.dispatch_weights,
    "duty-draws": committee.draw,
    "duty-exchanges": committee.exchange,
    "duty-records": committee.member,
    "duty-turns": committee.turn,
    "employments": records.employment,
    "escalations": oversight.escalation,
    "evaluations": projects.evaluation,
    "events": work.event,
    "extensions": beside.extension,
    "grants": people.grant,
    "guardianships": records.guardianship,
    "hours": work.hour,
    "household-members": records.household_member,
    "imports": work.import_,
    "indicators": projects.indicator,
    "joint-meetings": committee.meeting,
    "meeting-decisions": committee.decision,
    "lexicon-entries": work.lexicon_entry,
    "livez": work.nothing,
    "me": people.me,
    "dispatch-batches": dispatch.batch,
    "match-batches": matches.batch,
    "match-runs": matches.run,
    "match-weights": matches.weights,
    "matches": matches.match,
    "milestones": projects.milestone,
    "need-duplicates": work.need,
    "needs": work.need,
    "notices": work.notice,
    "office-hours": clocks.office_hours,
    "orders": work.order,
    "organizations": work.organization,
    "pairings": committee.pairing,
    "people": people.person,
    "phone-codes": work.nothing,
    "places": work.place,
    "privacy-notices": records.privacy_notice,
    "programmes": projects.programme,
    "project-suggestions": projects.suggestion,
    "projects": projects.project,
    "rates": oversight.rates,
    "readyz": work.nothing,
    "resources": offers.resource,
    "revisits": work.revisit,
    "rights-requests": records.rights_request,
    "service-claims": committee.claim,
    "sign-ups": activities.sign_up,
    "substitutions": people.substitution,
    "supervisions": oversight.supervision,
    "token": people.token,
    "urges": oversight.urge,
    "vouchers": projects.voucher,
    "wechat": people.wechat,
    "whistle-calls": whistles.call,
    "whistle-figures": oversight.rates,
    "whistle-types": whistles.kind,
    "whistles": whistles.whistle,
}
SPECIAL: dict[str, Build] = {
    "need_recategorise": clocks.recategorising,
    "order_first_contact": clocks.contacting,
    "order_sign": clocks.signing,
    "person_enter": records.member,
    "person_find": people.found_by_phone,
    "person_leave_party": records.member,
    "person_leave_volunteering": records.volunteer,
    "person_move": people.moving,
    "person_read_membership": records.member,
    "person_read_volunteer": records.volunteer,
    "person_register_member": records.member,
    "person_report_in": records.member,
    "person_volunteer": records.volunteer,
}
"""By operationId."""


class NoFixture(AssertionError):
    """The matrix does not know what to try an operation on."""


def noun_of(operation: Operation) -> str:
    return operation.path.removeprefix("/v1").split("/")[1]


def builder_of(operation: Operation) -> Build:
    """Raises NoFixture, saying what to add."""
    found = SPECIAL.get(operation.name) or BUILDERS.get(noun_of(operation))
    if found is None:
        raise NoFixture(
            f"{operation.name} ({operation.method} {operation.path}): the access matrix has no row of the noun"
            f" “{noun_of(operation)}”. Write a builder in tests/whole/access_rows*.py, add it to BUILDERS in"
            " tests/whole/access_registry.py, then run python -m tests.whole.access_matrix --write and review the change."
        )
    return found
