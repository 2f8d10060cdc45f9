"""Service time 时长: an append-only ledger of debit → credit pairs in minutes.

Recording moves minutes from the service done to the person's recorded account, confirming moves them on to the confirmed
account, reversing moves them back; no entry is ever changed (DOMAIN.md, "hours ledger"; 令第67号 §7, §11).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from app.core.errors import Conflict, RuleBroken
from app.domain.workdays import add_working_days


class Account(StrEnum):
    SERVICE = "service"
    """What has been served, seen from outside the person: the source of all minutes."""
    RECORDED = "recorded"
    CONFIRMED = "confirmed"


class EntryKind(StrEnum):
    RECORD = "record"
    CONFIRM = "confirm"
    REVERSE = "reverse"


class Source(StrEnum):
    MACHINE = "machine"
    """Check-in and check-out by position."""
    WITNESSED = "witnessed"
    """A grid worker witnessed either end."""
    SUPPLEMENT = "supplement"
    """补录: entered later, with evidence and a second person's approval."""


class HourStatus(StrEnum):
    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    REVERSED = "reversed"


FLOW = {
    EntryKind.RECORD: (Account.SERVICE, Account.RECORDED),
    EntryKind.CONFIRM: (Account.RECORDED, Account.CONFIRMED),
}
RECORD_WITHIN_WORKING_DAYS = 10
"""令第67号 §11: recorded within 10 working days after the activity ends."""
LONGEST_SERVICE = timedelta(hours=16)
"""House rule: nobody serves longer without a break; a longer span is entered as a supplement in parts."""


def minutes_between(started_at: datetime, ended_at: datetime) -> int:
    """Whole minutes actually given (令第67号 §7), never rounded up."""
    return int((ended_at - started_at).total_seconds() // 60)


def check_span(started_at: datetime, ended_at: datetime, moment: datetime) -> int:
    """The minutes of a plausible past span; refuses an empty, future or endless one."""
    if ended_at > moment:
        raise RuleBroken("服务结束时间不能晚于现在")
    if ended_at - started_at > LONGEST_SERVICE:
        raise RuleBroken("单次服务不能超过十六小时")
    minutes = minutes_between(started_at, ended_at)
    if minutes < 1:
        raise RuleBroken("服务时长不足一分钟")
    return minutes


def record_due_at(served_until: datetime) -> datetime:
    return add_working_days(served_until, RECORD_WITHIN_WORKING_DAYS)


def reversal_of(status: HourStatus) -> tuple[Account, Account]:
    """Which accounts a reversal moves the minutes between, given where they are."""
    if status is HourStatus.REVERSED:
        raise Conflict("该时长已冲正")
    return (Account(status.value), Account.SERVICE)
