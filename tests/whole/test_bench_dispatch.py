"""The bench of the batch optimum runs, and what it finds is the optimum."""

from tests.whole.bench_runs import short_run

SECONDS = 240.0


def test_a_small_batch_is_optimal_from_the_database_and_back() -> None:
    told = short_run("dispatch", SECONDS)
    assert (told["orders"], told["people"], told["optimality"]) == (100, 200, 1)
    assert told["greedy"] >= 1
    assert 0 < told["invited"] <= told["places"]
    assert set(told["stages"]) == {"read", "candidates", "solve", "ask"}
    assert min(told["ratio"], told["write_alone"], told["explain_alone"]) > 0
