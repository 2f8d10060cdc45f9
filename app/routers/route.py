"""The house's route: what every operation does before and after its handler.

Before: the token is checked before a byte of the body is read; the body is strict JSON within its limit. After: an operation
whose verb never asked for the permission it declares is stopped before its commit; an answer to a keyed request is recorded
in the same transaction.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from app.core.errors import BadRequest, Forbidden, TimedOut, TooLarge, Unauthenticated
from app.domain.access import PUBLIC, may
from app.domain.people import Relation
from app.services import idempotency


class Replay(Exception):
    """The request was answered before; the answer is sent again."""

    def __init__(self, answer: idempotency.Answer) -> None:
        super().__init__("replay")
        self.answer = answer


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("JSON 中有重复的键")
    return found


def _no_constant(_: str) -> Any:
    raise BadRequest("JSON 中不能有 NaN 或 Infinity")


class StrictRequest(Request):
    """Counts the body as it comes in, and reads JSON by RFC 8259: UTF-8, unique keys, finite numbers."""

    def __init__(self, request: Request, limit: int) -> None:
        super().__init__(request.scope, self._counted)
        self._source = request.receive
        self._left = limit
        declared = self.headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared[:15]) > limit:
            raise TooLarge()

    async def _counted(self) -> Message:
        message = await self._source()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLarge()
        return message

    async def json(self) -> Any:
        body = await self.body()
        try:
            return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
        except (ValueError, RecursionError) as bad:
            raise BadRequest("请求体不是有效的 JSON") from bad


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated()
    return token.strip()


Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Plain = Callable[[Request], Coroutine[Any, Any, Response | None]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def short_way(plain: Plain) -> Callable[[Endpoint], Endpoint]:
    """Give a hot operation a handler for requests in their plainest form; it answers None to any other.

    The framework's reading of parameters costs more than the verb. Whatever is unusual or wrong takes the framework's way,
    so that there is one place that refuses.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.plain = plain  # type: ignore[attr-defined]
        return endpoint

    return mark


def _by_the_short_way(endpoint: Any, usual: Handler) -> Handler:
    plain: Plain | None = getattr(endpoint, "plain", None)
    if plain is None:
        return usual

    async def handle(request: Request) -> Response:
        return await plain(request) or await usual(request)

    return handle


class HouseRoute(APIRoute):
    @property
    def permission(self) -> str:
        return str((self.openapi_extra or {}).get("x-permission", ""))

    def get_route_handler(self) -> Handler:
        inner = _by_the_short_way(self.endpoint, super().get_route_handler())
        is_import = bool((self.openapi_extra or {}).get("x-large-body"))

        async def handle(request: Request) -> Response:
            settings = request.app.state.settings
            seconds = settings.import_seconds if is_import else settings.request_seconds
            limit = settings.max_import_bytes if is_import else settings.max_body_bytes
            try:
                async with asyncio.timeout(seconds) as clock:
                    return await self._answer(inner, request, limit)
            except TimeoutError as late:
                if clock.expired():
                    raise TimedOut() from late
                raise

        return handle

    async def _answer(self, inner: Handler, request: Request, limit: int) -> Response:
        state = request.state
        if self.permission != PUBLIC:
            state.identity = request.app.state.tokens.check(_bearer(request))
        try:
            response = await inner(StrictRequest(request, limit))
        except Replay as replay:
            if not may(self.permission, state.actor.roles | frozenset(Relation)):
                raise Forbidden() from None
            response = as_response(replay.answer)
        else:
            await self._close(state, response)
        response.headers["cache-control"] = "no-store"
        return response

    async def _close(self, state: Any, response: Response) -> None:
        actor, key = getattr(state, "actor", None), getattr(state, "key", None)
        if self.permission != PUBLIC and (actor is None or self.permission not in actor.checked):
            raise RuntimeError(f"{self.name} never asked for {self.permission}")
        if key is not None and actor is not None:
            headers = {name: response.headers[name] for name in ("etag", "location") if name in response.headers}
            answer = idempotency.Answer(response.status_code, headers, bytes(response.body))
            await idempotency.keep(state.session, actor.district_id, actor.person_id, key, answer)


def as_response(answer: idempotency.Answer) -> Response:
    headers = answer.headers | ({"idempotency-replayed": "true"} if answer.replayed else {})
    return Response(answer.body, answer.status, headers, media_type="application/json")
