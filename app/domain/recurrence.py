"""When something recurs 系列: a small part of RFC 5545's rules, read by the calendar of China.

A rule gives days; the time of day is the series' own, in China Standard Time, so that nothing depends on a zone a rule could name.
What is left out, finer frequencies, rules without bound, moments, is left out because it could ask for endless work.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile

from dateutil.rrule import rrulestr

from app.core.clock import CHINA
from app.core.errors import RuleBroken
from app.domain.workdays import is_working_day

MOST = 500
"""Days one rule may give; a weekly class reaches nine years with it."""
MOST_YEARS = 5
MOST_MONTHS = 11
"""Every twelve months it would always be the same month, perhaps one without that day."""
_DAYS = r"(?:MO|TU|WE|TH|FR|SA|SU)"
_MONTHDAY = r"-?(?:[12][0-9]|3[01]|[1-9])"
_PARTS = {
    "FREQ": re.compile(r"DAILY|WEEKLY|MONTHLY"),
    "INTERVAL": re.compile(r"[1-9][0-9]?"),
    "BYDAY": re.compile(rf"(?:-?[1-5])?{_DAYS}(?:,(?:-?[1-5])?{_DAYS}){{0,6}}"),
    "BYMONTHDAY": re.compile(rf"{_MONTHDAY}(?:,{_MONTHDAY}){{0,30}}"),
    "BYSETPOS": re.compile(r"-?[1-4](?:,-?[1-4]){0,5}"),
    "COUNT": re.compile(r"[1-9][0-9]{0,2}"),
    "UNTIL": re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"),
}
"""What a rule may say. UNTIL is a day, the last one. The fourth of a weekday is in every month, so no rule looks for ever."""


def check_rule(rule: str) -> None:
    """422 for a rule outside the part we read."""
    parts = [part.partition("=") for part in rule.split(";")]
    names = [name for name, _, _ in parts]
    if len(names) != len(set(names)) or names[:1] != ["FREQ"]:
        raise RuleBroken("重复规则须以 FREQ 开头，每项一次", field="rule")
    for name, _, value in parts:
        if (form := _PARTS.get(name)) is None or not form.fullmatch(value):
            raise RuleBroken("重复规则超出可用的范围（RFC 5545 的一部分）", field="rule")
    said = {name: value for name, _, value in parts}
    if "COUNT" in said and "UNTIL" in said:
        raise RuleBroken("COUNT 与 UNTIL 只能填一个", field="rule")
    _check_months(said)
    _read(rule, date(2026, 1, 1))


def _check_months(said: dict[str, str]) -> None:
    """What is meant for months stands with months only, and in no way that could fit no day at all."""
    ordinal, monthly = re.search(r"[1-5]", said.get("BYDAY", "")) is not None, said["FREQ"] == "MONTHLY"
    if not monthly and (ordinal or "BYMONTHDAY" in said):
        raise RuleBroken("第几个星期几、几号只用于每月", field="rule")
    if "BYSETPOS" in said and (not monthly or ordinal or "BYDAY" not in said):
        raise RuleBroken("BYSETPOS 只用于每月，与不带序数的 BYDAY 同用", field="rule")
    if said["FREQ"] == "DAILY" and "BYDAY" in said and said.get("INTERVAL", "1") != "1":
        raise RuleBroken("隔几天的规则不能再限星期几，请用每周规则", field="rule")
    if {"BYDAY", "BYMONTHDAY"} <= said.keys():
        raise RuleBroken("BYDAY 与 BYMONTHDAY 只能填一个", field="rule")
    if monthly and int(said.get("INTERVAL", "1")) > MOST_MONTHS:
        raise RuleBroken("每月规则的间隔不能超过十一个月", field="rule")


def _read(rule: str, starts_on: date) -> Iterator[datetime]:
    try:
        return iter(rrulestr(rule, dtstart=datetime.combine(starts_on, time())))
    except ValueError as bad:
        raise RuleBroken("重复规则不成立", field="rule") from bad


def days_of(
    rule: str,
    starts_on: date,
    *,
    without: Collection[date] = (),
    besides: Collection[date] = (),
    skip_holidays: bool = False,
    until: date,
) -> list[date]:
    """The days of a series up to and including ``until``, in order: the rule's, less holidays and EXDATEs, and the RDATEs."""
    last = min(until, starts_on + timedelta(days=366 * MOST_YEARS))
    given = takewhile(lambda day: day <= last, (moment.date() for moment in _read(rule, starts_on)))
    found = {day for day in islice(given, MOST) if not (skip_holidays and _is_holiday(day))}
    more = {day for day in besides if starts_on <= day <= last}
    return sorted((found - set(without)) | more)


def _is_holiday(day: date) -> bool:
    """A day off that is no ordinary weekend: a public holiday."""
    return not is_working_day(day) and day.weekday() < 5


def moment_of(day: date, start_minute: int) -> datetime:
    """The start on a day, ``start_minute`` minutes after midnight in China."""
    return datetime.combine(day, time(), CHINA) + timedelta(minutes=start_minute)
