"""Chinese text as data: one form of writing it, its bigrams, and how alike two texts are.

Chinese is written without spaces and most of its words have two characters, so pairs of neighbouring characters find words
without a dictionary of the language, also new ones and local ones. Words in Latin letters and numbers stay whole.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import TypeVar

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUN = re.compile(f"[{_HAN}]+|[^\\W_{_HAN}]+")
_COUNT = r"[\d一二三四五六七八九十百]+"
_DOOR = re.compile(rf"{_COUNT}\s*(?:[-－—]\s*{_COUNT})+|{_COUNT}\s*(?:号楼|号院|单元|栋|幢|层|楼|室|户|房|号)")
_LONG_NUMBER = re.compile(r"\d[\d \-]{5,}\d[Xx]?")
HIDDEN = "＊"
COMPARED_LENGTH = 300
"""Characters of a text's details that are compared with others; what it is about is said by then (house rule)."""
Meaning = TypeVar("Meaning")


class Terms(dict[str, Meaning]):
    """Words with what they mean, to be looked for in texts; not changed once it has been used."""

    @cached_property
    def lengths(self) -> dict[str, tuple[int, ...]]:
        """First character → how long words with it are, the longest first: at most places of a text no word begins."""
        found: dict[str, set[int]] = {}
        for term in self:
            found.setdefault(term[0], set()).add(len(term))
        return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


def normalised(text: str) -> str:
    """One form of writing: full-width letters narrow, capitals small, every run of characters divided by one space.

    NFKC folds ＡＢＣ, ㎡ and ① to what they stand for; punctuation and line ends say nothing about what a text is about.
    """
    return " ".join(_RUN.findall(unicodedata.normalize("NFKC", text).lower()))


def grams(text: str, synonyms: Terms[str] | None = None) -> frozenset[str]:
    """The bigrams of each run of Han characters, and other words whole; a lone character stands for itself.

    With ``synonyms`` every word of it counts as the one it stands for, the longest first.
    """
    plain = canonical(normalised(text), synonyms) if synonyms else normalised(text)
    found: set[str] = set()
    for run in _RUN.findall(plain):
        if len(run) == 1 or not re.match(f"[{_HAN}]", run):
            found.add(run)
        else:
            found.update(run[i : i + 2] for i in range(len(run) - 1))
    return frozenset(found)


def occurrences(text: str, terms: Terms[Meaning]) -> list[tuple[int, str]]:
    """Where which of the terms stand in a normalised text; one that lies inside a longer one does not count.

    So 暖气漏水 is not also 漏水, which would point elsewhere.
    """
    found: list[tuple[int, str]] = []
    reach = 0
    for start, first in enumerate(text):
        for length in terms.lengths.get(first, ()):
            if (term := text[start : start + length]) in terms:
                if start + length > reach:
                    found.append((start, term))
                    reach = start + length
                break
    return found


def canonical(text: str, synonyms: Terms[str]) -> str:
    """A normalised text with every word of ``synonyms`` put as the one it stands for."""
    parts: list[str] = []
    end = 0
    for start, term in occurrences(text, synonyms):
        if start >= end:
            parts += [text[end:start], synonyms[term]]
            end = start + len(term)
    return "".join([*parts, text[end:]])


def sought(question: str) -> list[str]:
    """The words of a search, each in one piece and once; of them at least one has two characters, or there are none."""
    words = list(dict.fromkeys(normalised(question).split()))
    pieces = list(dict.fromkeys(piece for word in words for piece in _RUN.findall(word)))
    return pieces if any(len(piece) > 1 for piece in pieces) else []


def pairs(words: list[str]) -> list[str]:
    """Every pair of neighbouring characters of the words, as the index of the needs holds them."""
    return list(dict.fromkeys(word[i : i + 2] for word in words for i in range(len(word) - 1)))


def is_han(word: str) -> bool:
    """Whether a word is written in Han characters alone, which have no other form."""
    return bool(re.fullmatch(f"[{_HAN}]+", word))


def similarity(one: frozenset[str], other: Collection[str]) -> float:
    """How alike two sets of grams are, 0 to 1: Dice's coefficient 2·|A∩B| / (|A|+|B|). ``other`` holds each once.

    It needs no weights that would have to be learnt, is the same both ways, and is kinder than Jaccard to one text that
    says more than the other, which people who ask for the same thing always do.
    """
    if not one or not other:
        return 0.0
    return 2 * len(one.intersection(other)) / (len(one) + len(other))


class Compared:
    """Texts that are all compared with each other: ``similarity`` of any two of them.

    A gram is a bit of a number, so that a pair takes one step in place of hundreds. Grams of a single text are no one's bit.
    """

    def __init__(self, texts: Sequence[frozenset[str]]) -> None:
        counted = Counter(gram for text in texts for gram in text)
        bits = {gram: bit for bit, gram in enumerate(gram for gram, count in counted.items() if count > 1)}
        self._sizes = [len(text) for text in texts]
        self._masks = [_mask((bits[gram] for gram in text if gram in bits), len(bits)) for text in texts]

    def similarity(self, one: int, other: int) -> float:
        """Of two texts by their places in the sequence."""
        shared = (self._masks[one] & self._masks[other]).bit_count()
        return 2 * shared / (self._sizes[one] + self._sizes[other]) if shared else 0.0


def _mask(bits: Iterable[int], size: int) -> int:
    found = bytearray(size // 8 + 1)
    for bit in bits:
        found[bit >> 3] |= 1 << (bit & 7)
    return int.from_bytes(found, "little")


def without_doors(text: str) -> str:
    """A text for other eyes than its handlers': long numbers, and numbers of doors, storeys and buildings, are hidden."""
    return _DOOR.sub(HIDDEN, _LONG_NUMBER.sub(HIDDEN, text))
