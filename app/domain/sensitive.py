"""Who may see which sensitive field of a person in clear, and for what: role × field × purpose.

Both tables are house rules, made after 个人信息保护法: no more than the purpose needs, to no more people than need it.
"""

from collections.abc import Iterable
from enum import StrEnum

from app.domain.people import Role


class SensitiveField(StrEnum):
    NAME = "name"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"


FIELD_NAMES = {
    SensitiveField.NAME: "姓名",
    SensitiveField.PHONE: "电话",
    SensitiveField.ID_NUMBER: "身份证件号码",
    SensitiveField.BIRTH_DATE: "出生日期",
    SensitiveField.ADDRESS: "住址",
}


class OpenPurpose(StrEnum):
    """What a sensitive field is shown in clear for."""

    VISIT = "visit"
    """上门走访与服务。"""
    VERIFICATION = "verification"
    """核实身份与档案。"""
    EMERGENCY = "emergency"
    """紧急情况下为保护自然人的生命健康和财产安全所必需。"""
    STATUTORY = "statutory"
    """履行法定职责或者法定义务所必需。"""
    CORRECTION = "correction"
    """应本人要求更正、补充。"""


OPEN_PURPOSE_NAMES = {
    OpenPurpose.VISIT: "上门走访与服务",
    OpenPurpose.VERIFICATION: "核实身份与档案",
    OpenPurpose.EMERGENCY: "紧急情况",
    OpenPurpose.STATUTORY: "履行法定职责",
    OpenPurpose.CORRECTION: "更正与补充",
}

_F, _P = SensitiveField, OpenPurpose
_ALL = frozenset(SensitiveField)
_REACHING = frozenset({_F.PHONE, _F.ADDRESS})
"""What it takes to find somebody."""

NEEDED: dict[OpenPurpose, frozenset[SensitiveField]] = {
    _P.VISIT: _REACHING | {_F.NAME},
    _P.VERIFICATION: _ALL,
    _P.EMERGENCY: _ALL - {_F.ID_NUMBER},
    _P.STATUTORY: _ALL,
    _P.CORRECTION: _ALL,
}
"""What a purpose can need at all."""

MAY_OPEN: dict[Role, dict[OpenPurpose, frozenset[SensitiveField]]] = {
    Role.GRID_WORKER: dict.fromkeys((_P.VISIT, _P.VERIFICATION, _P.EMERGENCY), _REACHING),
    Role.COMMUNITY_ADMIN: {purpose: NEEDED[purpose] for purpose in OpenPurpose},
    Role.SUBDISTRICT_ADMIN: {purpose: NEEDED[purpose] for purpose in OpenPurpose if purpose is not _P.VISIT},
    Role.DISTRICT_ADMIN: {purpose: NEEDED[purpose] for purpose in OpenPurpose if purpose is not _P.VISIT},
}
"""Each at their place. Whoever does not go there opens nothing for a visit."""

LOCATES = frozenset(
    role for role, fields in MAY_OPEN.items() if any(_F.ADDRESS in opened for opened in fields.values())
)
"""Who may open addresses at their place, whatever for: to everyone else no place is told that is as good as one."""

MAY_OPEN_CARE: dict[Role, frozenset[OpenPurpose]] = {
    Role.GRID_WORKER: frozenset({_P.VISIT, _P.EMERGENCY}),
    Role.COMMUNITY_ADMIN: frozenset({_P.VISIT, _P.VERIFICATION, _P.EMERGENCY, _P.CORRECTION}),
}
"""Facts of health and care, at the place where the person is cared for; nobody above needs them."""


def openable(roles: Iterable[Role], purpose: OpenPurpose) -> frozenset[SensitiveField]:
    """The fields somebody with these roles at the person's place may open for this purpose."""
    found: frozenset[SensitiveField] = frozenset()
    for role in roles:
        found |= MAY_OPEN.get(role, {}).get(purpose, frozenset())
    return found


def barred(roles: Iterable[Role], purpose: OpenPurpose, asked: Iterable[SensitiveField]) -> list[SensitiveField]:
    """Of the fields asked for, those that may not be opened, in the order of the table."""
    allowed, wanted = openable(roles, purpose), frozenset(asked)
    return [field for field in SensitiveField if field in wanted - allowed]


def may_open_care(roles: Iterable[Role], purpose: OpenPurpose) -> bool:
    """Whether somebody with these roles at the person's place may read facts of health and care for this purpose."""
    return any(purpose in MAY_OPEN_CARE.get(role, frozenset()) for role in roles)
