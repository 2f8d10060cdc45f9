"""``sanshun import needs`` as it is typed."""

import asyncio
import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.core.errors import AppError
from app.models import Event, Import, Need, OutboxRow
from app.settings import ROOT, Settings
from app.workers.imports_command import ImportReport, import_needs
from tests.services.message_files import csv_file, message, xlsx_file
from tests.services.typed import Ended, sanshun
from tests.worlds import World, count


@pytest.fixture
def command(settings: Settings, world: World, tmp_path: Path) -> "Command":
    return Command(settings, world, tmp_path)


class Command:
    def __init__(self, settings: Settings, world: World, folder: Path) -> None:
        self.community = f"{world.district_id}001001"
        self.folder = folder
        self.settings = settings
        self.environment = os.environ | {
            "DATABASE_URL": str(settings.database_url),
            "SANSHUN_DATA_DIR": str(settings.data_dir),
            "PYTHONPATH": str(ROOT),
        }

    def start(self, path: Path) -> "subprocess.Popen[str]":
        words = ["import", "needs", str(path), "--community", self.community]
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", "from app.cli import cli; cli(prog_name='sanshun')", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def run(self, path: Path) -> Ended:
        return await sanshun(self.settings, "import", "needs", str(path), "--community", self.community)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def listed(path: Path) -> list[list[str]]:
    content = path.with_name(path.name + ".rejects.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(content.decode("utf-8-sig").splitlines()))


async def test_it_counts_and_lists_what_it_rejects(
    command: Command, owner: Database, world: World, settings: Settings
) -> None:
    rows = [message(1), message("=1+1", title=""), message(2, asked_at="昨天"), message(3)]
    path = command.file("留言.csv", csv_file(rows, "gb18030"))
    code, out, errors = await command.run(path)
    assert (code, errors) == (0, "")
    assert "4 rows: 2 new, 0 known, 2 rejected" in out.replace("\n", " ")
    assert listed(path) == [
        ["行号", "留言编号", "原因代码", "原因"],
        ["2", "'=1+1", "missing_title", "缺少留言主题"],
        ["3", "LY000002", "bad_time", "留言时间无法识别，例：2020/1/2 3:04:05"],
    ]
    assert await count(owner, world.district_id, Need) == 2
    path = command.file("again.csv", xlsx_file([rows[0], rows[3]]))
    report = await imported(settings, path, command.community)
    assert (report.total, report.created, report.existing, report.rejected) == (2, 0, 2, 0)
    assert len(listed(path)) == 1


@pytest.mark.parametrize(
    ("name", "content", "community", "words"),
    [
        ("missing.csv", None, None, "没有这个文件"),
        (".", None, None, "这是文件夹"),
        ("a.csv", b"", None, "空的"),
        ("a.csv", b"a,b\n", None, "缺少列"),
        ("a.csv", csv_file([]), "999999999999", "没有这个社区"),
        ("a.csv", csv_file([]), "三顺店", "12 位"),
    ],
)
async def test_a_refusal_is_one_sentence_and_writes_nothing(
    command: Command,
    owner: Database,
    world: World,
    settings: Settings,
    name: str,
    content: bytes | None,
    community: str | None,
    words: str,
) -> None:
    path = command.folder / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AppError, match=words) as caught:
        await imported(settings, path, community or command.community)
    assert "\n" not in str(caught.value)
    assert not list(command.folder.glob("*rejects*"))
    assert await count(owner, world.district_id, Import) == 0


async def test_a_refusal_is_told_without_a_traceback(command: Command) -> None:
    code, out, errors = await command.run(command.file("a.csv", csv_file([], header=["留言编号"])))
    assert code == 1
    assert errors == "sanshun: 文件缺少列：留言用户、留言主题、留言时间、留言详情\n"
    assert "rows" not in out


async def test_a_file_that_is_not_there_is_refused_before_all_else(command: Command) -> None:
    code, _, errors = await command.run(command.folder / "missing.csv")
    assert (code, errors) == (1, f"sanshun: 没有这个文件：{command.folder / 'missing.csv'}\n")


async def imported(settings: Settings, path: Path, community: str) -> ImportReport:
    """The command's work in a thread, where no event loop runs."""
    return await asyncio.to_thread(import_needs, str(settings.database_url), settings, path, community, lambda *_: None)


async def test_killed_in_the_middle_a_rerun_finishes(
    command: Command, owner: Database, world: World, settings: Settings
) -> None:
    path = command.file("many.csv", csv_file([message(n) for n in range(6_000)]))
    process = command.start(path)
    try:
        while not await count(owner, world.district_id, Need):
            assert process.poll() is None
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    kept = await count(owner, world.district_id, Need)
    assert 0 < kept < 6_000
    report = await imported(settings, path, command.community)
    assert (report.total, report.created, report.existing, report.rejected) == (6_000, 6_000 - kept, kept, 0)
    async with owner.transaction(world.district_id) as session:
        query = (
            select(
                func.count(), func.count(Need.source_number.distinct()), func.count(Event.id), func.count(OutboxRow.id)
            )
            .select_from(Need)
            .join(Event, Event.aggregate_id == Need.id, isouter=True)
            .join(OutboxRow, OutboxRow.id == Event.id, isouter=True)
            .where(Need.district_id == world.district_id)
        )
        sums = (await session.execute(query)).one()
    assert tuple(sums) == (6_000,) * 4
