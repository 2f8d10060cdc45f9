"""What each unit gave to the eight links 八联 in a year: computed from the work itself, so that nobody reports it again.

The formula: a project counts in the year it was delivered, once for the unit that led it and once for each that supported it. An
order counts for the unit that did it, in the year it was closed as solved. An activity counts for the unit that organized it, in
the year it was held, once its report is in. Minutes are the confirmed ones of the unit's people, in the year they were served, in
orders and in activities. Money is what was booked, less what was reversed, on lines the unit pays, by the date of the paper. Each
counts under the link of its project; what was done for no project counts as 服务联做.

Two things have a link of their own, whatever they were for. What a unit lent counts as 资源联用: each use of its resources, but for
activities of its own, in the year the use began (of stock, the year of the booking). The joint meetings it came to count as
党建联带, for they are how the joint committee works, in the year they were held.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from app.domain.projects import Link


class What(StrEnum):
    """What is counted, by the name of its sum."""

    LED = "projects_led"
    SUPPORTED = "projects_supported"
    ORDERS = "orders_done"
    MINUTES = "service_minutes"
    FEN = "spent_fen"
    ACTIVITIES = "activities_held"
    LENT = "resources_lent"
    MEETINGS = "meetings_attended"


OWN_LINK = {What.LENT: Link.RESOURCES, What.MEETINGS: Link.PARTY_BUILDING}
"""What is of one link by what it is, and not by a project."""


@dataclass(frozen=True, slots=True)
class Fact:
    """So much of one thing by one unit; ``link`` None: for no project."""

    unit: UUID
    link: Link | None
    what: What
    amount: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """A unit's sums under one link."""

    link: Link
    projects_led: int = 0
    projects_supported: int = 0
    orders_done: int = 0
    service_minutes: int = 0
    spent_fen: int = 0
    activities_held: int = 0
    resources_lent: int = 0
    meetings_attended: int = 0

    def plus(self, fact: Fact) -> "Contribution":
        return replace(self, **{fact.what.value: getattr(self, fact.what.value) + fact.amount})


def tally(facts: Iterable[Fact], units: Iterable[UUID]) -> dict[UUID, dict[Link, Contribution]]:
    """Of each unit its sums under each link, in the sequence of the links; all eight, also where nothing was done."""
    sums = {unit: {link: Contribution(link) for link in Link} for unit in units}
    for fact in facts:
        link = OWN_LINK.get(fact.what) or fact.link or Link.SERVICES
        if fact.unit in sums:
            sums[fact.unit][link] = sums[fact.unit][link].plus(fact)
    return sums
