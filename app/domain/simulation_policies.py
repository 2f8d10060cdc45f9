"""The policies of dispatch that a simulation compares."""

from enum import StrEnum


class Policy(StrEnum):
    GREEDY = "greedy"
    """The best for each order as it comes, alone; the next after a no, or when the time to answer is over."""
    WAVES = "waves"
    """The three best at once, the next three after half an hour or once all have said no, until somebody says yes."""
    BATCH = "batch"
    """Every quarter of an hour all that is open together: the exact optimum (``dispatch_batch``)."""
