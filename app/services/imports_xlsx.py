"""Message files in XLSX, read by a process of their own (imports_cells); rows come over a pipe, one at a time."""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from app.domain.imports import COLUMNS, MAX_ROWS, FileRefused
from app.domain.imports_rows import Cell, RawRow
from app.services.imports_columns import positions

_READER = Path(__file__).with_name("imports_cells.py")
_SENTENCES = {
    "other": "文件不是 XLSX 工作簿",
    "locked": "工作簿设有密码，请去掉密码后再导入",
    "empty": "工作簿里没有可见的工作表",
    "large": "工作簿展开后过大，请另存为 CSV 再导入",
    "broken": "工作簿已损坏，请重新保存后再导入",
}


class XlsxTable:
    """The rows of a workbook's first visible sheet. Raises FileRefused, before any row is given, for one that cannot be read."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        command = [sys.executable, "-I", str(_READER), *COLUMNS]
        self._process = subprocess.Popen(  # noqa: S603 - our own file, fixed arguments
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            self._feed(file)
            self.total = self._survey()
        except BaseException:
            self.close()
            raise

    def _survey(self) -> int:
        positions(self._read()["header"])
        total: int = self._read()["total"]
        if total > MAX_ROWS:
            raise FileRefused(f"文件超过 {MAX_ROWS:,} 行，请分成几个文件")
        return total

    def _feed(self, file: BinaryIO) -> None:
        """The reader takes in the whole file before it says anything, so neither waits for the other."""
        pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError), pipe:
                shutil.copyfileobj(file, pipe, 1 << 20)

    def _read(self) -> Any:
        """The next value. The reader's death in the middle is the file's fault: its means are bounded."""
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line.endswith(b"\n"):
            raise FileRefused(_SENTENCES["large" if self._process.wait() < 0 else "broken"])
        value = json.loads(line)
        if isinstance(value, dict) and "refused" in value:
            raise FileRefused(_SENTENCES[value["refused"]])
        if value == {"header": []}:
            raise FileRefused("文件是空的")
        return value

    def rows(self) -> Generator[RawRow, None, None]:
        for _ in range(self.total):
            number, cells = self._read()
            yield RawRow(number, tuple(_cell(cell) for cell in cells))

    def close(self) -> None:
        """End the reader, wherever it is."""
        self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["at"])
    return float(value) if isinstance(value, int) else value
