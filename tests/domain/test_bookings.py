"""What fits, what is free, and what stands in the way of a change."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import CHINA
from app.core.errors import Conflict, RuleBroken
from app.domain.availability import DayException, Window
from app.domain.bookings import Free, Offer, Taken, check_span, free_spans, in_the_way, must_fit, peak
from app.domain.resources import Nature, ResourceKind, check_quantity, check_validity, nature_of, remind_at

MONDAY = datetime(2026, 11, 30, tzinfo=CHINA)
WEEK = (Window(1, 540, 720), Window(1, 840, 1080))


def at(hour: float, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def offer(nature: Nature = Nature.SHARED, quantity: int = 20, **more: object) -> Offer:
    return Offer(nature, quantity, at(0, -30), **more)  # type: ignore[arg-type]


def test_the_peak_is_counted_where_bookings_meet() -> None:
    taken = [Taken(at(9), at(11), 8), Taken(at(10), at(12), 7), Taken(at(11), at(13), 6)]
    assert peak(taken, at(8), at(9)) == 0
    assert peak(taken, at(9), at(10)) == 8
    assert peak(taken, at(9), at(13)) == 15, "the first has gone when the third comes"
    assert peak(taken, at(12), at(14)) == 6


SPANS = st.tuples(st.integers(0, 30), st.integers(1, 10), st.integers(1, 5))


@given(st.lists(SPANS, max_size=8), st.integers(0, 30), st.integers(1, 12))
def test_the_peak_is_that_of_every_moment(spans: list[tuple[int, int, int]], start: int, length: int) -> None:
    taken = [Taken(at(since), at(since + hours), quantity) for since, hours, quantity in spans]
    each = [sum(q for s, h, q in spans if s <= hour < s + h) for hour in range(start, start + length)]
    assert peak(taken, at(start), at(start + length)) == max(each)


@given(st.lists(SPANS, max_size=8), st.integers(1, 12))
def test_what_is_free_fits_and_what_is_not_does_not(spans: list[tuple[int, int, int]], quantity: int) -> None:
    taken = [Taken(at(since), at(since + hours), q) for since, hours, q in spans]
    there = offer(quantity=quantity, windows=WEEK)
    for span in free_spans(there, taken, at(0), at(48)):
        must_fit(there, taken, span.starts_at, span.ends_at, span.quantity)
        with pytest.raises(Conflict):
            must_fit(there, taken, span.starts_at, span.ends_at, span.quantity + 1)


def test_free_times_follow_the_week_its_exceptions_and_the_validity() -> None:
    closed = DayException(date(2026, 11, 30), free=False, from_minute=900, until_minute=960)
    there = offer(Nature.EXCLUSIVE, 1, windows=WEEK, exceptions=(closed,), ends_at=at(17))
    found = free_spans(there, [Taken(at(10), at(11))], at(0), at(24))
    assert [(f.starts_at, f.ends_at) for f in found] == [
        (at(9), at(10)),
        (at(11), at(12)),
        (at(14), at(15)),
        (at(16), at(17)),
    ]
    assert free_spans(offer(Nature.EXCLUSIVE, 1), [], at(20), at(30)) == [Free(at(20), at(30), 1)], "over midnight"
    assert free_spans(offer(Nature.STOCK, 5, reserved=3), [], at(0), at(1)) == [Free(at(0), at(1), 2)]
    assert free_spans(offer(Nature.STOCK, 5, reserved=5), [], at(0), at(1)) == []


def test_what_does_not_fit_says_why() -> None:
    there = offer(windows=WEEK, ends_at=at(0, 14))
    must_fit(there, [], at(9), at(12), 20)
    for start, end, wanted, why in (
        (at(9, 21), at(12, 21), 1, "有效期"),
        (at(12), at(13), 1, "开放时段"),
        (at(9), at(12), 21, "余量"),
    ):
        with pytest.raises(Conflict, match=why):
            must_fit(there, [], start, end, wanted)
    with pytest.raises(Conflict, match="已被预订"):
        must_fit(offer(Nature.EXCLUSIVE, 1), [Taken(at(9), at(10))], at(9), at(12), 1)
    must_fit(offer(Nature.EXCLUSIVE, 1), [Taken(at(9), at(10))], at(10), at(12), 1)
    with pytest.raises(Conflict, match="余量不足"):
        must_fit(offer(Nature.STOCK, 5, reserved=3), [], None, None, 3)


def test_a_change_is_held_against_what_is_booked() -> None:
    taken = [Taken(at(9), at(11), 8), Taken(at(10), at(12), 7), Taken(at(14), at(15), 3)]
    assert in_the_way(offer(quantity=15, windows=WEEK), taken) == []
    assert in_the_way(offer(quantity=14, windows=WEEK), taken) == taken[:2]
    assert in_the_way(offer(windows=WEEK[:1]), taken) == taken[2:]
    assert in_the_way(offer(ends_at=at(11.5)), taken) == taken[1:]
    assert in_the_way(offer(exceptions=(DayException(date(2026, 11, 30), free=False),)), taken) == taken


def test_times_are_given_for_what_is_used_over_a_time() -> None:
    check_span(Nature.STOCK, None, None)
    check_span(Nature.SHARED, at(9), at(10))
    for nature, start, end in (
        (Nature.STOCK, at(9), at(10)),
        (Nature.SHARED, None, None),
        (Nature.SHARED, at(9), None),
        (Nature.EXCLUSIVE, at(10), at(10)),
        (Nature.EXCLUSIVE, at(9), at(9, 32)),
    ):
        with pytest.raises(RuleBroken):
            check_span(nature, start, end)


def test_kinds_are_used_as_they_can_be() -> None:
    assert nature_of(ResourceKind.VENUE, None) is Nature.EXCLUSIVE
    assert nature_of(ResourceKind.MATERIALS, Nature.SHARED) is Nature.SHARED
    with pytest.raises(RuleBroken):
        nature_of(ResourceKind.FUNDS, Nature.SHARED)
    check_quantity(ResourceKind.FUNDS, Nature.STOCK, 5_000_00, "分")
    for kind, nature, quantity, unit in (
        (ResourceKind.VENUE, Nature.EXCLUSIVE, 2, "间"),
        (ResourceKind.FUNDS, Nature.STOCK, 100, "元"),
        (ResourceKind.MATERIALS, Nature.STOCK, 100, "分"),
    ):
        with pytest.raises(RuleBroken):
            check_quantity(kind, nature, quantity, unit)


def test_validity() -> None:
    check_validity(at(0), None, at(1))
    check_validity(at(9), at(10), at(1))
    for starts_at, ends_at in ((at(9), at(9)), (at(0), at(1))):
        with pytest.raises(RuleBroken):
            check_validity(starts_at, ends_at, at(1))
    assert remind_at(None, 14) is None
    assert remind_at(at(0, 14), 14) == at(0)
