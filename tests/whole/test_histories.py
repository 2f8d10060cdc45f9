"""The short walk: I1, I2 and I4 against two real server processes, and three faults made on purpose that must be found."""

from bench.histories import SHORT
from tests.whole.bench_runs import short_run

SECONDS = 200.0


def test_i1_i2_i4_what_was_told_is_what_happened() -> None:
    told = short_run("histories", SECONDS)
    assert (told["operations"], told["anomalies"], told["wrong_in_database"]) == (SHORT.operations, {}, {})
    assert (told["overlaps"], told["faults_5xx"]) == (0, 0)
    assert told["windows"] > 0
    assert {"take", "start", "report", "confirm", "rework", "reopen", "publish", "read"} == set(told["steps"])
    assert all(fault["made"] and fault["found"] for fault in told["faults"].values())
