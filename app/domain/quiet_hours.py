"""Quiet hours 免打扰时段: when nobody is asked, and nobody's time to answer runs out. They may pass midnight."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core.clock import CHINA
from app.core.errors import RuleBroken

DAY = 24 * 60
LONGEST = 14 * 60
"""House rule: with less than ten hours left a day nobody could answer in time."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one minute of the China day to another; ``since`` is within, ``until`` no more."""

    since: int
    until: int

    @property
    def minutes(self) -> int:
        return (self.until - self.since) % DAY

    def into(self, moment: datetime) -> timedelta:
        """How long after the last beginning of the quiet hours."""
        local = moment.astimezone(CHINA)
        of_day = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return (of_day - timedelta(minutes=self.since)) % timedelta(days=1)

    def covers(self, moment: datetime) -> bool:
        return self.into(moment) < timedelta(minutes=self.minutes)


def quiet_of(since: int | None, until: int | None, *, urgent: bool) -> Quiet | None:
    """None where nobody asked for any, and for what is urgent."""
    return None if urgent or since is None or until is None else Quiet(since, until)


def check_quiet(since: int | None, until: int | None) -> None:
    """422 for half of them, or too many."""
    if (since is None) != (until is None):
        raise RuleBroken("免打扰时段须写明起止", field="quiet_until" if until is None else "quiet_since")
    if since is not None and until is not None and not 0 < Quiet(since, until).minutes <= LONGEST:
        raise RuleBroken(f"免打扰时段最长{LONGEST // 60}小时，起止不能相同", field="quiet_until")


def waking(moment: datetime, quiet: Quiet | None) -> datetime:
    """The moment, or the end of the quiet hours it is in."""
    if quiet is None or not quiet.covers(moment):
        return moment
    return moment + timedelta(minutes=quiet.minutes) - quiet.into(moment)


def answer_by(asked_at: datetime, minutes: int, quiet: Quiet | None) -> datetime:
    """Until when whoever is asked may answer, so many minutes outside of quiet hours; never within them. In UTC."""
    moment, left = waking(asked_at, quiet), timedelta(minutes=minutes)
    while quiet is not None and left >= (awake := timedelta(days=1) - quiet.into(moment)):
        moment, left = moment + awake + timedelta(minutes=quiet.minutes), left - awake
    return (moment + left).astimezone(UTC)


def minute_of(clock: str) -> int:
    """``22:30`` as a minute of the day."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def clock_of(minute: int | None) -> str | None:
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"
