"""Opening a message file, told apart by what it holds and not by its name; rows, judged, in batches."""

import contextlib
from itertools import islice
from typing import BinaryIO

from app.domain.imports import FileRefused
from app.domain.imports_rows import Message, Reject, RowJudge
from app.services.imports_csv import CsvTable
from app.services.imports_xlsx import XlsxTable

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xls files begin, and workbooks with a password."""


class MessageFile:
    """An open file's rows. ``total`` counts them; batches have to be taken one after another, from whatever thread."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises FileRefused; takes as long as going through the file once."""
        self._closing = contextlib.ExitStack()
        self._judge = RowJudge()
        table = self._table(file)
        self.total = table.total
        self._rows = table.rows()
        self._closing.callback(self._rows.close)

    def _table(self, file: BinaryIO) -> CsvTable | XlsxTable:
        file.seek(0)
        head = file.read(8)
        if head == _COMPOUND:
            raise FileRefused("这是旧版 .xls 或有密码的工作簿，请另存为 .xlsx 或 CSV")
        if not head.startswith(_ZIP):
            return CsvTable(file)
        workbook = XlsxTable(file)
        self._closing.callback(workbook.close)
        return workbook

    def batch(self, size: int) -> list[Message | Reject]:
        """The next rows, judged; empty at the end."""
        return [self._judge.judge(row) for row in islice(self._rows, size)]

    def skip(self, count: int) -> None:
        """Pass over rows dealt with before; their numbers are remembered, so that a later row with one is still a duplicate."""
        for row in islice(self._rows, count):
            self._judge.judge(row)

    def close(self) -> None:
        self._closing.close()
