"""Organizations: party bodies, departments, units and groups (DOMAIN.md, "Organizations and people")."""

from enum import StrEnum

from app.domain.people import Role


class OrganizationKind(StrEnum):
    PARTY_COMMITTEE = "party_committee"
    GENERAL_BRANCH = "general_branch"
    PARTY_BRANCH = "party_branch"
    DEPARTMENT = "department"
    WORK_UNIT = "work_unit"
    SPONSOR_UNIT = "sponsor_unit"
    PARTNER_UNIT = "partner_unit"
    PROPERTY_COMPANY = "property_company"
    OWNERS_COMMITTEE = "owners_committee"
    SOCIAL_ORG = "social_org"
    TEAM = "team"


_K = OrganizationKind
ASSIGNABLE = frozenset(
    {
        _K.DEPARTMENT,
        _K.WORK_UNIT,
        _K.SPONSOR_UNIT,
        _K.PARTNER_UNIT,
        _K.PROPERTY_COMPANY,
        _K.OWNERS_COMMITTEE,
        _K.SOCIAL_ORG,
    }
)
"""Who an order may be assigned to. A team is made of volunteers and a branch of members: they are asked (志愿服务条例 §25)."""
_ACTING = {_K.DEPARTMENT: Role.DEPARTMENT_STAFF, _K.SOCIAL_ORG: Role.SOCIAL_ORG_MANAGER}


def acting_role(kind: OrganizationKind) -> Role:
    """As what somebody acts for an organization of this kind."""
    return _ACTING.get(kind, Role.UNIT_LIAISON)


PARTY_BODIES = frozenset({_K.PARTY_COMMITTEE, _K.GENERAL_BRANCH, _K.PARTY_BRANCH})
"""Where a party member is registered (在册)."""
MEMBERS_UNITS = frozenset(
    {_K.WORK_UNIT, _K.DEPARTMENT, _K.SPONSOR_UNIT, _K.PARTNER_UNIT, _K.PROPERTY_COMPANY, _K.SOCIAL_ORG}
)
"""Where a reported-in party member (报到) works."""
