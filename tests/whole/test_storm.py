"""The short storm: I1, I6, I7 and what time does, against two real server processes that are killed, as PostgreSQL is stopped."""

from bench.storm import SHORT
from tests.whole.bench_runs import short_run

SECONDS = 150.0


def test_storm_i1_i6_i7_nothing_lost_nothing_double() -> None:
    told = short_run("storm", SECONDS)
    assert (told["I1"]["winners"], told["I1"]["held_once"]) == (SHORT.orders, SHORT.orders)
    assert (told["I6"]["lost"], told["I6"]["double"], told["I6"]["database_stops"]) == (0, 0, SHORT.stops)
    assert told["I6"]["acknowledged"] > 100
    assert (told["I7"]["acknowledged"], told["I7"]["double"], told["I7"]["differing"]) == (SHORT.keys, 0, 0)
    assert told["I7"]["sends"] == 3 * SHORT.keys
    assert (told["time"]["left"], told["time"]["unrelayed"], told["time"]["wrong"]) == (0, 0, {})
    assert (told["time"]["due"], told["time"]["kills"]) == (2 * SHORT.due, SHORT.worker_kills)
    assert told["time"]["killed_amid"] > 0
    assert told["wrong_in_database"] == {}
    assert told["faults_5xx"] == 0
