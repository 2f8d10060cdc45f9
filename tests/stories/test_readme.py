"""What the README says is so: its commands run, its targets and settings exist."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.settings import Settings
from tests.stories.running import HASTE, ROOT

READMES = ("README.md", "README.zh.md")
BLOCK = re.compile(r"```sh\n(.*?)```\n", re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A PATH with python3, and with curl whether the machine has it or not."""
    (tmp_path / "python3").symlink_to(sys.executable)
    if shutil.which("curl") is None:
        stand_in = tmp_path / "curl"
        stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).parent}/curl_stand_in.py" "$@"\n')
        stand_in.chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


def test_the_first_loop_runs_as_it_stands(url: str, programs: str) -> None:
    (block,) = BLOCK.findall(text("README.md"))
    assert block.count(ADDRESS) == 1
    assert block.count("\nsleep 61\n") == 1
    script = block.replace(ADDRESS, url).replace("\nsleep 61\n", f"\nsleep {90 / HASTE}\n")
    done = subprocess.run(  # noqa: S603 - our own README
        ["/bin/sh", "-eu", "-c", script],
        env=os.environ | {"PATH": programs, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    states = [line for line in done.stdout.splitlines() if not line.startswith("{")]
    assert states == ["accepted", "published", "in_progress", "checked_out", "reported", "solved", "confirmed"]


def test_both_languages_tell_the_same() -> None:
    english, chinese = (text(name) for name in READMES)
    assert BLOCK.findall(english) == BLOCK.findall(chinese)
    for pattern in (r"`(make [a-z-]+)`", r"\b(SANSHUN_[A-Z_]+)\b", r"\]\(([a-z/.0-9]+)\)", r"`(app/[a-z]+|[a-z]+)`"):
        told = [set(re.findall(pattern, readme)) for readme in (english, chinese)]
        assert told[0] == told[1], pattern
        assert told[0], pattern


@pytest.mark.parametrize("name", READMES)
def test_what_is_named_is_there(name: str) -> None:
    readme = text(name)
    assert readme.count("\n") <= 150
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", readme)) <= targets
    named = [*re.findall(r"\]\(([^)#]+)\)", readme), *re.findall(r"`((?:app|docs)/[a-z.]+)`", readme)]
    assert [place for place in named if not (ROOT / place).exists()] == []
    for words in re.findall(r"`\.venv/bin/sanshun ([a-z ]+?) (?:FILE|--)", readme):
        assert CliRunner().invoke(cli, [*words.split(), "--help"]).exit_code == 0, words


@pytest.mark.parametrize("name", READMES)
def test_every_setting_is_explained_with_its_default(name: str) -> None:
    rows = [line for line in text(name).splitlines() if line.startswith(("| `SANSHUN_", "| `DATABASE_URL", "| `PORT"))]
    told = set(re.findall(r"`([A-Z_]+)`", "".join(row.split("|")[1] for row in rows)))
    bare = {"database_url": "DATABASE_URL", "port": "PORT"}
    assert told == {bare.get(field, f"SANSHUN_{field.upper()}") for field in Settings.model_fields}
    for field in ("port", "host", "environment", "seed_district", "token_minutes", "app_role", "pool_size"):
        assert any(str(Settings.model_fields[field].default) in row.split("|")[2] for row in rows), field
