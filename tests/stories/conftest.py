"""One seeded server a worker for the stories that need a real process."""

from collections.abc import Iterator

import pytest

from tests.stories.running import served


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on which a second of service counts as a minute."""
    with served(tmp_path_factory.mktemp("server"), in_haste=True) as url:
        yield url
