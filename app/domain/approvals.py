"""Requests that another must approve before a need, an order or a project moves, or a minor's record is read."""

from datetime import timedelta
from enum import StrEnum

from app.domain.people import Role


class Subject(StrEnum):
    NEED = "need"
    ORDER = "order"
    PROJECT = "project"
    PERSON = "person"
    """A minor, whose record somebody asks to read."""


class ApprovalState(StrEnum):
    PENDING = "pending"
    GRANTED = "granted"
    DENIED = "denied"
    VOID = "void"
    """The row moved on by itself before anybody decided."""


READ = "read"
"""What is asked for about a minor."""
READING = timedelta(hours=24)
"""How long an approval to read a minor's record holds. House rule."""
LET_READ = frozenset({Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
"""Who approves it: an administrator of the place, other than whoever asked. House rule."""
