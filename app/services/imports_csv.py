"""Message files in CSV. The file is gone through twice, a piece at a time: once to learn that it can be read, and how long it
is; once to read it. Only one record is held at a time.
"""

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from typing import BinaryIO

from app.domain.imports import COLUMNS, MAX_ROWS, FileRefused, RejectCode
from app.domain.imports_rows import RawRow
from app.services.imports_columns import positions

_PIECE = 1 << 20
_RECORD_LIMIT = 16 * 1024 * 1024
"""Characters in one record; beyond that a quote was left open, and the rest of the file hangs on it."""

csv.field_size_limit(2 * _RECORD_LIMIT)  # _Lines stops before; the module's own limit loses its place in the file


class CsvTable:
    """The rows of a CSV file. Raises FileRefused, before any row is given, for one that cannot be read as a whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encoding = _encoding_of(file)
        self._width = 0
        self._positions: tuple[int, ...] = ()
        self.total = self._survey()

    def _survey(self) -> int:
        total = 0
        for number, _ in self._records():
            total += number > 0
            if total > MAX_ROWS:
                raise FileRefused(f"文件超过 {MAX_ROWS:,} 行，请分成几个文件")
        if not self._positions:
            raise FileRefused("文件是空的")
        return total

    def rows(self) -> Generator[RawRow, None, None]:
        for number, cells in self._records():
            if number > 0:
                yield self._row(number, cells)

    def _row(self, number: int, cells: list[str] | None) -> RawRow:
        if cells is None:
            return RawRow(number, (), (RejectCode.MALFORMED, "引号用法有误：引号内的引号须写两遍"))
        if len(cells) != self._width:
            known = (cells[self._positions[0]],) if self._positions[0] < len(cells) else ()
            return RawRow(number, known, (RejectCode.WRONG_CELL_COUNT, f"应有 {self._width} 格，实有 {len(cells)} 格"))
        return RawRow(number, tuple(cells[position] for position in self._positions))

    def _records(self) -> Generator[tuple[int, list[str] | None], None, None]:
        """Records with their numbers, the header being 0; None stands for one with misplaced quotes. Empty lines are none."""
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, self._encoding, errors="strict", newline="")
        lines = _Lines(text)
        records = csv.reader(lines, strict=True)
        number = 0
        try:
            while True:
                cells = _next(records, lines, number)
                if cells == []:
                    continue
                if number == 0:
                    self._read_header(cells)
                yield number, cells
                number += 1
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise FileRefused("文件在读取时被改动") from None
        finally:
            text.detach()

    def _read_header(self, cells: list[str] | None) -> None:
        if cells is None:
            raise FileRefused("表头的引号用法有误")
        if self._encoding == "gb18030" and COLUMNS[0].encode() in _head(self._file):
            raise FileRefused("文件大部分是 UTF-8，但夹有别的编码，请另存为 UTF-8")
        self._positions = positions(cells)
        self._width = len(cells)


def _next(records: "Iterator[list[str]]", lines: "_Lines", number: int) -> list[str] | None:
    lines.begin()
    try:
        return next(records)
    except csv.Error:
        if lines.ended:
            where = f"第 {number} 行" if number else "表头"
            raise FileRefused(f"{where}（文件第 {lines.first} 行起）的引号没有闭合") from None
        return None


class _Lines:
    """The lines of a text with their own ends, none of them too long, nor a record made of them."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._left = 0
        self._line = 0
        self.first = 1
        self.ended = False

    def begin(self) -> None:
        """A record begins with the next line."""
        self._left = _RECORD_LIMIT
        self.first = self._line + 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        self._line += 1
        self._left -= len(line)
        if self._left < 0:
            raise FileRefused(f"文件第 {self.first} 行起的一行超过 {_RECORD_LIMIT:,} 个字符，多半是少了一个引号")
        if not line:
            self.ended = True
            raise StopIteration
        return line


def _head(file: BinaryIO) -> bytes:
    position = file.tell()
    file.seek(0)
    head = file.read(4096)
    file.seek(position)
    return head


def _encoding_of(file: BinaryIO) -> str:
    """The first encoding in which every byte of the file makes sense."""
    marked = _head(file).startswith(codecs.BOM_UTF8)
    for encoding in ["utf-8-sig"] if marked else ["utf-8", "gb18030"]:
        if _decodes(file, encoding):
            return encoding
    if marked:
        raise FileRefused("文件以 UTF-8 标记开头，但内容不是有效的 UTF-8")
    raise FileRefused("文件的编码既不是 UTF-8 也不是 GB18030，请另存为 UTF-8")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
