"""Keyset pages: a page starts after the last key seen, so that depth costs nothing and no row is shown twice."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import Field

from app.core.errors import Invalid
from app.core.types import Form

Item = TypeVar("Item")

Cursor = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_\-]+$",
        description="上一页返回的 next_cursor；不传则从头开始",
    ),
]


class PageQuery(Form):
    """What every list may be asked."""

    limit: Annotated[int, Field(ge=1, le=100, description="每页条数")] = 20
    cursor: Cursor | None = None


class FileFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class FileQuery(PageQuery):
    """What a list may be asked that can be taken away: all its pages as one file, under the same filters and permission."""

    format: Annotated[
        FileFormat,
        Field(
            description="json：一页；csv、xlsx：全部各页的文件，条数有上限，时间为北京时间，limit 与 cursor 不起作用"
        ),
    ] = FileFormat.JSON


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and, when there are more, the cursor of what follows."""

    items: Sequence[Item]
    next_cursor: str | None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(cursor: str, size: int) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError) as bad:
        raise Invalid("分页游标无效") from bad
    if len(raw) != size:
        raise Invalid("分页游标无效")
    return raw


def id_cursor(last: UUID) -> str:
    return _encode(last.bytes)


def id_after(cursor: str | None) -> UUID | None:
    return UUID(bytes=_decode(cursor, 16)) if cursor else None


def position_cursor(last: int) -> str:
    return _encode(last.to_bytes(8))


def position_after(cursor: str | None) -> int:
    """Bounded to PostgreSQL's bigint."""
    return int.from_bytes(_decode(cursor, 8)) & 0x7FFF_FFFF_FFFF_FFFF if cursor else 0


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def moment_cursor(at: datetime, last: UUID) -> str:
    """Of a list by time, and by id where times are the same."""
    return _encode(((at - _EPOCH) // _MICROSECOND).to_bytes(8) + last.bytes)


def moment_after(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Bounded to the years a time can have."""
    if not cursor:
        return None
    raw = _decode(cursor, 24)
    return _EPOCH + min(int.from_bytes(raw[:8]), _MOST) * _MICROSECOND, UUID(bytes=raw[8:])
