"""Certificates: which of them count on a day, and which skills they show."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol

from app.domain.catalogue import Skill


class Shown(Protocol):
    """As much of a certificate as counting asks for."""

    @property
    def skill(self) -> Skill: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def expires_on(self) -> date | None: ...
    @property
    def verified_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


def counts(certificate: Shown, on: date) -> bool:
    """Whether it was seen by staff, is not withdrawn, and is good on this China day; its last day is a good one."""
    if certificate.verified_at is None or certificate.withdrawn_at is not None or on < certificate.issued_on:
        return False
    return certificate.expires_on is None or on <= certificate.expires_on


def certified(certificates: Iterable[Shown], on: date) -> frozenset[Skill]:
    """The skills that certificates show on a day. What people say of themselves stands in ``people.skills``."""
    return frozenset(certificate.skill for certificate in certificates if counts(certificate, on))
