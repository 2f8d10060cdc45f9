"""An export as a workbook. Whatever a cell could take for a formula is written as text with an apostrophe before it."""

import io
from typing import Any

import xlsxwriter

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Spreadsheet programs with Chinese input take the wide signs for the narrow ones."""
_TOTALS = {"recorded_minutes": "已记录、待确认（分钟）", "confirmed_minutes": "已确认（分钟）"}
_FORBIDDEN_IN_TITLES = str.maketrans("", "", "[]:*?/\\")
_LONGEST_TITLE = 31


def workbook(found: dict[str, Any]) -> bytes:
    """Bytes of the workbook: a sheet of totals, then a sheet a section, headings in Chinese."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    totals = book.add_worksheet("时长合计")
    for row, (name, title) in enumerate(_TOTALS.items()):
        totals.write_string(row, 0, title)
        totals.write_number(row, 1, found["totals"][name])
    for section in found["sections"]:
        sheet = book.add_worksheet(section["title"].translate(_FORBIDDEN_IN_TITLES)[:_LONGEST_TITLE])
        for column, (field, title) in enumerate(section["columns"].items()):
            sheet.write_string(0, column, title, bold)
            for row, values in enumerate(section["rows"], start=1):
                sheet.write_string(row, column, cell(values[field]))
        if section["truncated"]:
            count = len(section["rows"])
            sheet.write_string(count + 1, 0, f"条数过多，只列出最近的{count}条", bold)
    book.close()
    return file.getvalue()


def cell(value: Any) -> str:
    """A value as the text of a cell; lists in one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    words = "、".join(cell(item) for item in value) if isinstance(value, list) else str(value)
    return f"'{words}" if words.startswith(_FORMULA) else words
