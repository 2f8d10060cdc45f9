"""The rows the access matrix tries operations on: people, their accounts, their authority, client systems."""

import itertools
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import totp
from app.core.clock import now
from app.core.ids import new_id
from app.domain.people import Role
from app.models import Account, Client, ClientSecret, Grant, Person, SignIn, Substitution
from tests import worlds
from tests.signing_in import CHEAP
from tests.whole.access_ground import Ground, Row, add_row
from tests.whole.document import Operation

PASSWORD = "Aershan-tuya-7-morin"
CHOSEN = "Tumote-garden-9-haliun"
_numbers = itertools.count(1)


@lru_cache
def _hashed(password: str) -> str:
    return CHEAP.hash(password)


async def newcomer(
    ground: Ground, session: AsyncSession, *, role: Role = Role.RESIDENT, at: str = "community", **columns: Any
) -> str:
    """Somebody new of home1 who can sign in, by name; ``columns`` are the person's."""
    world, name = ground.world, f"newcomer{next(_numbers)}"
    person = worlds.person_row(world, ground.sealer, name, "home1", None)
    for column, value in columns.items():
        setattr(person, column, value)
    await add_row(session, person, "person", "create")
    for row in (
        worlds.account_row(world, name),
        worlds.sign_in_row(world, name),
        worlds.grant_row(world, name, role, at),
    ):
        await session.execute(insert(type(row)).values(worlds.columns_of(row)))
    return name


async def person_of(ground: Ground, session: AsyncSession, name: str) -> Person:
    return (await session.scalars(select(Person).where(Person.id == ground.world.people[name]))).one()


async def person(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A newcomer; for merging, with another to merge them into; to ask for its reading, a minor."""
    name = await newcomer(ground, session, minor=operation.name == "person_request_reading")
    ids = {"into_id": str(ground.world.people[await newcomer(ground, session)])}
    return Row(ground.world.people[name], party=name, ids=ids)


async def found_by_phone(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """A newcomer whose phone is known."""
    found = await person_of(ground, session, await newcomer(ground, session))
    phone = f"154{found.id.int % 10**8:08d}"
    found.phone_index = ground.sealer.blind_index(phone, found.district_id, "phone")
    cell = (found.district_id, "people", "phone_sealed", found.id, found.secret)
    found.phone_sealed = ground.sealer.seal(phone, *cell)
    return Row(found.id, form={"phone": phone})


async def moving(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    row = await person(ground, session, operation)
    return Row(row.id, ids={"place_id": str(ground.world.places["grid"])})


async def token(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A newcomer's password; where another proof is asked for, one that was never owed."""
    row = await me(ground, session, operation)
    if operation.name != "token_issue":
        return Row(row.id)
    return Row(row.id, form={"username": f"{row.party}@{ground.world.district_id}", "password": PASSWORD})


async def wechat(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of a mini-program that is not set up here; WeChat itself stands in for tests of its own."""
    forms: dict[str, dict[str, Any]] = {
        "wechat_register": {"phone_code": "e31968a7f94cc5ee25fafc2aef2773f0"},
        "wechat_callback": {"timestamp": "1", "nonce": "n", "echostr": "e", "signature": "0" * 40},
    }
    return Row(new_id(), form=forms.get(operation.name, {}))


async def account(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A newcomer's; for opening one, somebody who has none."""
    name = await newcomer(ground, session)
    row = (await session.scalars(select(Account).where(Account.id == ground.world.accounts[name]))).one()
    if operation.name == "account_enable":
        row.disabled_at = now()
    if operation.name == "account_reset_second_factor":
        row.totp_sealed, row.totp_confirmed_at = b"sealed", now()
    if operation.name != "account_create":
        return Row(row.id)
    await session.delete(await session.get_one(SignIn, (row.district_id, ground.world.sign_ins[name])))
    await session.flush()
    await session.delete(row)
    return Row(row.id, ids={"person_id": str(ground.world.people[name])}, form={"login": f"{name}.new"})


async def me(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A newcomer with a password and, where it is about that, an authenticator; the row is a sign-in of theirs."""
    name = await newcomer(ground, session)
    account = (await session.scalars(select(Account).where(Account.id == ground.world.accounts[name]))).one()
    account.password_hash, account.password_set_at = _hashed(PASSWORD), now()
    secret = await _bind(ground, session, name, account, operation)
    forms: dict[str, dict[str, Any]] = {
        "me_change_password": {"old": PASSWORD, "new": CHOSEN},
        "me_start_second_factor": {"password": PASSWORD},
        "me_confirm_second_factor": {"code": totp.code_at(secret, totp.step_at(now()))},
        "me_renew_recovery_codes": {"password": PASSWORD},
        "me_remove_second_factor": {"password": PASSWORD},
    }
    if operation.name != "me_end_sign_in":
        return Row(account.person_id, party=name, form=forms.get(operation.name, {}))
    ground.world.accounts[f"{name} elsewhere"] = account.id
    other = worlds.sign_in_row(ground.world, f"{name} elsewhere")
    await session.execute(insert(SignIn).values(worlds.columns_of(other)))
    return Row(other.id, party=name)


async def _bind(ground: Ground, session: AsyncSession, name: str, account: Account, operation: Operation) -> bytes:
    """An authenticator's secret; sealed with the account where the operation is about one."""
    secret = totp.new_secret()
    if operation.name in {"me_confirm_second_factor", "me_renew_recovery_codes", "me_remove_second_factor"}:
        found = await person_of(ground, session, name)
        cell = (account.district_id, "accounts", "totp_sealed", account.id)
        account.totp_sealed = ground.sealer.seal_bytes(secret, *cell, found.secret)
        account.totp_confirmed_at = None if operation.name == "me_confirm_second_factor" else now()
    return secret


async def grant(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A grid worker's at the grid; for giving one, to somebody who is not yet."""
    name = await newcomer(ground, session, role=Role.GRID_WORKER, at="grid")
    owned = select(Grant).where(Grant.person_id == ground.world.people[name])
    row = (await session.scalars(owned)).one()
    row.version = 1
    if operation.name != "grant_create":
        return Row(row.id, party=name)
    candidate = await newcomer(ground, session)
    ids = {"person_id": str(ground.world.people[candidate]), "place_id": str(ground.world.places["grid"])}
    return Row(row.id, ids=ids)


async def substitution(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """One grid worker for another, from tomorrow; for arranging one, two who are free."""
    world = ground.world
    absent, free = [await newcomer(ground, session, role=Role.GRID_WORKER, at="grid") for _ in range(2)]
    ids = {"absent_id": str(world.people[absent]), "substitute_id": str(world.people[free])}
    if operation.name == "substitution_create":
        return Row(new_id(), party=absent, ids=ids)
    row = Substitution(
        district_id=world.district_id,
        id=new_id(),
        absent_id=world.people[absent],
        substitute_id=world.people[free],
        path=world.paths["grid"],
        starts_at=now(),
        ends_at=now() + timedelta(days=2),
        reason="休假",
        arranged_by=world.people["community"],
    )
    await add_row(session, row, "substitution", "create")
    return Row(row.id, party=absent)


async def client(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    world, row_id = ground.world, new_id()
    row = Client(
        district_id=world.district_id,
        id=row_id,
        name=f"接诉即办平台{row_id.hex[-8:]}",
        place_id=world.places["community"],
        path=world.paths["community"],
        place_kind="community",
        scopes=["needs:submit"],
        disabled_at=now() if operation.name == "client_enable" else None,
        created_by=world.people["system"],
    )
    await add_row(session, row, "client", "create")
    secret = ClientSecret(district_id=world.district_id, id=new_id(), client_id=row_id, digest=row_id.bytes * 2)
    secret.expires_at = now() + timedelta(days=9)
    session.add(secret)
    ids = {"secret_id": str(secret.id)}
    if operation.method != "POST" or operation.path != "/v1/clients":
        return Row(row_id, ids=ids)
    return Row(row_id, ids={"place_id": str(world.places["community"])}, form={"name": f"{row.name}二"})
