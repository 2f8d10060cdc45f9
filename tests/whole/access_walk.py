"""Walking the access matrix: one request a cell, first all that must be refused, then all that may.

What is refused shares one row and must leave both districts exactly as they were (I11); what is allowed has a row of its own
each time, so that no cell decides another's verdict.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from app.core.ids import new_id
from app.domain.access import PUBLIC, SELF
from app.domain.people import Role
from tests.whole.access_forms import MISSING, FormMaker
from tests.whole.access_ground import Ground, Row
from tests.whole.access_people import COLUMNS, NOBODY, Outsider, Situation
from tests.whole.access_registry import builder_of
from tests.whole.document import Operation

DONE, STOPPED, UNSHOWN, NONE, UNCLEAR = "✓", "~", "-", "·", "?"
DENIED = {401: "1", 403: "3", 404: "4"}
REFUSALS = frozenset({*DENIED.values(), UNSHOWN, STOPPED, NONE})
"""Verdicts that leave everything as it is."""
PARTY = "party"
_EVERY: dict[tuple[str, str], int] = {
    (Situation.MISSING, "3"): 4,
    (Situation.MISSING, "4"): 4,
    (Situation.OTHER, "4"): 2,
}
"""By situation and verdict: of how many operations one is tried by a role, where the answer does not depend on it."""
_AFTER_THE_GATE = {409, 412, 422}
_AT_ONCE = 6
_CSV = "留言编号,留言用户,留言主题,留言时间,留言详情\n"


class Cell(NamedTuple):
    """A caller and a situation: a role's column, ``party``, or one who is refused before anything is read."""

    column: str
    situation: str


CELLS: tuple[Cell, ...] = (
    *(Cell(column, situation) for column in COLUMNS for situation in Situation),
    Cell(PARTY, Situation.OWN),
    *(Cell("nobody known", outsider) for outsider in Outsider),
)
Verdicts = dict[Cell, str]
Tried = tuple[Operation, Cell, str]
"""With the verdict that is expected."""


class HiddenVerdict(AssertionError):
    """The request was refused for something that says nothing about its caller."""


@dataclass
class Walk:
    """The operations of one noun, tried on one ground."""

    ground: Ground
    document: dict[str, Any]
    operations: list[Operation]
    unclear: list[str] = field(init=False, default_factory=list)
    """What could not be judged when every verdict was asked for."""
    _forms: FormMaker = field(init=False)
    _rows: dict[str, Row] = field(init=False, default_factory=dict)
    _hidden: dict[str, set[bytes]] = field(init=False, default_factory=lambda: defaultdict(set))
    """Of each operation the bodies of its 404s: of another district's row, a sibling's, and one that never was."""

    def __post_init__(self) -> None:
        self._forms = FormMaker(self.document)

    async def found(self) -> dict[str, Verdicts]:
        """Every verdict as it comes, with a new row after each success. For writing the golden file."""
        return {operation.name: await self._all_of(operation) for operation in self.operations}

    async def _all_of(self, operation: Operation) -> Verdicts:
        row, verdicts = await self._row(operation), {}
        for cell in CELLS:
            try:
                verdicts[cell] = await self._verdict(operation, cell, row)
            except (AssertionError, ValueError) as unclear:
                verdicts[cell] = UNCLEAR
                self.unclear.append(f"{operation.name} as {' '.join(cell)}: {unclear}")
            if verdicts[cell] in {DONE, STOPPED}:
                row = await self._another(operation, row)
        return verdicts

    async def against(self, expected: dict[str, Verdicts]) -> list[str]:
        """What is not as expected, one line each. Raises AssertionError when a refused call changed anything."""
        wrong = await self._refused(self._thinned(self._cells(expected, REFUSALS)))
        for operation, cell, known in self._cells(expected, {DONE}):
            row = await self._another(operation, await self._shared(operation))
            wrong += await self._compare([(operation, cell, known, row)])
        return wrong

    async def as_nobody(self, expected: dict[str, Verdicts], roles: Iterable[Role]) -> list[str]:
        """The same of roles that no longer count: wherever one lets in at its own place, it is as for whoever has none.

        Of those that let in to an operation one is tried, in turn: whether roles count is not a question of the operation.
        """
        differing: dict[str, Verdicts] = {}
        for turn, operation in enumerate(self.operations):
            said, known = expected[operation.name], expected[operation.name][Cell(NOBODY, Situation.OWN)]
            cells = [
                cell for role in sorted(roles) if said[cell := Cell(role, Situation.OWN)] in {DONE, STOPPED} - {known}
            ]
            differing[operation.name] = dict.fromkeys(cells[turn % len(cells) :][:1] if cells else (), known)
        return await self._refused(self._cells(differing, REFUSALS))

    def _cells(self, expected: dict[str, Verdicts], verdicts: Collection[str]) -> list[Tried]:
        return [
            (operation, cell, known)
            for operation in self.operations
            for cell, known in expected[operation.name].items()
            if known in verdicts
        ]

    def _thinned(self, cells: Iterable[Tried]) -> list[Tried]:
        """Without most of what is asked about a row that is not there: nobody can be told anything of it, whoever they are.

        Each role in turn asks it, of every fourth operation; of another district's row, which the database hides without
        asking for a role, of every second.
        """
        turn = {operation.name: number for number, operation in enumerate(self.operations)}
        return [
            (operation, cell, known)
            for operation, cell, known in cells
            if (every := _EVERY.get((cell.situation, known))) is None
            or (turn[operation.name] + COLUMNS.index(cell.column)) % every == 0
        ]

    async def _refused(self, cells: list[Tried]) -> list[str]:
        """Compare cells that change nothing, and hold all tables against that: they share a row."""
        tries = [(operation, cell, known, await self._shared(operation)) for operation, cell, known in cells]
        before = await self.ground.digest()
        wrong = await self._compare(tries)
        changed = {table for table, digest in (await self.ground.digest()).items() if digest != before[table]}
        assert not changed, f"refused calls changed {changed} (I11)\n{wrong}"
        told = {name: bodies for name, bodies in self._hidden.items() if len(bodies) > 1}
        assert not told, f"what is hidden is not refused as what is missing (I10): {told}"
        return wrong

    async def _compare(self, tries: list[tuple[Operation, Cell, str, Row]]) -> list[str]:
        async def one(operation: Operation, cell: Cell, known: str, row: Row) -> str | None:
            verdict = await self._verdict(operation, cell, row)
            return None if verdict == known else f"{operation.name} as {' '.join(cell)}: {verdict}, not {known}"

        return [line for line in await few_at_once(one(*each) for each in tries) if line]

    async def _shared(self, operation: Operation) -> Row:
        """The row for whoever changes nothing."""
        if operation.name not in self._rows:
            self._rows[operation.name] = await self._row(operation)
        return self._rows[operation.name]

    async def _row(self, operation: Operation) -> Row:
        if operation.permission in {PUBLIC, SELF}:
            await self.ground.begin_anew()
        return await self.ground.put(builder_of(operation), operation)

    async def _another(self, operation: Operation, row: Row) -> Row:
        """The row for the next success: a new one where each changes it, or must show it on a page's beginning.

        What people do to themselves touches no row but their own; they only have to be signed in again.
        """
        if operation.permission == SELF:
            if operation.method != "GET":
                await self.ground.begin_anew()
            return row
        return await self._row(operation) if operation.method != "GET" or _is_list(operation) else row

    async def _verdict(self, operation: Operation, cell: Cell, row: Row) -> str:
        if _says_nothing(operation, cell, row) or (
            cell.situation == Situation.MISSING and self._names_none(operation, row)
        ):
            return NONE
        answer = await self._try(operation, cell, row)
        if answer.is_success:
            shown = not _is_list(operation) or str(row.id) in answer.text
            return DONE if shown or cell.situation not in set(Situation) else UNSHOWN
        if answer.status_code in DENIED:
            if answer.status_code == 404 and _names_one(operation, cell, row):
                self._hidden[operation.name].add(answer.content)
            return DENIED[answer.status_code]
        if answer.status_code in _AFTER_THE_GATE and answer.json()["code"] != "invalid":
            return STOPPED
        if answer.status_code in {429, 503} and operation.permission == PUBLIC:
            return STOPPED
        raise HiddenVerdict(
            f"{operation.name} as {' '.join(cell)}: {answer.status_code} {answer.text[:400]}: the form that the matrix makes"
            " for it is not one. Give the row's builder the fields it lacks (Row.ids, Row.form)."
        )

    async def _try(self, operation: Operation, cell: Cell, row: Row) -> httpx.Response:
        """By the transport itself: of what a client would add to it nothing is about who may do what."""
        token = self._token(cell, row)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if "x-idempotency-key" in operation.declared:
            headers["idempotency-key"] = str(new_id())
        if operation.method in {"PATCH", "PUT", "DELETE"}:
            headers["if-match"] = f'"{row.version}"'
        missing = cell.situation == Situation.MISSING
        path = _path(operation, row, missing=missing)
        more = self._body(operation, row, missing=missing and path == operation.path)
        request = httpx.Request(operation.method, f"http://test{path}", headers=headers, **more)
        return await self.ground.world.transport.handle_async_request(request)

    def _token(self, cell: Cell, row: Row) -> str | None:
        seats = self.ground.seats
        if cell.column == PARTY:
            return seats.party(row.party or "")
        if cell.situation in set(Outsider):
            return seats.outsider(Outsider(cell.situation))
        return seats.token(cell.column, Situation(cell.situation))

    def _body(self, operation: Operation, row: Row, *, missing: bool) -> dict[str, Any]:
        ids = self.ground.ids | dict(row.ids)
        if missing:
            ids = dict.fromkeys(ids, MISSING) | {"district_id": ids["district_id"]}
        if operation.method == "GET":
            return {"params": self._query(operation, row)}
        form = self._forms.form(operation, ids, row.ids)
        if form is not None:
            return {"json": form | dict(row.form)}
        fields = self._forms.fields(operation, ids)
        if fields is not None:
            return {"data": fields | dict(row.form)}
        return self._file(row) if "requestBody" in operation.declared else {}

    def _names_none(self, operation: Operation, row: Row) -> bool:
        """Whether neither path nor form names a row that could be missing."""
        return "{" not in operation.path and MISSING not in repr(self._body(operation, row, missing=True))

    def _file(self, row: Row) -> dict[str, Any]:
        """A file that says nothing, for the row's community."""
        code = self.ground.world.paths["community"].rstrip("/").rpartition("/")[2]
        return {"files": {"file": ("留言.csv", _CSV.encode())}, "data": {"community_code": code} | dict(row.form)}

    def _query(self, operation: Operation, row: Row) -> dict[str, Any]:
        wanted = {parameter["name"] for parameter in operation.declared.get("parameters", [])}
        known = {"limit": 100, "lon": 111.65, "lat": 40.82, "datum": "wgs84"} | dict(row.form)
        known |= {"district_id": self.ground.world.district_id} | dict(row.ids)
        return {name: value for name, value in known.items() if name in wanted}


def _says_nothing(operation: Operation, cell: Cell, row: Row) -> bool:
    """A caller that makes no difference: of what needs no token every role; a party where there is none."""
    if cell.column == PARTY:
        return row.party is None or operation.permission == PUBLIC
    if cell.situation in set(Outsider):
        return False
    return operation.permission == PUBLIC


def _names_one(operation: Operation, cell: Cell, row: Row) -> bool:
    """Whether what is not there can only be the row of the path: a form may name others that another district lacks too."""
    alone = not (row.ids and operation.form) or cell.situation != Situation.OTHER
    return "{" in operation.path and alone


def _is_list(operation: Operation) -> bool:
    return operation.method == "GET" and operation.name.endswith("_list")


def _path(operation: Operation, row: Row, *, missing: bool) -> str:
    path, ids = operation.path, {"id": str(row.id)} | dict(row.ids)
    if missing and "{" in path:
        head, _, tail = path.rpartition("{")
        path = f"{head}{MISSING}{tail.partition('}')[2]}"
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    return path


async def few_at_once(tasks: Iterable[Awaitable[str | None]]) -> list[str | None]:
    """The app does the same work either way; while it waits for the database it can do another's."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def passed(task: Awaitable[str | None]) -> str | None:
        async with gate:
            return await task

    return list(await asyncio.gather(*(passed(task) for task in tasks)))
