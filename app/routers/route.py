"""The house's route: what every operation does before and after its handler.

Before: the token is checked before a byte of the body is read; the body is strict JSON within its limit. After: an operation
whose verb never asked for the permission it declares is stopped before its commit; an answer to a keyed request is recorded
in the same transaction, and so is the call's one entry in the audit trail.

Exactly one entry (I12) for an authenticated call that succeeded and is not a reading one, or published a change, or showed
sensitive fields in clear, or gave a list away as a file; an answer sent again has changed nothing. A denied call leaves one
too, in a transaction of its own once the call's is rolled back, before its answer goes out: 403, 404 of an operation that
names a row, whether that is missing or hidden, and 401 of whoever is known by a valid token whose sign-in or account has
ended. 409, 412, 422 and 428 change nothing and deny nobody, and any other 401 has no caller: no entry, unless the refusal
tells something of somebody (``Trace.told``).
Operations without a token are noted by their verbs.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

from app.core.errors import BadRequest, Forbidden, InsufficientScope, NotFound, TimedOut, TooLarge, Unauthenticated
from app.domain.access import PUBLIC, may
from app.domain.audit import Outcome, Trace
from app.domain.limits import address_of
from app.domain.passwords import POLICIES, Policy, Profile
from app.domain.people import Actor, Relation
from app.routers.table_files import FILE, can_be_file, takeable
from app.services import accounts, audit, idempotency


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


def policy_of(request: Request) -> Policy:
    """What passwords must be like, and who needs a second factor, by the profile of the settings."""
    return POLICIES[Profile(request.app.state.settings.password_profile)]


def client_address(request: Request) -> str | None:
    """Where a request comes from, for the audit trail."""
    return address_of(request.client.host if request.client else "")


_DENIED = frozenset({401, 403, 404})


def _is_noted(request: Request, status: int) -> bool:
    """Whether a refusal leaves an entry: it denies, or tells something of somebody."""
    actor = getattr(request.state, "actor", None)
    return status in _DENIED or (actor is not None and actor.trace.told)


class HouseRoute(APIRoute):
    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        if can_be_file(endpoint):
            endpoint = takeable(endpoint, said["response_model"], path)
            said["responses"] = {**said["responses"], 200: FILE}
        super().__init__(path, endpoint, **said)

    @property
    def permission(self) -> str:
        return str((self.openapi_extra or {}).get("x-permission", ""))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Around everything, the transaction included: a refusal comes by here once all of the call is rolled back."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_noted(Request(scope), message["status"]):
                await self._note_denied(Request(scope), message["status"])
            await send(message)

        with audit.call():
            await super().handle(scope, receive, noting)

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
            await self._admit(request)
        try:
            response = await inner(StrictRequest(request, limit))
        except Replay as replay:
            if not may(self.permission, state.actor.roles | frozenset(Relation)):
                raise Forbidden() from None
            response = as_response(replay.answer)
        else:
            await self._close(request, response)
        response.headers["cache-control"] = "no-store"
        return response

    async def _admit(self, request: Request) -> None:
        """The one place where a client system's scopes are held against the operation, hot ones and its own included."""
        state = request.state
        if not state.identity.client:
            return
        state.actor = await accounts.actor_of(request.app.state.database, state.identity, policy_of(request))
        if self.permission not in state.actor.scopes:
            raise InsufficientScope(self.permission)

    async def _close(self, request: Request, response: Response) -> None:
        state = request.state
        actor, key = getattr(state, "actor", None), getattr(state, "key", None)
        if self.permission != PUBLIC and (actor is None or self.permission not in actor.checked):
            raise RuntimeError(f"{self.name} never asked for {self.permission}")
        if key is not None and actor is not None:
            headers = {name: response.headers[name] for name in ("etag", "location") if name in response.headers}
            answer = idempotency.Answer(response.status_code, headers, bytes(response.body))
            await idempotency.keep(state.session, actor.district_id, actor.person_id, key, answer)
        if actor is not None:
            await self._note_done(request, response, actor)

    async def _note_done(self, request: Request, response: Response, actor: Actor) -> None:
        """The entry of a call that succeeded, written out with all else the call did, so that what fails fails here."""
        state, session = request.state, getattr(request.state, "session", None)
        changed = request.method != "GET" or (session is not None and audit.has_changed(session))
        taken_away = "content-disposition" in response.headers
        if getattr(state, "noted", False) or not (changed or actor.trace.opened or taken_away):
            return
        subject, trace = _subject(request, response), actor.trace
        trace.person_id = trace.person_id or _person(request.url.path, subject, actor.person_id)
        said: dict[str, Any] = {
            "address": client_address(request),
            "status": response.status_code,
            "subject_id": subject,
        }
        if session is None:
            await audit.alone(request.app.state.database, state.identity, self.name, Outcome.DONE, trace=trace, **said)
            return
        audit.add(session, actor.district_id, self.name, Outcome.DONE, actor=actor, **said)
        await session.flush()

    async def _note_denied(self, request: Request, status: int) -> None:
        """Nothing for a call without a caller, nor for a 404 that is about no row, such as a coordinate in no grid."""
        identity, actor = getattr(request.state, "identity", None), getattr(request.state, "actor", None)
        names_a_row = request.method != "GET" or request.path_params or b"_id=" in request.scope["query_string"]
        if identity is None or (status == NotFound.status and not names_a_row):
            return
        subject, trace = _subject(request, None), actor.trace if actor is not None else Trace()
        trace.person_id = trace.person_id or _person(request.url.path, subject, identity.person_id)
        state = request.app.state
        await audit.denied(
            state.database,
            state.sealer,
            identity,
            self.name,
            trace=trace,
            address=client_address(request),
            status=status,
            subject_id=subject,
        )


def _subject(request: Request, response: Response | None) -> UUID | None:
    """The row a call is about: the first its path names, or the one it made."""
    for value in request.path_params.values():
        if (found := _as_id(value)) is not None:
            return found
    if response is None or response.status_code not in _CREATED:
        return None
    made = orjson.loads(bytes(response.body))
    return _as_id(made.get("id")) if isinstance(made, dict) else None


_CREATED = frozenset({201, 202})


def _as_id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _person(path: str, subject: UUID | None, me: UUID) -> UUID | None:
    """Whose data a call is about, when its path says so."""
    noun = path.split("/")[2]
    return subject if noun == "people" else me if noun == "me" else None


def as_response(answer: idempotency.Answer) -> Response:
    headers = answer.headers | ({"idempotency-replayed": "true"} if answer.replayed else {})
    return Response(answer.body, answer.status, headers, media_type="application/json")
