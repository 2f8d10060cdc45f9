"""The registries of export and erasure know every column of every table that can point to a person."""

from sqlalchemy import ForeignKeyConstraint

from app.models import Base
from app.services.erasure_rows import FATES
from app.services.exports_acted import ACTED
from app.services.exports_sections import SECTIONS
from tests.services.left_out import COLUMNS, KEYS, TABLES

_KEYLESS = {
    ("audit_entries", "person_id"),
    ("audit_entries", "minor_id"),
    ("audit_entries", "actor_id"),
    ("events", "actor_id"),
    ("idempotency_keys", "caller_id"),
}
"""Columns that hold a person's id without a key: the trail outlives everything, and a caller may be a client system."""
_ANSWERS = {("idempotency_keys", "caller_id")}
"""Copies of answers, kept for a day: what they show stands in the export itself."""


def _to(parent: str) -> set[tuple[str, str]]:
    """Table and column of every foreign key to a table, the district's part left out."""
    found = set()
    for table in Base.metadata.tables.values():
        for key in table.constraints:
            if isinstance(key, ForeignKeyConstraint) and key.referred_table.name == parent:
                found |= {(table.name, column.name) for column in key.columns if column.name != "district_id"}
    return found


def test_every_column_that_names_a_person_is_exported_or_is_what_somebody_did() -> None:
    exported = {(s.model.__tablename__, key) for s in SECTIONS if not s.by_account for key in s.keys}
    wanted = _to("people") | _KEYLESS - _ANSWERS
    assert wanted - exported - ACTED == set()
    assert (exported | ACTED) - wanted - {("people", "id")} == set(), "nothing that is not there"
    assert exported & ACTED == set()


def test_every_column_is_exported_or_left_out_for_a_reason() -> None:
    """A foreign key finds tables; what a row says of a person may stand in any column, also of a row they are not named in."""
    shown: dict[str, set[str]] = {}
    for section in SECTIONS:
        names = {section.said[1] if section.said and field == section.said[0] else field for field in section.fields}
        columns = section.model.__table__.columns
        stored = {f"{name}_sealed" if f"{name}_sealed" in columns else name for name in names}
        shown.setdefault(section.model.__tablename__, set()).update(stored, section.keys)
    there = {table.name: {column.name for column in table.columns} - KEYS for table in Base.metadata.sorted_tables}
    assert there.keys() - shown.keys() == TABLES.keys()
    missing = {table: there[table] - columns for table, columns in shown.items() if there[table] - columns}
    assert missing == {table: set(reasons) for table, reasons in COLUMNS.items()}


def test_every_column_that_names_a_person_has_a_fate() -> None:
    assert _to("people") == set(FATES)


def test_what_belongs_to_an_account_is_exported_but_for_secrets() -> None:
    exported = {s.model.__tablename__ for s in SECTIONS if s.by_account}
    secrets = {"challenges", "recovery_codes"}
    assert {table for table, _ in _to("accounts")} == exported | secrets


def test_every_sealed_column_of_an_exported_table_is_shown() -> None:
    """But for what only a machine can use."""
    shown = {(s.model.__tablename__, f"{field}_sealed") for s in SECTIONS for field in s.sealed}
    tables = {s.model.__tablename__ for s in SECTIONS}
    there = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        if table.name in tables
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    machines = {("accounts", "totp_sealed"), ("wechat_identities", "session_key_sealed")}
    of_others = {("needs", "asker_name_sealed")}
    assert there - shown == machines | of_others


def test_fields_are_columns_with_chinese_names() -> None:
    for section in SECTIONS:
        columns = {column.key for column in section.model.__mapper__.columns}
        typed = {section.said[0]} if section.said else set()
        unknown = {f for f in section.fields if f not in columns and f"{f}_sealed" not in columns}
        assert unknown <= typed, section.name
        assert section.said is None or section.said[1] in columns
        assert all(title and title.strip() for title in section.fields.values())
    assert len({section.title for section in SECTIONS}) == len(SECTIONS)
