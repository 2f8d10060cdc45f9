"""Interleaved rounds of ours and the floor, and what they come to."""

import json
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bench.client import Load, drive, quantile
from bench.processes import ServerProcess

CONNECTIONS = 16


@dataclass(slots=True)
class Side:
    """One of the two servers and all it was measured to do."""

    name: str
    server: ServerProcess
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    server_cpu: float = 0.0
    client_cpu: float = 0.0
    seconds: float = 0.0

    async def load(self, requests: list[bytes]) -> Load:
        """One measured round."""
        before = self.server.cpu_seconds()
        load = await drive(self.server.port, requests, CONNECTIONS)
        self.server_cpu += self.server.cpu_seconds() - before
        self.client_cpu += load.client_cpu
        self.seconds += load.seconds
        self.rates.append(load.rps)
        self.latencies += load.latencies
        return load

    @property
    def rps(self) -> float:
        return statistics.median(self.rates)

    def ms(self, share: float) -> float:
        return quantile(self.latencies, share) * 1000

    def summary(self) -> dict[str, Any]:
        count = len(self.latencies)
        return {
            f"{self.name}_rps": round(self.rps),
            f"{self.name}_p50_ms": round(self.ms(0.5), 2),
            f"{self.name}_p99_ms": round(self.ms(0.99), 2),
            f"{self.name}_server_cpu_us": round(self.server_cpu / count * 1e6),
            f"{self.name}_client_cpu_share": round(self.client_cpu / self.seconds, 2),
        }


async def interleave(rounds: int, play: Callable[[Side, int], Awaitable[None]], ours: Side, floor: Side) -> None:
    """A B B A A B …: each pair is measured side by side, and each side goes first as often as the other."""
    for number in range(rounds):
        pair = (ours, floor) if number % 2 == 0 else (floor, ours)
        for side in pair:
            await play(side, number)
        ratio = ours.rates[-1] / floor.rates[-1]
        print(
            f"round {number + 1:>2}/{rounds}: ours {ours.rates[-1]:7.0f}/s, floor {floor.rates[-1]:7.0f}/s, ratio {ratio:.2f}",
            flush=True,
        )


def result(bench: str, ours: Side, floor: Side, **more: Any) -> str:
    """The last line: one JSON object. ``ratio`` is the median of the pairs' ratios."""
    ratios = [a / b for a, b in zip(ours.rates, floor.rates, strict=True)]
    told = {"bench": bench, "ratio": round(statistics.median(ratios), 3)}
    told |= {"ratio_low": round(min(ratios), 3), "ratio_high": round(max(ratios), 3)}
    told |= ours.summary() | floor.summary()
    told["p99_ratio"] = round(ours.ms(0.99) / floor.ms(0.99), 3)
    return json.dumps(told | {"requests_each": len(ours.latencies), "connections": CONNECTIONS} | more)
