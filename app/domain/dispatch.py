"""Whom to ask: who can have an order at all, and the ranking of those who can by what asking each costs (``dispatch_cost``).

Nothing here orders anybody: helpers are asked, and may say no (志愿服务条例 §25). Equal costs fall to the smaller id, so that
the same facts give the same choice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.core.clock import CHINA
from app.domain import dispatch_cost
from app.domain.catalogue import SERVICE_MINUTES, Skill, Terms
from app.domain.dispatch_cost import WEIGHTS, Facts, PairedAt, Weights
from app.domain.orders import MOST_UNFINISHED
from app.domain.pairings import NEAREST_FIRST, PairingLevel


class Obstacle(StrEnum):
    """Why a person cannot have an order."""

    NOT_A_HELPER = "not_a_helper"
    ASKER = "asker"
    RESPONDENT = "respondent"
    ALREADY = "already"
    SAID_NO = "said_no"
    REFUSES = "refuses"
    SKILL = "skill"
    CERTIFICATE = "certificate"
    INSURANCE = "insurance"
    TOO_FAR = "too_far"
    BUSY = "busy"
    AWAY = "away"
    LOAD = "load"


OBSTACLE_WORDS = {
    Obstacle.NOT_A_HELPER: "不是本社区的志愿者或党员",
    Obstacle.ASKER: "点单人不能接自己的单",
    Obstacle.RESPONDENT: "按回避的规定，此单须由他人承办",
    Obstacle.ALREADY: "已在此工单中",
    Obstacle.SAID_NO: "曾婉拒此工单或未按时答复",
    Obstacle.REFUSES: "已拒绝自动匹配",
    Obstacle.SKILL: "不具备所需技能",
    Obstacle.CERTIFICATE: "所需证书未登记、未核验，或服务当日已过期",
    Obstacle.INSURANCE: "服务当日没有有效的意外保险",
    Obstacle.TOO_FAR: "超出其愿意服务的距离",
    Obstacle.BUSY: "与已接的工单时间冲突",
    Obstacle.AWAY: "不在其空闲时间内",
    Obstacle.LOAD: "在办工单已达上限",
}
"""Said to whoever asks and to the person alike: none of them tells what a complaint is about, or against whom."""


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
    """Skills that a certificate shows, good on the day of service."""
    refuses: bool = False
    """Has refused to be chosen by the system; may still be asked by name, and take orders from the pool."""
    respondent: bool = False
    """Is complained about in the need, or belongs to the organization that is."""
    uninsured: bool = False
    """The order asks for an accident insurance, and has none for the day of service."""
    radius_m: int | None = None
    """How far from home they would help; None: anywhere in the place of their grant."""
    busy: bool = False
    """Holds other work in the time this one is wanted."""
    away: bool = False
    """Has said when they are free, and this is another time."""
    facts: Facts = field(default_factory=Facts)
    """What the cost of asking them is made of."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A ranked candidate with the parts of the cost, in metres of equivalent way; the smallest cost is asked first."""

    person_id: UUID
    cost: float
    distance_m: float | None
    parts: dict[str, float]
    facts: Facts = field(default_factory=Facts)
    weights: Weights = WEIGHTS
    """With which it was priced."""


def most_unfinished(load_limit: int | None) -> int:
    """How many orders somebody holds at once at most: what they wish, and never more than the house allows."""
    return min(load_limit or MOST_UNFINISHED, MOST_UNFINISHED)


def obstacle(candidate: Candidate, terms: Terms, *, again: bool = False, by_name: bool = False) -> Obstacle | None:
    """The first reason against, None when feasible. ``again``: a supervisor asks someone who said no.

    ``by_name``: a person chooses, not the system, whom one may refuse to be chosen by (个人信息保护法). How far one would go is
    a wish for the system too; who asks by name may ask for more.
    """
    needed = frozenset(terms.skills)
    checks = (
        (candidate.asker, Obstacle.ASKER),
        (candidate.respondent, Obstacle.RESPONDENT),
        (candidate.already, Obstacle.ALREADY),
        (candidate.said_no and not again, Obstacle.SAID_NO),
        (candidate.refuses and not by_name, Obstacle.REFUSES),
        (not candidate.skills >= needed, Obstacle.SKILL),
        (terms.certified and not candidate.certified >= needed, Obstacle.CERTIFICATE),
        (candidate.uninsured, Obstacle.INSURANCE),
        (not by_name and _too_far(candidate), Obstacle.TOO_FAR),
        (candidate.busy, Obstacle.BUSY),
        (candidate.away, Obstacle.AWAY),
        (candidate.unfinished >= most_unfinished(candidate.load_limit), Obstacle.LOAD),
    )
    return next((reason for stands, reason in checks if stands), None)


def _too_far(candidate: Candidate) -> bool:
    """A way that is not known is not held against anyone."""
    known = candidate.radius_m is not None and candidate.distance_m is not None
    return known and candidate.distance_m > candidate.radius_m  # type: ignore[operator]  # both are known


def price(candidate: Candidate, weights: Weights = WEIGHTS) -> Choice:
    found = dispatch_cost.price(candidate.facts, weights)
    cost = found.total / dispatch_cost.CM
    return Choice(candidate.person_id, cost, candidate.distance_m, found.in_metres(), candidate.facts, weights)


def rank(candidates: Iterable[Candidate], terms: Terms, weights: Weights = WEIGHTS) -> list[Choice]:
    """All feasible candidates, best first."""
    feasible = (candidate for candidate in candidates if obstacle(candidate, terms) is None)
    return sorted((price(candidate, weights) for candidate in feasible), key=lambda c: (c.cost, c.person_id))


def barred(candidates: Iterable[Candidate], terms: Terms) -> list[tuple[Candidate, Obstacle]]:
    """Those who are not feasible, each with the first reason; the nearest first."""
    found = [(c, reason) for c in candidates if (reason := obstacle(c, terms)) is not None]
    return sorted(found, key=lambda pair: (pair[0].distance_m is None, pair[0].distance_m or 0.0, pair[0].person_id))


def day_of_service(wanted_at: datetime | None, today: date) -> date:
    """The China day on which certificates and insurance must be good: the wanted one, or today where that is past or open."""
    return today if wanted_at is None else max(today, wanted_at.astimezone(CHINA).date())


def span_of(wanted_at: datetime, terms: Terms) -> tuple[datetime, datetime]:
    """From when to when somebody is wanted."""
    return wanted_at, wanted_at + timedelta(minutes=terms.service_minutes or SERVICE_MINUTES)


PAIRED_AT = {
    PairingLevel.MEMBER: PairedAt.HOUSEHOLD,
    PairingLevel.BRANCH: PairedAt.ENTRANCE,
    PairingLevel.GENERAL_BRANCH: PairedAt.BUILDING,
    PairingLevel.WORK_UNIT: PairedAt.COMPOUND,
}


def paired_at(paired: dict[PairingLevel, UUID], person: UUID, unit: UUID | None, above: UUID | None) -> PairedAt | None:
    """By which of the door's pairings (level → party) somebody is bound to it, the nearest: in person, by the branch or unit they
    belong to, or by the general branch or committee above it.
    """
    mine = {party for party in (person, unit, above) if party is not None}
    return next((PAIRED_AT[level] for level in NEAREST_FIRST if paired.get(level) in mine), None)
