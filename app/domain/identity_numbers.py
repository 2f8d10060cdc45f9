"""公民身份号码: what a resident identity number says, and whether it can be one (GB 11643-1999).

Eighteen characters: six of the county (GB/T 2260), eight of the birth date, three of a sequence, whose last digit is odd for men
and even for women, and a check character of ISO 7064 MOD 11-2, where X stands for ten. It finds every single wrong digit and
every pair of neighbours swapped. Whether the number was ever given to anybody only the police know.
"""

import re
from dataclasses import dataclass
from datetime import date

from app.core.errors import RuleBroken
from app.domain.profiles import Sex

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
"""First two digits of GB/T 2260."""
RESIDENCE_PERMITS = frozenset({"810000", "820000", "830000"})
"""What numbers of 港澳台居民居住证 begin with, for Hong Kong, Macau and Taiwan: no county stands there (国办发〔2018〕81号)."""
_FORM = re.compile(r"^[0-9]{17}[0-9Xx]$")
_FORMER = re.compile(r"^[0-9]{15}$")


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number that can be one, and what it tells."""

    value: str
    """Eighteen characters, X in upper case."""
    birth_date: date
    sex: Sex


def check_character(first: str) -> str:
    """The eighteenth character that belongs to the first seventeen digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return CHECKS[total % 11]


def read(text: str, today: date) -> IdentityNumber:
    """What a number says; ``today`` is the China day. Raises RuleBroken, which never repeats the number."""
    if _FORMER.match(text):
        raise _refused("十五位旧号码已停用，请使用十八位公民身份号码")
    if not _FORM.match(text):
        raise _refused("公民身份号码须为十七位数字加一位数字或字母 X")
    value = text.upper()
    if check_character(value[:17]) != value[17]:
        raise _refused("公民身份号码有误，请核对每一位")
    if not _is_region(value[:6]) or value[14:17] == "000":
        raise _refused("公民身份号码中的地区或顺序码不存在")
    return IdentityNumber(value, _born(value[6:14], today), Sex.MALE if int(value[16]) % 2 else Sex.FEMALE)


def _is_region(code: str) -> bool:
    return code in RESIDENCE_PERMITS or (code[:2] in PROVINCES and code[2:4] != "00")


def _born(digits: str, today: date) -> date:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as bad:
        raise _refused("公民身份号码中的出生日期不存在") from bad
    if not date(1800, 1, 1) <= born <= today:
        raise _refused("公民身份号码中的出生日期不合情理")
    return born


def _refused(words: str) -> RuleBroken:
    return RuleBroken(words, field="id_number")
