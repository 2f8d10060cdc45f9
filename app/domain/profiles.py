"""What a person is besides a name: sex, household, employments, certificates, care facts."""

from enum import StrEnum


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class Employment(StrEnum):
    SOCIAL_WORKER = "social_worker"
    GRID_WORKER = "grid_worker"


class HouseholdRelation(StrEnum):
    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    GRANDCHILD = "grandchild"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    OTHER = "other"
    TENANT = "tenant"


class CareKind(StrEnum):
    """What kind of fact a care record states; each is sensitive personal information."""

    ILLNESS = "illness"
    DISABILITY = "disability"
    ALLERGY = "allergy"
    MEDICATION = "medication"
    CARE_NEED = "care_need"
    EMERGENCY_CONTACT = "emergency_contact"


class GuardianRelation(StrEnum):
    PARENT = "parent"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    RELATIVE = "relative"
    COMMITTEE = "committee"
    """The residents' committee as guardian."""
