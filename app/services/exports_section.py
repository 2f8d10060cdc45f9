"""What a section of an export is: which rows of which table, and which of their columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

WORDS = ("words", "question", "answer", "basis", "obstacle", "measures", "result")
"""What people type by hand stands under these names in events and in requests for approval; erasure blanks the same ones."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table's rows of a person. ``fields``: name → Chinese; one with a ``…_sealed`` column is opened."""

    name: str
    title: str
    model: Any
    keys: tuple[str, ...]
    """Columns that hold the person's id, or, with ``by_account``, an account's."""
    fields: dict[str, str]
    by_account: bool = False
    within: Callable[[Sequence[UUID]], ColumnElement[bool]] | None = None
    """Which rows at all, given the ids of the person's records; without ``keys`` it alone says which are theirs."""
    said: tuple[str, str] | None = None
    """Field and JSON column: what was typed by hand is shown, the rest of the column is not."""

    @property
    def sealed(self) -> list[str]:
        return [field for field in self.fields if hasattr(self.model, f"{field}_sealed")]

    def theirs(self, ids: Sequence[UUID]) -> ColumnElement[bool]:
        """Whether a row belongs to the person these ids stand for."""
        named = [or_(*(getattr(self.model, key).in_(ids) for key in self.keys))] if self.keys else []
        return and_(*named, *([self.within(ids)] if self.within else []))

    def typed(self, row: Any) -> list[str]:
        """The words in the JSON column of ``said``."""
        data = getattr(row, self.said[1]) if self.said else {}
        return [data[name] for name in WORDS if isinstance(data.get(name), str)]
