"""The ways of dispatch: what the system does with an order, step after step, until somebody has it.

A rule is a chain of steps. Each has a way and may have a limit; when the limit is over, or there is nobody left to ask, the
next step takes its place. The order keeps the chain it began with. Nothing here asks anybody: ``next_move`` says what is to be
done now, or when to look again, and ``app.services.orders_ways`` does it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from app.core.errors import RuleBroken
from app.domain.catalogue import Handler, Terms, handler_of, must_handle, parent_of
from app.domain.needs import Urgency
from app.domain.orders import RETRY_OFFER_AFTER, OrderState
from app.domain.organizations import ASSIGNABLE, PARTY_BODIES, OrganizationKind
from app.domain.quiet_hours import Quiet, waking

MOST_STEPS = 6
"""House rule: a chain that is longer has forgotten somebody on the way."""
MOST_ASKED = 20
"""House rule: how many people one wave asks for one place."""


class Way(StrEnum):
    ASSIGN = "assign"
    """To the unit or department that answers for such work at the place."""
    WAVES = "waves"
    """So many of the best are asked at once, then the next as many."""
    POOL = "pool"
    """Whoever is feasible may take it."""
    ROTATION = "rotation"
    """Among equals, whoever had a turn longest ago."""
    BY_HAND = "by_hand"
    """The system does nothing: a dispatcher decides."""


WAY_NAMES = {
    Way.ASSIGN: "指派单位",
    Way.WAVES: "分批邀请",
    Way.POOL: "公开抢单",
    Way.ROTATION: "轮流派单",
    Way.BY_HAND: "人工派单",
}
CIRCLES = PARTY_BODIES | {OrganizationKind.TEAM}
"""Whose people take turns, each being asked; units take turns in being assigned."""
_S, _W = OrderState, Way


@dataclass(frozen=True, slots=True)
class WayStep:
    """One step of a chain. Times are in minutes."""

    way: Way
    minutes: int | None = None
    """How long the step lasts before the next takes its place; None: until there is nobody left to ask."""
    organization_kind: OrganizationKind | None = None
    """Of an assignment, or of the units that take turns."""
    organization_id: UUID | None = None
    """The team or branch whose people take turns."""
    people: int = 1
    """Of waves: how many are asked at once for each open place."""
    every_minutes: int | None = None
    """Of waves: after how long the next are asked, whether or not these have answered; None: once they all have."""
    answer_minutes: int | None = None
    """How long people may think; None: as the order says. Quiet hours do not count."""
    cap: int | None = None
    """Of the pool: how many unfinished orders whoever takes it may hold, this one among them."""

    @property
    def asks(self) -> bool:
        """Whether single people are asked in it, whom quiet hours protect."""
        return self.way is _W.WAVES or (self.way is _W.ROTATION and self.organization_kind is None)

    @property
    def assigns(self) -> bool:
        return self.way is _W.ASSIGN or (self.way is _W.ROTATION and self.organization_kind is not None)

    @property
    def handler(self) -> Handler | None:
        """Whom it gives the order to; None for a step that gives it to nobody."""
        if self.way is _W.BY_HAND:
            return None
        return Handler.HELPERS if self.organization_kind is None else handler_of(self.organization_kind)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"organization_id": self.organization_id and str(self.organization_id)}


def steps_of(stored: Iterable[Mapping[str, Any]]) -> list[WayStep]:
    """A chain as a row keeps it."""
    return [_step_of(dict(said)) for said in stored]


def _step_of(said: dict[str, Any]) -> WayStep:
    kind, unit = said.get("organization_kind"), said.get("organization_id")
    said["way"] = Way(said["way"])
    said["organization_kind"] = OrganizationKind(kind) if kind else None
    said["organization_id"] = UUID(str(unit)) if unit else None
    return WayStep(**said)


_ASKED: dict[Way, frozenset[str]] = {
    _W.ASSIGN: frozenset({"organization_kind"}),
    _W.WAVES: frozenset({"people", "every_minutes", "answer_minutes"}),
    _W.POOL: frozenset({"cap"}),
    _W.ROTATION: frozenset({"organization_kind", "organization_id", "answer_minutes"}),
    _W.BY_HAND: frozenset(),
}
"""What a step of each way may say besides its limit."""
_OUTLASTS = frozenset({_W.POOL, _W.BY_HAND})
"""Ways that nobody's answer ends: without a limit nothing would come after them."""


def check_steps(steps: Sequence[WayStep], terms: Terms | None) -> None:
    """422 for a chain that contradicts itself, or gives the kind of work to whom its terms do not, naming the step."""
    if not 1 <= len(steps) <= MOST_STEPS:
        raise RuleBroken(f"派单方式须有一至{MOST_STEPS}步", field="steps")
    for number, step in enumerate(steps):
        field = f"steps.{number}"
        _check_said(step, field)
        if step.minutes is None and step.way in _OUTLASTS and number < len(steps) - 1:
            raise RuleBroken(f"“{WAY_NAMES[step.way]}”之后还有一步，须写明时限", field=f"{field}.minutes")
        if terms is not None and step.handler is not None:
            must_handle(terms, step.handler)


def _check_said(step: WayStep, field: str) -> None:
    blank = WayStep(step.way)
    for name in ("organization_kind", "organization_id", "people", "every_minutes", "answer_minutes", "cap"):
        if name not in _ASKED[step.way] and getattr(step, name) != getattr(blank, name):
            raise RuleBroken(f"“{WAY_NAMES[step.way]}”不用填此项", field=f"{field}.{name}")
    if step.way is _W.ASSIGN and step.organization_kind is None:
        raise RuleBroken("指派单位须写明单位类别", field=f"{field}.organization_kind")
    if step.way is _W.ROTATION and (step.organization_kind is None) == (step.organization_id is None):
        raise RuleBroken("轮流派单须写明一个队伍或党支部，或一类单位", field=field)
    if step.organization_kind is not None and step.organization_kind not in ASSIGNABLE:
        raise RuleBroken("只能指派单位与职能部门，队伍和党员须邀请", field=f"{field}.organization_kind")
    if step.organization_kind is not None and step.answer_minutes is not None:
        raise RuleBroken("单位是指派的，没有答复期限", field=f"{field}.answer_minutes")


class Keyed(Protocol):
    """A rule, by what it is for."""

    @property
    def category(self) -> str | None: ...
    @property
    def urgency(self) -> Urgency | None: ...


K = TypeVar("K", bound=Keyed)


def chosen_rule(rules: Iterable[K], category: str, urgency: Urgency) -> K | None:
    """The rule for an order: of its category, else of the branch above it, else of all; each for its urgency first."""
    known = {(rule.category, rule.urgency): rule for rule in rules}
    codes: list[str | None] = []
    code: str | None = category
    while code is not None:
        codes.append(code)
        code = parent_of(code)
    keys = [(code, urged) for code in [*codes, None] for urged in (urgency, None)]
    return next((known[key] for key in keys if key in known), None)


class Do(StrEnum):
    ACT = "act"
    """What the way does: ask, publish, assign, give the turn."""
    FALL = "fall"
    """On to the next step."""
    TAKE_BACK = "take_back"
    """From a unit that has not begun in time; then on."""
    WAIT = "wait"
    """Nothing now; again at a time, or, where there is none, when somebody answers."""


@dataclass(frozen=True, slots=True)
class Move:
    do: Do
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stands in its chain."""

    state: OrderState
    began_at: datetime | None = None
    """When the present step began; None: not yet."""
    asked_at: datetime | None = None
    """When it last asked or assigned."""
    held: bool = False
    """Whether a unit it was assigned to in this step holds it, has not begun, and may still lose it."""
    pooled: bool = False
    """Whether the step before left it in the pool."""


_REST = Move(Do.WAIT)
_BEGINS_FROM = frozenset({_S.OPEN, _S.PUBLISHED})
_OF_STATE: dict[OrderState, frozenset[Way]] = {
    _S.OPEN: frozenset(Way),
    _S.OFFERED: frozenset({_W.WAVES}),
    _S.PUBLISHED: frozenset({_W.POOL}),
    _S.ACCEPTED: frozenset({_W.ASSIGN, _W.ROTATION}),
}
"""In which state each way still has something to do once its step has begun; what a dispatcher did by hand is left alone."""


def next_move(step: WayStep, standing: Standing, moment: datetime, quiet: Quiet | None, *, last: bool) -> Move:
    """What the step asks for now."""
    if standing.began_at is None:
        return _begin(step, moment, quiet) if standing.state in _BEGINS_FROM else _REST
    if step.way not in _OF_STATE.get(standing.state, frozenset()) and not _left_in_pool(step, standing):
        return _REST
    ends_at = None if last or step.minutes is None else standing.began_at + timedelta(minutes=step.minutes)
    over = ends_at is not None and ends_at <= moment
    if standing.state is _S.OPEN:
        return Move(Do.FALL) if over else _open(step, ends_at, moment, quiet)
    if standing.state is _S.OFFERED:
        return _REST if over else _next_wave(step, standing, moment, quiet)
    if standing.state is _S.PUBLISHED:
        return Move(Do.FALL) if over else Move(Do.WAIT, ends_at)
    return _with_unit(standing, ends_at, over=over)


def _left_in_pool(step: WayStep, standing: Standing) -> bool:
    """A dispatcher has their time for what the chain published, too; what they published themselves is left alone."""
    return step.way is _W.BY_HAND and standing.state is _S.PUBLISHED and standing.pooled


def _with_unit(standing: Standing, ends_at: datetime | None, *, over: bool) -> Move:
    if not standing.held:
        return _REST
    return Move(Do.TAKE_BACK) if over else Move(Do.WAIT, ends_at)


def _begin(step: WayStep, moment: datetime, quiet: Quiet | None) -> Move:
    at = waking(moment, quiet) if step.asks else moment
    return Move(Do.ACT) if at <= moment else Move(Do.WAIT, at)


def _open(step: WayStep, ends_at: datetime | None, moment: datetime, quiet: Quiet | None) -> Move:
    """Nobody has it, and nobody thinks about it."""
    if step.way is _W.BY_HAND:
        return Move(Do.WAIT, ends_at)
    return _begin(step, moment, quiet)


def _next_wave(step: WayStep, standing: Standing, moment: datetime, quiet: Quiet | None) -> Move:
    """While some still think, the next are asked once it is time."""
    then = None if standing.asked_at is None else next_wave(standing.asked_at, step.every_minutes, quiet)
    if then is None:
        return _REST
    at = waking(max(moment, then), quiet)
    return Move(Do.ACT) if at <= moment else Move(Do.WAIT, at)


def next_wave(asked_at: datetime, every_minutes: int | None, quiet: Quiet | None) -> datetime | None:
    """When the next are asked though these still think; None: once they all have answered."""
    return None if every_minutes is None else waking(asked_at + timedelta(minutes=every_minutes), quiet)


def without_anybody(standing: Standing, moment: datetime, *, last: bool) -> Move:
    """What is to be done when the step found nobody: the next, or, at the end of the chain, another look later."""
    if standing.state is _S.OFFERED:
        return _REST
    return Move(Do.WAIT, moment + RETRY_OFFER_AFTER) if last else Move(Do.FALL)


P = TypeVar("P", bound=UUID)


def in_turn(parties: Iterable[P], served: Mapping[P, int]) -> list[P]:
    """Whose turn it is, first to last: who never had one by the order of their ids, then whoever had theirs longest ago.

    ``served``: the number of the last turn each has had. Who is passed over keeps theirs.
    """
    return sorted(parties, key=lambda party: (served.get(party, 0), party))
