"""Judges histories 历史核对: what clients were told of orders, against the list each order has in the end (INVARIANTS I2).

An order's history is a list that is only appended to. So everything ever told about it fits that list, or something was lost,
doubled, forked or read wrongly: each acknowledged step stands in it at the version it was told, each reading is a beginning of it,
and what ended before something else began is not newer than that. Pure: the driver is ``bench.histories``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

READ = "read"
SHOWN = 5
"""How many of a kind are told in words; all are counted."""


class Anomaly(StrEnum):
    GAP = "gap"
    """Numbers missing or twice, or a step that does not begin where the last one ended."""
    OFF_THE_TABLE = "off_the_table"
    """A step the lifecycle does not know."""
    OTHER_END = "other_end"
    """The row says other than its history."""
    LOST = "lost"
    """Acknowledged, and not in the history where it was told to be."""
    FORKED = "forked"
    """Two acknowledged steps at one place in the history."""
    PHANTOM = "phantom"
    """In the history, and nobody's: a refused step that was made, or one made twice."""
    NOT_A_BEGINNING = "not_a_beginning"
    """A reading that was never the history's state."""
    STALE = "stale"
    """Older than what had been told before it was asked."""


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """No answer came: it was made once, or not at all."""


@dataclass(frozen=True, slots=True)
class Element:
    """One entry of a history; a step when it has a target."""

    seq: int
    action: str
    source: str | None
    target: str | None
    actor: str | None
    """None: the system itself."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one client asked and was told; times by one monotonic clock."""

    order: str
    actor: str
    action: str
    """A step's, or READ."""
    began: float
    ended: float
    outcome: Outcome
    version: int = 0
    """Told when done: for a step the place of its own entry."""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    version: int
    state: str


Known = Callable[[Element], bool]
Found = Iterator[tuple[Anomaly, str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    counts: dict[Anomaly, int]
    examples: list[str]


def judge(
    histories: Mapping[str, Sequence[Element]], rows: Mapping[str, Row], operations: Iterable[Operation], known: Known
) -> Verdict:
    """Everything that does not fit, counted, with some of it in words. ``known``: whether the lifecycle has this step."""
    by_order: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_order[operation.order].append(operation)
    found = [
        (anomaly, f"{anomaly.value} {order}: {words}")
        for order, history in histories.items()
        for anomaly, words in _of_order(history, rows[order], by_order[order], known)
    ]
    counts = Counter[Anomaly]()
    examples = []
    for anomaly, words in found:
        counts[anomaly] += 1
        if counts[anomaly] <= SHOWN:
            examples.append(words)
    return Verdict(dict(counts), examples)


def _of_order(history: Sequence[Element], row: Row, operations: list[Operation], known: Known) -> Found:
    yield from _of_list(history, row, known)
    yield from _of_steps(history, [o for o in operations if o.action != READ])
    yield from _of_readings(history, [o for o in operations if o.action == READ])
    yield from _of_time(operations)


def _of_list(history: Sequence[Element], row: Row, known: Known) -> Found:
    state: str | None = None
    for number, element in enumerate(history, 1):
        if element.seq != number or (element.target is not None and element.source != state):
            yield Anomaly.GAP, f"entry {number} is {element}, after {state}"
        if element.target is not None and not known(element):
            yield Anomaly.OFF_THE_TABLE, str(element)
        state = element.target or state
    if (len(history), state) != (row.version, row.state):
        yield Anomaly.OTHER_END, f"{row}, history ends with {len(history)} {state}"


def _of_steps(history: Sequence[Element], steps: list[Operation]) -> Found:
    """Each entry is accounted for by one step that was acknowledged there, or by one of which nothing is known."""
    at = {element.seq: element for element in history}
    claimed: dict[int, Operation] = {}
    for step in steps:
        if step.outcome is not Outcome.DONE:
            continue
        if (other := claimed.setdefault(step.version, step)) is not step:
            yield Anomaly.FORKED, f"{step} and {other}"
        element = at.get(step.version)
        if element is None or (element.action, element.actor, element.target) != (step.action, step.actor, step.state):
            yield Anomaly.LOST, f"{step}, there is {element}"
    unknown = Counter((step.action, step.actor) for step in steps if step.outcome is Outcome.UNKNOWN)
    for element in history:
        if element.seq in claimed or element.actor is None:
            continue
        unknown[element.action, element.actor] -= 1
        if unknown[element.action, element.actor] < 0:
            yield Anomaly.PHANTOM, str(element)


def _of_readings(history: Sequence[Element], readings: list[Operation]) -> Found:
    states: list[str | None] = [None]
    for element in history:
        states.append(element.target or states[-1])
    for reading in readings:
        if reading.outcome is Outcome.DONE and (
            reading.version >= len(states) or states[reading.version] != reading.state
        ):
            yield Anomaly.NOT_A_BEGINNING, str(reading)


def _of_time(operations: list[Operation]) -> Found:
    """In the order of their beginnings: never older than the newest that had ended by then; a step is newer than that."""
    told = [o for o in operations if o.outcome is Outcome.DONE]
    ended = sorted(told, key=lambda o: o.ended)
    newest, at = 0, 0
    for operation in sorted(told, key=lambda o: o.began):
        while at < len(ended) and ended[at].ended < operation.began:
            newest = max(newest, ended[at].version)
            at += 1
        if operation.version < newest + (operation.action != READ):
            yield Anomaly.STALE, f"{operation}, {newest} had been told"
