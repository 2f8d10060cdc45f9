"""Rows of a query as columns of numbers: COPY in binary, which the driver hands on without making an object of any value.

A query says ``{name}`` where a value of ours stands, which is written into it: COPY takes no parameters. Its columns are of fixed
width and never empty, but for the last, which may be a text. What would be empty is said by the query: -1, the zero UUID,
``-infinity``. The format is that of PostgreSQL's documentation of COPY: a header, rows of fields each after its length, an end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEY = "S16"
"""A UUID's bytes. They compare as the database compares them; ``key_bytes`` has them whole, as numpy drops zeros at the end."""
SMALL, INT, BIG, FLOAT = ">i2", ">i4", ">i8", ">f8"
NO_TIME = np.iinfo(np.int64).min
"""``-infinity`` of a time, in ``BIG``; others are microseconds since ``EPOCH``."""
NO_DAY = np.iinfo(np.int32).min
"""``-infinity`` of a date, in ``INT``; others are days since ``EPOCH``."""
EPOCH = date(2000, 1, 1)
NO_KEY = b""
"""The zero UUID, as numpy shows it."""
_SIGNATURE = b"PGCOPY\n\xff\r\n\x00"
_HEADER, _TRAILER = len(_SIGNATURE) + 8, 2


@dataclass(slots=True)
class Columns:
    """Columns by name, as long as there are rows; ``texts`` are those of the last, where it is one."""

    rows: NDArray[Any]
    texts: list[bytes]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """In the machine's own byte order."""
        column = self.rows[name]
        return column if column.dtype.kind == "S" else column.astype(column.dtype.newbyteorder("="))


async def columns(
    connection: Any, query: str, kinds: Mapping[str, str], given: Mapping[str, Any], *, text: bool = False
) -> Columns:
    """What the query answers; ``kinds`` of its columns in their order, without the ``text`` at the end."""
    data = bytearray()

    async def take(some: bytes) -> None:
        data.extend(some)

    said = query.format(**{name: literal(value) for name, value in given.items()})
    await connection.copy_from_query(said, output=take, format="binary")
    return read(bytes(data), kinds, text=text)


def literal(value: Any) -> str:
    """A value as SQL writes it."""
    if isinstance(value, int):
        return f"{value:d}"
    if isinstance(value, datetime):
        return f"timestamptz '{value.isoformat()}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"no literal of {type(value).__name__}")


def read(data: bytes, kinds: Mapping[str, str], *, text: bool) -> Columns:
    """Columns from what COPY sent. ValueError when a field is empty or of another width."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("not what COPY sends")
    shape = _shape(kinds, text=text)
    found, texts = _ragged(data, shape) if text else (_even(data, shape), [])
    _check(found, kinds, len(kinds) + text)
    return Columns(found, texts)


def _shape(kinds: Mapping[str, str], *, text: bool) -> np.dtype[Any]:
    fields = [("#", ">i2")]
    for name, kind in kinds.items():
        fields += [(f"#{name}", ">i4"), (name, kind)]
    return np.dtype(fields + ([("#text", ">i4")] if text else []))


def _even(data: bytes, shape: np.dtype[Any]) -> NDArray[Any]:
    size = len(data) - _HEADER - _TRAILER
    if size % shape.itemsize:
        raise ValueError("a field is empty or of another width")
    return np.frombuffer(data, shape, size // shape.itemsize, _HEADER)


def _ragged(data: bytes, shape: np.dtype[Any]) -> tuple[NDArray[Any], list[bytes]]:
    """Where a row begins is only known from the text before it."""
    width, end, at = shape.itemsize, len(data) - _TRAILER, _HEADER
    starts: list[int] = []
    texts: list[bytes] = []
    while at < end:
        starts.append(at)
        until = at + width
        at = until + int.from_bytes(data[until - 4 : until])
        texts.append(data[until:at])
    where = np.array(starts, np.int64)[:, None] + np.arange(width)
    return np.frombuffer(data, np.uint8)[where].view(shape).reshape(len(starts)), texts


def _check(found: NDArray[Any], kinds: Mapping[str, str], fields: int) -> None:
    right = bool((found["#"] == fields).all())
    if not right or any((found[f"#{name}"] != np.dtype(kind).itemsize).any() for name, kind in kinds.items()):
        raise ValueError("a field is empty or of another width")


def key_bytes(keys: NDArray[Any]) -> list[bytes]:
    """All sixteen bytes of each."""
    whole = np.ascontiguousarray(keys, KEY).tobytes()
    return [whole[at : at + 16] for at in range(0, len(whole), 16)]


def places_in(keys: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    """Where each wanted key stands among ``keys``, which ascend; -1 where it does not."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)
