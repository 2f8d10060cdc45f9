"""Habits a reader relies on: one commit, one table of transitions, permissions instead of roles."""

import ast
from collections.abc import Iterator

from tests.whole.sources import Function, Source, calls, sources

_ENGINES = frozenset({"session", "sessions", "connection", "engine", "transaction", "database"})
"""What begins or ends a transaction when it is told to."""
BEGINNERS = {
    ("app/routers/deps.py", "get_session"),  # the one commit of a request, before its answer
    ("app/core/db.py", "transaction"),  # the same for workers and commands
    ("app/services/attempts.py", "counted"),  # signing in: a refused attempt still counts
}
STATES = frozenset({"NeedState", "OrderState", "AssignmentState", "RightsState", "ProjectState", "VoucherState"})


def _owner(call: ast.Call) -> str:
    """The last name before the method: ``session`` of ``self.session.begin()``."""
    value = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    return value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""


def _ends(source: Source) -> Iterator[tuple[str, str]]:
    """Functions of a file that begin or end a transaction."""
    for function in source.functions:
        for call in calls(function, "commit", "begin", "begin_nested", "rollback", "transaction"):
            if _owner(call) in _ENGINES:
                yield source.path, function.name


def test_nothing_commits_but_the_session_of_a_request_and_the_workers() -> None:
    app = [source for source in sources() if source.within("app/")]
    stray = {end for source in app if not source.within("app/workers/") for end in _ends(source)}
    assert stray == BEGINNERS
    workers = {path for source in app if source.within("app/workers/") for path, _ in _ends(source)}
    assert workers >= {"app/workers/clocks.py", "app/workers/relay.py"}, "the measure must see the ones that may"


def test_nothing_commits_in_sql() -> None:
    words = ("commit", "rollback", "begin", "savepoint")
    said = {
        f"{source.path}: {node.value}"
        for source in sources()
        if source.within("app/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.strip().lower().split(" ")[0].rstrip(";") in words and len(node.value.split()) < 3
        if not _is_argument_name(node.value)
    }
    assert said == set()


def _is_argument_name(value: str) -> bool:
    """A single lower-case word is a key or a name, not a statement."""
    return value.isidentifier() and value.islower()


def test_nobody_asks_for_a_role() -> None:
    """``actor.may(…)`` and the tables decide; an ``actor.role == …`` somewhere is a rule nobody finds."""
    found = [
        f"{source.path}:{node.lineno}"
        for source in sources()
        if source.within("app/") and not source.within("app/domain/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Compare) and any(_is_actors_role(side) for side in (node.left, *node.comparators))
    ]
    assert found == []


def test_reasons_for_the_trail_are_looked_through_in_one_place() -> None:
    """Two others tell of no person: why a client system is shut, and the id of the request an export answers."""
    found = {
        source.path
        for source in sources()
        if source.within("app/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if ast.unparse(node).endswith("trace.why")
    }
    assert found == {"app/services/reasons.py", "app/services/clients.py", "app/services/exports.py"}


def _is_actors_role(node: ast.expr) -> bool:
    text = ast.unparse(node)
    return text.endswith(("actor.role", "user.role", "person.role")) or text.startswith("actor.roles[")


def _is_state(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in STATES


def test_only_the_domain_says_what_follows_what() -> None:
    """A mapping from state to state, or to sets of states, is a second transition table."""
    tables = [
        f"{source.path}:{node.lineno}"
        for source in sources()
        if source.within("app/") and not source.within("app/domain/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Dict) and any(map(_is_state, node.keys))
        if any(_is_state(child) for value in node.values for child in ast.walk(value) if isinstance(child, ast.expr))
    ]
    assert tables == []


def _writes_state(function: Function) -> bool:
    """Assigns to the ``state`` of a row that has a lifecycle."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "state" and isinstance(node.ctx, ast.Store)
        for node in ast.walk(function)
        if not ast.unparse(node).startswith(_WITHOUT_LIFECYCLE)
    )


_WITHOUT_LIFECYCLE = ("approval.", "request.", "found.")
"""Approvals, imports and batches of matching have states, but no table: they move once, or only by a worker."""


def _asks_the_table(function: Function) -> bool:
    return any(calls(function, "decide")) or "step" in {argument.arg for argument in function.args.args}


def test_a_state_is_only_written_where_the_table_was_asked() -> None:
    writers = {
        (source.path, function.name): _asks_the_table(function)
        for source in sources()
        if source.within("app/services/", "app/workers/", "app/routers/")
        for function in source.functions
        if _writes_state(function)
    }
    assert len(writers) >= 5
    assert [writer for writer, asked in writers.items() if not asked] == []


def test_the_measures_find_what_is_wrong() -> None:
    text = "async def f(self, order, session):\n    order.state = OrderState.OPEN\n    await session.commit()\n"
    wrong = Source("app/services/bad.py", text)
    (function,) = wrong.functions
    assert _writes_state(function)
    assert not _asks_the_table(function)
    assert list(_ends(wrong)) == [("app/services/bad.py", "f")]
