"""One key, one effect, one answer (I7): what a request with an Idempotency-Key has answered before."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import IdempotencyKeyReused, RequestRunning
from app.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Key:
    """A client's key with the fingerprint of its request: method, path and body."""

    value: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went, or goes, over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes
    replayed: bool = False


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    digest = hashlib.sha256(f"{method} {path}\n".encode())
    digest.update(body)
    return digest.digest()


def replayed(row: Mapping[str, Any], key: Key) -> Answer | None:
    """The earlier answer in a row read with ``key_…`` columns; 422 when the key came with another request."""
    if row["key_fingerprint"] is None:
        return None
    if row["key_fingerprint"] != key.fingerprint:
        raise IdempotencyKeyReused()
    headers = row["key_headers"]
    kept = orjson.loads(headers) if isinstance(headers, str) else headers
    return Answer(row["key_status"], kept, row["key_body"], replayed=True)


async def begin(session: AsyncSession, district_id: int, caller_id: UUID, key: Key) -> Answer | None:
    """Hold the key for this transaction; 409 while another request with it runs. The earlier answer, if there is one."""
    name = f"{district_id}/{caller_id}/{key.value}"
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise RequestRunning()
    query = select(
        IdempotencyKey.fingerprint.label("key_fingerprint"),
        IdempotencyKey.status.label("key_status"),
        IdempotencyKey.headers.label("key_headers"),
        IdempotencyKey.body.label("key_body"),
    ).where(IdempotencyKey.caller_id == caller_id, IdempotencyKey.key == key.value)
    row = (await session.execute(query)).mappings().first()
    return replayed(dict(row), key) if row else None


async def keep(session: AsyncSession, district_id: int, caller_id: UUID, key: Key, answer: Answer) -> None:
    """Record the answer in the transaction of the change."""
    await session.execute(
        insert(IdempotencyKey).values(
            district_id=district_id,
            caller_id=caller_id,
            key=key.value,
            fingerprint=key.fingerprint,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            created_at=now(),
        )
    )
