"""Anchors: the newest link of each district's chain, kept in a file outside the database, one line a district.

Whoever can only change the database cannot cut the end of a chain off unseen. The file is replaced as a whole, readable by
nobody else, and as short as there are districts.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from app.core.start_errors import SettingsWrong
from app.domain.audit_chain import Anchor, Mark

FILE = "audit-anchors"


def read(path: Path) -> dict[int, Anchor]:
    """District → anchor; empty without a file. Raises SettingsWrong for one that is none."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsWrong(f"The anchors {path} cannot be read: {error.strerror}.") from None
    try:
        anchors = [_read(orjson.loads(line)) for line in lines]
    except (ValueError, KeyError, TypeError):
        raise SettingsWrong(f"The file {path} does not hold anchors of the audit trail.") from None
    return {anchor.district_id: anchor for anchor in anchors}


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Be the only process that changes the anchors. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write(path: Path, anchors: Iterable[Anchor]) -> None:
    """Replace the file: after a crash there is the old one or the new one. Only while ``exclusive``. Raises OSError."""
    draft = path.with_name(f"{path.name}.new")
    content = b"".join(orjson.dumps(_written(anchor)) + b"\n" for anchor in anchors)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _written(anchor: Anchor) -> dict[str, Any]:
    return {
        "district": anchor.district_id,
        "newest": _mark(anchor.newest),
        "archived": _mark(anchor.archived) if anchor.archived else None,
        "key": anchor.key_name,
        "seal": anchor.seal.hex(),
    }


def _mark(mark: Mark) -> list[Any]:
    return [mark.position, mark.hash.hex()]


def _read(line: dict[str, Any]) -> Anchor:
    newest, archived = (
        Mark(said[0], bytes.fromhex(said[1])) if said else None for said in (line["newest"], line["archived"])
    )
    if newest is None:
        raise ValueError("an anchor says where the chain ends")
    return Anchor(int(line["district"]), newest, archived, str(line["key"]), bytes.fromhex(line["seal"]))
