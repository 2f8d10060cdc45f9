"""Client systems at the door: a token for a secret (RFC 6749 §4.4), and who they are with every request.

A client names itself ``<id>@<district>``, so that its district is known before anything is read. The token names the secret it
was got with as its sign-in: revoking the secret, disabling the client and changing its scopes all work on the next request.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

from sqlalchemy import DateTime, Integer, Uuid, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.db import Database, compile_hot
from app.core.errors import BadRequest, InvalidClient, InvalidScope, Unauthenticated
from app.core.security import Identity
from app.domain.access import CLIENT_SCOPES
from app.domain.audit import Caller, Outcome
from app.domain.clients import named
from app.domain.limits import client_guards
from app.domain.people import Actor, Grant, Role
from app.models import Client, ClientSecret, District
from app.schemas.tokens import TokenForm
from app.services import audit, rate_limits
from app.services.attempts import Desk, counted
from app.services.clients_secrets import digest

OPERATION = "token_issue"
_LONGEST = 256
"""Of a name or a secret in the header, as in the form."""
_NOWHERE = 0
"""The district in which attempts count that name none of ours."""
_MOMENT: Any = bindparam("now", type_=DateTime(timezone=True))
_OF_CLIENT = and_(
    ClientSecret.district_id == Client.district_id,
    ClientSecret.client_id == Client.id,
    ClientSecret.revoked_at.is_(None),
    ClientSecret.expires_at > _MOMENT,
)
_NAMED = and_(Client.id == bindparam("client", type_=Uuid()), Client.disabled_at.is_(None))
_SECRETS = compile_hot(
    select(ClientSecret.id, ClientSecret.digest, Client.scopes)
    .select_from(District)
    .outerjoin(Client, and_(Client.district_id == District.id, _NAMED))
    .outerjoin(ClientSecret, _OF_CLIENT)
    .where(District.id == bindparam("district", type_=Integer()))
)
"""At least one row for a district that exists."""
_ACTOR = compile_hot(
    select(Client.scopes, Client.place_id, Client.path, Client.place_kind)
    .select_from(Client)
    .join(ClientSecret, _OF_CLIENT)
    .where(_NAMED, ClientSecret.id == bindparam("secret", type_=Uuid()))
)


async def actor_of(database: Database, identity: Identity) -> Actor:
    """The client behind a token as it is now, with the scopes it still has."""
    values = {"client": identity.account_id, "secret": identity.sign_in_id, "now": now()}
    rows = await database.hot(identity.district_id, _ACTOR, **values)
    if not rows:
        raise Unauthenticated("登录已失效，请重新登录")
    row = rows[0]
    scopes = CLIENT_SCOPES.intersection(row["scopes"])
    return Actor(
        identity.district_id,
        identity.person_id,
        identity.account_id,
        None,
        (Grant(Role.CLIENT, row["place_id"], row["path"], row["place_kind"]),),
        sign_in_id=identity.sign_in_id,
        client=True,
        scopes=scopes if identity.scopes is None else scopes & identity.scopes,
    )


async def token(desk: Desk, form: TokenForm, authorization: str | None) -> dict[str, Any]:
    """The fields of a TokenRead, without a refresh token (RFC 6749 §4.4.3).

    One answer for a client that is unknown or disabled and a secret that is wrong, expired or revoked: InvalidClient.
    Raises InvalidScope for more than the client has, and TooManyRequests.
    """
    name, secret = _credentials(form, authorization)
    client_id, district_id = named(name) or (None, _NOWHERE)
    values = {"client": client_id, "district": district_id, "now": now()}
    rows = await desk.database.hot(district_id, _SECRETS, **values) if client_id else []
    district_id = district_id if rows else _NOWHERE
    guards = client_guards(name, desk.origin.address)
    await rate_limits.spend_all(desk.database, desk.sealer, district_id, guards)
    fitting = [row for row in rows if hmac.compare_digest(row["digest"] or b"", digest(secret))]
    if fitting:
        await rate_limits.give_back_all(desk.database, desk.sealer, district_id, guards)
    if client_id is None or not rows:
        raise InvalidClient()
    return await counted(desk, district_id, _let_in(desk, (client_id, district_id), fitting, form.scope))


def _let_in(
    desk: Desk, client: tuple[UUID, int], fitting: list[Any], scope: str | None
) -> Callable[[AsyncSession], Awaitable[dict[str, Any]]]:
    """Answers an attempt, and notes it whatever comes of it: let in or not."""

    async def verb(session: AsyncSession) -> dict[str, Any]:
        if not fitting:
            _note(session, desk, client, InvalidClient.status)
            raise InvalidClient()
        granted = _granted(fitting[0]["scopes"], scope)
        if not granted:
            _note(session, desk, client, InvalidScope.status)
            raise InvalidScope()
        _note(session, desk, client, 200, fitting[0]["id"])
        client_id, district_id = client
        issued = desk.tokens.issue(
            district_id, client_id, client_id, fitting[0]["id"], client=True, scopes=None if scope is None else granted
        )
        return {
            "access_token": issued,
            "token_type": "bearer",
            "expires_in": int(desk.tokens.lifetime.total_seconds()),
            "refresh_token": None,
            "refresh_expires_in": None,
            "scope": " ".join(sorted(granted)),
            "device": None,
        }

    return verb


def _granted(scopes: list[str], wanted: str | None) -> frozenset[str]:
    """What the client has, or the part of it that it asks for; empty when it asks for more, or for nothing."""
    has = CLIENT_SCOPES.intersection(scopes)
    asked = has if wanted is None else frozenset(wanted.split(" ")) - {""}
    return asked if asked <= has else frozenset()


def _note(
    session: AsyncSession, desk: Desk, client: tuple[UUID, int], status: int, secret_id: UUID | None = None
) -> None:
    client_id, district_id = client
    entry = audit.add(
        session,
        district_id,
        OPERATION,
        Outcome.DONE if secret_id else Outcome.DENIED,
        caller=Caller.CLIENT if secret_id else Caller.ANONYMOUS,
        address=desk.origin.address,
        status=status,
        subject_id=client_id,
    )
    entry.actor_id, entry.sign_in_id = (client_id, secret_id) if secret_id else (None, None)


def _credentials(form: TokenForm, authorization: str | None) -> tuple[str, str]:
    """Name and secret from HTTP Basic (RFC 6749 §2.3.1) or the form; one of the two ways, not both."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return form.client_id or "", form.client_secret or ""
    if form.client_secret is not None:
        raise BadRequest("只能用一种方式提交客户端密钥")
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise InvalidClient() from None
    return unquote_plus(name)[:_LONGEST], unquote_plus(secret)[:_LONGEST]
