"""The lexicon 词库: which words point to which kind of service, and which words mean the same.

The rows are a district's or a community's own (``lexicon_entries``), since people of one town speak alike and those of the next
otherwise. Here is what they come to when put together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.core.errors import RuleBroken
from app.domain.texts import Terms, grams, normalised, occurrences

HEAVIEST = 10
"""A word says at most this much for a kind of service, or against it."""
LONGEST_TERM = 20


@dataclass(frozen=True, slots=True)
class Hint:
    """A word that speaks for a kind of service, or, with a weight below zero, against it."""

    term: str
    category: str
    weight: int


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """``hints``: word → what it points to. ``synonyms``: word → the word it stands for."""

    hints: Terms[tuple[Hint, ...]] = field(default_factory=Terms)
    synonyms: Terms[str] = field(default_factory=Terms)

    def heard(self, text: str) -> list[Hint]:
        """What the words of a text point to, each word once."""
        terms = dict.fromkeys(term for _, term in occurrences(normalised(text), self.hints))
        return [hint for term in terms for hint in self.hints[term]]

    def grams(self, text: str) -> frozenset[str]:
        """The grams of a text, words that mean the same counted as one: for comparing texts with each other."""
        return grams(text, self.synonyms)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the lexicon. ``local``: a community's own, which counts before the district's of the same word."""

    term: str
    category: str | None
    weight: int | None
    synonym_of: str | None
    local: bool
    retired: bool


def compiled(entries: Iterable[Entry]) -> Lexicon:
    """The district's entries with a community's own on top: one of these may also retire one of those, there."""
    ordered = sorted(entries, key=lambda entry: entry.local)
    meant = {(entry.term, entry.category): entry for entry in ordered if entry.category is not None}
    same = {entry.term: entry for entry in ordered if entry.synonym_of is not None}
    hints: dict[str, list[Hint]] = {}
    for entry in meant.values():
        if not entry.retired and entry.category is not None:
            hints.setdefault(entry.term, []).append(Hint(entry.term, entry.category, entry.weight or 0))
    synonyms = Terms(
        {entry.term: entry.synonym_of for entry in same.values() if entry.synonym_of and not entry.retired}
    )
    return Lexicon(Terms({term: tuple(found) for term, found in hints.items()}), synonyms)


def checked_term(written: str, name: str) -> str:
    """A word as the lexicon keeps it; 422 for what is no word in one piece."""
    term = normalised(written)
    if " " in term or not 1 <= len(term) <= LONGEST_TERM:
        raise RuleBroken(f"词语须为 1 至 {LONGEST_TERM} 个字，中间没有空格和标点", field=name)
    return term


def check_meaning(term: str, category: str | None, weight: int | None, synonym_of: str | None) -> None:
    """422 unless the word either points to a kind of service, how much so, or stands for another word."""
    if (category is None) == (synonym_of is None):
        raise RuleBroken("词语或者指向一个服务类别，或者是另一词语的同义词，二者择一", field="category")
    if (category is None) != (weight is None):
        raise RuleBroken("指向服务类别的须写明权重，同义词不填", field="weight")
    if weight == 0:
        raise RuleBroken("权重不能为零：大于零表示属于，小于零表示不属于", field="weight")
    if synonym_of == term:
        raise RuleBroken("词语不能是自己的同义词", field="synonym_of")
