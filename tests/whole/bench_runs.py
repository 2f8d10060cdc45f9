"""A program of ``bench/`` in its short form, as the tests run it: in a process of its own, judged by its last line."""

import json
import subprocess
import sys
from typing import Any

from app.settings import ROOT


def short_run(name: str, seconds: float) -> dict[str, Any]:
    """What ``bench.<name> --short`` tells on its last line, under its name or plainly.

    Fails when the program does, or takes longer than this.
    """
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", f"bench.{name}", "--short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    told: dict[str, Any] = last.get(name, last)
    return told
