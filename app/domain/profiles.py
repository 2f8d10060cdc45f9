"""What a person is besides a name: sex, household, party membership, volunteering, employments, care facts."""

from datetime import date
from enum import StrEnum

ADULT_FOR_CONSENT = 14
"""Below this age a guardian consents (个人信息保护法)."""


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


class PartyEntry(StrEnum):
    """The three entries of a reported-in member: 进网格、进党群服务中心、进微信群."""

    GRID = "grid"
    CENTER = "center"
    WECHAT = "wechat"


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


VOLUNTEER_FIELDS = {
    "name": "姓名",
    "sex": "性别",
    "birth_date": "出生日期",
    "id_number": "身份证件号码",
    "living_area": "居住区域",
    "phone": "联系方式",
    "skills": "专业技能",
    "categories": "服务类别",
}
"""The eight of 民政部令第67号 §5, without which nobody is registered as a volunteer."""


def is_minor(born: date, today: date) -> bool:
    """Whether somebody is under 14 on a China day. Who was born on 29 February turns 14 on 1 March of a common year."""
    return (today.year - born.year) - ((today.month, today.day) < (born.month, born.day)) < ADULT_FOR_CONSENT
