"""What the audit trail keeps of a call: who did what to whom, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    DONE = "done"
    DENIED = "denied"
    """Refused because of who asked: 401 of somebody known or at sign-in, 403, and 404 of what is missing or hidden."""


class Caller(StrEnum):
    PERSON = "person"
    CLIENT = "client"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(slots=True)
class Trace:
    """What a verb says about itself for the one audit entry its call leaves."""

    person_id: UUID | None = None
    """Whose data it is about."""
    opened: list[str] = field(default_factory=list)
    """Sensitive fields shown in clear: the call leaves an entry even if it changed nothing."""
    purpose: str | None = None
    why: str | None = None
    """Words of the caller; never a sensitive value."""
