"""Files of citizen messages on their way to becoming needs."""

from enum import StrEnum


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
