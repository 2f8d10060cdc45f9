"""The lexicon 词库 of a district and of its communities."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import PATH, Base, Tenant, Versioned, key_to


class LexiconEntry(Tenant, Versioned, Base):
    """A word that points to a kind of service, or means the same as another word. Retired, not deleted."""

    __tablename__ = "lexicon_entries"

    place_id: Mapped[UUID]
    """The district, or the community whose own it is."""
    path: Mapped[str] = mapped_column(PATH)
    term: Mapped[str]
    """As ``texts.normalised`` writes it."""
    category: Mapped[str | None]
    weight: Mapped[int | None]
    """How much it says for the category; below zero, against it."""
    synonym_of: Mapped[str | None]
    retired: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        key_to("places", "place_id"),
        CheckConstraint("(category IS NULL) <> (synonym_of IS NULL)", name="one_meaning"),
        CheckConstraint("(category IS NULL) = (weight IS NULL)", name="weighed"),
        CheckConstraint("weight BETWEEN -10 AND 10 AND weight <> 0", name="weight"),
        CheckConstraint("char_length(term) BETWEEN 1 AND 20", name="term_length"),
        CheckConstraint("synonym_of <> term", name="not_its_own_synonym"),
        Index(
            "uq_lexicon_entries_hint",
            "district_id",
            "place_id",
            "term",
            "category",
            unique=True,
            postgresql_where=text("category IS NOT NULL"),
        ),
        Index(
            "uq_lexicon_entries_synonym",
            "district_id",
            "place_id",
            "term",
            unique=True,
            postgresql_where=text("synonym_of IS NOT NULL"),
        ),
    )
