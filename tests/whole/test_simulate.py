"""``sanshun simulate``, as its user runs it."""

import csv
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from app.cli import cli
from app.settings import ROOT


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "sanshun"), "simulate", "--out", str(folder), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603


def test_policies_are_compared_in_a_table_and_charts(tmp_path: Path) -> None:
    folder = tmp_path / "found" / "here"
    done = _run(folder, "--orders", "60", "--people", "40", "--days", "2")
    assert done.returncode == 0, done.stderr
    with (folder / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["策略"] for row in rows] == ["greedy", "waves", "batch"]
    assert all(int(row["工单"]) == 60 and int(row["有人接单"]) > 30 for row in rows)
    for name in ("waiting", "travel", "on_time", "fairness", "asked"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        picture = (folder / f"{name}.svg").read_text(encoding="utf-8")
        assert "<text" in picture
    assert "等待：多久有人接单" in (folder / "waiting.svg").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_made_is_one_sentence_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = _run(tmp_path / "file" / "below", "--orders", "60", "--people", "40", "--days", "2")
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("sanshun: cannot write to ")


def test_what_cannot_be_simulated_is_refused(tmp_path: Path) -> None:
    for words in (("--orders", "0"), ("--days", "367"), ("--policy", "by_magic")):
        done = CliRunner().invoke(cli, ["simulate", "--out", str(tmp_path / "none"), *words])
        assert (done.exit_code, (tmp_path / "none").exists()) == (2, False)
