"""``sanshun account``: the first administrators of a district."""

import asyncio
from enum import StrEnum

from app.core.crypto import Sealer
from app.core.db import Database
from app.core.keys import field_keys
from app.domain.people import Role
from app.services import accounts_first
from app.settings import Settings


class FirstRole(StrEnum):
    """The three that are kept apart: accounts, authority, the audit trail."""

    SYSTEM = Role.SYSTEM_ADMIN.value
    SECURITY = Role.SECURITY_ADMIN.value
    AUDIT = Role.AUDIT_ADMIN.value


def appoint(url: str, settings: Settings, district: int, role: FirstRole, login: str, name: str) -> str:
    """The temporary password of a new administrator. Not to be called where an event loop runs.

    Raises AppError when the district is not there or the login is taken or no login.
    """
    return asyncio.run(_appoint(url, settings, district, Role(role.value), login, name))


def reset(url: str, settings: Settings, district: int, login: str) -> str:
    """A new temporary password for a separated administrator, whose authenticator is taken away and whose account is enabled.

    Raises NotFound.
    """
    return asyncio.run(_reset(url, settings, district, login))


async def _reset(url: str, settings: Settings, district: int, login: str) -> str:
    database = Database(url, role=None, pool_size=1, keys=Sealer(*field_keys(settings)).numbers)
    try:
        async with database.transaction(district) as session:
            return await accounts_first.reset(session, district, login)
    finally:
        await database.close()


async def _appoint(url: str, settings: Settings, district: int, role: Role, login: str, name: str) -> str:
    sealer = Sealer(*field_keys(settings))
    database = Database(url, role=None, pool_size=1, keys=sealer.numbers)
    try:
        async with database.transaction(district) as session:
            return await accounts_first.appoint(session, sealer, district, role, login, name)
    finally:
        await database.close()
