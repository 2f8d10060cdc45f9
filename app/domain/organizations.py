"""Organizations: party bodies, departments, units and groups (DOMAIN.md, "Organizations and people")."""

from enum import StrEnum


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
