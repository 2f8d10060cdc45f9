"""Batches of matching 整批对接: all open needs of a community at once, for the best set overall; carried out by a worker."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from app.domain.matching import Pair

CANDIDATES = 20
"""How many resources a need brings into the batch. A hundred each would change the optimum by less than a thousandth."""


class BatchState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


UNFINISHED = frozenset({BatchState.QUEUED, BatchState.RUNNING})


def rooms(pairs: Iterable[Pair]) -> dict[UUID, int]:
    """How many needs each resource may be given to: as many as there is room for even if each wanted the most of them.

    What is left differs with the wanted time; the least counts, so that no set asks for more than there is. A resource that has
    less than one need wants is still given to one.
    """
    left: dict[UUID, int] = {}
    wanted: dict[UUID, int] = {}
    for pair in pairs:
        left[pair.resource_id] = min(pair.left, left.get(pair.resource_id, pair.left))
        wanted[pair.resource_id] = max(pair.wanted, wanted.get(pair.resource_id, 1))
    return {resource: max(1, left[resource] // wanted[resource]) for resource in left}
