"""Message files for tests, as people's programs would write them."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from app.domain.imports import COLUMNS

Row = Sequence[Any]


def message(number: int | str, **changed: Any) -> list[Any]:
    """A good row in the order of COLUMNS; ``title=…`` and the like change a cell."""
    cells = {
        "number": f"LY{number:06d}" if isinstance(number, int) else number,
        "asker": "王某",
        "title": f"第{number}件：楼道灯不亮",
        "asked_at": "2024/3/5 18:04:05",
        "details": "三单元二层的灯已坏了一周，\n老人上下楼看不清。",
    }
    return list((cells | changed).values())


def csv_file(rows: Iterable[Row], encoding: str = "utf-8", header: Row = COLUMNS) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_file(rows: Iterable[Row], header: Row = COLUMNS, **options: Any) -> bytes:
    """Texts as texts, numbers as numbers, datetimes as dates of the sheet."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(
        content, {"default_date_format": "yyyy-mm-dd hh:mm:ss", "strings_to_formulas": False}
    ) as book:
        sheet = book.add_worksheet()
        for index, row in enumerate([header, *rows]):
            for column, cell in enumerate(row):
                write = sheet.write_string if isinstance(cell, str) else sheet.write
                write(index, column, cell)
    return content.getvalue()
