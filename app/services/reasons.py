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
_BLANK = "＊＊"


def state(
    actor: Actor,
    sealer: Sealer,
    why: str,
    *people: Person,
    field: str = "reason",
    fields: Collection[SensitiveField] = NAMING,
) -> None:
    """Note the reason. 422 for words that tell what only the seal should hold, of any of these people: of ``fields``. What else
    is sealed of them is blanked in the trail, and nobody is told.

    Last of all refusals: where nothing else stands in the way a wrong guess is a thing done, under one's own name. Before
    others, guesses at what is on record could be tried for nothing.
    """
    values = [(one, people_seal.opened(sealer, person, one.value)) for person in people for one in SensitiveField]
    if scrubbed(why) != why or any(value and value in why for one, value in values if one in fields):
        raise RuleBroken("理由中请勿写入姓名、电话、证件号码、住址等内容", field=field)
    for _, value in values:
        why = why.replace(value, _BLANK) if value else why
    actor.trace.why = why
