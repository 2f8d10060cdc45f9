"""Files of citizen messages on their way to becoming needs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.imports import ImportState
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Import(Tenant, Versioned, Base):
    """One file for one community, with how far it has come. A worker holds it until ``lease_until``."""

    __tablename__ = "imports"

    community_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    file_name: Mapped[str]
    archive: Mapped[bool] = mapped_column(default=False)
    """Of old messages, for the need library: nobody is held to a limit for them."""
    state: Mapped[ImportState] = mapped_column(text_enum(ImportState, "state"), default=ImportState.QUEUED)
    total_rows: Mapped[int | None]
    done_rows: Mapped[int] = mapped_column(default=0)
    created_rows: Mapped[int] = mapped_column(default=0)
    existing_rows: Mapped[int] = mapped_column(default=0)
    rejected_rows: Mapped[int] = mapped_column(default=0)
    message: Mapped[str | None]
    requested_by: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("places", "community_id"),
        key_to("people", "requested_by"),
        Index("ix_imports_community", "district_id", "community_id", "id"),
        Index(
            "ix_imports_unfinished",
            "district_id",
            "lease_until",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )


class ImportFile(Tenant, Base):
    """The bytes of a file that came over HTTP; dropped when the import has ended."""

    __tablename__ = "import_files"

    content: Mapped[bytes]

    __table_args__ = (key_to("imports", "id", on_delete="CASCADE"),)


class ImportReject(Tenant, Base):
    """A row that did not become a need, and why. ``row_number`` counts the file's rows from 1, header not counted."""

    __tablename__ = "import_rejects"

    import_id: Mapped[UUID]
    row_number: Mapped[int] = mapped_column(Integer)
    source_number: Mapped[str | None]
    code: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (
        key_to("imports", "import_id", on_delete="CASCADE"),
        Index("uq_import_rejects_row", "district_id", "import_id", "row_number", unique=True),
    )
