"""The only row scope: which rows of a table an actor may see in a list.

Items are judged by ``app.domain.access`` on the row itself; a test holds both to the same answer. Scopes are equalities on
community and grid, which the lists' indexes begin with, not prefixes of the path. Values are bound by name, so that a
statement can be compiled once and serve every place of the same kind.
"""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, false, literal_column, or_, true

from app.domain.co_handlings import SEES
from app.domain.people import UNIT_ROLES, Actor, Grant, Role
from app.domain.places import PlaceKind, below
from app.models import Account, CoHandling, SignIn
from app.models import Grant as GrantRow

READER_ROLES = frozenset(
    {Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN, Role.AUDITOR}
)
"""Whose work is to see all of their place."""


def reads_all(actor: Actor) -> list[Grant]:
    return actor.grants_of(READER_ROLES)


def at_place(model: Any, kind: str, name: str, values: dict[str, Any] | None = None) -> ColumnElement[bool]:
    """Rows of a located table at or under a place.

    The place's values are bound as ``place_bind(name, …)`` when the statement runs, or stand in it when given.
    """
    match kind:
        case PlaceKind.DISTRICT:
            return true()
        case PlaceKind.COMMUNITY if hasattr(model, "community_id"):
            return cast("ColumnElement[bool]", model.community_id == _bound(f"{name}_id", Uuid(), values))
        case PlaceKind.GRID if hasattr(model, "grid_id"):
            return cast("ColumnElement[bool]", model.grid_id == _bound(f"{name}_id", Uuid(), values))
    low, high = (_bound(f"{name}_{end}", Text(), values) for end in ("low", "high"))
    return and_(model.path >= low, model.path < high)


def _bound(name: str, type_: Any, values: dict[str, Any] | None) -> Any:
    return bindparam(name, type_=type_) if values is None else bindparam(name, values[name], type_=type_, unique=True)


def place_bind(name: str, place_id: UUID, path: str) -> dict[str, Any]:
    low, high = below(path)
    return {f"{name}_id": place_id, f"{name}_low": low, f"{name}_high": high}


def places_bound(grants: Sequence[Grant], name: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for i, grant in enumerate(grants):
        values |= place_bind(f"{name}_{i}", grant.place_id, grant.path)
    return values


def at_places(model: Any, kinds: Sequence[str], name: str) -> ColumnElement[bool]:
    """Rows at or under any of the places that are bound as ``places_bound(grants, name)``; nothing when there is none."""
    return or_(false(), *(at_place(model, kind, f"{name}_{i}") for i, kind in enumerate(kinds)))


def under(model: Any, grants: Sequence[Grant]) -> ColumnElement[bool]:
    """Rows under any of the grants' places, values in the statement itself; nothing when there is no grant."""
    return or_(false(), *(at(model, grant.place_kind, grant.place_id, grant.path) for grant in grants))


def at(model: Any, kind: str, place_id: UUID, path: str) -> ColumnElement[bool]:
    """Rows at or under one place, its values in the statement itself."""
    return at_place(model, kind, "place", place_bind("place", place_id, path))


def under_path(model: Any, grants: Sequence[Grant]) -> ColumnElement[bool]:
    """Like ``under``, for tables that carry nothing but the path."""
    ranges = (below(grant.path) for grant in grants)
    return or_(false(), *(and_(model.path >= low, model.path < high) for low, high in ranges))


def of_unit(model: Any, actor: Actor) -> ColumnElement[bool]:
    """Rows of the actor's unit where they act for it: who does so at one place is nobody at another."""
    if actor.organization_id is None:
        return false()
    return and_(model.organization_id == actor.organization_id, under_path(model, actor.grants_of(UNIT_ROLES)))


def of_party(model: Any, actor: Actor) -> ColumnElement[bool]:
    """Rows that are the actor's own, or of the unit they act for there."""
    return or_(model.person_id == actor.person_id, of_unit(model, actor))


def co_handled(party: ColumnElement[bool]) -> ColumnElement[bool]:
    """Parts of orders that this party does, has done or is asked to do: they see the order for it."""
    return and_(party, CoHandling.state.in_([literal_column(f"'{state.value}'") for state in sorted(SEES)]))


def lasting(sign_in_id: Any) -> ColumnElement[bool]:
    """Joins an account to the sign-in a token names, as long as nobody has ended it."""
    return and_(
        SignIn.district_id == Account.district_id,
        SignIn.id == sign_in_id,
        SignIn.account_id == Account.id,
        SignIn.ended_at.is_(None),
    )


def in_force(moment: Any) -> ColumnElement[bool]:
    """Grants that hold at this moment; a datetime or a bound parameter."""
    return and_(GrantRow.starts_at <= moment, or_(GrantRow.ends_at.is_(None), GrantRow.ends_at > moment))
