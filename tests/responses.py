"""Every answer the suite sees is held against the published document: status, kind of content, and the body's schema.

The audit trail's ledger hears of it too.
"""

import asyncio
import json
import re
from collections import defaultdict
from functools import cached_property
from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx._transports import asgi

from tests.audited import LEDGER

_HOLE = re.compile(r"\{[^}]+\}")
_PROBLEM = "application/problem+json"
_NOTHING: dict[str, dict[str, Any]] = {"": {}}
"""What an answer without content, such as a 204, is documented as."""
_DOCUMENT = "urn:sanshun:document"
"""What schemas call the document that they do not stand in."""
asgi.create_event = asyncio.Event
"""Instead of looking for another event loop's with every request."""


class BrokenPromise(AssertionError):
    """The answer is not what the document says."""


class Promises:
    """The document, asked about one answer at a time; validators are compiled when first needed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._components = jsonschema_rs.Registry([(_DOCUMENT, {"components": document["components"]})])
        """Read once for all validators: each would else keep a copy of all schemas, 3.5 MB of them."""
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        """By schema: whatever refuses, refuses by the same one."""
        self._written: dict[int, str] = {}
        """Schemas as text, by where they lie in the document."""
        self._refusals: set[tuple[str, bytes]] = set()
        """Those looked at before: nearly all are word for word the same."""

    @cached_property
    def _paths(self) -> dict[tuple[str, int], list[tuple[re.Pattern[str], str]]]:
        """By noun and length; literal paths before those with holes, as the router tries them."""
        found: dict[tuple[str, int], list[tuple[re.Pattern[str], str]]] = defaultdict(list)
        for path in sorted(self._document["paths"], key=lambda path: path.count("{")):
            found[_drawer(path)].append((re.compile(_HOLE.sub("[^/]+", path)), path))
        return found

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """What the document declares of the operation that answers there."""
        fitting = (
            self._document["paths"][known]
            for pattern, known in self._paths.get(_drawer(path), ())
            if pattern.fullmatch(path)
        )
        return next((methods[method.lower()] for methods in fitting if method.lower() in methods), None)

    def check(self, method: str, path: str, answer: httpx.Response) -> dict[str, Any] | None:
        """What the document declares of the operation. Raise BrokenPromise unless it knows this answer of it.

        What it does not serve is refused in its one way.
        """
        declared, what = self.operation(method, path), f"{method} {path} -> {answer.status_code}"
        if declared is not None:
            self._check_answer(what, declared["responses"], answer)
        elif path.startswith("/v1") and answer.status_code not in {404, 405}:
            raise BrokenPromise(f"{what}: it is not in the document")
        return declared

    def _check_answer(self, what: str, declared: dict[str, Any], answer: httpx.Response) -> None:
        status, kind = str(answer.status_code), answer.headers.get("content-type", "").split(";")[0]
        if status not in declared:
            raise BrokenPromise(f"{what} is not documented: {answer.text[:300]}")
        contents = declared[status].get("content", _NOTHING)
        if kind not in contents:
            raise BrokenPromise(f"{what}: {kind or 'no content'} is not documented")
        if answer.headers.get("cache-control") != "no-store":
            raise BrokenPromise(f"{what} may be kept by a cache")
        if (schema := contents[kind].get("schema")) is not None:  # of a file the document says only what kind it is
            self._check_body(what, self._text(schema), kind, answer)

    def _text(self, schema: dict[str, Any]) -> str:
        if id(schema) not in self._written:
            self._written[id(schema)] = json.dumps(schema)
        return self._written[id(schema)]

    def _check_body(self, what: str, schema: str, kind: str, answer: httpx.Response) -> None:
        if kind == _PROBLEM and (schema, answer.content) in self._refusals:
            return
        said = answer.text if kind == "text/plain" else answer.json()
        error = next(self._validator(schema).iter_errors(said), None)
        if error is not None:
            raise BrokenPromise(f"{what} at {error.instance_path}: {error.message[:300]}")
        if kind == _PROBLEM:
            self._refusals.add((schema, answer.content))

    def _validator(self, schema: str) -> jsonschema_rs.Validator:
        if schema not in self._validators:
            elsewhere = json.loads(schema.replace('"#/components/', f'"{_DOCUMENT}#/components/'))
            self._validators[schema] = jsonschema_rs.Draft202012Validator(
                elsewhere, validate_formats=True, registry=self._components
            )
        return self._validators[schema]


def _drawer(path: str) -> tuple[str, int]:
    """Where a path is looked for: its second part, which has no holes, and how many there are."""
    parts = path.split("/")
    return "/".join(parts[1:3] if parts[1:2] == ["v1"] else parts[1:2]), len(parts)


_KNOWN: dict[frozenset[tuple[str | None, str | None]], Promises] = {}


def promises_of(app: FastAPI) -> Promises:
    """One for all apps that serve the same operations, however they are set up: writing the document takes seconds."""
    served = frozenset((route.path, route.name) for route in iter_route_contexts(app.routes))
    if served not in _KNOWN:
        _KNOWN[served] = Promises(app.openapi())
    return _KNOWN[served]


class CheckedTransport(httpx.ASGITransport):
    """Speaks to the app in its own process, and lets no answer through that the document does not know."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, raise_app_exceptions=False)
        self.promises = promises_of(app)
        self.tokens = app.state.tokens

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        await answer.aread()
        declared = self.promises.check(request.method, request.url.path, answer)
        if declared is not None:
            LEDGER.hear(self.tokens, declared, request, answer)
        return answer
