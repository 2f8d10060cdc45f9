"""What a password must be, in two profiles. All figures are house rules.

``asvs`` follows the OWASP Application Security Verification Standard in spirit: length counts, any character is welcome, nothing
expires, and what everybody guesses first is refused. ``mlps3`` is what assessors of 等级保护 level 3 usually ask to see:
several classes of characters, change every quarter, none of the last ones again.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = 128


class Profile(StrEnum):
    ASVS = "asvs"
    MLPS3 = "mlps3"


@dataclass(frozen=True, slots=True)
class Policy:
    """``classes``: how many of lower case, upper case, digits and other characters. ``former``: how many are not taken again."""

    shortest: int
    classes: int
    former: int
    lasts: timedelta | None
    refuses_common: bool
    staff_second_factor: bool


POLICIES = {
    Profile.ASVS: Policy(12, 0, 0, None, refuses_common=True, staff_second_factor=False),
    Profile.MLPS3: Policy(8, 3, 5, timedelta(days=90), refuses_common=False, staff_second_factor=True),
}
KEPT_FORMER = max(policy.former for policy in POLICIES.values())
"""So many earlier hashes are kept whatever the profile is, so that it may change."""

_CLASSES = (str.islower, str.isupper, str.isdigit)
_WORDS = re.findall(
    r"\w+",
    """
    password passw0rd passwd pass secret letmein welcome login master administrator admin root user guest test demo default
    qwerty asdfgh zxcvbn iloveyou woaini loveyou dragon monkey sunshine princess football baseball superman batman trustno
    changeme computer internet server system shequ community wangge beijing shanghai china zhongguo huhehaote huimin neimenggu
    sanshun mima denglu yonghu guanliyuan ceshi abcd hello nihao spring summer autumn winter love king good
    """,
)
_ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
)
_LIKE_LETTERS = str.maketrans("@430$5!17", "aaeossiit")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?")
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}")
_RUN = 4
_ENOUGH = 6


def faults(policy: Policy, password: str, login: str | None) -> list[str]:
    """What is wrong with a new password, in Chinese sentences for the person who chose it; empty: nothing.

    Whether it was used before is asked of the hashes, not here.
    """
    found = []
    if len(password) < policy.shortest:
        found.append(f"密码至少 {policy.shortest} 个字符")
    if len(password) > LONGEST:
        found.append(f"密码最多 {LONGEST} 个字符")
    if _classes_in(password) < policy.classes:
        found.append(f"密码须含大写字母、小写字母、数字、其他字符中的至少 {policy.classes} 类")
    if login and login.casefold() in password.casefold():
        found.append("密码不能包含用户名")
    if policy.refuses_common and is_common(password):
        found.append("密码过于常见，容易被猜中")
    return found


def is_expired(policy: Policy, set_at: datetime | None, moment: datetime) -> bool:
    return policy.lasts is not None and (set_at is None or moment - set_at > policy.lasts)


def _classes_in(password: str) -> int:
    others = any(not any(fits(sign) for fits in _CLASSES) for sign in password)
    return sum(any(map(fits, password)) for fits in _CLASSES) + others


def is_common(password: str) -> bool:
    """Whether hardly anything is left once well-known words, years, repetitions and runs along keys or letters are out.

    Guessers put these together first, with letters written as similar signs (p@ssw0rd). A list of breached passwords would
    have next to none of twelve characters that this misses.
    """
    plain = password.casefold()
    return min(len(_residue(plain)), len(_residue(plain.translate(_LIKE_LETTERS)))) < _ENOUGH


def _residue(text: str) -> str:
    for pattern in (_REPEATED, _YEAR):
        text = pattern.sub(" ", text)
    for known in sorted((*_WORDS, *_runs_in(text)), key=len, reverse=True):
        text = text.replace(known, " ")
    return re.sub(r"[\W_]+", "", text)


def _runs_in(text: str) -> set[str]:
    """Pieces of four and more characters that run along a row of keys or the alphabet, either way."""
    rows = [row[::way] for row in _ROWS for way in (1, -1)]
    found = set()
    for start in range(len(text) - _RUN + 1):
        end = start + _RUN
        while end <= len(text) and any(text[start:end] in row for row in rows):
            end += 1
        if end > start + _RUN:
            found.add(text[start : end - 1])
    return found
