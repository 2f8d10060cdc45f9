"""Reasons that callers state for the audit trail: never changed, and so without whatever tells whom they are about."""

from collections.abc import Collection

from app.core.crypto import Sealer
from app.core.errors import RuleBroken
from app.core.log import scrubbed
from app.domain.people import Actor
from app.domain.sensitive import SensitiveField
from app.models import Person
from app.services import people_seal

NAMING = (SensitiveField.NAME, SensitiveField.PHONE, SensitiveField.ID_NUMBER, SensitiveField.ADDRESS)
"""What of a record a reason may not repeat."""


def state(
    actor: Actor,
    sealer: Sealer,
    why: str,
    *people: Person,
    field: str = "reason",
    fields: Collection[SensitiveField] = NAMING,
) -> None:
    """Note the reason. 422 for words that tell what only the seal should hold, of any of these people.

    Last of all refusals: where nothing else stands in the way a wrong guess is a thing done, under one's own name. Before
    others, guesses at what is on record could be tried for nothing.
    """
    values = [people_seal.opened(sealer, person, one.value) for person in people for one in fields]
    if scrubbed(why) != why or any(value and value in why for value in values):
        raise RuleBroken("理由中请勿写入姓名、电话、证件号码、住址等内容", field=field)
    actor.trace.why = why
