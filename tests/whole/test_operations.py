"""Every operation declares who may do it, what it is called, and what follows; every lifecycle action has its own."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import select

from app import main
from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.access import PUBLIC, SELF, TABLE
from app.domain.lifecycle import Lifecycle
from app.main import create_app
from app.models import Place
from app.routers import ROUTERS
from app.routers.deps import ActorDep, SessionDep, operation
from app.routers.openapi import Undeclared
from app.routers.route import HouseRoute
from app.settings import Settings
from app.workers.generating_pages import LIFECYCLES
from tests.whole.document import Operation, operations_of, unstarted
from tests.worlds import World

_ONE_OF = {
    "people": "person",
    "dispatch-batches": "dispatch_batch",
    "categories": "category",
    "lexicon-entries": "lexicon_entry",
    "activities": "activity",
    "matches": "match",
    "activity-series": "activity_series",
}
BESIDE = frozenset(
    {
        "/v1/orders/{id}/contact",
        "/v1/orders/{id}/insure",
        "/v1/orders/{id}/steer",
        "/v1/orders/{id}/halt",
        "/v1/orders/{id}/sign",
        "/v1/orders/{id}/first-contact",
        "/v1/needs/{id}/recategorise",
        "/v1/needs/{id}/name-respondent",
        "/v1/needs/{id}/clear-respondent",
        "/v1/needs/{id}/override-duty",
        "/v1/needs/{id}/dismiss-duplicate",
        "/v1/needs/{id}/restore-duplicate",
        "/v1/joint-meetings/{id}/add",
        "/v1/activities/{id}/insure",
        "/v1/activity-series/{id}/insure",
        "/v1/activity-series/{id}/join",
        "/v1/activity-series/{id}/leave",
        "/v1/vouchers/{id}/reverse",
    }
)
"""What moves no state: it shows something and is noted, or says something more."""
NOUNS = frozenset(permission.split(":")[0] for permission in TABLE)
_CREATED = {"201", "202"}
_CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def operations(app: FastAPI) -> list[Operation]:
    return list(operations_of(app.openapi()))


def test_every_operation_has_one_permission_of_the_table(operations: list[Operation]) -> None:
    unknown = {o.name: o.permission for o in operations if o.permission not in TABLE.keys() | {PUBLIC, SELF}}
    assert not unknown
    assert len(operations) > 70


def test_every_permission_of_the_table_is_asked_for_somewhere(operations: list[Operation]) -> None:
    assert TABLE.keys() - {o.permission for o in operations} == set()


def test_a_permission_names_the_noun_of_its_path(operations: list[Operation]) -> None:
    odd = [o.name for o in operations if o.permission in TABLE and not o.path.startswith(f"/v1/{_noun(o)}")]
    assert odd == []


def _noun(operation: Operation) -> str:
    return operation.permission.split(":")[0]


def test_public_is_only_what_has_to_be(operations: list[Operation]) -> None:
    """Privacy notices are among it: people read them before they have an account, and they hold nothing of anybody."""
    open_to_all = {o.path for o in operations if o.permission == PUBLIC}
    by_wechat = {"/v1/wechat/sign-in", "/v1/wechat/register", "/v1/wechat/callback"}
    by_phone = {"/v1/phone-codes", "/v1/phone-codes/sign-in", "/v1/phone-codes/register"}
    told = {"/v1/token", "/livez", "/readyz", "/v1/privacy-notices/current"}
    proofs = {"/v1/token/second-factor", "/v1/token/second-factor/setup", "/v1/token/new-password"}
    assert open_to_all == told | by_wechat | by_phone | proofs
    locked = {o.path for o in operations if o.declared.get("security")}
    assert locked == {o.path for o in operations} - open_to_all


def test_names_are_noun_verb_and_unique(operations: list[Operation]) -> None:
    assert [name for name, times in Counter(o.name for o in operations).items() if times > 1] == []
    assert [o.name for o in operations if not re.fullmatch(r"[a-z]+_[a-z_]+", o.name) or "_v1" in o.name] == []
    ours = [o for o in operations if o.permission in TABLE]
    nouns = {_ONE_OF.get(noun, noun.replace("-", "_").removesuffix("s")) for noun in NOUNS}
    assert {o.name for o in ours if not any(o.name.startswith(f"{noun}_") for noun in nouns)} == set()


def test_summaries_and_tags_are_chinese(operations: list[Operation]) -> None:
    assert [o.name for o in operations if not _CHINESE.search(o.declared.get("summary", ""))] == []
    assert [o.name for o in operations if not all(_CHINESE.search(tag) for tag in o.declared.get("tags", [""]))] == []


def test_every_create_is_keyed_and_says_where_its_row_is_read(operations: list[Operation]) -> None:
    reads = {o.name for o in operations if o.method == "GET"}
    creates = {
        o: o.declared["responses"][code]
        for o in operations
        for code in _CREATED & o.declared["responses"].keys()
        if o.permission != PUBLIC  # a phone code that was sent is no row anybody could read
    }
    assert len(creates) >= 7
    for create, answer in creates.items():
        targets = {link["operationId"] for link in answer.get("links", {}).values()}
        assert targets, create.name
        assert targets <= reads, create.name
        assert create.declared.get("x-idempotency-key") == "required", create.name


def test_item_changes_ask_for_the_version_seen(operations: list[Operation]) -> None:
    changes = [o for o in operations if o.method == "PATCH"]
    assert changes
    for change in changes:
        required = {p["name"] for p in change.declared["parameters"] if p["required"]}
        assert "If-Match" in required, change.name


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.noun)
def test_routes_are_actions(lifecycle: Lifecycle[Any, Any], operations: list[Operation]) -> None:
    """One route and one form an action; none for what only the system does, none for what the table does not know."""
    prefix = f"/v1/{lifecycle.nouns}/{{id}}/"
    routes = [o for o in operations if o.path.startswith(prefix) and o.method == "POST" and o.path not in BESIDE]
    served = Counter(o.path.removeprefix(prefix).replace("-", "_") for o in routes)
    assert served == Counter(action.value for action in lifecycle.routed())
    for route in routes:
        action = route.path.removeprefix(prefix).replace("-", "_")
        assert route.permission == f"{lifecycle.nouns}:{action}"
        name = f"{lifecycle.noun}_{action}".replace("-", "_")
        assert route.form == name.title().replace("_", "")
        assert route.name == name


def test_system_actions_have_no_route_and_no_permission() -> None:
    alone = {lc.permission(a) for lc in LIFECYCLES for a in lc.actions if a not in lc.routed()}
    assert {"orders:expire", "orders:vacate", "needs:lapse", "needs:meet", "assignments:release"} <= alone
    assert alone & TABLE.keys() == set()


def _with(monkeypatch: pytest.MonkeyPatch, router: APIRouter, settings: Settings) -> FastAPI:
    monkeypatch.setattr(main, "ROUTERS", (*ROUTERS, router))
    return create_app(settings)


def test_an_operation_without_permission_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    router = APIRouter(route_class=HouseRoute)

    @router.get("/secrets")
    async def secret_list() -> list[str]:
        return []

    with pytest.raises(Undeclared, match="GET /v1/secrets"):
        _with(monkeypatch, router, unstarted(tmp_path))


async def test_a_verb_that_never_asks_is_stopped_before_its_commit(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, world: World, owner: Database
) -> None:
    router = APIRouter(route_class=HouseRoute)
    place_id = new_id()

    @router.post("/places/careless", **operation("places:create", "不问权限就写"))
    async def place_careless(session: SessionDep, actor: ActorDep) -> dict[str, bool]:
        session.add(_shed(world, place_id))
        await session.flush()
        return {"written": True}

    app = _with(monkeypatch, router, settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"authorization": f"Bearer {world.token('district')}"}
            answer = await client.post("/v1/places/careless", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    async with owner.transaction(world.district_id) as session:
        assert await session.scalar(select(Place.id).where(Place.id == place_id)) is None


def _shed(world: World, place_id: Any) -> Place:
    return Place(
        district_id=world.district_id,
        id=place_id,
        kind="venue",
        parent_id=world.places["grid"],
        code="shed",
        name="棚",
        path=f"{world.paths['grid']}shed/",
        version=1,
        created_at=now(),
        updated_at=now(),
    )
