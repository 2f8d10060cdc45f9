"""I11: every operation as every role in every situation is as the golden file says, and a denied call changes nothing."""

import itertools
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from app import main
from app.core.db import Database
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.domain import access
from app.domain.access import PUBLIC
from app.domain.accounts import SignInMethod
from app.domain.people import Actor, Grant, Relation, Role
from app.domain.sign_ins import IN_ONES_OWN_NAME
from app.models import SignIn
from app.routers import ROUTERS, deps
from app.routers.deps import ActorDep, SessionDep
from app.routers.route import HouseRoute
from app.settings import Settings
from tests.whole.access_golden import GOLDEN, parts, read, rendered
from tests.whole.access_matrix import lay, nouns
from tests.whole.access_outsiders import Lapse, end_all_grants, lapse, let_in, tokens_of
from tests.whole.access_people import COLUMNS, Outsider, Situation
from tests.whole.access_registry import BUILDERS, SPECIAL, NoFixture, builder_of
from tests.whole.access_walk import CELLS, DONE, PARTY, STOPPED, Cell, Verdicts, Walk
from tests.whole.document import Operation, operations_of

_REWRITE = "run python -m tests.whole.access_matrix --write and review what changed"
_SAID = read(GOLDEN.read_text(encoding="utf-8"))
_PARTS = parts(GOLDEN.read_text(encoding="utf-8"), 9)
"""Each is tried in two districts of its own, so that the suite's processes share them evenly."""
_VERDICTS: dict[str, Verdicts] = {name: verdicts for name, (_, verdicts) in _SAID.items()}
_PEOPLE = frozenset(Role) - {Role.CLIENT}
_districts = itertools.count(920_000 + (os.getpid() * 61) % 60_000, 1)


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest.mark.parametrize("part", _PARTS)
async def test_i11_who_may_do_what(part: str, app: FastAPI, owner: Database, transport: httpx.ASGITransport) -> None:
    """One request a cell, but for most of those about a row that is not there (``Walk``). What is refused leaves every table of
    both districts as it was.

    Then the roles no longer count: staff's because they come by phone (docs/decisions/0007), all because they are over.
    """
    operations = [operation for operation in operations_of(app.openapi()) if operation.name in _PARTS[part]]
    ground = await lay(app, owner, transport, [next(_districts), next(_districts)])
    walk = Walk(ground, app.openapi(), operations)
    wrong = await walk.against(_VERDICTS)
    await ground.say_of_all(SignIn, method=SignInMethod.PHONE)
    wrong += [f"by phone: {line}" for line in await walk.as_nobody(_VERDICTS, _PEOPLE - IN_ONES_OWN_NAME)]
    await ground.say_of_all(SignIn, method=SignInMethod.PASSWORD)
    await end_all_grants(ground)
    wrong += [f"no longer: {line}" for line in await walk.as_nobody(_VERDICTS, _PEOPLE)]
    assert not wrong, "\n".join([*wrong, f"If this is meant: {_REWRITE}."])


@pytest.mark.parametrize("why", Lapse)
async def test_i11_whoever_may_no_longer_is_refused_everything(
    why: Lapse, app: FastAPI, owner: Database, transport: httpx.ASGITransport
) -> None:
    """Every role, and every operation; nothing is changed by it."""
    ground = await lay(app, owner, transport, [next(_districts), next(_districts)])
    operations = [operation for operation in operations_of(app.openapi()) if operation.permission != PUBLIC]
    me = [operation for operation in operations if operation.name == "me_read"] * len(COLUMNS)
    assert len(await let_in(ground, me, tokens_of(ground))) == len(COLUMNS), "they may until then"
    tokens = await lapse(ground, why)
    before = await ground.digest()
    assert await let_in(ground, operations, tokens) == []
    assert await ground.digest() == before


def test_i11_the_matrix_is_complete(document: dict[str, Any]) -> None:
    declared = {operation.name: operation.permission for operation in operations_of(document)}
    for operation in operations_of(document):
        builder_of(operation)
    assert declared.keys() - _SAID.keys() == set(), f"not in the matrix: {_REWRITE}"
    assert _SAID.keys() - declared.keys() == set(), f"no longer there: {_REWRITE}"
    assert {name: permission for name, (permission, _) in _SAID.items() if permission != declared[name]} == {}
    assert set(COLUMNS) >= set(Role)
    assert all(verdicts.keys() == set(CELLS) for verdicts in _VERDICTS.values())


def test_no_fixture_is_left_over(document: dict[str, Any]) -> None:
    assert BUILDERS.keys() - set(nouns(document)) == set()
    assert SPECIAL.keys() - {operation.name for operation in operations_of(document)} == set()


def test_the_file_is_as_it_would_be_written(document: dict[str, Any]) -> None:
    """Whatever is edited by hand stands in the same form."""
    assert rendered(list(operations_of(document)), _VERDICTS) == GOLDEN.read_text(encoding="utf-8")


def test_a_new_operation_says_what_it_needs() -> None:
    operation = Operation("GET", "/v1/gardens/{id}", {"operationId": "garden_read", "x-permission": "gardens:read"})
    with pytest.raises(NoFixture, match=r"garden_read .*BUILDERS"):
        builder_of(operation)


def _cells(*verdicts: str) -> Iterator[tuple[str, Cell]]:
    for name, found in _VERDICTS.items():
        yield from ((name, cell) for cell, verdict in found.items() if verdict in verdicts)


def test_i11_somebody_may_do_each(document: dict[str, Any]) -> None:
    """An operation that nobody gets done would say nothing about who may."""
    public = {operation.name for operation in operations_of(document) if operation.permission == PUBLIC}
    assert _VERDICTS.keys() - public - {name for name, _ in _cells(DONE)} == set()


def test_i10_nothing_is_done_across_districts() -> None:
    """From another district every row is missing; what names no row is answered from one's own."""
    named = {name for name, cell in _cells("4") if cell.situation == Situation.MISSING}
    across = {name for name, cell in _cells(DONE, STOPPED) if cell.situation == Situation.OTHER}
    assert across & named == set()


def test_i11_outsiders_are_refused_everything(document: dict[str, Any]) -> None:
    public = {operation.name for operation in operations_of(document) if operation.permission == PUBLIC}
    let_in = {name for name, cell in _cells(DONE, STOPPED, "3", "4", "-") if cell.situation in set(Outsider)}
    assert let_in - public == set()


def test_i11_whoever_has_no_role_gets_nothing_done(document: dict[str, Any]) -> None:
    own = {operation.name for operation in operations_of(document) if operation.permission == "self"}
    assert {name for name, cell in _cells(DONE, STOPPED) if cell.column == "nobody"} - own == set()


def test_i11_a_permission_that_stands_nowhere_is_nobodys() -> None:
    everyone = frozenset(Role) | frozenset(Relation)
    grants = tuple(Grant(role, new_id(), "100001/", "district") for role in Role)
    actor = Actor(100_001, new_id(), new_id(), None, grants)
    assert not access.may("gardens:dig", everyone)
    with pytest.raises(Forbidden):
        access.require(actor, "gardens:dig", "100001/", frozenset(Relation))
    with pytest.raises(Forbidden):
        access.require_anywhere(actor, "gardens:dig")
    assert access.may("needs:submit", frozenset({Role.RESIDENT})), "what stands there is somebody's"


async def test_i11_an_operation_of_no_permission_of_the_table_refuses_everyone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, app: FastAPI, owner: Database, transport: httpx.ASGITransport
) -> None:
    """Over HTTP, with every role there is, at every place."""
    router = APIRouter(route_class=HouseRoute)

    @router.get("/gardens", **deps.operation("gardens:dig", "没有这项权限"))
    async def garden_list(session: SessionDep, actor: ActorDep) -> dict[str, bool]:
        access.require_anywhere(actor, "gardens:dig")
        return {"dug": True}

    monkeypatch.setattr(main, "ROUTERS", (*ROUTERS, router))
    ground = await lay(app, owner, transport, [next(_districts), next(_districts)])
    grown = main.create_app(settings)
    tokens = [ground.seats.token(column, Situation.OWN) for column in COLUMNS if column != Role.CLIENT]
    client = httpx.AsyncClient(transport=httpx.ASGITransport(grown), base_url="http://test")
    async with grown.router.lifespan_context(grown), client:
        asked = [await client.get("/v1/gardens", headers={"authorization": f"Bearer {token}"}) for token in tokens]
    assert {(answer.status_code, answer.json()["code"]) for answer in asked} == {(403, "forbidden")}


def test_the_matrix_knows_its_parties() -> None:
    assert {cell.column for cell in CELLS} == {*COLUMNS, PARTY, "nobody known"}
