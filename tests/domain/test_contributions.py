"""The formula of 八联, case by case."""

from uuid import UUID

import pytest

from app.domain.contributions import Contribution, Fact, What, tally
from app.domain.projects import Link

A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], Contribution(Link.CULTURE)),
        ([Fact(A, Link.CULTURE, What.LED, 2)], Contribution(Link.CULTURE, projects_led=2)),
        (
            [Fact(A, Link.CULTURE, What.LED, 1), Fact(A, Link.CULTURE, What.SUPPORTED, 3)],
            Contribution(Link.CULTURE, projects_led=1, projects_supported=3),
        ),
        (
            [Fact(A, Link.CULTURE, What.FEN, 900), Fact(A, Link.CULTURE, What.FEN, -200)],
            Contribution(Link.CULTURE, spent_fen=700),
        ),
        (
            [Fact(A, Link.CULTURE, What.MINUTES, 90), Fact(A, Link.CULTURE, What.ORDERS, 1)],
            Contribution(Link.CULTURE, service_minutes=90, orders_done=1),
        ),
        (
            [Fact(A, Link.CULTURE, What.ACTIVITIES, 2), Fact(A, Link.CULTURE, What.ACTIVITIES, 1)],
            Contribution(Link.CULTURE, activities_held=3),
        ),
        ([Fact(A, Link.CULTURE, What.LENT, 1)], Contribution(Link.CULTURE)),
        ([Fact(B, Link.CULTURE, What.LED, 1)], Contribution(Link.CULTURE)),
        ([Fact(A, Link.THEORY, What.LED, 1)], Contribution(Link.CULTURE)),
        ([Fact(A, None, What.ORDERS, 1)], Contribution(Link.CULTURE)),
    ],
)
def test_sums_under_a_link(facts: list[Fact], expected: Contribution) -> None:
    assert tally(facts, [A])[A][Link.CULTURE] == expected


def test_what_was_done_for_no_project_is_service() -> None:
    found = tally([Fact(A, None, What.ORDERS, 4), Fact(A, Link.SERVICES, What.ORDERS, 1)], [A])
    assert found[A][Link.SERVICES].orders_done == 5


@pytest.mark.parametrize(
    ("what", "link"),
    [(What.LENT, Link.RESOURCES), (What.MEETINGS, Link.PARTY_BUILDING), (What.ACTIVITIES, Link.SERVICES)],
)
def test_what_is_of_a_link_by_what_it_is(what: What, link: Link) -> None:
    found = tally([Fact(A, None, what, 3)], [A])[A]
    assert {each: getattr(sums, what.value) for each, sums in found.items() if getattr(sums, what.value)} == {link: 3}


def test_all_eight_links_stand_there_in_their_sequence() -> None:
    found = tally([Fact(A, Link.SANITATION, What.LED, 1)], [A, B])
    assert list(found) == [A, B]
    assert list(found[B]) == list(Link)
    assert len(Link) == 8
