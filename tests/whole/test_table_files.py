"""Lists as files: for each reader the rows of their own list under the same filters, noted, and nothing a spreadsheet would run."""

import csv
import io
import itertools
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args
from zipfile import ZipFile

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from app.core.clock import CHINA
from app.core.db import Database
from app.core.paging import FileQuery, Page
from app.domain.audit import Outcome
from app.routers.table_files import can_be_file
from app.services import table_files
from app.services.exports_xlsx import cell
from tests.stories.steps import submitted
from tests.whole.access_ground import Ground
from tests.whole.access_matrix import lay, of_noun
from tests.whole.access_registry import BUILDERS
from tests.whole.document import Operation, operations_of
from tests.whole.test_audit import entries
from tests.worlds import World

LISTS = (
    *(
        "needs",
        "need-duplicates",
        "resources",
        "bookings",
        "committee-members",
        "duty-draws",
        "duty-turns",
        "duty-records",
    ),
    *(
        "joint-meetings",
        "meeting-decisions",
        "claim-items",
        "service-claims",
        "duty-exchanges",
        "projects",
        "budget-lines",
        "vouchers",
    ),
    *("milestones", "programmes", "indicators", "contributions", "activities", "activity-series", "sign-ups"),
    *("categories", "lexicon-entries", "matches", "organizations", "pairings", "revisits"),
    *("urges", "supervisions", "escalations"),
    *("project-suggestions",),
    *("whistles", "whistle-calls", "whistle-types"),
)
READERS = ("community", "auditor", "liaison", "resident1", "sibling_community", "system")
EVERYBODYS = frozenset(
    {
        *("categories", "lexicon-entries", "programmes", "indicators", "contributions", "projects"),
        *("duty-draws", "duty-turns", "pairings"),
        "whistle-types",
    }
)
"""Lists that show the whole district's."""
_districts = itertools.count(660_000 + (os.getpid() * 53) % 40_000, 1)


async def pages(world: World, who: str, noun: str, **asked: Any) -> list[dict[str, Any]] | int:
    """All items of a list, two a page; or how it refuses."""
    items: list[dict[str, Any]] = []
    while True:
        answer = await world.call(who, "GET", f"/v1/{noun}", params={"limit": 2} | asked)
        if answer.status_code != 200:
            return answer.status_code
        items += answer.json()["items"]
        if (cursor := answer.json()["next_cursor"]) is None:
            return items
        asked |= {"cursor": cursor}


async def table(world: World, who: str, noun: str, **asked: Any) -> list[list[str]] | int:
    """The rows of the file under its headings; or how it refuses."""
    answer = await world.call(who, "GET", f"/v1/{noun}", params={"format": "csv"} | asked)
    if answer.status_code != 200:
        return answer.status_code
    assert answer.headers["content-disposition"] == f"attachment; filename={noun}.csv"
    assert "x-rows-cut" not in answer.headers
    heads, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(set(heads)) == len(heads)
    assert {len(row) for row in rows} <= {len(heads)}
    return rows


def _filters(operation: dict[str, Any], world: World, items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Nothing, and each filter that the first row's own values can answer."""
    yield {}
    names = {p["name"] for p in operation["parameters"] if p["in"] == "query"} - {"limit", "cursor", "format"}
    yield from ({name: items[0][name]} for name in sorted(names & items[0].keys()) if items[0][name] is not None)
    if "community_id" in names:
        yield {"community_id": str(world.places["sibling_community"])}


def _same(rows: Any, items: Any) -> None:
    """Row by row: which, every number, and every name."""
    if isinstance(items, int):
        assert rows == items
        return
    assert [row[0] for row in rows] == [str(next(iter(item.values()))) for item in items]
    for row, item in zip(rows, items, strict=True):
        shown = [value for name, value in item.items() if name not in {"actions", "version"}]
        for text, value in zip(row, shown, strict=True):
            if isinstance(value, bool):
                assert text == ("是" if value else "否")
            elif value is None or isinstance(value, int):
                assert text == ("" if value is None else str(value))


async def _ground(noun: str, app: FastAPI, owner: Database, transport: httpx.ASGITransport) -> tuple[Ground, Operation]:
    ground = await lay(app, owner, transport, [next(_districts), next(_districts)])
    operation = next(o for o in of_noun(app.openapi(), noun) if o.method == "GET" and "{" not in o.path)
    await ground.put(BUILDERS[noun], operation)
    return ground, operation


def test_every_list_that_can_be_a_file_is_tried(app: FastAPI) -> None:
    lists = {
        path: verbs["get"].get("parameters", []) for path, verbs in app.openapi()["paths"].items() if "get" in verbs
    }
    files = {path for path, given in lists.items() if any(each["name"] == "format" for each in given)}
    assert files == {f"/v1/{noun}" for noun in LISTS}


@pytest.mark.parametrize("noun", LISTS)
async def test_a_file_holds_what_its_readers_list_shows(
    noun: str, app: FastAPI, owner: Database, transport: httpx.ASGITransport
) -> None:
    ground, operation = await _ground(noun, app, owner, transport)
    declared, world = app.openapi()["paths"][f"/v1/{noun}"]["get"], ground.world
    items = await pages(world, "community", noun)
    assert isinstance(items, list)
    assert items, "there is something to take away"
    for asked in _filters(declared, world, items):
        for who in READERS:
            _same(await table(world, who, noun, **asked), await pages(world, who, noun, **asked))
    own = {next(iter(item.values())) for item in items}
    for stranger, who in ((world, "sibling_community"), (ground.seats.other, "community")):
        rows = await table(stranger, who, noun)
        if stranger is not world or noun not in EVERYBODYS:
            assert not isinstance(rows, list) or own.isdisjoint(row[0] for row in rows)
    noted = await entries(owner, world.district_id, operation=operation.name, outcome=Outcome.DONE)
    assert {str(world.people["community"]), str(world.people["auditor"])} <= {str(each.actor_id) for each in noted}


async def test_what_a_cell_holds(world: World) -> None:
    """A formula is text, words stand for codes, numbers stay numbers, names are as the list shows them, times are China's."""
    need = await submitted(world, "resident1")
    await world.ok("resident1", "PATCH", f"/v1/needs/{need['id']}", headers={"If-Match": "1"}, json={"title": "=1+1,"})
    answer = await world.call("community", "GET", "/v1/needs", params={"format": "csv"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    shown = await world.ok("community", "GET", f"/v1/needs/{need['id']}")
    assert (row["题目"], row["状态"], row["涉及人数"]) == ("'=1+1,", "待审核", "1")
    assert row["点单人"] == shown["asker_name"]
    assert row["提出时间"] == f"{datetime.fromisoformat(shown['asked_at']).astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


async def test_a_workbook_holds_the_same_as_text_and_numbers(world: World) -> None:
    need = await submitted(world, "resident1")
    answer = await world.call("community", "GET", "/v1/needs", params={"format": "xlsx"})
    assert answer.headers["content-disposition"] == "attachment; filename=needs.xlsx"
    with ZipFile(io.BytesIO(answer.content)) as book:
        words, sheet = (book.read(f"xl/{name}.xml").decode() for name in ("sharedStrings", "worksheets/sheet1"))
    assert f"<t>{need['id']}</t>" in words
    assert "<t>题目</t>" in words
    assert "<f>" not in sheet
    assert "<v>1</v></c>" in sheet


async def test_a_file_is_noted_once_and_a_page_is_not(world: World, owner: Database) -> None:
    await submitted(world, "resident1")
    for kind, expected in (("json", 0), ("csv", 1), ("xlsx", 2)):
        await world.ok("community", "GET", "/v1/needs", params={"format": "json"})
        await world.call("community", "GET", "/v1/needs", params={"format": kind})
        assert len(await entries(owner, world.district_id, operation="need_list")) == expected


async def test_all_pages_are_in_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "_AT_ONCE", 1)
    needs = [(await submitted(world, "resident1"))["id"] for _ in range(3)]
    rows = await table(world, "community", "needs", limit=1)
    assert isinstance(rows, list)
    assert [row[0] for row in rows] == needs[::-1]


async def test_a_file_that_is_cut_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MOST_ROWS", 2)
    for _ in range(2):
        await submitted(world, "resident1")
    assert len(await table(world, "community", "needs")) == 2  # type: ignore[arg-type]
    await submitted(world, "resident1")
    answer = await world.call("community", "GET", "/v1/needs", params={"format": "csv"})
    assert answer.headers["x-rows-cut"] == "true"
    _, first, _, last = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(first) > 1
    assert last == ["条数过多，只列出前2条，请缩小范围"]
    answer = await world.call("community", "GET", "/v1/needs", params={"format": "xlsx"})
    assert (
        "条数过多，只列出前2条，请缩小范围" in ZipFile(io.BytesIO(answer.content)).read("xl/sharedStrings.xml").decode()
    )


async def test_short_pages_are_not_asked_for_without_end() -> None:
    """A list that only ever answers with an empty page and where to go on: the file ends, and says that it is cut."""
    asked: list[str | None] = []

    async def page(query: FileQuery) -> Page[Any]:
        asked.append(query.cursor)
        return Page([], f"cursor{len(asked)}")

    assert await table_files.every_page(page, FileQuery()) == ([], True)
    assert len(asked) == 101
    assert asked[:2] == [None, "cursor1"]


async def test_an_unknown_kind_of_file_is_refused(world: World) -> None:
    answer = await world.call("community", "GET", "/v1/needs", params={"format": "pdf"})
    assert answer.status_code == 422
    assert "format" in answer.text


@pytest.mark.parametrize("words", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"])
def test_what_a_program_would_run_is_text(words: str) -> None:
    assert cell(words) == f"'{words}"


def test_every_list_of_the_work_has_its_file(app: FastAPI) -> None:
    """And its columns have headings of their own."""
    found = {o.path.removeprefix("/v1/") for o in operations_of(app.openapi()) if _is_file(app, o)}
    assert found == set(LISTS)


def _is_file(app: FastAPI, operation: Operation) -> bool:
    declared = app.openapi()["paths"][operation.path][operation.method.lower()]
    return "text/csv" in declared["responses"].get("200", {}).get("content", {})


def test_every_field_of_a_file_has_its_heading(app: FastAPI) -> None:
    """Also of what stands within an item: no row need happen to have it."""
    lists = (route for route in iter_route_contexts(app.routes) if route.endpoint and can_be_file(route.endpoint))
    pages = [route.response_model for route in lists]
    assert len(pages) == len(LISTS)
    fields = {field for page in pages for field in _fields(table_files.item_of(page))}
    assert ("DecisionRead", "what") in {(model.__name__, name) for model, name in fields}
    for model, name in fields:
        assert table_files.heading(model, name)


def _fields(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    for name, field in model.model_fields.items():
        if name not in {"actions", "version"}:
            yield model, name
            for within in _models(field.annotation):
                yield from _fields(within)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
