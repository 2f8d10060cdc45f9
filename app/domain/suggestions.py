"""Which kind of service a text asks for: points from words, each of them told as a reason.

Three sources, added up. *The lexicon*: the words that stand in the text, with the weights the district gave them, half as much
again in the title. *A model of bigrams*: how alike the text is to the name, the description and the words of each kind, as the
cosine of their bigrams weighed by how few kinds have them (tf-idf): it hears what the lexicon has no word for. *Neighbours*: what
the community lately accepted in words much like these, and as what. Nothing is trained and nothing is kept: a change of
the lexicon or the catalogue counts at once.

It suggests and never decides: whoever asks or accepts chooses, and is shown the reasons (个人信息保护法 §24).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log, sqrt

from app.domain.lexicon import Hint, Lexicon
from app.domain.texts import similarity

SHOWN = 3
NEAR = 0.4
"""From this similarity on an accepted need counts as a neighbour."""
_TITLE = 1.5
_MODEL_POINTS = 10.0
_HEARD_BY_MODEL = 0.12
"""From this cosine on it is worth telling."""
_NEIGHBOUR_POINTS = 2.0
_MOST_OF_NEIGHBOURS = 4.0
_REASONS = 5
_FAINT = 2.0
"""Fewer points than these say nothing."""
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of service of the catalogue, as far as its words go."""

    code: str
    name: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A need the community accepted: as what, and its words."""

    category: str
    grams: frozenset[str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``score``: its share of all points in percent."""

    code: str
    name: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Bigrams of each kind, as vectors of length one; ``rare``: how much a bigram says at all."""

    kinds: Mapping[str, Kind]
    vectors: Mapping[str, Mapping[str, float]]
    rare: Mapping[str, float]


@lru_cache(maxsize=32)
def learn(lexicon: Lexicon, kinds: tuple[Kind, ...]) -> Model:
    """The model of a lexicon and a catalogue; kept as long as neither changes."""
    counts = {kind.code: _counted(lexicon, kind) for kind in kinds}
    for hint in (hint for found in lexicon.hints.values() for hint in found):
        if hint.weight > 0 and hint.category in counts:
            for gram in lexicon.grams(hint.term):
                counts[hint.category][gram] += hint.weight / 5
    spread: dict[str, int] = defaultdict(int)
    for grams in counts.values():
        for gram in grams:
            spread[gram] += 1
    rare = {gram: log(1 + len(counts) / many) for gram, many in spread.items()}
    vectors = {code: _unit({g: log(1 + n) * rare[g] for g, n in grams.items()}) for code, grams in counts.items()}
    return Model({kind.code: kind for kind in kinds}, vectors, rare)


def _counted(lexicon: Lexicon, kind: Kind) -> dict[str, float]:
    """The name says more than the description."""
    counts: dict[str, float] = defaultdict(float)
    for words, weight in ((kind.name, 3.0), (kind.description or "", 2.0)):
        for gram in lexicon.grams(words):
            counts[gram] += weight
    return counts


def _unit(vector: Mapping[str, float]) -> dict[str, float]:
    length = sqrt(sum(value * value for value in vector.values())) or 1.0
    return {gram: value / length for gram, value in vector.items()}


def suggest(
    lexicon: Lexicon, model: Model, title: str, details: str, neighbours: Iterable[Neighbour] = ()
) -> list[Suggestion]:
    """The likeliest kinds, best first; what nothing speaks for is not among them, and 其他 comes in when little does."""
    points: dict[str, float] = defaultdict(float)
    reasons: dict[str, list[str]] = defaultdict(list)
    _count_words(lexicon, title, details, points, reasons)
    _count_likeness(model, lexicon, title, details, points, reasons)
    _count_neighbours(lexicon.grams(title), neighbours, points, reasons)
    likely = sorted(
        ((found, code) for code, found in points.items() if code in model.kinds), key=lambda p: (-p[0], p[1])
    )
    best = [(found, code) for found, code in likely if found >= _FAINT][:SHOWN]
    total = sum(found for found, _ in likely if found > 0)
    shown = [_shown(model, code, found / total, reasons[code]) for found, code in best]
    if len(shown) < SHOWN and OTHER in model.kinds and OTHER not in {one.code for one in shown}:
        shown.append(Suggestion(OTHER, model.kinds[OTHER].name, 0, ("没有更多明显的线索，可先归入此类",)))
    return shown


def _shown(model: Model, code: str, share: float, reasons: Sequence[str]) -> Suggestion:
    return Suggestion(code, model.kinds[code].name, round(share * 100), tuple(reasons[:_REASONS]))


def _count_words(
    lexicon: Lexicon, title: str, details: str, points: dict[str, float], reasons: dict[str, list[str]]
) -> None:
    """The lexicon's words, the strongest told first."""
    in_title = {(hint.term, hint.category) for hint in lexicon.heard(title)}
    heard: dict[tuple[str, str], Hint] = {(h.term, h.category): h for h in lexicon.heard(f"{title}\n{details}")}
    for key, hint in sorted(heard.items(), key=lambda item: -abs(item[1].weight)):
        points[hint.category] += hint.weight * (_TITLE if key in in_title else 1.0)
        reasons[hint.category].append(f"提到“{hint.term}”" if hint.weight > 0 else f"提到“{hint.term}”，多半不属此类")


def _count_likeness(
    model: Model,
    lexicon: Lexicon,
    title: str,
    details: str,
    points: dict[str, float],
    reasons: dict[str, list[str]],
) -> None:
    """How alike the text is to each kind."""
    said = dict.fromkeys(lexicon.grams(details), 1.0) | dict.fromkeys(lexicon.grams(title), _TITLE)
    text = _unit({gram: weight * model.rare[gram] for gram, weight in said.items() if gram in model.rare})
    for code, vector in model.vectors.items():
        cosine = sum(value * vector.get(gram, 0.0) for gram, value in text.items())
        points[code] += cosine * _MODEL_POINTS
        if cosine >= _HEARD_BY_MODEL and not reasons[code]:
            reasons[code].append(f"用词与“{model.kinds[code].name}”的说明相近")


def _count_neighbours(
    title: frozenset[str],
    neighbours: Iterable[Neighbour],
    points: dict[str, float],
    reasons: dict[str, list[str]],
) -> None:
    """What was lately accepted in like words; how many such needs there are is told, never which."""
    alike: dict[str, list[float]] = defaultdict(list)
    for neighbour in neighbours:
        if (likeness := similarity(title, neighbour.grams)) >= NEAR:
            alike[neighbour.category].append(likeness)
    for code, found in alike.items():
        points[code] += min(_MOST_OF_NEIGHBOURS, sum(found) * _NEIGHBOUR_POINTS)
        reasons[code].append(f"本社区近期有 {len(found)} 件用词相近的需求归入此类")
