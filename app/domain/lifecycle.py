"""A lifecycle is a table: by which action, from which states, to which state, by whom.

The table drives the move, the actions an answer offers, the routes, the CHECK in the database, the published picture and
the matrix test. Nothing else compares states.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from app.core.errors import Forbidden, WrongState
from app.domain.people import Parties, Party, Relation, Role

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)

NOBODY: frozenset[Relation] = frozenset()
NO_ROLES: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Step(Generic[S, A]):
    """One row of the table."""

    action: A
    sources: frozenset[S]
    target: S
    who: Parties
    also: frozenset[S] = frozenset()
    """Other targets the same action may reach, decided by counts or by what was before."""
    barred: frozenset[Relation] = NOBODY
    """Whoever has this relation may not, whatever roles they hold (a handler does not review their own work)."""
    approval: frozenset[Role] = NO_ROLES
    """Whose approval moves the row; the caller only asks for it."""
    note: str = ""
    """What must hold, in Chinese, for the printed table."""

    @property
    def targets(self) -> frozenset[S]:
        return self.also | {self.target}

    def open_to(self, parties: Parties) -> bool:
        return bool(self.who & parties) and not self.barred & parties

    @property
    def by_people(self) -> bool:
        """Whether anyone but the system may do it, so that it has a route."""
        return bool(self.who - {Relation.SYSTEM})


@dataclass(frozen=True)
class Lifecycle(Generic[S, A]):
    """All rows, checked once at import so that a bad table cannot be deployed."""

    noun: str
    title: str
    initial: S
    state_names: dict[S, str]
    action_names: dict[A, str]
    steps: tuple[Step[S, A], ...]
    actions: type[A]
    plural: str = ""
    """Of a noun that does not just take an s."""
    begins: frozenset[S] = frozenset()
    """Where a row may begin besides ``initial``."""
    _by_action: dict[A, tuple[Step[S, A], ...]] = field(init=False, repr=False)
    _offered: dict[tuple[S, Parties], list[A]] = field(init=False, repr=False, default_factory=dict)
    """Answers given before: a list asks once per row, and there are only so many sets of parties."""

    def __post_init__(self) -> None:
        by_action = {action: tuple(s for s in self.steps if s.action == action) for action in self.actions}
        object.__setattr__(self, "_by_action", by_action)
        pairs = [(source, step.action) for step in self.steps for source in step.sources]
        if len(pairs) != len(set(pairs)):
            raise ValueError(f"{self.noun}: two steps for one state and action")
        if unreachable := set(self.states) - self._reachable():
            raise ValueError(f"{self.noun}: unreachable {sorted(unreachable)}")
        if idle := [action for action, steps in by_action.items() if not steps]:
            raise ValueError(f"{self.noun}: no step for {idle}")
        if set(self.state_names) != set(self.states) or set(self.action_names) != set(self.actions):
            raise ValueError(f"{self.noun}: a state or action has no name")

    @property
    def nouns(self) -> str:
        """Several of them: what paths and permissions begin with."""
        return self.plural or f"{self.noun}s"

    @property
    def states(self) -> tuple[S, ...]:
        return tuple(type(self.initial))

    @property
    def final(self) -> frozenset[S]:
        """States nothing leads out of."""
        return frozenset(self.states) - {source for step in self.steps for source in step.sources}

    def decide(self, state: S, action: A, parties: Parties) -> Step[S, A]:
        """The step to take. 403 when these parties never do this, 409 when not in this state."""
        mine = [step for step in self._by_action[action] if step.open_to(parties)]
        if not mine:
            raise Forbidden(f"您不能对此{self.title}执行“{self.action_names[action]}”", action=action.value)
        for step in mine:
            if state in step.sources:
                return step
        raise WrongState(
            f"{self.title}现为“{self.state_names[state]}”，不能“{self.action_names[action]}”",
            state=state.value,
            action=action.value,
        )

    def offered(self, state: S, parties: Parties) -> list[A]:
        """What these parties may do now; every answer shows it, so that a client needs no rules of its own."""
        known = self._offered.get((state, parties))
        if known is None:
            known = [step.action for step in self.steps if state in step.sources and step.open_to(parties)]
            self._offered[state, parties] = known
        return known

    def permission(self, action: A) -> str:
        return f"{self.nouns}:{action.value}"

    def who(self, action: A) -> Parties:
        parties: set[Party] = set()
        for step in self._by_action[action]:
            parties |= step.who
        return frozenset(parties)

    def routed(self) -> list[A]:
        """The actions people do, each of which has one route."""
        return [action for action in self.actions if any(s.by_people for s in self._by_action[action])]

    def mermaid(self) -> str:
        beginnings = [state for state in self.states if state in self.begins | {self.initial}]
        lines = ["stateDiagram-v2", *(f"    [*] --> {state.value}" for state in beginnings)]
        for step in self.steps:
            for source in (s for s in self.states if s in step.sources):
                lines += [
                    f"    {source.value} --> {target.value}: {step.action.value}"
                    for target in self.states
                    if target in step.targets
                ]
        lines += [f"    {state.value} --> [*]" for state in self.states if state in self.final]
        return "\n".join(lines) + "\n"

    def _reachable(self) -> set[S]:
        seen: set[S] = {self.initial, *self.begins}
        while found := {t for s in self.steps if s.sources & seen for t in s.targets} - seen:
            seen |= found
        return seen
