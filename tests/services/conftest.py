"""What the tests of services share."""

import pytest

from app.core.db import Database
from tests.seeded import Seeded, look


@pytest.fixture(scope="session")
async def seeded(owner: Database) -> Seeded:
    """District 150103, seeded once a worker."""
    return await look(owner)
