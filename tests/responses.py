"""Every answer the suite sees is held against the published document: status, kind of content, and the body's schema.

The audit trail's ledger hears of it too.
"""

import re
from functools import cached_property
from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI

from tests.audited import LEDGER

_HOLE = re.compile(r"\{[^}]+\}")
_PROBLEM = "application/problem+json"
_NOTHING: dict[str, dict[str, Any]] = {"": {}}
"""What an answer without content, such as a 204, is documented as."""


class BrokenPromise(AssertionError):
    """The answer is not what the document says."""


class Promises:
    """The document, asked about one answer at a time; validators are compiled when first needed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._validators: dict[tuple[str, str, str, str], jsonschema_rs.Validator | None] = {}

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], str]]:
        """Literal paths before those with holes, as the router tries them."""
        paths = sorted(self._document["paths"], key=lambda path: path.count("{"))
        return [(re.compile(_HOLE.sub("[^/]+", path)), path) for path in paths]

    def _served(self, method: str, path: str) -> str | None:
        fitting = (known for pattern, known in self._paths if pattern.fullmatch(path))
        return next((p for p in fitting if method.lower() in self._document["paths"][p]), None)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """What the document declares of the operation that answers there."""
        served = self._served(method, path)
        return self._document["paths"][served][method.lower()] if served else None

    def check(self, method: str, path: str, answer: httpx.Response) -> None:
        """Raise BrokenPromise unless the document knows this answer. What it does not serve is refused in its one way."""
        operation = self._served(method, path)
        if operation is None:
            self._check_refusal(method, path, answer)
        else:
            self._check_answer(method.lower(), operation, answer)

    def _check_refusal(self, method: str, path: str, answer: httpx.Response) -> None:
        if path.startswith("/v1") and answer.status_code not in {404, 405}:
            raise BrokenPromise(f"{method} {path} is not in the document and answered {answer.status_code}")

    def _check_answer(self, method: str, path: str, answer: httpx.Response) -> None:
        what = f"{method.upper()} {path} -> {answer.status_code}"
        status, kind = str(answer.status_code), answer.headers.get("content-type", "").split(";")[0]
        declared = self._document["paths"][path][method]["responses"]
        if status not in declared:
            raise BrokenPromise(f"{what} is not documented: {answer.text[:300]}")
        if kind not in declared[status].get("content", _NOTHING):
            raise BrokenPromise(f"{what}: {kind or 'no content'} is not documented")
        if answer.headers.get("cache-control") != "no-store":
            raise BrokenPromise(f"{what} may be kept by a cache")
        if not kind or declared[status]["content"][kind] == {}:
            return  # nothing, or a file, of which the document says only what kind it is
        validator = self._validator((path, method, status, kind))
        said = answer.text if kind == "text/plain" else answer.json()
        error = next(validator.iter_errors(said), None) if validator else None
        if error is not None:
            raise BrokenPromise(f"{what} at {error.instance_path}: {error.message[:300]}")

    def _validator(self, key: tuple[str, str, str, str]) -> jsonschema_rs.Validator | None:
        if key not in self._validators:
            path, method, status, kind = key
            schema = self._document["paths"][path][method]["responses"][status]["content"][kind].get("schema")
            whole = {**schema, "components": self._document["components"]} if schema else None
            self._validators[key] = (
                jsonschema_rs.Draft202012Validator(whole, validate_formats=True) if whole is not None else None
            )
        return self._validators[key]


class CheckedTransport(httpx.ASGITransport):
    """Speaks to the app in its own process, and lets no answer through that the document does not know."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, raise_app_exceptions=False)
        self.promises = Promises(app.openapi())
        self.tokens = app.state.tokens

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        await answer.aread()
        self.promises.check(request.method, request.url.path, answer)
        if (declared := self.promises.operation(request.method, request.url.path)) is not None:
            LEDGER.hear(self.tokens, declared, request, answer)
        return answer
