"""What the audit trail keeps of a call: who did what to whom, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

_MINORS, _GUARDIANS = "minor.", "guardian."


class Outcome(StrEnum):
    DONE = "done"
    DENIED = "denied"
    """Refused because of who asked: 401 of somebody known or at sign-in, 403, and 404 of what is missing or hidden. Or refused
    in a way that tells something of somebody.
    """


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
    minor_id: UUID | None = None
    """Whom the person answers for, where the data of a guardian are shown for a minor."""
    told: bool = False
    """The refusal itself says something of ``person_id``, as that a number is theirs: it leaves an entry like a denied call."""


def of_minor(field: str) -> str:
    """What an entry about a guardian calls a field of the minor's own."""
    return f"{_MINORS}{field}"


def as_minor(opened: Iterable[str]) -> list[str]:
    """The same fields, as the minor's own list of who saw them calls them."""
    return [name.removeprefix(_MINORS) if name.startswith(_MINORS) else f"{_GUARDIANS}{name}" for name in opened]
