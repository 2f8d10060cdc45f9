"""Who the access table speaks of: sets of roles and of relations to a row."""

from app.domain.people import SEPARATED, Parties, Relation, Role

SEPARATE: Parties = frozenset(SEPARATED)
ALL: Parties = frozenset(Role) - SEPARATE - {Role.CLIENT}
"""Whoever takes part in the work. The separated administrators look after accounts, authority and audit, and see none of it."""
FIELD_STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
ADMINS = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
READERS: Parties = FIELD_STAFF | {Role.AUDITOR}
SYSTEM: Parties = frozenset({Role.SYSTEM_ADMIN})
UNITS: Parties = frozenset({Role.DEPARTMENT_STAFF, Role.UNIT_LIAISON, Role.SOCIAL_ORG_MANAGER})
PARTIES: Parties = frozenset({Relation.ASKER, Relation.FOLLOWER, Relation.ASKED, Relation.HOLDER, Relation.UNIT})
CO_HANDLING_PARTIES: Parties = frozenset({Relation.CO_INVITED, Relation.CO_HANDLER})
"""Who helps with a part of an order, or was asked to: they see it, and take no step of it."""
