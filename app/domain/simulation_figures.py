"""What a policy came to: waiting, travel, on time, fairness of load, asked but declined."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.domain.simulation import Log
from app.domain.simulation_district import District


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of the table. Shares are of 1."""

    orders: int
    served: int
    """Somebody said yes and came within the days."""
    waiting_median: float | None
    """Minutes from the need to the yes, of those served; None, as all else about them, where nobody was."""
    waiting_p90: float | None
    travel_km: float | None
    """Mean way to the order."""
    on_time: float
    """Of all orders: how many had somebody there in time."""
    gini: float
    """Of how many each person served: 0, all the same; near 1, a few did everything (Gini 1912)."""
    most_served: int
    asked: int
    """Invitations, of which:"""
    declined: int
    expired: int
    too_late: int
    """A yes that came after somebody else's."""
    in_vain: float | None
    """Invitations for each order served that came to nothing."""


def figures(district: District, log: Log) -> Figures:
    needs, came = district.needs, ~np.isnan(log.began)
    waiting = waits(district, log)
    timely = came & (log.began - needs.at <= needs.within)
    served = int(came.sum())
    return Figures(
        orders=len(needs.at),
        served=served,
        waiting_median=_quantile(waiting, 0.5),
        waiting_p90=_quantile(waiting, 0.9),
        travel_km=float(log.way_m[came].mean()) / 1_000 if served else None,
        on_time=float(timely.mean()) if len(needs.at) else 0.0,
        gini=gini(log.served),
        most_served=int(log.served.max(initial=0)),
        asked=log.asked,
        declined=log.declined,
        expired=log.expired,
        too_late=log.too_late,
        in_vain=(log.asked - served) / served if served else None,
    )


def waits(district: District, log: Log) -> Any:
    """Minutes from each need that was served to the yes, the shortest first."""
    waiting = log.accepted - district.needs.at
    return np.sort(waiting[~np.isnan(waiting)])


def _quantile(values: Any, share: float) -> float | None:
    return float(np.quantile(values, share)) if len(values) else None


def gini(counts: Any) -> float:
    """Mean difference between two people, over twice the mean."""
    total, people = int(counts.sum()), len(counts)
    if total == 0:
        return 0.0
    ranked = np.sort(counts)
    return float((2 * np.arange(1, people + 1) - people - 1) @ ranked) / (people * total)
