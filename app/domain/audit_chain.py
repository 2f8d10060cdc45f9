"""The chain of the audit trail: how an entry is written down, how it is linked, and how a chain is looked through.

Each link is ``hash = HMAC-SHA256(audit key, hash of the link before ‖ canonical entry)``; before the first stand 32 zero bytes.
Positions count from 1 without a gap. Whoever holds the database and not the key can neither change an entry nor make another
chain; what they can do is cut the end off, which the anchors outside the database show.

Canonical form: JSON (RFC 8259) in UTF-8 without spaces, an object with the entry's columns in alphabetical order, without those
that are null; ids in lower-case hexadecimal with hyphens, times in UTC to the microsecond (a fraction of zero is left out)
with a final Z. A column that is added one day is null in what was linked before, so that old links keep fitting.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import orjson

FIELDS = (
    "district_id",
    "id",
    "at",
    "caller",
    "actor_id",
    "sign_in_id",
    "address",
    "operation",
    "outcome",
    "status",
    "subject_id",
    "person_id",
    "minor_id",
    "opened",
    "purpose",
    "why",
    "data",
)
"""Every column of an entry."""
GENESIS = bytes(32)
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


def canonical(entry: Mapping[str, Any]) -> bytes:
    """The entry as it is linked. ``data`` is a value, not its text."""
    written = {name: entry[name] for name in FIELDS if entry[name] is not None}
    return orjson.dumps(written, default=str, option=_OPTIONS)


def link(key: bytes, previous: bytes, entry: bytes) -> bytes:
    return hmac.digest(key, previous + entry, hashlib.sha256)


def key_name(key: bytes) -> str:
    """What an anchor calls the key it was made with; tells nothing about it."""
    return hmac.digest(key, b"name", hashlib.sha256)[:6].hex()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a chain: everything up to this position, in 32 bytes."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is kept outside the database of one district's chain: its newest link, and the last one that was archived."""

    district_id: int
    newest: Mark
    archived: Mark | None
    key_name: str
    seal: bytes
    """HMAC of all the rest, so that an anchor cannot be made without the key."""

    @classmethod
    def made(cls, key: bytes, district_id: int, newest: Mark, archived: Mark | None) -> Self:
        name = key_name(key)
        return cls(district_id, newest, archived, name, _seal(key, district_id, newest, archived))

    def fits(self, keys: Sequence[bytes]) -> bool:
        wanted = (_seal(key, self.district_id, self.newest, self.archived) for key in keys)
        return any(hmac.compare_digest(self.seal, seal) for seal in wanted)


def _seal(key: bytes, district_id: int, newest: Mark, archived: Mark | None) -> bytes:
    parts = [district_id, newest.position, newest.hash.hex()]
    parts += [archived.position, archived.hash.hex()] if archived else []
    return hmac.digest(key, b"anchor " + orjson.dumps(parts), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written. ``position`` None: it has no place in the chain."""

    words: str
    position: int | None = None
    entry_id: UUID | None = None


@dataclass(slots=True)
class Examiner:
    """Looks through one district's chain, link after link, each held against the one before: a fault does not hide the next."""

    keys: Sequence[bytes]
    anchor: Anchor | None = None
    faults: list[Fault] = field(default_factory=list)
    last: Mark = field(default_factory=lambda: Mark(0, GENESIS))
    _anchored: bytes | None = None
    _fitting: int = 0
    _unfitting: int = 0
    _best: int = 0
    """Which of the keys fitted last."""
    _began: bool = False

    def look(self, found: Mark, entry_id: UUID, entry: Mapping[str, Any] | None) -> None:
        """The next link, with its entry if that is there."""
        known = self._follows(found)
        if entry is None:
            self.faults.append(Fault("the entry is missing", found.position, entry_id))
        elif known and not self._fits(found, canonical(entry)):
            self._unfitting += 1
            words = "entry and link do not fit: one of them was changed, swapped or put in"
            self.faults.append(Fault(words, found.position, entry_id))
        if self.anchor is not None and found.position == self.anchor.newest.position:
            self._anchored = found.hash
        self.last = found

    def _follows(self, found: Mark) -> bool:
        """Whether the link before is known; what lacks between is a fault, but for what was archived."""
        archived = self.anchor.archived if self.anchor else None
        if not self._began:
            self._began = True
            if archived is not None and found.position == archived.position + 1:
                self.last = archived
        if found.position == self.last.position + 1:
            return True
        self.faults.append(Fault(_missing(self.last.position + 1, found.position - 1), self.last.position + 1))
        return False

    def _fits(self, found: Mark, entry: bytes) -> bool:
        for number in sorted(range(len(self.keys)), key=lambda n: n != self._best):
            if hmac.compare_digest(link(self.keys[number], self.last.hash, entry), found.hash):
                self._best = number
                self._fitting += 1
                return True
        return False

    def skip_to(self, end: Mark, anchored: bytes | None) -> None:
        """Leave the rest unlooked at: where the chain ends, and the hash at the position its anchor names."""
        self.last, self._anchored = end, anchored

    def end(self) -> list[Fault]:
        """After the last link: what the anchor says about the end, and whether it is rather the key that is wrong."""
        faults = [*self.faults, *self._against_anchor()]
        if self._unfitting > 1 and not self._fitting:
            words = "no link fits the audit key: this is not the key of this chain, or every entry was changed"
            faults = [Fault(words), *(fault for fault in faults if not fault.words.startswith("entry and link"))]
        return faults

    def _against_anchor(self) -> Iterator[Fault]:
        anchor = self.anchor
        if anchor is None:
            return
        if not anchor.fits(self.keys):
            other = anchor.key_name not in {key_name(key) for key in self.keys}
            yield Fault("the anchor was made with another audit key" if other else "the anchor was changed")
        elif anchor.newest.position > self.last.position:
            archived = anchor.archived.position if anchor.archived and not self._began else 0
            first = max(self.last.position, archived) + 1  # the newest link is never archived: no chain is empty again
            yield Fault(f"the end is cut off: {_missing(first, max(first, anchor.newest.position))}", first)
        elif self._anchored is not None and self._anchored != anchor.newest.hash:
            yield Fault(
                "the chain is not the one the anchor was taken of: its end was made anew", anchor.newest.position
            )


def _missing(first: int, last: int) -> str:
    return f"link {first} is missing" if first == last else f"links {first} to {last} are missing"
