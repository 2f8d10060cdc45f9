"""Whoever may no longer, whatever their role: their token is past its time, their account disabled, or their sign-in ended."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

import httpx

from app.core.clock import now
from app.core.ids import new_id
from app.domain.accounts import SignInEnd
from app.models import Account, Client, ClientSecret, Grant, SignIn
from tests.whole.access_ground import Ground
from tests.whole.access_people import COLUMNS, Situation
from tests.whole.access_walk import few_at_once
from tests.whole.document import Operation


class Lapse(StrEnum):
    """Why not. Of a client system the client itself is disabled; what it signed in with, its secret, has expired."""

    EXPIRED = "expired token"
    DISABLED = "disabled account"
    ENDED = "ended sign-in"


async def lapse(ground: Ground, why: Lapse) -> dict[str, str]:
    """From now on nobody of the ground may. Returns their tokens, by role."""
    tokens = tokens_of(ground)
    match why:
        case Lapse.EXPIRED:
            return {column: ground.seats.expired(token) for column, token in tokens.items()}
        case Lapse.DISABLED:
            await ground.say_of_all(Account, disabled_at=now())
            await ground.say_of_all(Client, disabled_at=now())
        case Lapse.ENDED:
            await ground.say_of_all(SignIn, ended_at=now(), ended_by=SignInEnd.SIGNED_OUT)
            await ground.say_of_all(ClientSecret, expires_at=now())
    return tokens


async def end_all_grants(ground: Ground) -> None:
    """As it is the day after their last."""
    await ground.say_of_all(Grant, starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1))


def tokens_of(ground: Ground) -> dict[str, str]:
    return {column: ground.seats.token(column, Situation.OWN) for column in COLUMNS}


async def let_in(ground: Ground, operations: Iterable[Operation], tokens: dict[str, str]) -> list[str]:
    """Who gets past the door with which of these tokens, about rows that are nobody's.

    Each operation is tried by one role, the roles taking turns: a token is looked at before what it is for and whose.
    """

    async def one(operation: Operation, column: str, token: str) -> str | None:
        status = await _ask(ground, operation, token)
        return None if status == 401 else f"{operation.name} as {column}: {status}"

    turns = zip(operations, itertools.cycle(tokens.items()), strict=False)
    tries = (one(operation, *token) for operation, token in turns)
    return [line for line in await few_at_once(tries) if line]


async def _ask(ground: Ground, operation: Operation, token: str) -> int:
    path = operation.path
    while "{" in path:
        path = f"{path[: path.index('{')]}{new_id()}{path[path.index('}') + 1 :]}"
    headers = {"authorization": f"Bearer {token}", "idempotency-key": str(new_id()), "if-match": '"1"'}
    form: dict[str, str] | None = {} if operation.form else None  # hot verbs look at its shape first
    request = httpx.Request(operation.method, f"http://test{path}", headers=headers, json=form)
    return (await ground.world.transport.handle_async_request(request)).status_code
