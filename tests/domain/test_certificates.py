"""Which certificates count on a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from app.domain.catalogue import Skill
from app.domain.certificates import certified, counts

SEEN = datetime(2021, 1, 1, tzinfo=UTC)
DAY = date(2026, 11, 24)


@dataclass(frozen=True)
class Paper:
    skill: Skill = Skill.NURSING
    issued_on: date = date(2020, 6, 1)
    expires_on: date | None = None
    verified_at: datetime | None = SEEN
    withdrawn_at: datetime | None = None


@pytest.mark.parametrize(
    ("paper", "good"),
    [
        (Paper(), True),
        (Paper(expires_on=date(2026, 11, 24)), True),
        (Paper(expires_on=date(2026, 11, 23)), False),
        (Paper(issued_on=date(2026, 11, 24)), True),
        (Paper(issued_on=date(2026, 11, 25)), False),
        (Paper(verified_at=None), False),
        (Paper(withdrawn_at=SEEN), False),
    ],
)
def test_a_paper_counts_only_while_it_is_good(paper: Paper, good: bool) -> None:
    assert counts(paper, DAY) is good
    assert certified([paper], DAY) == (frozenset({Skill.NURSING}) if good else frozenset())


def test_skills_are_those_of_all_good_papers() -> None:
    papers = [Paper(), Paper(Skill.LAW), Paper(Skill.ARTS, verified_at=None)]
    assert certified(papers, DAY) == {Skill.NURSING, Skill.LAW}
