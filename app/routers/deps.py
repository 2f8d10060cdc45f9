"""What handlers ask for: the actor, the session, the key of a keyed request, the version the client has seen."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import BadRequest, IdempotencyKeyMissing, PreconditionRequired
from app.core.security import Tokens
from app.domain.accounts import Origin
from app.domain.limits import address_of
from app.domain.passwords import Policy
from app.domain.people import Actor
from app.routers.problems import PROBLEMS
from app.routers.route import Replay, policy_of
from app.services import accounts, idempotency, revisit
from app.services.attempts import Desk

KEY_PATTERN = "^[!-~]{1,64}$"
"""Visible ASCII."""
ETAG_PATTERN = '^(?:W/)?"?([0-9]{1,18})"?$'
Query = TypeVar("Query", bound=BaseModel)
_UUID = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_KEY = re.compile(KEY_PATTERN)
_ETAG = re.compile(ETAG_PATTERN)


def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def get_sealer(request: Request) -> Sealer:
    sealer: Sealer = request.app.state.sealer
    return sealer


async def get_tokens(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.tokens
    return tokens


async def get_actor(request: Request) -> Actor:
    """The person behind the token, with the grants in force now; a client system was read when it was admitted."""
    if request.state.identity.client:
        client: Actor = request.state.actor
        return client
    actor = await accounts.actor_of(request.app.state.database, request.state.identity, policy_of(request))
    request.state.actor = actor
    return actor


ActorDep = Annotated[Actor, Depends(get_actor)]


async def get_session(request: Request, actor: ActorDep) -> AsyncIterator[AsyncSession]:
    """One transaction a request, bound to the actor's district; scope="function" commits it before the answer leaves."""
    async with request.app.state.database.transaction(actor.district_id) as session:
        request.state.session = session
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_hot_database(request: Request) -> Database:
    """The database itself, for hot verbs and lists that send single statements."""
    return get_database(request)


DatabaseDep = Annotated[Database, Depends(get_hot_database)]
SealerDep = Annotated[Sealer, Depends(get_sealer)]
TokensDep = Annotated[Tokens, Depends(get_tokens)]


async def get_origin(request: Request) -> Origin:
    """Where the request comes from. Behind trusted proxies (settings) the server has put the client's own address there."""
    device = "".join(sign for sign in request.headers.get("user-agent", "")[:200] if sign.isprintable())
    return Origin(address_of(request.client.host if request.client else ""), device.strip() or None)


OriginDep = Annotated[Origin, Depends(get_origin)]


async def get_desk(database: DatabaseDep, tokens: TokensDep, sealer: SealerDep, origin: OriginDep) -> Desk:
    """What signing in without a token needs; its services begin their own transactions."""
    return Desk(database, tokens, sealer, origin)


DeskDep = Annotated[Desk, Depends(get_desk)]


async def get_policy(request: Request) -> Policy:
    return policy_of(request)


PolicyDep = Annotated[Policy, Depends(get_policy)]
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="客户端为每次操作生成的唯一键；重发同一请求时带同一个键，只生效一次，得到同样的答复",
    ),
]


async def read_key(request: Request, idempotency_key: KeyHeader = None) -> idempotency.Key:
    """The key of a request that must have one, with the fingerprint of what it asks."""
    key = checked_key(idempotency_key)
    body = await request.body()
    return idempotency.Key(key, idempotency.fingerprint(request.method, request.scope["path"], body))


def checked_key(value: str | None) -> str:
    """A key that is there and has a key's form."""
    if value is None:
        raise IdempotencyKeyMissing()
    if not _KEY.match(value):
        raise BadRequest("Idempotency-Key 须为 1 至 64 个可见 ASCII 字符")
    return value


HotKeyDep = Annotated[idempotency.Key, Depends(read_key)]


# Requests in their plainest form, read without the framework: what hot operations take the short way for. None means "not
# plain", never "wrong": the framework's way then reads the request again, and refuses what is wrong.


async def plain_step(request: Request) -> tuple[UUID, idempotency.Key] | None:
    """The row and the key of ``POST …/{id}/…`` with a key and an empty form."""
    headers, row_id = request.headers, request.path_params["id"]
    key, media = headers.get("idempotency-key"), headers.get("content-type")
    if key is None or media != "application/json" or not _UUID.match(row_id) or await request.body() != b"{}":
        return None
    return UUID(row_id), await read_key(request, key)


def plain_query(request: Request, form: type[Query]) -> Query | None:
    """The query of a list, each of its parameters given once."""
    given = request.query_params.multi_items()
    fields = dict(given)
    if len(fields) != len(given):
        return None
    try:
        return form.model_validate(fields)
    except ValidationError:
        return None


async def begin_key(request: Request, actor: ActorDep, session: SessionDep, key: HotKeyDep) -> idempotency.Key:
    """Hold the key in the session's transaction; a request answered before is answered the same again, if it still may be."""
    earlier = await idempotency.begin(session, actor.district_id, actor.person_id, key)
    if earlier is not None:
        if (row_id := request.path_params.get("id")) is not None:
            await revisit.must_still_show(session, actor, request.url.path.split("/")[2], UUID(row_id))
        raise Replay(earlier)
    request.state.key = key
    return key


Keyed = Depends(begin_key)


async def begin_key_if_given(
    request: Request, actor: ActorDep, session: SessionDep, idempotency_key: KeyHeader = None
) -> idempotency.Key | None:
    """Steps may carry a key too: a repeated one is answered the same again instead of 409."""
    if idempotency_key is None:
        return None
    return await begin_key(request, actor, session, await read_key(request, idempotency_key))


KeyedIfGiven = Depends(begin_key_if_given)


async def read_version(
    if_match: Annotated[str | None, Header(alias="If-Match", description='读到的 ETag，如 "3"')] = None,
) -> int:
    """The version the client has seen; a change without one is refused."""
    if if_match is None:
        raise PreconditionRequired()
    found = _ETAG.match(if_match)
    if found is None:
        raise BadRequest("If-Match 格式有误")
    return int(found[1])


VersionDep = Annotated[int, Depends(read_version)]


def operation(
    permission: str,
    summary: str,
    *,
    keyed: bool = False,
    hot: bool = False,
    large_body: bool = False,
    created: type[Any] | None = None,
    read: str | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """What every operation declares: its permission, its Chinese summary, how it refuses; of a create, where its row is read.

    ``keyed``: an Idempotency-Key is required, and held in the session's transaction; ``hot``: required, and the verb's own.
    """
    answers: dict[int | str, dict[str, Any]] = dict(PROBLEMS)
    more: dict[str, Any] = {"x-permission": permission}
    arguments: dict[str, Any] = {}
    if large_body:
        more["x-large-body"] = True
    if keyed or hot:
        more["x-idempotency-key"] = "required"
    if keyed:
        arguments["dependencies"] = [Keyed]
    if created is not None:
        links = {"read": {"operationId": read, "parameters": {"id": "$response.body#/id"}}} if read else {}
        answers[201] = {"model": created, "links": links}
        arguments |= {"status_code": 201, "response_model": created}
    return {"summary": summary, "responses": answers, "openapi_extra": more} | arguments | extra


def step(permission: str, summary: str) -> dict[str, Any]:
    """What an operation declares that takes one step of a lifecycle: a key is welcome, not required."""
    return operation(permission, summary, dependencies=[KeyedIfGiven])


def tagged(response: Response, version: int, location: str | None = None) -> None:
    """Say which version this is, and of something new where it can be read."""
    response.headers["ETag"] = f'"{version}"'
    if location is not None:
        response.headers["Location"] = location
