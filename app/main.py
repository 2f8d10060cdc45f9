"""The application: routers, the rendering of refusals, and what lives as long as the process."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException  # noqa: TID251 - the framework raises it; it is rendered here

from app.core import log
from app.core.crypto import Sealer
from app.core.db import Database
from app.core.errors import AppError
from app.core.http_log import RequestLog
from app.core.keys import audit_keys, field_keys, signing_keys
from app.core.security import Tokens
from app.core.wechat import wechat_client
from app.routers import ROUTERS, docs, health, problems
from app.routers.index import Index
from app.routers.openapi import DESCRIPTION, TAGS, document
from app.services.code_senders import code_sender
from app.settings import Settings
from app.workers import audit, clocks, dispatch_batches, imports, match_batches, relay, retention, sweeping

_GARBAGE_EVERY = 50_000
"""Objects made before garbage is looked for: a request makes few cycles, and each search holds all requests up."""


def create_app(settings: Settings) -> FastAPI:
    """The whole app. ``settings.database_url`` must name a migrated database by the time it starts."""
    log.configure(json=settings.json_logs)
    app = FastAPI(
        title="三顺 Sanshun",
        version="0.1.0",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.tokens = Tokens(signing_keys(settings), timedelta(minutes=settings.token_minutes))
    app.state.sealer = Sealer(*field_keys(settings))
    app.state.audit_keys = audit_keys(settings)
    app.state.wechat = wechat_client(settings)
    app.state.code_sender = code_sender(settings)
    for router in ROUTERS:
        app.include_router(router, prefix="/v1")
    app.include_router(health.router)
    app.include_router(docs.router)
    app.router.routes.insert(0, Index(app.routes))
    _render_refusals(app)
    app.add_middleware(RequestLog)
    document(app)
    return app


def _render_refusals(app: FastAPI) -> None:
    app.add_exception_handler(AppError, problems.on_app_error)
    app.add_exception_handler(RequestValidationError, problems.on_validation_error)
    app.add_exception_handler(HTTPException, problems.on_http_exception)
    app.add_exception_handler(StaleDataError, problems.on_stale)
    for kind in (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
        app.add_exception_handler(kind, problems.on_database_error)
    app.add_exception_handler(PoolTimeout, problems.on_busy)
    app.add_exception_handler(TimeoutError, problems.on_busy)
    app.add_exception_handler(Exception, problems.on_fault)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database = Database(settings.database_url or "", settings.app_role, settings.pool_size, app.state.sealer.numbers)
    await database.open()
    app.state.database = database
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop) for loop in _loops(database, app.state, stop)] if settings.workers else []
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_EVERY)
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        for elsewhere in (app.state.wechat, app.state.code_sender):
            if elsewhere is not None:
                await elsewhere.close()
        await database.close()


def _loops(database: Database, state: Any, stop: asyncio.Event) -> list[Any]:
    """What runs without a request, in every process: rows are claimed with SKIP LOCKED, so any number may run."""
    return [
        relay.run(database, stop),
        clocks.run(database, state.sealer, stop),
        imports.run(database, state.sealer, stop),
        match_batches.run(database, stop),
        dispatch_batches.run(database, state.settings, stop),
        sweeping.run(database, stop),
        retention.run(database, state.sealer, stop),
        audit.run(database, state.audit_keys, state.settings.data_dir, stop),
    ]
