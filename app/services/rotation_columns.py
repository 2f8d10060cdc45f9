"""Every sealed column and every keyed index of the schema: what a change of keys goes through.

A test walks the schema and fails when one is missing here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, FromClause, LargeBinary, Table, and_, inspect, null
from sqlalchemy import cast as as_type

from app.models import (
    Account,
    CareFact,
    Certificate,
    Challenge,
    Need,
    Person,
    RightsRequest,
    WechatIdentity,
)
from app.services.people_seal import name_and_birth

Owner = Literal["id", "person_id", "account_id"]
Values = Mapping[str, Any]
"""The plain columns of a row, and its sealed ones opened: text, or None where there is nothing."""


@dataclass(frozen=True, slots=True)
class Index:
    """A keyed index that is written again with the seals it stands beside."""

    column: str
    label: str
    """What the index is keyed by besides district and value: the ``column`` given to ``Sealer.blind_index``."""
    value: Callable[[Values], str | None]
    unique: bool = True
    numbered: bool = False
    """Whether it begins with its key's number, since it may stand in a row where nothing is sealed."""
    beside: tuple[str, ...] = ()
    """Plain columns that ``value`` reads."""


@dataclass(frozen=True, slots=True)
class SealedTable:
    table: Table
    columns: tuple[str, ...]
    indexes: tuple[Index, ...] = ()
    owner: Owner | None = None
    """The column that leads to the person whose secret is part of the key; None: nobody's."""

    @property
    def name(self) -> str:
        return self.table.name

    def source(self) -> tuple[FromClause, ColumnElement[Any]]:
        """What to read from, and the personal secret in it."""
        people, accounts = table_of(Person), table_of(Account)
        match self.owner:
            case None:
                return self.table, as_type(null(), LargeBinary)
            case "id":
                return self.table, self.table.c.secret
            case "person_id":
                return _with(self.table, people, self.table.c.person_id), people.c.secret
            case "account_id":
                through = _with(self.table, accounts, self.table.c.account_id)
                own = and_(people.c.district_id == accounts.c.district_id, people.c.id == accounts.c.person_id)
                return through.outerjoin(people, own), people.c.secret


def table_of(model: Any) -> Table:
    table: Table = inspect(model).local_table
    return table


def _with(table: FromClause, other: Table, key: ColumnElement[Any]) -> Any:
    return table.outerjoin(other, and_(other.c.district_id == table.c.district_id, other.c.id == key))


def _opened(column: str) -> Callable[[Values], str | None]:
    return lambda row: row[column]


def _app_and_openid(row: Values) -> str | None:
    return f"{row['appid']}/{row['openid_sealed']}" if row["openid_sealed"] else None


def _name_and_birth(row: Values) -> str | None:
    return name_and_birth(row["name_sealed"], row["birth_date_sealed"])


def imported_text(number: str, asker: str, title: str, asked_at: str, details: str) -> str:
    """What the digest of an imported message is of."""
    return "\x1f".join((number, asker, title, asked_at, details))


def _imported(row: Values) -> str | None:
    if row["source_number"] is None:
        return None
    asked_at = row["asked_at"].isoformat()
    return imported_text(row["source_number"], row["asker_name_sealed"] or "", row["title"], asked_at, row["details"])


SOURCE_DIGEST = "needs.source_digest"
SEALED: tuple[SealedTable, ...] = (
    SealedTable(
        table_of(Person),
        ("name_sealed", "phone_sealed", "id_number_sealed", "birth_date_sealed", "address_sealed"),
        (
            Index("phone_index", "phone", _opened("phone_sealed")),
            Index("id_number_index", "id_number", _opened("id_number_sealed")),
            Index("name_birth_index", "name_birth", _name_and_birth, unique=False),
        ),
        owner="id",
    ),
    SealedTable(table_of(Account), ("totp_sealed",), owner="person_id"),
    SealedTable(
        table_of(WechatIdentity),
        ("openid_sealed", "session_key_sealed"),
        (Index("openid_index", "openid", _app_and_openid, beside=("appid",)),),
        owner="account_id",
    ),
    SealedTable(table_of(Certificate), ("number_sealed",), owner="person_id"),
    SealedTable(table_of(CareFact), ("kind_sealed", "text_sealed"), owner="person_id"),
    SealedTable(table_of(RightsRequest), ("words_sealed", "answer_sealed"), owner="person_id"),
    SealedTable(
        table_of(Need),
        ("asker_name_sealed",),
        (
            Index(
                "source_digest",
                SOURCE_DIGEST,
                _imported,
                unique=False,
                numbered=True,
                beside=("source_number", "title", "asked_at", "details"),
            ),
        ),
    ),
    SealedTable(table_of(Challenge), ("payload_sealed",)),
)
PASSING = frozenset({("import_files", "content")})
"""What is gone by itself before keys are taken away: an uploaded file lasts until its import has ended."""
