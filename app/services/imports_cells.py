"""A process of its own that reads a workbook: standard input is the file, standard output its rows, one JSON value a line.

The library builds the whole rectangle between the outermost cells and aborts when memory runs out, which two cells in
opposite corners achieve: in a process of its own, with bounded memory and time, that ends this process and nothing else.
Run as a file, so nothing of the product is imported. Arguments: the columns wanted, by name.
"""

import io
import json
import resource
import sys
import zipfile
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError
from python_calamine import SheetTypeEnum as Type
from python_calamine import SheetVisibleEnum as Visible

MEMORY_BYTES = 3 << 30
CPU_SECONDS = 90
UNPACKED_BYTES = 1 << 30
"""What the parts of the workbook may say they unpack to; what they really unpack to is bounded by the memory."""
PARTS = frozenset({"[Content_Types].xml", "xl/workbook.xml"})
BLANKS = "\ufeff \t\r\n\u3000"
"""What may stand around a column's name."""


class Refused(Exception):
    """Raised with the word that the reader has a sentence for."""


def main(columns: list[str]) -> None:
    """The whole life of the process."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    try:
        write_rows(sys.stdin.buffer.read(), columns)
    except Refused as refused:
        say({"refused": str(refused)})
    except PasswordError:
        say({"refused": "locked"})
    except MemoryError:
        say({"refused": "large"})
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError):
        say({"refused": "broken"})


def write_rows(content: bytes, columns: list[str]) -> None:
    """The header; how many rows are not empty; each of them with its number and the wanted cells, in the order wanted."""
    check_parts(content)
    sheet = first_sheet(CalamineWorkbook.from_filelike(io.BytesIO(content)))
    top, header = next(((n, row) for n, row in enumerate(sheet.iter_rows()) if filled(row)), (0, []))
    names = [cell.strip(BLANKS) if isinstance(cell, str) else "" for cell in header]
    say({"header": names})
    if not set(columns) <= set(names):
        return
    say({"total": sum(filled(row) for n, row in enumerate(sheet.iter_rows()) if n > top)})
    wanted = [names.index(column) for column in columns]
    for number, row in enumerate(sheet.iter_rows()):
        if number > top and filled(row):
            say([number - top, [plain(row[position]) for position in wanted]])


def check_parts(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = package.infolist()
    if not {part.filename for part in parts} >= PARTS:
        raise Refused("other")
    if sum(part.file_size for part in parts) > UNPACKED_BYTES:
        raise Refused("large")


def first_sheet(workbook: CalamineWorkbook) -> CalamineSheet:
    for index, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ == Type.WorkSheet and sheet.visible == Visible.Visible:
            return workbook.get_sheet_by_index(index)
    raise Refused("empty")


def filled(row: list[Any]) -> bool:
    return any(cell != "" for cell in row)


def plain(cell: Any) -> Any:
    """Texts and numbers as they are, a date as {"at": …}; whatever else a cell holds, as the sheet shows it."""
    match cell:
        case bool():
            return str(cell).upper()
        case str() | float() | int():
            return cell
        case datetime():
            return {"at": cell.isoformat()}
        case date():
            return {"at": datetime.combine(cell, time()).isoformat()}
        case _:
            return str(cell)


def say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
