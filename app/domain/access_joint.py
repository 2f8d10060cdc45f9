"""Who may do what in the work units share: the joint committee, projects, activities, resources. Part of ``app.domain.access``."""

from app.domain.access_parties import ADMINS, ALL, FIELD_STAFF, READERS, UNITS
from app.domain.people import HELPERS, Parties, Relation, Role
from app.domain.projects import ABOVE
from app.domain.resources import OFFERERS

ACTIVITIES: dict[str, Parties] = {
    "activities:list": ALL,
    "activities:read": ALL,
    "activities:create": FIELD_STAFF | UNITS,
    "activities:update": FIELD_STAFF | {Relation.UNIT},
    "activities:show_code": FIELD_STAFF | {Relation.UNIT},
    "activities:insure": FIELD_STAFF | {Relation.UNIT},
    "activity-series:list": ALL,
    "activity-series:read": ALL,
    "activity-series:create": FIELD_STAFF | UNITS,
    "activity-series:insure": FIELD_STAFF | {Relation.UNIT},
    "activity-series:join": ALL - {Role.AUDITOR},
    "activity-series:leave": ALL - {Role.AUDITOR},
    "sign-ups:list": ALL,
    "sign-ups:read": READERS | {Relation.UNIT, Relation.HOLDER},
    "sign-ups:create": ALL - {Role.AUDITOR},
}
"""Whom an activity is meant for is finer than this: ``app.services.activities_case``."""
COMMITTEE: dict[str, Parties] = {
    "committee-members:list": READERS | UNITS,
    "committee-members:read": READERS | UNITS,
    "committee-members:create": ADMINS,
    "committee-members:update": ADMINS,
    "committee-members:leave": ADMINS,
    "duty-draws:list": ALL,
    "duty-draws:read": ALL,
    "duty-draws:freeze": ADMINS,
    "duty-turns:list": ALL,
    "duty-turns:read": ALL,
    "duty-records:list": READERS | UNITS,
    "duty-records:read": READERS | UNITS,
    "duty-turns:checklist": READERS | UNITS,
    "joint-meetings:list": READERS | UNITS,
    "joint-meetings:read": READERS | UNITS,
    "joint-meetings:call": frozenset({Relation.UNIT}),
    "joint-meetings:add": frozenset({Relation.UNIT, Role.COMMUNITY_ADMIN}),
    "meeting-decisions:list": READERS | UNITS,
    "meeting-decisions:read": READERS | UNITS,
    "claim-items:list": READERS | UNITS,
    "claim-items:read": READERS | UNITS,
    "claim-items:create": frozenset({Relation.UNIT, Role.COMMUNITY_ADMIN}),
    "service-claims:list": READERS | UNITS,
    "service-claims:read": READERS | UNITS,
    "service-claims:make": frozenset({Relation.UNIT}),
    "duty-exchanges:list": READERS | UNITS,
    "duty-exchanges:read": READERS | {Relation.UNIT, Relation.ASKED},
    "duty-exchanges:ask": frozenset({Relation.UNIT}),
}
"""The joint committee. Who is on duty is for everybody to see."""

IN_PROJECT: Parties = frozenset({Relation.PROPOSER, Relation.LEAD, Relation.SUPPORT})
BUDGETING: Parties = frozenset({Role.COMMUNITY_ADMIN})
PROJECTS: dict[str, Parties] = {
    "projects:list": ALL,
    "projects:read": ALL | IN_PROJECT | {Relation.ASKER, Relation.FOLLOWER},
    "projects:propose": frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN}) | UNITS,
    "projects:update": frozenset({Role.COMMUNITY_ADMIN, Relation.PROPOSER}),
    "programmes:list": ALL,
    "programmes:read": ALL,
    "programmes:create": frozenset({Role.COMMUNITY_ADMIN}),
    "programmes:update": frozenset({Role.COMMUNITY_ADMIN}),
    "indicators:list": READERS | UNITS,
    "indicators:read": READERS | UNITS,
    "indicators:create": frozenset({Role.COMMUNITY_ADMIN}),
    "indicators:update": frozenset({Role.COMMUNITY_ADMIN}),
    "contributions:list": READERS | UNITS,
    "milestones:list": READERS | UNITS,
    "milestones:read": READERS | IN_PROJECT,
    "milestones:create": frozenset({Role.COMMUNITY_ADMIN, Relation.LEAD}),
    "milestones:update": frozenset({Role.COMMUNITY_ADMIN, Relation.LEAD}),
    "milestones:complete": frozenset({Role.COMMUNITY_ADMIN, Relation.LEAD, Relation.SUPPORT}),
    "milestones:drop": frozenset({Role.COMMUNITY_ADMIN}),
    "evaluations:list": ALL,
    "evaluations:read": frozenset({Relation.SUBJECT}),
    "evaluations:give": HELPERS | {Role.RESIDENT, Relation.ASKER, Relation.FOLLOWER},
    "budget-lines:list": READERS | UNITS,
    "budget-lines:read": READERS | IN_PROJECT,
    "budget-lines:create": BUDGETING,
    "budget-lines:update": BUDGETING,
    "budget-lines:move": BUDGETING | ABOVE,
    "budget-lines:raise": BUDGETING | ABOVE,
    "vouchers:list": READERS | UNITS,
    "vouchers:read": READERS | IN_PROJECT,
    "vouchers:enter": BUDGETING | {Relation.LEAD, Relation.SUPPORT},
    "vouchers:reverse": BUDGETING | {Relation.LEAD, Relation.SUPPORT},
}
"""Before it is listed a project shows itself to fewer: ``app.services.projects_case``."""
OWNER: Parties = frozenset({Relation.OWNER})
RESOURCES: dict[str, Parties] = {
    "resources:list": ALL,
    "resources:read": ALL | OWNER,
    "resources:free": ALL | OWNER,
    "resources:offer": OFFERERS,
    "resources:update": FIELD_STAFF | OWNER,
    "resources:set_windows": FIELD_STAFF | OWNER,
    "resources:needs": READERS | OWNER,
    "bookings:list": ALL,
    "bookings:read": READERS | OWNER | {Relation.BOOKER},
    "bookings:hold": FIELD_STAFF | {Relation.HOLDER, Relation.UNIT, Relation.LEAD, Relation.SUPPORT},
}
MATCHES: dict[str, Parties] = {
    "dispatch-batches:list": READERS,
    "dispatch-batches:read": READERS,
    "dispatch-batches:choices": READERS,
    "dispatch-batches:start": ADMINS,
    "match-batches:list": READERS,
    "match-batches:read": READERS,
    "match-batches:start": frozenset({Role.COMMUNITY_ADMIN}),
    "match-runs:propose": FIELD_STAFF,
    "match-runs:read": READERS,
    "matches:list": READERS,
    "matches:read": READERS,
    "match-weights:read": READERS,
    "match-weights:set": frozenset({Role.DISTRICT_ADMIN}),
}
"""A match names a need: whoever offers the resource does not see it, unless they work at the need's place."""
