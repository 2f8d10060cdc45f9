"""The short storm: I1, I6 and I7 against two real server processes, one kill -9 and one immediate stop of PostgreSQL."""

import json
import subprocess
import sys

from app.settings import ROOT
from bench.storm import SHORT

SECONDS = 150.0


def test_storm_i1_i6_i7_nothing_lost_nothing_double() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.storm", "--short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])["storm"]
    assert (told["I1"]["winners"], told["I1"]["held_once"]) == (SHORT.orders, SHORT.orders)
    assert (told["I6"]["lost"], told["I6"]["double"], told["I6"]["database_stops"]) == (0, 0, SHORT.stops)
    assert told["I6"]["acknowledged"] > 100
    assert (told["I7"]["acknowledged"], told["I7"]["double"], told["I7"]["differing"]) == (SHORT.keys, 0, 0)
    assert told["I7"]["sends"] == 3 * SHORT.keys
    assert told["wrong_in_database"] == {}
    assert told["faults_5xx"] == 0
