"""The two commands and their kin: each is explained, the wrong Python is refused in one sentence."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = (re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE) or [""])[1].split()


def make(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    around = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(  # noqa: S603 - our own Makefile
        ["/usr/bin/env", "make", "--no-print-directory", *words],
        cwd=folder,
        env=around,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("target", TARGETS)
def test_help_explains_each_target_in_a_line(target: str) -> None:
    [line] = [line for line in make("help").stdout.splitlines() if line.split()[1:2] == [target]]
    assert len(line.split()) > 3
    assert "help" in TARGETS


@pytest.mark.parametrize("python", ["/bin/false", "/nonexistent/python3.9"])
def test_wrong_python_is_one_sentence(tmp_path: Path, python: str) -> None:
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    done = make("run", f"PY={python}", folder=tmp_path)
    first, *rest = done.stderr.splitlines()
    assert done.returncode != 0
    assert first.startswith(f"{python} is not Python 3.11, 3.12 or 3.13: ")
    assert all(line.startswith("make: ***") for line in rest)
    assert not (tmp_path / ".venv").exists()


def test_ci_runs_the_tests_and_every_other_part_of_check() -> None:
    check = (re.search(r"^check: (.*?) ##", MAKEFILE, re.MULTILINE) or [""])[1].split()
    parts = (re.search(r"^for part in (.*); do$", (ROOT / ".ci/run").read_text(), re.MULTILINE) or [""])[1]
    assert parts.split() == check
    assert check[0] == "test"
