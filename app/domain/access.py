"""The access table: which party may do what. ``noun:verb`` permissions; lifecycle actions come from the lifecycles themselves."""

from app.core.errors import Forbidden
from app.domain.access_beside import BESIDE
from app.domain.access_joint import ACTIVITIES, COMMITTEE, MATCHES, PROJECTS, RESOURCES
from app.domain.access_oversight import OVERSIGHT
from app.domain.access_parties import (
    ADMINS,
    ALL,
    CO_HANDLING_PARTIES,
    FIELD_STAFF,
    PARTIES,
    READERS,
    SEPARATE,
    SYSTEM,
    UNITS,
)
from app.domain.access_timing import TIMING
from app.domain.access_whistles import WHISTLES
from app.domain.activities import ACTIVITY
from app.domain.activity_series import SERIES
from app.domain.assignments import ASSIGNMENT
from app.domain.authority import GIVES, STAFF
from app.domain.bookings import BOOKING
from app.domain.budgets import VOUCHER
from app.domain.co_handlings import CO_HANDLING
from app.domain.duty_turns import DRAW, EXCHANGE, TURN
from app.domain.escalations import ESCALATION
from app.domain.extensions import EXTENSION
from app.domain.joint_work import CLAIM, ITEM, MEETING
from app.domain.lifecycle import A, Lifecycle, S
from app.domain.matches import MATCH
from app.domain.meeting_decisions import DECISION
from app.domain.needs import NEED
from app.domain.orders import ORDER
from app.domain.people import HELPERS, Actor, Grant, Parties, Relation, Role
from app.domain.project_suggestions import SUGGESTION
from app.domain.projects import PROJECT
from app.domain.resources import RESOURCE
from app.domain.revisits import REVISIT
from app.domain.rights import RIGHTS
from app.domain.sensitive import MAY_OPEN, MAY_OPEN_CARE
from app.domain.sign_ups import SIGN_UP
from app.domain.supervisions import SUPERVISION
from app.domain.whistle_calls import CALL
from app.domain.whistles import WHISTLE

PUBLIC = "public"
"""What an operation declares that needs no sign-in."""
SELF = "self"
"""What an operation declares that only concerns the caller's own record."""

_STATIC: dict[str, Parties] = {
    "places:list": ALL | SEPARATE | {Role.CLIENT},
    "places:read": ALL | SEPARATE | {Role.CLIENT},
    "places:locate": ALL | {Role.CLIENT},
    "places:create": ADMINS,
    "places:update": ADMINS,
    "organizations:list": READERS | UNITS | {Role.CLIENT},
    "organizations:read": READERS | UNITS | {Role.CLIENT},
    "organizations:create": ADMINS,
    "organizations:update": ADMINS,
    "categories:list": ALL | {Role.CLIENT},
    "categories:read": ALL | {Role.CLIENT},
    "categories:create": frozenset({Role.DISTRICT_ADMIN}),
    "categories:update": frozenset({Role.DISTRICT_ADMIN}),
    "people:list": READERS,
    "people:read": READERS | {Relation.SUBJECT},
    "people:create": FIELD_STAFF,
    "people:update": FIELD_STAFF,
    "needs:list": ALL | {Role.CLIENT},
    "needs:read": READERS | PARTIES | {Relation.SENDER, Relation.AFFECTED},
    "needs:submit": ALL - {Role.AUDITOR} | {Role.CLIENT},
    "needs:update": frozenset({Relation.ASKER}),
    "needs:override_duty": frozenset({Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN}),
    "orders:list": ALL | {Role.CLIENT},
    "orders:at_risk": READERS,
    "orders:read": READERS | PARTIES | HELPERS | CO_HANDLING_PARTIES | {Relation.SENDER, Relation.AFFECTED},
    "orders:open": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "orders:rank": READERS,
    "dispatch-weights:read": READERS,
    "dispatch-weights:set": frozenset({Role.DISTRICT_ADMIN}),
    "orders:objections": READERS | {Relation.HOLDER, Relation.UNIT, Relation.ASKED},
    "orders:insure": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "orders:way": READERS,
    "orders:steer": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Relation.DISPATCHER}),
    "orders:halt": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Relation.DISPATCHER}),
    "dispatch-rules:list": READERS,
    "dispatch-rules:read": READERS,
    "dispatch-rules:create": frozenset({Role.DISTRICT_ADMIN}),
    "dispatch-rules:update": frozenset({Role.DISTRICT_ADMIN}),
    "dispatch-rules:retire": frozenset({Role.DISTRICT_ADMIN}),
    "assignments:list": ALL,
    "assignments:read": READERS | PARTIES,
    "hours:list": ALL,
    "hours:read": READERS | {Relation.HOLDER},
    "hours:supplement": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "hours:confirm": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "hours:reverse": ADMINS,
    "revisits:list": READERS,
    "revisits:read": READERS,
    "revisits:open": ADMINS,
    "project-suggestions:list": READERS,
    "project-suggestions:read": READERS,
    "approvals:list": READERS,
    "approvals:read": READERS | PARTIES,
    "approvals:grant": ADMINS,
    "approvals:deny": ADMINS,
    "events:list": READERS,
    "imports:list": ADMINS | {Role.AUDITOR},
    "imports:read": ADMINS | {Role.AUDITOR},
    "imports:create": ADMINS,
    "notices:list": ALL | SEPARATE,
    "notices:mark": ALL | SEPARATE,
}


_SIGNING_IN: dict[str, Parties] = {
    "accounts:list": SYSTEM,
    "accounts:read": SYSTEM,
    "accounts:create": SYSTEM,
    "accounts:disable": SYSTEM,
    "accounts:enable": SYSTEM,
    "accounts:reset_password": SYSTEM,
    "accounts:reset_second_factor": SYSTEM,
}
_AUTHORITY: dict[str, Parties] = {
    "grants:list": ALL | SEPARATE,
    "grants:read": READERS | {Role.SECURITY_ADMIN, Relation.SUBJECT},
    "grants:create": frozenset(GIVES),
    "grants:revoke": frozenset(GIVES) | {Relation.SUBJECT},
    "substitutions:list": STAFF | {Role.SECURITY_ADMIN},
    "substitutions:read": READERS | {Role.SECURITY_ADMIN, Relation.SUBJECT},
    "substitutions:create": STAFF - {Role.AUDITOR} | {Role.SECURITY_ADMIN},
    "substitutions:end": frozenset(GIVES) | {Relation.SUBJECT},
    "clients:list": SYSTEM,
    "clients:read": SYSTEM,
    "clients:create": SYSTEM,
    "clients:update": SYSTEM,
    "clients:disable": SYSTEM,
    "clients:enable": SYSTEM,
    "clients:issue": SYSTEM,
    "clients:secrets": SYSTEM,
    "clients:revoke": SYSTEM,
}
"""Who may give or lend which role is finer than this: ``app.domain.authority``."""
_PERSONS: dict[str, Parties] = {
    "people:find": FIELD_STAFF,
    "people:move": FIELD_STAFF,
    "people:compare": FIELD_STAFF,
    "people:merge": ADMINS,
    "people:register_member": ADMINS,
    "people:report_in": ADMINS,
    "people:enter": FIELD_STAFF,
    "people:leave_party": ADMINS,
    "people:read_membership": READERS | {Relation.SUBJECT},
    "people:volunteer": FIELD_STAFF | {Relation.SUBJECT},
    "people:read_volunteer": READERS | {Relation.SUBJECT},
    "people:leave_volunteering": FIELD_STAFF | {Relation.SUBJECT},
    "people:read_availability": READERS | {Relation.SUBJECT},
    "people:set_availability": FIELD_STAFF | {Relation.SUBJECT},
    "household-members:list": ALL,
    "household-members:read": READERS | {Relation.SUBJECT},
    "household-members:create": FIELD_STAFF,
    "household-members:update": FIELD_STAFF,
    "household-members:end": FIELD_STAFF,
    "pairings:list": ALL,
    "pairings:read": ALL,
    "pairings:create": ADMINS,
    "pairings:end": ADMINS,
    "pairings:replace": ADMINS,
    "places:responsible": ALL,
    "employments:list": ALL,
    "employments:read": READERS | {Relation.SUBJECT},
    "employments:create": ADMINS,
    "employments:end": ADMINS,
    "certificates:list": ALL,
    "certificates:read": READERS | {Relation.SUBJECT},
    "certificates:create": FIELD_STAFF | {Relation.SUBJECT},
    "certificates:verify": FIELD_STAFF,
    "certificates:withdraw": FIELD_STAFF | {Relation.SUBJECT},
}
_SENSITIVE: dict[str, Parties] = {
    "people:unmask": frozenset(MAY_OPEN),
    "orders:contact": frozenset({Relation.HOLDER, Relation.UNIT}),
    "care-facts:list": frozenset(MAY_OPEN_CARE) | {Relation.SUBJECT},
    "care-facts:read": frozenset(MAY_OPEN_CARE) | {Relation.SUBJECT},
    "care-facts:create": frozenset({Role.COMMUNITY_ADMIN}),
    "care-facts:unmask": frozenset(MAY_OPEN_CARE),
    "care-facts:update": frozenset({Role.COMMUNITY_ADMIN}),
    "care-facts:delete": frozenset({Role.COMMUNITY_ADMIN, Relation.SUBJECT}),
}
"""Which field for what purpose is finer than this: ``app.domain.sensitive``."""
_SUBJECT: Parties = frozenset({Relation.SUBJECT})
_RIGHTS: dict[str, Parties] = {
    "privacy-notices:list": ALL | SEPARATE | {Role.CLIENT},
    "privacy-notices:read": ALL | SEPARATE | {Role.CLIENT},
    "privacy-notices:publish": frozenset({Role.DISTRICT_ADMIN}),
    "consents:list": _SUBJECT | READERS,
    "consents:read": _SUBJECT | READERS,
    "consents:give": _SUBJECT | FIELD_STAFF,
    "consents:withdraw": _SUBJECT | FIELD_STAFF,
    "consents:refuse_matching": _SUBJECT | FIELD_STAFF,
    "rights-requests:list": _SUBJECT | ADMINS,
    "rights-requests:read": _SUBJECT | ADMINS,
    "rights-requests:submit": _SUBJECT | FIELD_STAFF,
    "assignments:explain": frozenset({Relation.ASKED}),
    "people:export": _SUBJECT | ADMINS,
    "people:request_reading": FIELD_STAFF,
    "guardianships:list": _SUBJECT | READERS,
    "guardianships:read": _SUBJECT | READERS,
    "guardianships:create": ADMINS,
    "guardianships:end": FIELD_STAFF,
}
_INTAKE: dict[str, Parties] = {
    "needs:suggest": ALL - {Role.AUDITOR} | {Role.CLIENT},
    "needs:suggestions": READERS,
    "needs:duplicates": READERS,
    "needs:dismiss_duplicate": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "needs:restore_duplicate": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "needs:respondents": READERS,
    "needs:name_respondent": FIELD_STAFF,
    "needs:clear_respondent": FIELD_STAFF,
    "need-duplicates:list": READERS,
    "lexicon-entries:list": READERS,
    "lexicon-entries:read": READERS,
    "lexicon-entries:create": ADMINS,
    "lexicon-entries:update": ADMINS,
}
_AUDIT: dict[str, Parties] = {
    "audit:list": frozenset({Role.AUDIT_ADMIN}),
    "audit:read": frozenset({Role.AUDIT_ADMIN}),
    "people:sightings": frozenset({Role.AUDIT_ADMIN}),
}


def _rows_of(lifecycle: Lifecycle[S, A]) -> dict[str, Parties]:
    return {lifecycle.permission(action): lifecycle.who(action) for action in lifecycle.routed()}


TABLE: dict[str, Parties] = (
    _STATIC
    | _SIGNING_IN
    | _AUTHORITY
    | _PERSONS
    | _SENSITIVE
    | _RIGHTS
    | _INTAKE
    | _AUDIT
    | COMMITTEE
    | ACTIVITIES
    | RESOURCES
    | MATCHES
    | OVERSIGHT
    | TIMING
    | _rows_of(NEED)
    | _rows_of(ORDER)
    | _rows_of(ASSIGNMENT)
    | _rows_of(RIGHTS)
    | _rows_of(DRAW)
    | _rows_of(TURN)
    | _rows_of(EXCHANGE)
    | _rows_of(MEETING)
    | _rows_of(DECISION)
    | _rows_of(ITEM)
    | _rows_of(CLAIM)
    | _rows_of(ACTIVITY)
    | _rows_of(SERIES)
    | _rows_of(SIGN_UP)
    | PROJECTS
    | _rows_of(PROJECT)
    | _rows_of(VOUCHER)
    | _rows_of(RESOURCE)
    | _rows_of(BOOKING)
    | _rows_of(MATCH)
    | _rows_of(REVISIT)
    | _rows_of(SUPERVISION)
    | _rows_of(ESCALATION)
    | _rows_of(SUGGESTION)
    | WHISTLES
    | _rows_of(WHISTLE)
    | _rows_of(CALL)
    | BESIDE
    | _rows_of(EXTENSION)
    | _rows_of(CO_HANDLING)
)
"""permission → who holds it, as a role at the row's place or as a relation to the row."""


CLIENT_SCOPES = frozenset(
    {
        "places:list",
        "places:read",
        "places:locate",
        "categories:list",
        "categories:read",
        "organizations:list",
        "organizations:read",
        "needs:suggest",
        "needs:submit",
        "needs:list",
        "needs:read",
        "orders:list",
        "orders:read",
        "orders:clocks",
        "clocks:read",
        "clocks:trace",
        "office-hours:read",
        "privacy-notices:list",
        "privacy-notices:read",
    }
)
"""What a client system may be scoped to: all it can ever do. Of needs and orders, those it sent itself."""


_NOBODY: Parties = frozenset()


def holders(permission: str) -> Parties:
    """Who holds it; nobody, where it does not stand in the table."""
    return TABLE.get(permission, _NOBODY)


def may(permission: str, parties: Parties) -> bool:
    return bool(holders(permission) & parties)


def require(actor: Actor, permission: str, path: str, relations: frozenset[Relation] = frozenset()) -> None:
    """403 unless one of the actor's roles at this path, or relations to the row, holds the permission."""
    actor.checked.add(permission)
    if not may(permission, actor.roles_at(path) | relations):
        raise Forbidden()


def require_anywhere(actor: Actor, permission: str) -> list[Grant]:
    """The grants that hold the permission; 403 when there is none. For lists and intake, which name no row yet."""
    actor.checked.add(permission)
    grants = [grant for grant in actor.grants if grant.role in holders(permission)]
    if not grants:
        raise Forbidden()
    return grants
