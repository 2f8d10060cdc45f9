"""How long whoever the system asks to stand in may think about it, and for whom it looks at all."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import RuleBroken
from app.domain.activities import PartKind
from app.domain.sign_ups import answer_by_when_found, must_be_findable

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "minutes"),
    [
        (200 * HOUR, 24 * 60),
        (48 * HOUR, 12 * 60),
        (4 * HOUR, 60),
        (HOUR, 30),
        (HOUR / 3, 20),
    ],
    ids=["never more than a day", "a quarter", "of what is left", "half an hour at least", "not past the start"],
)
def test_a_quarter_of_what_is_left(before: timedelta, minutes: int) -> None:
    assert answer_by_when_found(NOW, NOW + before, None) - NOW == timedelta(minutes=minutes)


def test_nobody_is_looked_for_who_takes_part() -> None:
    must_be_findable(PartKind.HELPER)
    with pytest.raises(RuleBroken):
        must_be_findable(PartKind.PARTICIPANT)
