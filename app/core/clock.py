"""The one source of the present moment, so that tests can turn it."""

from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China Standard Time; no daylight saving since 1992."""


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place that may ask
