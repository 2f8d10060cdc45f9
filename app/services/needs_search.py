"""Finding needs by their words: rare ones by the index of bigrams, common ones by going through the newest first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, and_, any_, bindparam, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import RuleBroken
from app.domain.people import Grant
from app.domain.places import below
from app.domain.texts import is_han, pairs, sought
from app.models import Need

_TEXTS, _IDS = ARRAY(Text), ARRAY(Uuid)
FIND = select(
    func.find_needs(
        bindparam("pairs", type_=_TEXTS),
        bindparam("words", type_=_TEXTS),
        bindparam("number", type_=Text()),
        bindparam("lows", type_=_TEXTS),
        bindparam("highs", type_=_TEXTS),
        bindparam("before", type_=Uuid()),
        type_=_IDS,
    )
)


async def having(
    session: AsyncSession, question: str, grants: Sequence[Grant], before: UUID | None
) -> ColumnElement[bool]:
    """The needs with all the words of the question, or with it as their number; without grants, among one's own."""
    words = sought(question)
    if not words:
        raise RuleBroken("请至少输入两个字", field="q")
    if grants:
        lows, highs = zip(*(below(grant.path) for grant in grants), strict=True)
        values: dict[str, Any] = {"pairs": pairs(words), "words": words, "number": question.strip(), "before": before}
        found = await session.scalar(FIND, values | {"lows": list(lows), "highs": list(highs)})
        if found is not None:
            return Need.id == any_(cast(literal(found, _IDS), _IDS))
    return or_(and_(*map(_in_text, words)), Need.source_number == question.strip())


def _in_text(word: str) -> ColumnElement[bool]:
    """Han characters have one form, so that the text need not be put into another first, which takes longer than looking."""
    if is_han(word):
        return or_(func.strpos(Need.title, word) > 0, func.strpos(Need.details, word) > 0)
    return func.strpos(func.need_text(Need.title, Need.details), word) > 0
