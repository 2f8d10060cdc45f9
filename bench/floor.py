"""The floor: taking an order and listing orders written by hand, as bare ASGI on asyncpg. What our app is measured against.

It does the same work in an ordinary transaction: token with the same cache of verified ones, roles read per request, the
district set for row-level security under the same role, the rules about the person, compare-and-set, assignment, both
histories, outbox, the audit entry, the kept answer of the idempotency key, the same JSON, one log line. ``bench.accept``
and ``bench.list`` check that it does. Where there is a choice it takes the faster one: BEGIN and SET LOCAL in one message, no
reset on release.
"""

import base64
import gc
import hashlib
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.core.database_url import plain
from app.core.errors import Unauthenticated
from app.core.ids import new_id
from app.core.keys import signing_keys
from app.core.security import Identity, Tokens
from app.settings import Settings
from bench import floor_sql as sql

MOST_UNFINISHED = 5
SEES_ALL = {"grid_worker", "community_admin", "subdistrict_admin", "district_admin", "auditor"}
HELPS = {"volunteer", "party_member"}
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
NO_ACTIONS: list[str] = []
ACTIONS = {
    ("open", "community_admin"): ["publish", "offer", "assign", "terminate"],
    ("published", "community_admin"): ["offer", "assign", "terminate"],
    ("offered", "community_admin"): ["terminate"],
    ("accepted", "community_admin"): ["transfer", "terminate"],
    ("in_progress", "community_admin"): ["terminate"],
    ("suspended", "community_admin"): ["resume", "terminate"],
    ("disputed", "community_admin"): ["terminate"],
    ("reported", "community_admin"): ["rework", "explain"],
    ("planned", "community_admin"): ["due", "terminate"],
    ("closed", "community_admin"): ["reopen"],
    ("accepted", "holder"): ["transfer", "start", "terminate"],
}
"""What the people of the benchmark may do; checked against our answers before anything is measured."""


class Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Connection(asyncpg.Connection):
    """Nothing outlives a transaction here, so there is nothing to reset."""

    def get_reset_query(self) -> str:
        return ""


def as_json(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError


class Floor:
    """The ASGI application."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tokens = Tokens(signing_keys(settings), timedelta(minutes=settings.token_minutes))
        self._pool: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        began = time.perf_counter()
        status, headers, body = await self._answer(scope, receive)
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        headers.append((b"cache-control", b"no-store"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        took = round((time.perf_counter() - began) * 1000, 1)
        line = {"method": scope["method"], "path": scope["path"], "status": status, "ms": took, "event": "request"}
        line |= {"level": "info", "timestamp": datetime.now(UTC).isoformat()}  # noqa: TID251 - nothing of ours
        sys.stderr.buffer.write(orjson.dumps(line) + b"\n")
        sys.stderr.buffer.flush()

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(
            plain(self._settings.database_url or ""),
            min_size=1,
            max_size=self._settings.pool_size * 2,
            connection_class=Connection,
            server_settings={"role": self._settings.app_role, "timezone": "UTC"},
        )
        gc.collect()
        gc.freeze()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._pool.terminate()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Any, receive: Any) -> Answer:
        if scope["path"] == "/livez":
            return 200, [], b"{}"
        try:
            return await self._route(scope, dict(scope["headers"]), receive)
        except Refused as refused:
            return refused.status, [], orjson.dumps({"code": refused.code})
        except Unauthenticated:
            return 401, [], b"{}"

    async def _route(self, scope: Any, headers: dict[bytes, bytes], receive: Any) -> Answer:
        method, path = scope["method"], scope["path"]
        identity = self._identity(headers)
        if method == "GET" and path == "/v1/orders":
            return 200, [], await self._list(identity, scope["query_string"])
        if method != "POST" or not path.startswith("/v1/orders/") or not path.endswith("/take"):
            raise Refused(404, "not_found")
        body = (await receive())["body"]
        if orjson.loads(body) != {}:
            raise Refused(422, "invalid")
        digest = hashlib.sha256(f"{method} {path}\n".encode())
        digest.update(body)
        key = headers[b"idempotency-key"].decode()
        address = scope["client"][0]
        status, etag, answer = await self._take(identity, UUID(path[11:-5]), key, digest.digest(), address)
        return status, [(b"etag", etag.encode())], answer

    def _identity(self, headers: dict[bytes, bytes]) -> Identity:
        scheme, _, token = headers.get(b"authorization", b"").decode().partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(401, "unauthenticated")
        return self._tokens.check(token)

    async def _take(
        self, identity: Identity, order: UUID, key: str, digest: bytes, address: str
    ) -> tuple[int, str, bytes]:
        async with self._pool.acquire() as connection:
            await connection.execute(f"BEGIN; SET LOCAL app.district = '{identity.district_id:d}'")
            try:
                answer = await _taken(connection, identity, order, key, digest, address)
            except BaseException as error:
                await connection.execute("ROLLBACK")
                if isinstance(error, asyncpg.UniqueViolationError):
                    raise Refused(409, "lost_race") from error
                raise
            await connection.execute("COMMIT")
            return answer

    async def _list(self, identity: Identity, query: bytes) -> bytes:
        asked = dict(pair.split("=", 1) for pair in query.decode().split("&") if pair)
        limit, cursor = int(asked.get("limit", "20")), asked.get("cursor")
        if not 1 <= limit <= 100:
            raise Refused(422, "invalid")
        after = UUID(bytes=base64.urlsafe_b64decode(cursor + "==")) if cursor else None
        async with self._pool.acquire() as connection:
            await connection.execute(f"BEGIN; SET LOCAL app.district = '{identity.district_id:d}'")
            try:
                rows, roles = await _listed(connection, identity, limit, after)
            finally:
                await connection.execute("COMMIT")
        items = [_shown(row, roles) for row in rows[:limit]]
        last = base64.urlsafe_b64encode(UUID(rows[limit - 1]["id"]).bytes).rstrip(b"=") if len(rows) > limit else None
        page = {"items": items, "next_cursor": last.decode() if last else None}
        return orjson.dumps(page, default=as_json, option=orjson.OPT_UTC_Z)


async def _roles(connection: Any, identity: Identity) -> list[Any]:
    grants: list[Any] = await connection.fetch(
        sql.ACTOR,
        identity.account_id,
        datetime.now(UTC),  # noqa: TID251
        identity.sign_in_id,
    )
    if not grants:
        raise Refused(401, "unauthenticated")
    return grants


async def _taken(
    connection: Any, identity: Identity, order: UUID, key: str, digest: bytes, address: str
) -> tuple[int, str, bytes]:
    me = identity.person_id
    grants = await _roles(connection, identity)
    row = await connection.fetchrow(sql.ORDER, order, me, key)
    if row is None:
        raise Refused(404, "not_found")
    roles = {g["role"] for g in grants if row["path"].startswith(g["path"])}
    if row["fingerprint"] is not None:
        if row["fingerprint"] != digest:
            raise Refused(422, "idempotency_key_reused")
        return row["status"], orjson.loads(row["headers"])["etag"], row["kept"]
    slot, load_slot = _judge(row, roles, me)
    moment, assignment = datetime.now(UTC), new_id()  # noqa: TID251
    filled = row["people_accepted"] + 1
    target = "accepted" if filled >= row["people_wanted"] else "published"
    moved = await connection.fetchrow(sql.MOVE, row["district_id"], order, row["version"], target, moment)
    if moved is None:
        raise Refused(409, "lost_race")
    told = orjson.dumps({"person_id": str(me), "order_id": str(order)}).decode()
    first, second, district, path = new_id(), new_id(), row["district_id"], row["path"]
    await connection.execute(sql.ASSIGN, district, assignment, order, path, slot, load_slot, me, moment)
    version = moved["version"]
    await connection.execute(
        sql.EVENTS, district, first, order, version, row["state"], target, me, path, told, moment, second, assignment
    )
    await connection.execute(sql.OUTBOX, district, first, second)
    answer = orjson.dumps(_shown(moved, {"holder"}), default=as_json, option=orjson.OPT_UTC_Z)
    etag = f'"{version}"'
    kept = orjson.dumps({"etag": etag}).decode()
    await connection.execute(sql.KEEP, district, me, key, digest, 200, kept, answer, moment)
    await connection.execute(sql.NOTE, district, new_id(), moment, me, identity.sign_in_id, address, order)
    return 200, etag, answer


def _judge(row: Any, roles: set[str], me: UUID) -> tuple[int, int]:
    """The rules about the person; the first free place in the order and in what they may hold."""
    if not roles & HELPS:
        raise Refused(404, "not_found")
    if row["state"] != "published":
        raise Refused(409, "wrong_state")
    assignments = orjson.loads(row["assignments"]) if row["assignments"] else []
    taken = {a["slot"] for a in assignments if a["state"] in {"accepted", "checked_in", "checked_out"}}
    slot = next((s for s in range(1, row["people_wanted"] + 1) if s not in taken), None)
    if slot is None:
        raise Refused(409, "lost_race")
    load_slots = set(row["load_slots"] or ())
    load_slot = next((s for s in range(1, MOST_UNFINISHED + 1) if s not in load_slots), None)
    mine = [a for a in assignments if a["person_id"] == str(me)]
    if row["is_asker"] or mine or load_slot is None or (row["category"] == "repair.plumbing" and not row["skills"]):
        raise Refused(422, "rule_broken")
    return slot, load_slot


async def _listed(connection: Any, identity: Identity, limit: int, after: UUID | None) -> tuple[list[Any], set[str]]:
    grants = await _roles(connection, identity)
    wide = next((g for g in grants if g["role"] in SEES_ALL and g["place_kind"] == "community"), None)
    if wide is None or grants[0]["organization_id"] is not None:
        raise Refused(403, "forbidden")
    values = [identity.person_id, wide["place_id"]] + ([] if after is None else [after])
    rows = await connection.fetch(sql.page(limit + 1, after=after is not None), *values)
    return rows, {g["role"] for g in grants}


def _shown(row: Any, roles: set[str]) -> dict[str, Any]:
    shown = {name: row[name] for name in sql.FIELDS}
    party = "holder" if "holder" in roles else "community_admin"
    shown["actions"] = ACTIONS.get((row["state"], party), NO_ACTIONS)
    return shown
