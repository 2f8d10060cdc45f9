"""What residents' voices come to."""

import pytest

from app.domain.evaluations import FEWEST, verdict


@pytest.mark.parametrize(
    ("ratings", "count", "average", "too_few", "too_low"),
    [
        ({}, 0, None, True, False),
        ({5: 1}, 1, 5.0, True, False),
        ({1: 1}, 1, 1.0, True, True),
        ({5: FEWEST - 1}, FEWEST - 1, 5.0, True, False),
        ({5: FEWEST}, FEWEST, 5.0, False, False),
        ({3: 3, 4: 3}, 6, 3.5, False, False),
        ({3: 4, 4: 3}, 7, 3.43, False, True),
        ({1: 2, 2: 1, 5: 3}, 6, 3.17, False, True),
    ],
)
def test_verdicts(ratings: dict[int, int], count: int, average: float, too_few: bool, too_low: bool) -> None:
    found = verdict(ratings)
    assert (found.count, found.average, found.too_few, found.too_low) == (count, average, too_few, too_low)
    assert found.follow_up == (too_few or too_low)
