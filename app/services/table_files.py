"""A list as a file: the items of all its pages, as the reader's list shows them, a column a field, headings in Chinese.

The file asks nothing of its own: its rows are what the list answers page by page, so that scope, filters and masks are the
list's. Whatever a cell could take for a formula is text.
"""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, get_args

import xlsxwriter
from pydantic import BaseModel

from app.core.clock import CHINA
from app.core.paging import FileFormat, FileQuery, Page
from app.services.exports_xlsx import cell
from app.services.table_headings import HEADINGS, MEANT_OTHERWISE
from app.services.table_words import NAMES

MOST_ROWS = 10_000
"""Of one file; who needs more asks for a narrower list. The file says when it is cut."""
_AT_ONCE = 100
"""The longest page a list gives."""
_BOM = "\ufeff"
"""Without it the spreadsheet programs in use take UTF-8 for GBK."""
_FOR_PROGRAMS = frozenset({"actions", "version"})
_LONGEST_CELL = 32_767
"""Of a workbook; what is longer is not written at all."""
Query = TypeVar("Query", bound=FileQuery)


@dataclass(frozen=True, slots=True)
class Table:
    """What is written into a file: headings, rows, and the words of the last line when there was more."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]
    cut: str | None


async def every_page(page: Callable[[Query], Awaitable[Page[Any]]], query: Query) -> tuple[list[Any], bool]:
    """The items of all pages, and whether there is more than fits into a file.

    Some lists give short pages, or empty ones with a cursor: no more pages are asked for than full ones would be.
    """
    found: list[Any] = []
    cursor: str | None = None
    for _ in range(MOST_ROWS // _AT_ONCE + 1):
        part = await page(query.model_copy(update={"limit": _AT_ONCE, "cursor": cursor, "format": FileFormat.JSON}))
        found += part.items
        cursor = part.next_cursor
        if cursor is None:
            break
    return found[:MOST_ROWS], cursor is not None or len(found) > MOST_ROWS


def item_of(page: type[BaseModel]) -> type[BaseModel]:
    """What a page's items are."""
    (item,) = get_args(page.model_fields["items"].annotation)
    return item  # type: ignore[no-any-return]


def columns_of(item: type[BaseModel]) -> dict[str, str]:
    """Field → heading, in the order of the item's form."""
    return {name: heading(item, name) for name in item.model_fields if name not in _FOR_PROGRAMS}


def heading(item: type[BaseModel], name: str) -> str:
    return MEANT_OTHERWISE.get((item.__name__, name)) or HEADINGS[name]


async def as_file(kind: FileFormat, item: type[BaseModel], found: Sequence[Any], *, cut: bool) -> bytes:
    """The file; written in a thread, as it takes the processor."""
    table = await asyncio.to_thread(_table, item, found, cut=cut)
    write = _as_xlsx if kind is FileFormat.XLSX else _as_csv
    return await asyncio.to_thread(write, table)


def _table(item: type[BaseModel], found: Sequence[Any], *, cut: bool) -> Table:
    columns = columns_of(item)
    shown = (item.model_validate(each, from_attributes=True) for each in found)
    rows = [[_value(getattr(each, name)) for name in columns] for each in shown]
    said = f"条数过多，只列出前{len(rows)}条，请缩小范围" if cut else None
    return Table(list(columns.values()), rows, said)


def _value(value: Any) -> str | int | float:
    """Numbers stay numbers, so that they can be added up; everything else is text that no program runs."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return cell(_said(value))[:_LONGEST_CELL]


def _said(value: Any) -> Any:
    """A value in the words its readers use."""
    if isinstance(value, Enum):
        return NAMES.get(type(value), {}).get(value, value.value)
    if isinstance(value, datetime):
        return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, BaseModel):
        return "；".join(_parts(value))
    if isinstance(value, dict):
        return _pairs(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_said(each) for each in value]
    return value


def _pairs(value: dict[Any, Any]) -> str:
    """Codes and their values in words; what a form of free fields holds stays as it was sent."""
    if all(isinstance(key, Enum) for key in value):
        return "；".join(f"{_said(key)}：{_said(each)}" for key, each in value.items())
    return json.dumps(value, ensure_ascii=False, default=str)


def _parts(value: BaseModel) -> Iterator[str]:
    for name in type(value).model_fields:
        part = getattr(value, name)
        if part is not None and name not in _FOR_PROGRAMS:
            yield f"{heading(type(value), name)}：{cell(_said(part))}"


def _as_csv(table: Table) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerows([table.headings, *table.rows])
    if table.cut is not None:
        writer.writerow([table.cut])
    return (_BOM + file.getvalue()).encode()


def _as_xlsx(table: Table) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, table.headings, bold)
    for number, row in enumerate(table.rows, start=1):
        sheet.write_row(number, 0, row)
    if table.cut is not None:
        sheet.write_string(len(table.rows) + 1, 0, table.cut, bold)
    book.close()
    return file.getvalue()


CONTENT_TYPES: Mapping[FileFormat, str] = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
