"""Size and shape of the code: what ARCHITECTURE.md asks for, measured."""

import ast
from collections.abc import Iterator
from statistics import median

import pytest

from tests.whole.sources import ROOT, Function, Source, calls, length, sources

LONGEST_FILE = 350
LONGEST_FUNCTION = 40
MEDIAN_FUNCTION = 10
LONGEST_HANDLER = 3
BANNED_NAMES = frozenset({"utils", "util", "helpers", "common", "manager", "misc", "shared"})
COLUMN_LISTS = "migrations/versions/"
"""A table's columns stand one a line there, and splitting a table over two functions would tell nobody anything."""


def test_the_measures_see_the_code() -> None:
    assert {source.path.split("/")[0] for source in sources()} >= {"app", "tests", "migrations"}
    assert len(sources()) > 150


def test_files_are_short() -> None:
    assert {s.path: s.lines for s in sources() if s.lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    long = {
        f"{source.path} {function.name}": length(function)
        for source in sources()
        if not source.within(COLUMN_LISTS)
        for function in source.functions
        if length(function) > LONGEST_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize("room", ["app/", "tests/"])
def test_most_functions_are_very_short(room: str) -> None:
    assert median(length(f) for s in sources() if s.within(room) for f in s.functions) < MEDIAN_FUNCTION


def _handlers() -> Iterator[tuple[Source, Function]]:
    for source in sources():
        if source.within("app/routers/"):
            for function in source.functions:
                if any(isinstance(d, ast.Call) and ast.unparse(d.func).startswith("router.") for d in _marks(function)):
                    yield source, function


def _marks(function: Function) -> list[ast.expr]:
    return function.decorator_list


def _statements(function: Function) -> int:
    """All statements of the body, nested ones too, without the docstring."""
    nested = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
    return nested - (ast.get_docstring(function) is not None)


def test_handlers_are_thin() -> None:
    handlers = list(_handlers())
    assert len(handlers) > 70
    assert {f.name: _statements(f) for _, f in handlers if _statements(f) > LONGEST_HANDLER} == {}


def test_modules_are_named_after_what_they_hold() -> None:
    names = {source.path: set(source.path.removesuffix(".py").split("/")) for source in sources()}
    assert [path for path, parts in names.items() if parts & BANNED_NAMES] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [s.path for s in sources() if s.text.strip() and not ast.get_docstring(s.tree)] == []


def test_imports_stand_at_the_top() -> None:
    local = [
        f"{source.path} {function.name}"
        for source in sources()
        for function in source.functions
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
    ]
    assert local == []


def test_one_noun_has_one_name_in_every_room() -> None:
    """``ls app/*/orders.py`` is the order module; what stands in more than one room is named the same."""
    routers = {path.stem for path in (ROOT / "app/routers").glob("*.py")}
    nouns = routers - {"__init__", "deps", "health", "index", "openapi", "problems", "route", "docs", "table_files"}
    services = {path.stem for path in (ROOT / "app/services").glob("*.py")}
    schemas = {path.stem for path in (ROOT / "app/schemas").glob("*.py")}
    assert nouns - services == set()
    assert nouns - schemas == set()


def test_no_word_is_hidden_behind_a_star() -> None:
    stars = [
        s.path
        for s in sources()
        for node in ast.walk(s.tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert stars == []


def test_the_measures_find_what_is_wrong() -> None:
    wrong = Source(
        "app/routers/bad.py", "def f():\n    import os\n    if os:\n        a = 1\n    b = 2\n    return a.commit()\n"
    )
    (function,) = wrong.functions
    assert (length(function), _statements(function), len(list(calls(function, "commit")))) == (6, 5, 1)
