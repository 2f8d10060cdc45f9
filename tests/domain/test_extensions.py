"""Extensions: how far a limit moves, and who counts as having asked."""

from datetime import UTC, datetime

import pytest

from app.core.ids import new_id
from app.domain.extensions import EXTENSION, ExtensionAction, ExtensionState, asked_it, extended
from app.domain.people import Actor, Grant, Relation, Role

PATH = "150103/001/01/02/"
ASKED_BY = new_id()


@pytest.mark.parametrize(
    ("due", "days", "after"),
    [
        ("2026-01-15T02:00", 1, "2026-01-16T02:00"),
        ("2026-01-16T02:00", 1, "2026-01-19T02:00"),
        ("2026-02-13T02:00", 3, "2026-02-25T02:00"),
    ],
    ids=["the next day", "over a weekend", "over the Spring Festival, with the Saturday worked before it"],
)
def test_a_limit_moves_by_working_days(due: str, days: int, after: str) -> None:
    assert extended(datetime.fromisoformat(due).replace(tzinfo=UTC), days) == datetime.fromisoformat(after).replace(
        tzinfo=UTC
    )


def _actor(*grants: Grant, person: object = None) -> Actor:
    return Actor(150103, person or new_id(), new_id(), None, grants)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("grants", "asked"),
    [
        ([(Role.COMMUNITY_ADMIN, None)], False),
        ([(Role.COMMUNITY_ADMIN, ASKED_BY)], True),
        ([(Role.COMMUNITY_ADMIN, ASKED_BY), (Role.SUBDISTRICT_ADMIN, None)], False),
        ([(Role.VOLUNTEER, None)], False),
    ],
)
def test_a_role_lent_by_who_asked_decides_nothing(grants: list[tuple[Role, object]], *, asked: bool) -> None:
    held = [Grant(role, new_id(), "150103/001/", "subdistrict", lent) for role, lent in grants]  # type: ignore[arg-type]
    assert asked_it(_actor(*held), PATH, ASKED_BY) == asked
    assert asked_it(_actor(*held, person=ASKED_BY), PATH, ASKED_BY)


def test_the_holder_never_decides_their_own_wish() -> None:
    for own in (Relation.HOLDER, Relation.UNIT, Relation.PROPOSER):
        parties = frozenset({Role.DISTRICT_ADMIN, own})
        assert ExtensionAction.APPROVE not in EXTENSION.offered(ExtensionState.ASKED, parties)
        assert ExtensionAction.DENY not in EXTENSION.offered(ExtensionState.ASKED, parties)
