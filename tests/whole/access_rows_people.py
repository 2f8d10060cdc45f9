"""The rows the access matrix tries operations on, of people: their accounts, authority, records and rights."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import new_secret
from app.core.ids import new_id
from app.models import Person
from tests.whole.access_ground import Ground, Row, add_row
from tests.whole.document import Operation

NAME = "其木格"


async def stranger(ground: Ground, session: AsyncSession, **columns: Any) -> Person:
    """Somebody of home1 who is nothing else to anyone."""
    world, person_id, secret = ground.world, new_id(), new_secret()
    sealed = ground.sealer.seal(NAME, world.district_id, "people", "name_sealed", person_id, secret)
    given: dict[str, Any] = {
        "district_id": world.district_id,
        "id": person_id,
        "secret": secret,
        "name_sealed": sealed,
        "place_id": world.places["home1"],
        "path": world.paths["home1"],
        "community_id": world.places["community"],
        "grid_id": world.places["grid"],
    }
    row = Person(**given | columns)
    await add_row(session, row, "person", "create")
    return row


async def person(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    row = await stranger(ground, session)
    return Row(row.id)
