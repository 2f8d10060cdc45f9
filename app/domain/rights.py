"""Requests a person makes about their own data: access, correction, deletion, explanation (个人信息保护法)."""

from enum import StrEnum


class RightsKind(StrEnum):
    ACCESS = "access"
    CORRECTION = "correction"
    DELETION = "deletion"
    EXPLANATION = "explanation"
    """Why an automatic match came out as it did."""


class RightsState(StrEnum):
    RECEIVED = "received"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
