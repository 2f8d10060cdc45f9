"""What residents make of a project 群众评议: one voice each, in a window after delivery; and what is too little or too low."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

EVALUATION_WINDOW = timedelta(days=15)
"""House rule: how long residents may judge a project after its delivery."""
FEWEST = 5
"""House rule: the mean of fewer is not shown, nor that of an activity; of a project the community says what follows first."""
LOWEST_AVERAGE = 3.5
"""House rule: the same below this average of 1 to 5."""
REMIND_DAYS = 3
"""House rule: how many days before its date a milestone's units are reminded."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sum of all voices."""

    count: int
    average: float | None
    too_few: bool
    too_low: bool

    @property
    def follow_up(self) -> bool:
        """Whether the community must say what follows."""
        return self.too_few or self.too_low


def verdict(ratings: Mapping[int, int]) -> Verdict:
    """``ratings``: how many gave 1, 2, … 5."""
    count = sum(ratings.values())
    if not count:
        return Verdict(0, None, too_few=True, too_low=False)
    average = sum(rating * times for rating, times in ratings.items()) / count
    return Verdict(count, round(average, 2), too_few=count < FEWEST, too_low=average < LOWEST_AVERAGE)
