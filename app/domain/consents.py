"""What personal information is used for, on what basis, and which uses need a consent of their own (个人信息保护法)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.errors import RuleBroken
from app.domain.people import Role


class Purpose(StrEnum):
    SERVICE = "service"
    """点单与上门服务。"""
    VOLUNTEERING = "volunteering"
    """志愿服务记录（令第67号 §6：由组织录入须经本人同意）。"""
    PARTY = "party"
    """在册与报到党员的管理。"""
    HEALTH = "health"
    """健康与照护信息。"""
    MATCHING = "matching"
    """自动匹配：由系统挑选邀请谁。"""
    SHARING = "sharing"
    """提供给其他系统；须指明接收方。"""


class LegalBasis(StrEnum):
    CONSENT = "consent"
    STATUTORY_DUTY = "statutory_duty"
    """履行法定职责或者法定义务所必需。"""
    EMERGENCY = "emergency"
    """紧急情况下为保护自然人的生命健康和财产安全所必需。"""


class GivenBy(StrEnum):
    PERSON = "person"
    GUARDIAN = "guardian"
    """Of a minor: by themselves, or on a sheet they signed, whose number is the evidence; the event says who recorded it."""
    STAFF = "staff"
    """Recorded on paper by staff, with the signed sheet's number as evidence."""


PURPOSE_NAMES = {
    Purpose.SERVICE: "点单与上门服务",
    Purpose.VOLUNTEERING: "志愿服务记录",
    Purpose.PARTY: "在册与报到党员管理",
    Purpose.HEALTH: "健康与照护",
    Purpose.MATCHING: "自动匹配",
    Purpose.SHARING: "提供给其他系统",
}
SEPARATE = frozenset({Purpose.PARTY, Purpose.HEALTH, Purpose.SHARING})
"""Uses that need a consent of their own, not one given along with others; party membership by caution (LAW.md)."""

EMERGENCY_LASTS = timedelta(hours=72)
"""House rule: what is still needed after this is asked for, or recorded as a new emergency that says why it goes on."""
EMERGENCY_FOR = frozenset({Purpose.SERVICE, Purpose.HEALTH, Purpose.SHARING})
"""House rule: what protects life, health and property. Nobody is made a volunteer or a party member by an emergency."""


def lapsed(basis: LegalBasis, given_at: datetime, moment: datetime) -> bool:
    """Whether a basis has ended by itself: an emergency does not last."""
    return basis is LegalBasis.EMERGENCY and given_at + EMERGENCY_LASTS <= moment


def speaks_for(given_by: GivenBy, basis: LegalBasis, *, minor: bool) -> bool:
    """Whether a basis counts for this person: of a minor only a guardian's consent does, whoever else gave one before."""
    return not minor or basis is not LegalBasis.CONSENT or given_by is GivenBy.GUARDIAN


def suffices(given: int, renewing: int) -> bool:
    """Whether a consent to version ``given`` still covers what is done. ``renewing``: the newest version that asks anew."""
    return given >= renewing


def asks_anew(before: Collection[str] | None, after: Collection[str], said: bool | None) -> bool:
    """Whether a new version needs new consents: always when it takes in further kinds of information, else as its author says.

    ``before``: the kinds of the version before, None for the first.
    """
    further = before is None or bool(set(after) - set(before))
    if further and said is False:
        raise RuleBroken("新版告知书增加了个人信息种类，须重新取得同意", field="renews")
    return further if said is None else said


def basis_open_to(basis: LegalBasis, roles: Collection[Role]) -> bool:
    """Which staff may go by another basis than consent: an emergency whoever is there, a statutory duty administrators."""
    return bool(_MAY_INVOKE.get(basis, frozenset()) & set(roles))


_ADMINS = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_MAY_INVOKE = {LegalBasis.STATUTORY_DUTY: _ADMINS, LegalBasis.EMERGENCY: _ADMINS | {Role.GRID_WORKER}}
"""House rule."""
