"""Base types of every scalar that crosses the border: bounded, without NUL or control characters, in NFC."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)

_LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
"""One line with at least one visible character."""
_WORDS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""Several lines; tab, line feed and carriage return are the only control characters."""


_DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def nfc(value: str) -> str:
    return unicodedata.normalize("NFC", value)


Line = Annotated[str, Field(min_length=1, max_length=120, pattern=_LINE), AfterValidator(nfc)]
LongLine = Annotated[str, Field(min_length=1, max_length=500, pattern=_LINE), AfterValidator(nfc)]
Words = Annotated[str, Field(min_length=1, max_length=2_000, pattern=_WORDS), AfterValidator(nfc)]
LongWords = Annotated[str, Field(min_length=1, max_length=10_000, pattern=_WORDS), AfterValidator(nfc)]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_.\-]+$")]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
_EARLIEST, _LATEST = "2000-01-01T00:00:00+00:00", "2100-01-01T00:00:00+00:00"


def _plausible(value: datetime) -> datetime:
    """PostgreSQL and Python disagree beyond these years, and no service takes place there."""
    if not datetime.fromisoformat(_EARLIEST) <= value < datetime.fromisoformat(_LATEST):
        raise ValueError("时间须在 2000 年至 2100 年之间")
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""A time with its offset, kept in UTC."""


def _as_written(value: object) -> object:
    """2026-11-24 and nothing else: of numbers and times the library would make a date too."""
    written = isinstance(value, str) and _DAY.match(value)
    if not written and type(value) is not date:
        raise ValueError("日期须写作 2026-11-24")
    return value


Day = Annotated[date, BeforeValidator(_as_written)]
"""A calendar day in China."""


def _kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _kinds(part)


@cache
def _numbers(form: type[BaseModel]) -> frozenset[str]:
    """The fields that take a number and no truth value."""
    kinds = {name: set(_kinds(field.annotation)) for name, field in form.model_fields.items()}
    return frozenset(name for name, found in kinds.items() if found & {int, float} and bool not in found)


class Form(BaseModel):
    """What comes in: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _number(cls, value: Any, info: ValidationInfo) -> Any:
        """The library would take true for 1, since a bool is an int in Python; JSON Schema does not."""
        if isinstance(value, bool) and info.field_name in _numbers(cls):
            raise ValueError("须为数字")
        return value


class Read(BaseModel):
    """What goes out: every field is always present."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def masked_phone(value: str) -> str:
    """138****1234; anything short is hidden whole."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 9 else "****"


def masked_name(value: str) -> str:
    """王*, 王*华: the first and, of longer names, the last character stay."""
    return value[:1] + "*" * max(1, len(value) - 2) + (value[-1:] if len(value) > 2 else "")


def masked_id_number(value: str) -> str:
    """1****************X: the first and the last character; more would, with the birth date, give the number."""
    return f"{value[0]}{'*' * (len(value) - 2)}{value[-1]}" if len(value) >= 8 else "****"


def masked_birth_date(value: str) -> str:
    """1958-**-**."""
    return f"{value[:4]}-**-**" if len(value) >= 10 else "****"


def masked_address(value: str) -> str:
    """光明路****: where it begins; a short one is hidden whole."""
    return f"{value[:3]}****" if len(value) > 6 else "****"


Number = Annotated[float, PlainSerializer(lambda value: round(value, 6), return_type=float)]
