"""The access table: which party may do what. ``noun:verb`` permissions; lifecycle actions come from the lifecycles themselves."""

from app.core.errors import Forbidden
from app.domain.activities import ACTIVITY
from app.domain.activity_series import SERIES
from app.domain.assignments import ASSIGNMENT
from app.domain.authority import GIVES, STAFF
from app.domain.budgets import VOUCHER
from app.domain.duty_turns import DRAW, EXCHANGE, TURN
from app.domain.joint_work import CLAIM, ITEM, MEETING
from app.domain.lifecycle import A, Lifecycle, S
from app.domain.needs import NEED
from app.domain.orders import ORDER
from app.domain.people import HELPERS, SEPARATED, Actor, Grant, Parties, Relation, Role
from app.domain.projects import ABOVE, PROJECT
from app.domain.rights import RIGHTS
from app.domain.sensitive import MAY_OPEN, MAY_OPEN_CARE
from app.domain.sign_ups import SIGN_UP

PUBLIC = "public"
"""What an operation declares that needs no sign-in."""
SELF = "self"
"""What an operation declares that only concerns the caller's own record."""

_SEPARATED: Parties = frozenset(SEPARATED)
_ALL: Parties = frozenset(Role) - _SEPARATED - {Role.CLIENT}
"""Whoever takes part in the work. The separated administrators look after accounts, authority and audit, and see none of it."""
_STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_ADMINS = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_READERS: Parties = _STAFF | {Role.AUDITOR}
_SYSTEM: Parties = frozenset({Role.SYSTEM_ADMIN})
_UNITS: Parties = frozenset({Role.DEPARTMENT_STAFF, Role.UNIT_LIAISON, Role.SOCIAL_ORG_MANAGER})
_PARTIES: Parties = frozenset({Relation.ASKER, Relation.FOLLOWER, Relation.ASKED, Relation.HOLDER, Relation.UNIT})

_STATIC: dict[str, Parties] = {
    "places:list": _ALL | _SEPARATED | {Role.CLIENT},
    "places:read": _ALL | _SEPARATED | {Role.CLIENT},
    "places:locate": _ALL | {Role.CLIENT},
    "places:create": _ADMINS,
    "places:update": _ADMINS,
    "organizations:list": _READERS | _UNITS | {Role.CLIENT},
    "organizations:read": _READERS | _UNITS | {Role.CLIENT},
    "organizations:create": _ADMINS,
    "organizations:update": _ADMINS,
    "categories:list": _ALL | {Role.CLIENT},
    "categories:read": _ALL | {Role.CLIENT},
    "categories:create": frozenset({Role.DISTRICT_ADMIN}),
    "categories:update": frozenset({Role.DISTRICT_ADMIN}),
    "people:list": _READERS,
    "people:read": _READERS | {Relation.SUBJECT},
    "people:create": _STAFF,
    "people:update": _STAFF,
    "needs:list": _ALL | {Role.CLIENT},
    "needs:read": _READERS | _PARTIES | {Relation.SENDER},
    "needs:submit": _ALL - {Role.AUDITOR} | {Role.CLIENT},
    "needs:update": frozenset({Relation.ASKER}),
    "needs:override_duty": frozenset({Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN}),
    "orders:list": _ALL | {Role.CLIENT},
    "orders:read": _READERS | _PARTIES | HELPERS | {Relation.SENDER},
    "orders:open": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "orders:rank": _READERS,
    "orders:insure": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "assignments:list": _ALL,
    "assignments:read": _READERS | _PARTIES,
    "hours:list": _ALL,
    "hours:read": _READERS | {Relation.HOLDER},
    "hours:supplement": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "hours:confirm": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "hours:reverse": _ADMINS,
    "approvals:list": _READERS,
    "approvals:read": _READERS | _PARTIES,
    "approvals:grant": _ADMINS,
    "approvals:deny": _ADMINS,
    "events:list": _READERS,
    "imports:list": _ADMINS | {Role.AUDITOR},
    "imports:read": _ADMINS | {Role.AUDITOR},
    "imports:create": _ADMINS,
    "notices:list": _ALL | _SEPARATED,
    "notices:mark": _ALL | _SEPARATED,
}


_SIGNING_IN: dict[str, Parties] = {
    "accounts:list": _SYSTEM,
    "accounts:read": _SYSTEM,
    "accounts:create": _SYSTEM,
    "accounts:disable": _SYSTEM,
    "accounts:enable": _SYSTEM,
    "accounts:reset_password": _SYSTEM,
    "accounts:reset_second_factor": _SYSTEM,
}
_AUTHORITY: dict[str, Parties] = {
    "grants:list": _ALL | _SEPARATED,
    "grants:read": _READERS | {Role.SECURITY_ADMIN, Relation.SUBJECT},
    "grants:create": frozenset(GIVES),
    "grants:revoke": frozenset(GIVES) | {Relation.SUBJECT},
    "substitutions:list": STAFF | {Role.SECURITY_ADMIN},
    "substitutions:read": _READERS | {Role.SECURITY_ADMIN, Relation.SUBJECT},
    "substitutions:create": STAFF - {Role.AUDITOR} | {Role.SECURITY_ADMIN},
    "substitutions:end": frozenset(GIVES) | {Relation.SUBJECT},
    "clients:list": _SYSTEM,
    "clients:read": _SYSTEM,
    "clients:create": _SYSTEM,
    "clients:update": _SYSTEM,
    "clients:disable": _SYSTEM,
    "clients:enable": _SYSTEM,
    "clients:issue": _SYSTEM,
    "clients:secrets": _SYSTEM,
    "clients:revoke": _SYSTEM,
}
"""Who may give or lend which role is finer than this: ``app.domain.authority``."""
_PERSONS: dict[str, Parties] = {
    "people:find": _STAFF,
    "people:move": _STAFF,
    "people:compare": _STAFF,
    "people:merge": _ADMINS,
    "people:register_member": _ADMINS,
    "people:report_in": _ADMINS,
    "people:enter": _STAFF,
    "people:leave_party": _ADMINS,
    "people:read_membership": _READERS | {Relation.SUBJECT},
    "people:volunteer": _STAFF | {Relation.SUBJECT},
    "people:read_volunteer": _READERS | {Relation.SUBJECT},
    "people:leave_volunteering": _STAFF | {Relation.SUBJECT},
    "people:read_availability": _READERS | {Relation.SUBJECT},
    "people:set_availability": _STAFF | {Relation.SUBJECT},
    "household-members:list": _ALL,
    "household-members:read": _READERS | {Relation.SUBJECT},
    "household-members:create": _STAFF,
    "household-members:update": _STAFF,
    "household-members:end": _STAFF,
    "employments:list": _ALL,
    "employments:read": _READERS | {Relation.SUBJECT},
    "employments:create": _ADMINS,
    "employments:end": _ADMINS,
    "certificates:list": _ALL,
    "certificates:read": _READERS | {Relation.SUBJECT},
    "certificates:create": _STAFF | {Relation.SUBJECT},
    "certificates:verify": _STAFF,
    "certificates:withdraw": _STAFF | {Relation.SUBJECT},
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
    "privacy-notices:list": _ALL | _SEPARATED | {Role.CLIENT},
    "privacy-notices:read": _ALL | _SEPARATED | {Role.CLIENT},
    "privacy-notices:publish": frozenset({Role.DISTRICT_ADMIN}),
    "consents:list": _SUBJECT | _READERS,
    "consents:read": _SUBJECT | _READERS,
    "consents:give": _SUBJECT | _STAFF,
    "consents:withdraw": _SUBJECT | _STAFF,
    "consents:refuse_matching": _SUBJECT | _STAFF,
    "rights-requests:list": _SUBJECT | _ADMINS,
    "rights-requests:read": _SUBJECT | _ADMINS,
    "rights-requests:submit": _SUBJECT | _STAFF,
    "assignments:explain": frozenset({Relation.ASKED}),
    "people:export": _SUBJECT | _ADMINS,
    "people:request_reading": _STAFF,
    "guardianships:list": _SUBJECT | _READERS,
    "guardianships:read": _SUBJECT | _READERS,
    "guardianships:create": _ADMINS,
    "guardianships:end": _STAFF,
}
_INTAKE: dict[str, Parties] = {
    "needs:suggest": _ALL - {Role.AUDITOR} | {Role.CLIENT},
    "needs:suggestions": _READERS,
    "needs:duplicates": _READERS,
    "needs:dismiss_duplicate": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}),
    "need-duplicates:list": _READERS,
    "lexicon-entries:list": _READERS,
    "lexicon-entries:read": _READERS,
    "lexicon-entries:create": _ADMINS,
    "lexicon-entries:update": _ADMINS,
}
_AUDIT: dict[str, Parties] = {
    "audit:list": frozenset({Role.AUDIT_ADMIN}),
    "audit:read": frozenset({Role.AUDIT_ADMIN}),
    "people:sightings": frozenset({Role.AUDIT_ADMIN}),
}
_ACTIVITIES: dict[str, Parties] = {
    "activities:list": _ALL,
    "activities:read": _ALL,
    "activities:create": _STAFF | _UNITS,
    "activities:update": _STAFF | {Relation.UNIT},
    "activities:show_code": _STAFF | {Relation.UNIT},
    "activity-series:list": _ALL,
    "activity-series:read": _ALL,
    "activity-series:create": _STAFF | _UNITS,
    "activity-series:join": _ALL - {Role.AUDITOR},
    "activity-series:leave": _ALL - {Role.AUDITOR},
    "sign-ups:list": _ALL,
    "sign-ups:read": _READERS | {Relation.UNIT, Relation.HOLDER},
    "sign-ups:create": _ALL - {Role.AUDITOR},
}
"""Whom an activity is meant for is finer than this: ``app.services.activities_case``."""

_COMMITTEE: dict[str, Parties] = {
    "committee-members:list": _READERS | _UNITS,
    "committee-members:read": _READERS | _UNITS,
    "committee-members:create": _ADMINS,
    "committee-members:update": _ADMINS,
    "committee-members:leave": _ADMINS,
    "duty-draws:list": _ALL,
    "duty-draws:read": _ALL,
    "duty-draws:freeze": _ADMINS,
    "duty-turns:list": _ALL,
    "duty-turns:read": _ALL,
    "duty-records:list": _READERS | _UNITS,
    "duty-records:read": _READERS | _UNITS,
    "duty-turns:checklist": _READERS | _UNITS,
    "joint-meetings:list": _READERS | _UNITS,
    "joint-meetings:read": _READERS | _UNITS,
    "joint-meetings:call": frozenset({Relation.UNIT}),
    "joint-meetings:add": frozenset({Relation.UNIT, Role.COMMUNITY_ADMIN}),
    "claim-items:list": _READERS | _UNITS,
    "claim-items:read": _READERS | _UNITS,
    "claim-items:create": frozenset({Relation.UNIT, Role.COMMUNITY_ADMIN}),
    "service-claims:list": _READERS | _UNITS,
    "service-claims:read": _READERS | _UNITS,
    "service-claims:make": frozenset({Relation.UNIT}),
    "duty-exchanges:list": _READERS | _UNITS,
    "duty-exchanges:read": _READERS | {Relation.UNIT, Relation.ASKED},
    "duty-exchanges:ask": frozenset({Relation.UNIT}),
}
"""The joint committee. Who is on duty is for everybody to see."""

_IN_PROJECT: Parties = frozenset({Relation.PROPOSER, Relation.LEAD, Relation.SUPPORT})
_BUDGETING: Parties = frozenset({Role.COMMUNITY_ADMIN})
_PROJECTS: dict[str, Parties] = {
    "projects:list": _ALL,
    "projects:read": _ALL | _IN_PROJECT | {Relation.ASKER, Relation.FOLLOWER},
    "projects:propose": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}) | _UNITS,
    "projects:update": frozenset({Role.COMMUNITY_ADMIN, Relation.PROPOSER}),
    "programmes:list": _ALL,
    "programmes:read": _ALL,
    "programmes:create": frozenset({Role.COMMUNITY_ADMIN}),
    "programmes:update": frozenset({Role.COMMUNITY_ADMIN}),
    "indicators:list": _READERS | _UNITS,
    "indicators:read": _READERS | _UNITS,
    "indicators:create": frozenset({Role.COMMUNITY_ADMIN}),
    "indicators:update": frozenset({Role.COMMUNITY_ADMIN}),
    "contributions:list": _READERS | _UNITS,
    "milestones:list": _READERS | _UNITS,
    "milestones:read": _READERS | _IN_PROJECT,
    "milestones:create": frozenset({Role.COMMUNITY_ADMIN, Relation.LEAD}),
    "milestones:update": frozenset({Role.COMMUNITY_ADMIN, Relation.LEAD}),
    "milestones:complete": frozenset({Role.COMMUNITY_ADMIN, Relation.LEAD, Relation.SUPPORT}),
    "milestones:drop": frozenset({Role.COMMUNITY_ADMIN}),
    "evaluations:list": _ALL,
    "evaluations:read": frozenset({Relation.SUBJECT}),
    "evaluations:give": HELPERS | {Role.RESIDENT, Relation.ASKER, Relation.FOLLOWER},
    "budget-lines:list": _READERS | _UNITS,
    "budget-lines:read": _READERS | _IN_PROJECT,
    "budget-lines:create": _BUDGETING,
    "budget-lines:update": _BUDGETING,
    "budget-lines:move": _BUDGETING | ABOVE,
    "budget-lines:raise": _BUDGETING | ABOVE,
    "vouchers:list": _READERS | _UNITS,
    "vouchers:read": _READERS | _IN_PROJECT,
    "vouchers:enter": _BUDGETING | {Relation.LEAD, Relation.SUPPORT},
    "vouchers:reverse": _BUDGETING | {Relation.LEAD, Relation.SUPPORT},
}
"""Before it is listed a project shows itself to fewer: ``app.services.projects_case``."""


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
    | _COMMITTEE
    | _ACTIVITIES
    | _rows_of(NEED)
    | _rows_of(ORDER)
    | _rows_of(ASSIGNMENT)
    | _rows_of(RIGHTS)
    | _rows_of(DRAW)
    | _rows_of(TURN)
    | _rows_of(EXCHANGE)
    | _rows_of(MEETING)
    | _rows_of(ITEM)
    | _rows_of(CLAIM)
    | _rows_of(ACTIVITY)
    | _rows_of(SERIES)
    | _rows_of(SIGN_UP)
    | _PROJECTS
    | _rows_of(PROJECT)
    | _rows_of(VOUCHER)
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
