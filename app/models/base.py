"""What every table shares: the tenant's key, names of constraints, text enums, the location columns."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import UserDefinedType

from app.core.clock import now
from app.core.ids import new_id


def text_enum(kind: type[StrEnum], name: str) -> Enum:
    """Store the value as text with a CHECK, so that adding a value is an ordinary migration."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


def literal_in(column: str, values: frozenset[StrEnum]) -> str:
    """``column IN ('a', 'b')`` with literals: a partial index is only used when its predicate is written so."""
    return f"{column} IN ({', '.join(sorted(repr(value.value) for value in values))})"


PATH = Text(collation="C")
"""Paths are compared as ranges of prefixes, which only hold in code point order."""


class Polygon(UserDefinedType[Any]):
    """PostgreSQL's polygon: one outer ring of (lon, lat) in WGS-84. asyncpg speaks it natively."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "polygon"


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        str: Text,
        bytes: LargeBinary,
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
    }


class Tenant:
    """Mixin: the row belongs to one district, and its key says so."""

    district_id: Mapped[int] = mapped_column(Integer, ForeignKey("districts.id"), primary_key=True, sort_order=-20)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-19)


class Versioned:
    """Mixin: ``version`` counts the changes of the row, is its ETag and the number of its newest event."""

    version: Mapped[int] = mapped_column(BigInteger, default=1, sort_order=80)
    created_at: Mapped[datetime] = mapped_column(default=now, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(default=now, sort_order=91)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - a class, as SQLAlchemy calls it
        """A write that finds another version than it read is refused, not lost (I8)."""
        return {"version_id_col": cls.version, "version_id_generator": False}


class Located:
    """Mixin: where the row is. Community and grid stand apart from the path because lists are indexed by them."""

    place_id: Mapped[UUID] = mapped_column(sort_order=20)
    path: Mapped[str] = mapped_column(PATH, sort_order=21)
    community_id: Mapped[UUID | None] = mapped_column(sort_order=22)
    grid_id: Mapped[UUID | None] = mapped_column(sort_order=23)
    lon: Mapped[float | None] = mapped_column(sort_order=24)
    lat: Mapped[float | None] = mapped_column(sort_order=25)


def key_to(table: str, column: str, *, on_delete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that carries the district, so that no row can point across districts."""
    return ForeignKeyConstraint(["district_id", column], [f"{table}.district_id", f"{table}.id"], ondelete=on_delete)
