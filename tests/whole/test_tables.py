"""What the catalogue must say of every table: its district, its policy, its keys, its grants, its states."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Enum
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column, relationship
from sqlalchemy.schema import ForeignKey

from app.domain.lifecycle import Lifecycle
from app.models import Base
from app.settings import Settings
from app.workers.generating_pages import LIFECYCLES
from tests.whole import catalogue
from tests.whole.catalogue import REFERENCE, TENANT

POLICY = "(district_id = (NULLIF(current_setting('app.district'::text, true), ''::text))::integer)"
APPEND_ONLY = {"events", "hour_entries", "urges"}
_LITERAL = re.compile(r"'([^']*)'")


async def test_the_database_has_the_tables_of_the_models_and_no_others(database_url: str) -> None:
    there = {table["name"] for table in await catalogue.rows(database_url, catalogue.TABLES)}
    assert there == {*TENANT, *REFERENCE, "alembic_version"}


async def test_every_tenant_table_begins_its_key_with_the_district(database_url: str) -> None:
    tables = {table["name"]: table for table in await catalogue.rows(database_url, catalogue.TABLES)}
    assert {name: tables[name]["key"] for name in TENANT if tables[name]["key"][:1] != ["district_id"]} == {}
    others = await catalogue.rows(database_url, catalogue.UNIQUE_INDEXES)
    assert [row["name"] for row in others if row["table"] in TENANT and row["first"] != "district_id"] == []


async def test_every_tenant_table_is_locked_by_the_one_policy(database_url: str) -> None:
    tables = {table["name"]: table for table in await catalogue.rows(database_url, catalogue.TABLES)}
    assert [name for name in TENANT if not (tables[name]["locked"] and tables[name]["forced"])] == []
    policies = await catalogue.rows(database_url, catalogue.POLICIES)
    assert sorted(policy["tablename"] for policy in policies) == TENANT
    for policy in policies:
        assert (policy["qual"], policy["with_check"]) == (POLICY, POLICY), policy["tablename"]
        assert (policy["cmd"], policy["permissive"], policy["roles"]) == ("ALL", "PERMISSIVE", ["public"])


async def test_every_foreign_key_carries_the_district(database_url: str) -> None:
    keys = await catalogue.rows(database_url, catalogue.FOREIGN_KEYS)
    links = [key for key in keys if key["parent"] not in REFERENCE]
    assert len(links) > 30
    for key in links:
        assert (key["own"][0], key["theirs"]) == ("district_id", ["district_id", "id"]), key["name"]
    roots = [key for key in keys if key["parent"] in REFERENCE]
    assert {tuple(key["own"]) for key in roots} == {("district_id",)}


async def test_the_app_role_owns_nothing_and_is_nothing_special(database_url: str, settings: Settings) -> None:
    (role,) = await catalogue.rows(database_url, catalogue.ROLE, settings.app_role)
    assert {name for name, value in role.items() if value} == set()
    assert await catalogue.rows(database_url, catalogue.OWNED, settings.app_role) == []
    owners = {table["owner"] for table in await catalogue.rows(database_url, catalogue.TABLES)}
    assert settings.app_role not in owners


async def test_the_app_role_may_do_no_more_than_its_work(database_url: str, settings: Settings) -> None:
    verbs = {
        table: {row["verb"] for row in await catalogue.rows(database_url, catalogue.VERBS, settings.app_role, table)}
        for table in [*TENANT, *REFERENCE]
    }
    assert {table: found for table, found in verbs.items() if found & {"TRUNCATE", "REFERENCES", "TRIGGER"}} == {}
    assert {table: found for table, found in verbs.items() if table in APPEND_ONLY and found != _ADD} == {}
    assert verbs["districts"] == {"SELECT"}
    assert {table for table in TENANT if "SELECT" not in verbs[table]} == set()


_ADD = {"SELECT", "INSERT"}


async def test_functions_with_their_owners_rights_keep_to_the_district(database_url: str) -> None:
    """They see through row-level security, so the district must stand inside, and nobody may slip them other tables."""
    functions = await catalogue.rows(database_url, catalogue.DEFINERS)
    assert {function["name"] for function in functions} >= {"grid_at"}
    for function in functions:
        assert "current_setting('app.district', true)" in function["source"], function["name"]
        assert any(s.startswith("search_path=") for s in function["settings"] or ()), function["name"]


def _enum_columns() -> Iterable[tuple[str, str, frozenset[str]]]:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, Enum):
                yield table.name, column.name, frozenset(column.type.enums)


async def test_checks_allow_exactly_the_values_the_code_knows(database_url: str) -> None:
    """Alembic does not compare CHECKs, so this does."""
    there = await catalogue.rows(database_url, catalogue.CHECKS)
    written = {(check["table"], check["name"]): check["definition"] for check in there}
    columns = list(_enum_columns())
    assert len(columns) > 15
    for table, column, values in columns:
        definition = written[table, f"ck_{table}_{column}"]
        assert set(_LITERAL.findall(definition)) == values, f"{table}.{column}"


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.noun)
async def test_the_state_column_knows_the_lifecycles_states(database_url: str, lifecycle: Lifecycle[Any, Any]) -> None:
    there = await catalogue.rows(database_url, catalogue.CHECKS)
    (check,) = [c for c in there if c["name"] == f"ck_{lifecycle.nouns.replace('-', '_')}_state"]
    assert set(_LITERAL.findall(check["definition"])) == {state.value for state in lifecycle.states}


async def test_the_database_has_every_check_of_the_models(database_url: str) -> None:
    there = {check["name"] for check in await catalogue.rows(database_url, catalogue.CHECKS)}
    wanted = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert len(wanted) > 30
    assert there == wanted


async def test_partial_indexes_name_the_states_the_code_means(database_url: str) -> None:
    """Alembic does not compare predicates; one that names other states is an index nobody uses, or a race nobody stops."""
    there = {row["name"]: row["predicate"] for row in await catalogue.rows(database_url, catalogue.PREDICATES)}
    meant = {
        index.name: str(index.dialect_options["postgresql"]["where"])
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is not None
    } | {
        constraint.name: str(constraint.where)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, ExcludeConstraint) and constraint.where is not None
    }
    assert there.keys() == meant.keys()
    assert len(meant) > 10
    for name, predicate in meant.items():
        assert set(_LITERAL.findall(there[str(name)])) == set(_LITERAL.findall(predicate)), name


def _careless(mappers: Iterable[Mapper[Any]]) -> list[str]:
    """Relationships that would load by themselves: each is a hidden query, and outside the session an error."""
    return [str(r) for mapper in mappers for r in mapper.relationships if r.lazy not in {"raise", "write_only"}]


def test_every_relationship_raises() -> None:
    mappers = list(Base.registry.mappers)
    assert len(mappers) == len(TENANT) + len(REFERENCE)
    assert _careless(mappers) == []


def test_a_relationship_that_loads_by_itself_would_be_found() -> None:
    class Elsewhere(DeclarativeBase):
        pass

    class Tree(Elsewhere):
        __tablename__ = "trees"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Leaf(Elsewhere):
        __tablename__ = "leaves"
        id: Mapped[int] = mapped_column(primary_key=True)
        tree_id: Mapped[int] = mapped_column(ForeignKey("trees.id"))
        tree: Mapped[Tree] = relationship()
        other: Mapped[Tree] = relationship(lazy="raise", viewonly=True)

    assert _careless(Elsewhere.registry.mappers) == ["Leaf.tree"]
