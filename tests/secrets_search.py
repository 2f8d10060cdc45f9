"""Looking for values in clear: in files, whatever they are, in the forms that software writes a text in without meaning to."""

import base64
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_CHUNK = 8 * 1_048_576
_AROUND = 60


@dataclass(frozen=True)
class Find:
    """A mark in clear, where it stands and how it is written there."""

    where: str
    form: str
    around: bytes

    def __str__(self) -> str:
        return f"{self.where}: {self.form}: {self.around!r}"


def forms(mark: str) -> Iterator[tuple[str, bytes]]:
    """Every way the mark may stand in bytes: as text, escaped, as hexadecimal digits, in base64 at any offset."""
    raw = mark.encode()
    yield "utf-8", raw
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    for offset in range(3):
        head = (offset * 8 + 5) // 6
        whole = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
        # what lies beside the mark changes the digits it shares with it
        yield f"base64 at {offset}", whole[head : len(whole) - (1 if (len(raw) + offset) % 3 else 0)]
    if not mark.isascii():
        yield "json", mark.encode("ascii", "backslashreplace")
        yield "url", quote(mark).encode()
        yield "gb18030", mark.encode("gb18030")
        yield "utf-16", mark.encode("utf-16-le")


class Search:
    """Looks for some marks, in bytes and in files."""

    def __init__(self, marks: Iterable[str]) -> None:
        known = {needle: f"{mark} as {form}" for mark in marks for form, needle in forms(mark)}
        self._needles = [(form, needle) for needle, form in known.items()]
        self._overlap = max(len(needle) for _, needle in self._needles) + _AROUND

    def raw(self, where: str, content: bytes) -> list[Find]:
        """The first of each form."""
        places = ((form, needle, content.find(needle)) for form, needle in self._needles)
        return [
            Find(where, form, content[max(0, at - _AROUND) : at + len(needle) + _AROUND])
            for form, needle, at in places
            if at >= 0
        ]

    def text(self, where: str, content: str) -> list[Find]:
        return self.raw(where, content.encode())

    def file(self, path: Path) -> list[Find]:
        """What a file holds, however long; nothing when it is gone meanwhile."""
        try:
            with path.open("rb") as file:
                return self._chunks(path, iter(lambda: file.read(_CHUNK), b""))
        except FileNotFoundError:
            return []

    def _chunks(self, path: Path, chunks: Iterator[bytes]) -> list[Find]:
        before = b""
        for chunk in chunks:
            found = self.raw(str(path), before + chunk)
            if found:
                return found
            before = chunk[-self._overlap :]
        return []

    def folder(self, folder: Path, since: float = 0.0) -> list[Find]:
        """Every file below that was written to since then (seconds of the epoch): older ones cannot hold what came later."""
        return [find for path in changed(folder, since) for find in self.file(path)]


def changed(folder: Path, since: float) -> Iterator[Path]:
    """Files below the folder that were written to since then."""
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place) / name
            try:
                if path.is_file() and path.stat().st_mtime >= since:
                    yield path
            except FileNotFoundError:
                continue
