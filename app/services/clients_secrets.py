"""The secrets client systems sign in with: issue, list, revoke. Only their SHA-256 is kept.

A secret is shown once, in the answer to its being issued; that answer is not kept under an idempotency key either.
"""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from app.domain.clients import MOST_SECRETS, SECRET_BYTES, SECRET_PREFIX, name_of
from app.domain.people import Actor
from app.models import ClientSecret
from app.schemas.clients import ClientIssue
from app.services.clients import load
from app.services.outbox import publish

_SHOWN = 100


def digest(secret: str) -> bytes:
    """What is kept of a secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def present(row: ClientSecret, moment: datetime) -> dict[str, Any]:
    """The fields of a ClientSecretRead."""
    names = ("id", "created_at", "expires_at", "revoked_at")
    return {name: getattr(row, name) for name in names} | {"in_force": _holds(row, moment)}


def _holds(row: ClientSecret, moment: datetime) -> bool:
    return row.revoked_at is None and row.expires_at > moment


async def issue(session: AsyncSession, actor: Actor, client_id: UUID, form: ClientIssue) -> dict[str, Any]:
    """Make a secret; the fields of a ClientIssuedRead. 409 while two are in force: revoke one first."""
    client = await load(session, actor, client_id, "clients:issue", lock=True)
    moment = now()
    if sum(_holds(row, moment) for row in await _newest(session, client_id)) >= MOST_SECRETS:
        raise Conflict("已有两个有效的密钥，请先撤销一个")
    secret = SECRET_PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).rstrip(b"=").decode()
    row = ClientSecret(
        district_id=client.district_id,
        id=new_id(),
        client_id=client.id,
        digest=digest(secret),
        created_at=moment,
        expires_at=moment + timedelta(days=form.days),
    )
    session.add(row)
    data = {"secret_id": str(row.id), "expires_at": row.expires_at.isoformat()}
    publish(session, "client", client, "issue", actor=actor, data=data)
    return present(row, moment) | {"client_id": name_of(client.id, client.district_id), "client_secret": secret}


async def listed(session: AsyncSession, actor: Actor, client_id: UUID) -> list[dict[str, Any]]:
    await load(session, actor, client_id, "clients:secrets")
    moment = now()
    return [present(row, moment) for row in await _newest(session, client_id)]


async def _newest(session: AsyncSession, client_id: UUID) -> list[ClientSecret]:
    rows = select(ClientSecret).where(ClientSecret.client_id == client_id).order_by(ClientSecret.id.desc())
    return list(await session.scalars(rows.limit(_SHOWN)))


async def revoke(session: AsyncSession, actor: Actor, client_id: UUID, secret_id: UUID) -> dict[str, Any]:
    """End a secret, and with the next request the tokens that were got with it."""
    client = await load(session, actor, client_id, "clients:revoke", lock=True)
    row = await session.scalar(
        select(ClientSecret).where(ClientSecret.client_id == client_id, ClientSecret.id == secret_id).with_for_update()
    )
    if row is None:
        raise NotFound()
    moment = now()
    if not _holds(row, moment):
        raise Conflict("此密钥已失效")
    row.revoked_at = moment
    publish(session, "client", client, "revoke", actor=actor, data={"secret_id": str(row.id)})
    return present(row, moment)
