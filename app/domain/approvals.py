"""Requests that another must approve before a need or an order moves."""

from enum import StrEnum


class Subject(StrEnum):
    NEED = "need"
    ORDER = "order"


class ApprovalState(StrEnum):
    PENDING = "pending"
    GRANTED = "granted"
    DENIED = "denied"
    VOID = "void"
    """The row moved on by itself before anybody decided."""
