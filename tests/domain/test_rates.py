"""The three rates: what is counted, and which tier it makes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.errors import RuleBroken
from app.domain.rates import LEFT_NAMES, REASONS, Counted, Left, Rate, Tier, counted, span_of, tier, tiers_told


@pytest.mark.parametrize(
    ("rate", "numerator", "denominator", "expected"),
    [
        (Rate.RESPONSE, 98, 100, Tier.GOOD),
        (Rate.RESPONSE, 97, 100, Tier.FAIR),
        (Rate.RESPONSE, 9, 10, Tier.FAIR),
        (Rate.RESPONSE, 8, 10, Tier.POOR),
        (Rate.RESOLUTION, 9, 10, Tier.GOOD),
        (Rate.RESOLUTION, 3, 4, None),
        (Rate.RESOLUTION, 74_999, 100_000, Tier.POOR),
        (Rate.SATISFACTION, 9, 9, None),
        (Rate.SATISFACTION, 8, 10, Tier.FAIR),
        (Rate.SATISFACTION, 0, 10, Tier.POOR),
    ],
)
def test_tiers_by_whole_numbers_and_none_of_too_few(
    rate: Rate, numerator: int, denominator: int, expected: Tier | None
) -> None:
    assert tier(rate, Counted(numerator, denominator, {})) is expected


def test_what_is_left_out_is_named_where_it_was() -> None:
    found = counted(2, 3, {Left.WITHDRAWN: 4, Left.PLANNED: 0})
    assert (found.share, found.left_out) == (0.6667, {Left.WITHDRAWN: 4})
    assert counted(0, 0, {}).share is None
    with pytest.raises(ValueError, match="3 of 2"):
        counted(3, 2, {})


def test_every_reason_belongs_to_one_rate_and_has_a_name() -> None:
    assert sorted(reason for reasons in REASONS.values() for reason in reasons) == sorted(Left) == sorted(LEFT_NAMES)


def test_the_tiers_are_told_in_words() -> None:
    told = tiers_told()
    assert told.startswith("响应率 98% 以上优良、90% 以上达标；解决率 90% 以上优良")
    assert told.endswith("其余待改进；不足 10 件不分档")


def test_a_period_is_of_whole_days_in_china() -> None:
    start, end = span_of(date(2026, 11, 1), date(2026, 11, 30))
    assert (start, end - start) == (datetime(2026, 10, 31, 16, tzinfo=UTC), timedelta(days=30))
    assert span_of(date(2024, 1, 1), date(2025, 12, 31))[1] == datetime(2025, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("from_on", "until_on"),
    [
        (date(2026, 11, 2), date(2026, 11, 1)),
        (date(2024, 1, 1), date(2026, 1, 1)),
        (date.min, date(2026, 1, 1)),
        (date(2026, 1, 1), date.max),
        (date.max, date.max),
    ],
)
def test_what_is_no_period(from_on: date, until_on: date) -> None:
    with pytest.raises(RuleBroken):
        span_of(from_on, until_on)
