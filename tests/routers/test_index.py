"""The index of routes leads where trying one after another would."""

import re

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Match, Route

from app.core.ids import new_id
from app.routers.index import Index
from tests.whole.document import operations_of

_HOLE = re.compile(r"\{[^}]+\}")


def _first(routes: list[BaseRoute], method: str, path: str) -> BaseRoute | None:
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return next((route for route in routes if route.matches(dict(scope))[0] is Match.FULL), None)


def test_every_operation_is_found_where_it_would_be(app: FastAPI) -> None:
    index, *others = app.router.routes
    assert isinstance(index, Index)
    for operation in operations_of(app.openapi()):
        path = _HOLE.sub(str(new_id()), operation.path)
        scope = {"type": "http", "method": operation.method, "path": path, "headers": []}
        match, found = index.matches(scope)
        assert match is Match.FULL, operation.name
        assert found["sanshun.route"] is _first(others, operation.method, path), operation.name


def test_what_is_not_there_is_left_to_the_others(app: FastAPI) -> None:
    index = app.router.routes[0]
    for method, path in (("GET", "/v1/gardens"), ("GET", ""), ("GET", "/"), ("DELETE", "/livez")):
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        assert index.matches(scope) == (Match.NONE, {}), path


def test_a_hole_in_a_nouns_place_is_refused() -> None:
    with pytest.raises(ValueError, match="any noun"):
        Index([Route("/v1/{noun}", lambda: None)])
