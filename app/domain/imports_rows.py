"""What a row of a message file must be to become a need. Text is kept as it stands: not trimmed, not normalised."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from app.core.clock import CHINA
from app.domain.imports import COLUMNS, RejectCode

Cell = str | float | datetime | None
"""A cell of a workbook; cells of a CSV file are texts. A datetime has no offset: the clock on the wall."""

NUMBER_LENGTH = 120
ASKER_LENGTH = 200
TITLE_LENGTH = 500
DETAILS_LENGTH = 10_000

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab, line feed and carriage return; halves of surrogate pairs."""
_UNFIT_IN_NUMBER = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:(?:\s+|T)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_EXACT = 2**53
"""Up to here a float tells whole numbers apart."""
_TYPED = 10**15
"""A spreadsheet keeps 15 digits of a number that was typed in and writes zeros for the rest."""


@dataclass(frozen=True, slots=True)
class Message:
    """A good row. ``row_number`` counts the file's rows from 1, header not counted; ``asked_at`` is in UTC."""

    row_number: int
    number: str
    asker: str
    title: str
    asked_at: datetime
    details: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that did not become a need. ``number`` is fit to be stored and shown, whatever stood in the cell."""

    row_number: int
    number: str | None
    code: RejectCode
    reason: str


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as read: its cells in the order of COLUMNS, or what is wrong with it already."""

    row_number: int
    cells: tuple[Cell, ...]
    fault: tuple[RejectCode, str] | None = None


class RowUnfit(Exception):
    """Raised by the checks of one row."""

    def __init__(self, code: RejectCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class RowJudge:
    """Judges the rows of one file in their order: of rows with one number, the first good one stands."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def judge(self, row: RawRow) -> Message | Reject:
        number = row.cells[0] if row.cells else None
        try:
            message = _message(row)
            self._require_first(message)
        except RowUnfit as unfit:
            return Reject(row.row_number, shown_number(number), unfit.code, unfit.reason)
        return message

    def _require_first(self, message: Message) -> None:
        first = self._seen.setdefault(message.number, message.row_number)
        if first != message.row_number:
            raise RowUnfit(RejectCode.DUPLICATE_IN_FILE, f"留言编号与第 {first} 行重复，以第 {first} 行为准")


def _message(row: RawRow) -> Message:
    if row.fault is not None:
        raise RowUnfit(*row.fault)
    number, asker, title, asked_at, details = row.cells
    return Message(
        row_number=row.row_number,
        number=_number(number),
        asker=_words(asker, 1, ASKER_LENGTH, None, RejectCode.ASKER_TOO_LONG),
        title=_words(title, 2, TITLE_LENGTH, RejectCode.MISSING_TITLE, RejectCode.TITLE_TOO_LONG),
        asked_at=_moment(asked_at),
        details=_words(details, 4, DETAILS_LENGTH, RejectCode.MISSING_DETAILS, RejectCode.DETAILS_TOO_LONG),
    )


def shown_number(cell: Cell) -> str | None:
    """A number fit for a list of rejects: bounded, without anything a database or a terminal chokes on."""
    shown = _UNFIT_IN_NUMBER.sub("\ufffd", text_of(cell)[:NUMBER_LENGTH])
    return shown or None


def text_of(cell: Cell) -> str:
    """What a cell says. Numbers and dates of a workbook are written out, since they have no text of their own."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case datetime():
            return cell.isoformat(" ")
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)


def _number(cell: Cell) -> str:
    if isinstance(cell, float):
        _require_all_digits(cell)
    elif isinstance(cell, datetime):
        raise RowUnfit(RejectCode.NUMBER_ODD, "留言编号是日期，请将该列设为文本")
    number = text_of(cell)
    if not number.strip():
        raise RowUnfit(RejectCode.MISSING_NUMBER, "缺少留言编号")
    if len(number) > NUMBER_LENGTH:
        raise RowUnfit(RejectCode.NUMBER_TOO_LONG, f"留言编号超过 {NUMBER_LENGTH} 个字符")
    if found := _UNFIT_IN_NUMBER.search(number):
        raise RowUnfit(RejectCode.CONTROL_CHARACTER, f"留言编号含有控制字符 {_named(found[0])}")
    if number != number.strip():
        raise RowUnfit(RejectCode.NUMBER_ODD, "留言编号前后有空白")
    return number


def _require_all_digits(value: float) -> None:
    """A long number that was typed as a number has lost its last digits, and nobody can tell which they were."""
    lost = RowUnfit(RejectCode.NUMBER_LOST_DIGITS, "留言编号以数值保存，已丢失位数；请在表格中将该列设为文本后重新填写")
    if not value.is_integer() or not 0 <= value < _EXACT:
        raise lost
    if value >= _TYPED and value % 10 == 0:
        raise lost


def _words(cell: Cell, column: int, limit: int, missing: RejectCode | None, too_long: RejectCode) -> str:
    words = text_of(cell)
    if missing is not None and not words.strip():
        raise RowUnfit(missing, f"缺少{COLUMNS[column]}")
    if len(words) > limit:
        raise RowUnfit(too_long, f"{COLUMNS[column]}有 {len(words)} 个字符，超过 {limit}")
    if found := _UNFIT.search(words):
        raise RowUnfit(RejectCode.CONTROL_CHARACTER, f"{COLUMNS[column]}含有控制字符 {_named(found[0])}")
    return words


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"


def _moment(cell: Cell) -> datetime:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        raise RowUnfit(RejectCode.MISSING_TIME, "缺少留言时间")
    moment = cell.replace(tzinfo=CHINA) if isinstance(cell, datetime) else _guarded(parse_moment, cell)
    if not 2000 <= moment.year < 2100:
        raise RowUnfit(RejectCode.BAD_TIME, "留言时间须在 2000 年至 2100 年之间")
    return moment.astimezone(UTC)


def _guarded(parse: Callable[[str], datetime], cell: str | float) -> datetime:
    if isinstance(cell, float):
        raise RowUnfit(RejectCode.BAD_TIME, "留言时间是数值，不是日期；请将该列设为日期或文本")
    try:
        return parse(cell)
    except (ValueError, OverflowError):
        raise RowUnfit(RejectCode.BAD_TIME, "留言时间无法识别，例：2020/1/2 3:04:05") from None


def parse_moment(text: str) -> datetime:
    """2020/1/2 3:04:05, 2020-01-02 03:04, 2020-01-02T03:04:05+08:00; without offset China Standard Time. ValueError."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a time")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    micros = int((fraction or "").ljust(6, "0")[:6])
    zone = _zone(offset) if offset else CHINA
    return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micros, zone)


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if minutes > 59:
        raise ValueError("not an offset")
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if offset[0] == "-" else span)
