"""Whom to ask: a simple, explained choice that a better one can replace.

Feasible people are ranked by distance and load: one unfinished order weighs as much as ``LOAD_M`` metres, and an unanswered
invitation ``ASKED_M``. Equal costs fall to the smaller id, so that the same facts give the same choice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.catalogue import Skill, Terms
from app.domain.orders import MOST_UNFINISHED

LOAD_M = 400.0
ASKED_M = 150.0
FAR_M = 5_000.0
"""Counted for a person or order without a known position."""
WEIGHTS = {"distance": 1.0, "load": LOAD_M, "pending": ASKED_M}
"""What one of each part of the cost counts, in metres."""


class Obstacle(StrEnum):
    """Why a person cannot have an order."""

    NOT_A_HELPER = "not_a_helper"
    ASKER = "asker"
    ALREADY = "already"
    SAID_NO = "said_no"
    REFUSES = "refuses"
    SKILL = "skill"
    CERTIFICATE = "certificate"
    LOAD = "load"


OBSTACLE_WORDS = {
    Obstacle.NOT_A_HELPER: "不是本社区的志愿者或党员",
    Obstacle.ASKER: "点单人不能接自己的单",
    Obstacle.ALREADY: "已在此工单中",
    Obstacle.SAID_NO: "曾婉拒此工单或未按时答复",
    Obstacle.REFUSES: "已拒绝自动匹配",
    Obstacle.SKILL: "不具备所需技能",
    Obstacle.CERTIFICATE: "所需证书未登记、未核验或已过期",
    Obstacle.LOAD: "在办工单已达上限",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What matters about one person for one order."""

    person_id: UUID
    distance_m: float | None
    skills: frozenset[Skill]
    unfinished: int
    """Orders held and not finished."""
    pending: int
    """Invitations not answered yet, to other orders."""
    asker: bool
    already: bool
    """Holds a place in this order, or is being asked."""
    said_no: bool
    """Declined this order, let its invitation expire, or cancelled."""
    load_limit: int | None = None
    """The most they wish to hold at once; None: the house's limit."""
    certified: frozenset[Skill] = frozenset()
    """Skills that a certificate shows, good on this day."""
    refuses: bool = False
    """Has refused to be chosen by the system; may still be asked by name, and take orders from the pool."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A ranked candidate with the parts of the cost, in metres; the smallest cost is asked first."""

    person_id: UUID
    cost: float
    distance_m: float | None
    parts: dict[str, float]


def most_unfinished(load_limit: int | None) -> int:
    """How many orders somebody holds at once at most: what they wish, and never more than the house allows."""
    return min(load_limit or MOST_UNFINISHED, MOST_UNFINISHED)


def obstacle(candidate: Candidate, terms: Terms, *, again: bool = False, by_name: bool = False) -> Obstacle | None:
    """The first reason against, None when feasible. ``again``: a supervisor asks someone who said no.

    ``by_name``: a person chooses, not the system, whom one may refuse to be chosen by (个人信息保护法).
    """
    needed = frozenset(terms.skills)
    checks = (
        (candidate.asker, Obstacle.ASKER),
        (candidate.already, Obstacle.ALREADY),
        (candidate.said_no and not again, Obstacle.SAID_NO),
        (candidate.refuses and not by_name, Obstacle.REFUSES),
        (not candidate.skills >= needed, Obstacle.SKILL),
        (terms.certified and not candidate.certified >= needed, Obstacle.CERTIFICATE),
        (candidate.unfinished >= most_unfinished(candidate.load_limit), Obstacle.LOAD),
    )
    return next((reason for stands, reason in checks if stands), None)


def price(candidate: Candidate) -> Choice:
    parts = {
        "distance": round(FAR_M if candidate.distance_m is None else candidate.distance_m, 1),
        "load": candidate.unfinished * LOAD_M,
        "pending": candidate.pending * ASKED_M,
    }
    return Choice(candidate.person_id, round(sum(parts.values()), 1), candidate.distance_m, parts)


def rank(candidates: Iterable[Candidate], terms: Terms) -> list[Choice]:
    """All feasible candidates, best first."""
    feasible = (candidate for candidate in candidates if obstacle(candidate, terms) is None)
    return sorted((price(candidate) for candidate in feasible), key=lambda c: (c.cost, c.person_id))
