"""The one source of the present moment, so that tests can turn it."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China Standard Time; no daylight saving since 1992."""


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place that may ask


def today() -> date:
    """The calendar day in China."""
    return now().astimezone(CHINA).date()
