"""``sanshun import needs``: one file from this machine's disk, without a server or beside a running one."""

import asyncio
import contextlib
import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from app.core.crypto import Sealer
from app.core.db import Database, refusal_of
from app.core.errors import NotFound
from app.core.keys import field_keys
from app.domain.imports import FileRefused
from app.domain.imports_rows import Reject
from app.models import Import
from app.services import imports
from app.settings import Settings
from app.workers.imports import Opened, go_through

Progress = Callable[[str, int, int], None]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""
_CODE = re.compile(r"\d{12}")
HEADER = ("行号", "留言编号", "原因代码", "原因")


@dataclass(frozen=True, slots=True)
class ImportReport:
    total: int
    created: int
    existing: int
    rejected: int
    rejects_file: Path


def import_needs(
    url: str, settings: Settings, path: Path, community: str, progress: Progress, *, archive: bool = False
) -> ImportReport:
    """Every row becomes a need or stands in ``<path>.rejects.csv``. Not to be called where an event loop runs.

    Raises FileRefused for a file that cannot be read as a whole, NotFound for an unknown community, Unavailable.
    """
    if not _CODE.fullmatch(community):
        raise NotFound("社区编码须为 12 位区划代码，例：150103006009")
    try:
        with _readable(path) as file:
            return asyncio.run(_import(url, settings, file, path, community, progress, archive=archive))
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise refusal_of(error) or error from None


async def _import(
    url: str, settings: Settings, source: BinaryIO, path: Path, community: str, progress: Progress, *, archive: bool
) -> ImportReport:
    sealer = Sealer(*field_keys(settings))
    database = Database(url, settings.app_role, pool_size=2, keys=sealer.numbers)
    district_id = int(community[:6])
    try:
        async with database.transaction(district_id) as session:
            await imports.community_of(session, community)
        async with Opened(source) as file:
            with _rejects_file(path) as write:

                def told(done: int, rejects: list[Reject]) -> None:
                    write(rejects)
                    progress("messages", done, file.total)

                async with database.transaction(district_id) as session:
                    place = await imports.community_of(session, community)
                    waiting = imports.queued(session, place, path.name[-200:], None, archive=archive)
                    claimed = await imports.begin(session, waiting)
                ended = await go_through(database, sealer, asyncio.Event(), claimed, file, told)
        return _report(ended, path)
    finally:
        await database.close()


def _report(ended: Import | None, path: Path) -> ImportReport:
    if ended is None:
        raise FileRefused("导入被中断")
    total = ended.total_rows or 0
    return ImportReport(total, ended.created_rows, ended.existing_rows, ended.rejected_rows, rejects_path(path))


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        reasons = {FileNotFoundError: "没有这个文件", IsADirectoryError: "这是文件夹", PermissionError: "没有权限读取"}
        raise FileRefused(f"{reasons.get(type(error), '文件打不开')}：{path}") from None
    with file:
        if not file.seekable():
            raise FileRefused(f"须为磁盘上的文件：{path}")
        yield file


def rejects_path(path: Path) -> Path:
    return path.with_name(path.name + ".rejects.csv")


@contextlib.contextmanager
def _rejects_file(path: Path) -> Iterator[Callable[[list[Reject]], None]]:
    """A list of what was rejected, for a spreadsheet; it takes its name once it is complete."""
    draft = path.with_name(path.name + ".rejects.csv.part")
    try:
        file = draft.open("w", encoding="utf-8-sig", newline="")
    except OSError:
        raise FileRefused(f"不能在此写拒收清单：{draft.parent}") from None
    try:
        with file:
            rows = csv.writer(file)
            rows.writerow(HEADER)
            yield lambda rejects: _written(rows, rejects)
        draft.replace(rejects_path(path))
    finally:
        draft.unlink(missing_ok=True)


def _written(rows: Any, rejects: list[Reject]) -> None:
    try:
        rows.writerows(_cells(reject) for reject in rejects)
    except OSError as error:
        raise FileRefused(f"拒收清单写不下去：{error.strerror}") from None


def _cells(reject: Reject) -> list[Any]:
    return [reject.row_number, *(_inert(text) for text in (reject.number or "", reject.code.value, reject.reason))]


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
