"""Who may give which role at which kind of place, and what may be lent to a substitute.

One table, ``GIVES``, and these rules around it (DOMAIN.md, "authority"; where nothing else is said, house rules):

- A role is given where it makes sense (``KINDS``), inside the giver's own place, and no longer than the giver's own role lasts.
- Nobody gives to themselves, and nobody gives what outranks them. A lent role gives none: what is lent is not theirs to pass on.
- Who may give a role may also take it away. Everyone may lay down their own (志愿服务条例 §25: nobody is forced), but for being
  a resident, which is a fact, and for what is lent, which ends with the substitution.
- The auditor is given by the security administrator alone: nobody appoints who looks at their own work.
- A grid worker gives at their grid, not in its community: no exception to "inside the giver's own place".
- The separated administrators of 等级保护 are made by the operator's command alone, and are nothing else beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.errors import Forbidden, RuleBroken
from app.domain.people import ROLE_NAMES, SEPARATED, UNIT_ROLES, Role
from app.domain.places import PlaceKind, ancestors

_R, _K = Role, PlaceKind

STAFF = frozenset(
    {
        _R.GRID_WORKER,
        _R.COMMUNITY_ADMIN,
        _R.SUBDISTRICT_ADMIN,
        _R.DISTRICT_ADMIN,
        _R.AUDITOR,
        *UNIT_ROLES,
    }
)
"""Roles that are somebody's work. They can be lent, and none of them goes together with a separated administrator."""
EXCLUSIVE = STAFF | SEPARATED
"""Of these, one person holds staff roles or one separated administrator's at any moment; the database keeps it."""

_EVERYWHERE = frozenset({_K.DISTRICT, _K.SUBDISTRICT, _K.COMMUNITY})
_NEAR_HOME = frozenset({_K.COMMUNITY, _K.GRID})

KINDS: dict[Role, frozenset[PlaceKind]] = {
    _R.RESIDENT: _NEAR_HOME,
    _R.VOLUNTEER: _NEAR_HOME,
    _R.PARTY_MEMBER: _NEAR_HOME,
    _R.GRID_WORKER: frozenset({_K.GRID}),
    _R.COMMUNITY_ADMIN: frozenset({_K.COMMUNITY}),
    _R.SUBDISTRICT_ADMIN: frozenset({_K.SUBDISTRICT}),
    _R.DISTRICT_ADMIN: frozenset({_K.DISTRICT}),
    _R.DEPARTMENT_STAFF: _EVERYWHERE,
    _R.UNIT_LIAISON: _EVERYWHERE,
    _R.SOCIAL_ORG_MANAGER: _EVERYWHERE,
    _R.AUDITOR: _EVERYWHERE,
    _R.SYSTEM_ADMIN: frozenset({_K.DISTRICT}),
    _R.SECURITY_ADMIN: frozenset({_K.DISTRICT}),
    _R.AUDIT_ADMIN: frozenset({_K.DISTRICT}),
    _R.CLIENT: frozenset(),
}
"""role → the kinds of place it can stand at. A client system's comes with its registration, not by a grant."""

_BY_GRID_WORKER = frozenset({_R.RESIDENT, _R.VOLUNTEER})
_BY_COMMUNITY = _BY_GRID_WORKER | {_R.PARTY_MEMBER, _R.GRID_WORKER, _R.UNIT_LIAISON, _R.SOCIAL_ORG_MANAGER}
_BY_SUBDISTRICT = _BY_COMMUNITY | {_R.COMMUNITY_ADMIN, _R.DEPARTMENT_STAFF}

GIVES: dict[Role, frozenset[Role]] = {
    _R.SECURITY_ADMIN: STAFF,
    _R.DISTRICT_ADMIN: _BY_SUBDISTRICT | {_R.SUBDISTRICT_ADMIN},
    _R.SUBDISTRICT_ADMIN: _BY_SUBDISTRICT,
    _R.COMMUNITY_ADMIN: _BY_COMMUNITY,
    _R.GRID_WORKER: _BY_GRID_WORKER,
}
"""The table: holder of → may give, and take away, inside their own place."""

LAID_DOWN = frozenset(Role) - SEPARATED - {_R.CLIENT, _R.RESIDENT}
"""What its holder may give up without anyone's leave."""

LONGEST_SUBSTITUTION = timedelta(days=180)
"""House rule: whoever is away longer hands the role over instead."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A role somebody holds at this moment, as far as authority asks: where, until when, and whether it is only lent."""

    role: Role
    path: str
    ends_at: datetime | None = None
    lent: bool = False


def covers(charge: Charge, path: str) -> bool:
    return path.startswith(charge.path)


def may_take(charges: Iterable[Charge], role: Role, path: str) -> bool:
    """Whether any of these roles takes this one away at this path; a lent one may, since misuse cannot wait."""
    return any(role in GIVES.get(charge.role, ()) and covers(charge, path) for charge in charges)


def givers(charges: Iterable[Charge], role: Role, path: str) -> list[Charge]:
    """Those of the charges that may give this role at this path."""
    return [c for c in charges if not c.lent and role in GIVES.get(c.role, ()) and covers(c, path)]


def check_giver(charges: Iterable[Charge], role: Role, path: str) -> list[Charge]:
    """The charges that give this role there; 403 when there is none."""
    found = givers(charges, role, path)
    if not found:
        raise Forbidden(f"您不能在此地点授予“{ROLE_NAMES[role]}”")
    return found


def check_terms(found: Iterable[Charge], role: Role, kind: PlaceKind, ends_at: datetime | None) -> None:
    """422 for a role at a place of the wrong kind, or that would outlast the giver's own."""
    if kind not in KINDS[role]:
        raise RuleBroken(f"“{ROLE_NAMES[role]}”不能设在这一级地点", field="place_id")
    check_end(found, ends_at)


def check_end(found: Iterable[Charge], ends_at: datetime | None) -> None:
    """422 when what is given would outlast every one of the giver's own charges."""
    if not any(c.ends_at is None or (ends_at is not None and ends_at <= c.ends_at) for c in found):
        raise RuleBroken("期限不能超过您自己的任期", field="ends_at")


def check_span(starts_at: datetime, ends_at: datetime | None, moment: datetime) -> None:
    """422 for a span that is empty or begins in the past: history is not written afterwards."""
    if starts_at < moment:
        raise RuleBroken("开始时间不能早于现在", field="starts_at")
    if ends_at is not None and ends_at <= starts_at:
        raise RuleBroken("截止时间须晚于开始时间", field="ends_at")


def lent_until(
    own_starts_at: datetime, own_ends_at: datetime | None, starts_at: datetime, ends_at: datetime
) -> tuple[datetime, datetime] | None:
    """From when to when a role is lent: the absence as far as the role lasts; None when they do not meet."""
    start = max(own_starts_at, starts_at)
    end = ends_at if own_ends_at is None else min(own_ends_at, ends_at)
    return (start, end) if start < end else None


def standing_near(path: str, charges: Iterable[Charge]) -> list[Charge]:
    """The charges by which their holder may stand in at this path: of staff of the same subtree already.

    The subtree is that of the place, or of its community when it lies within one, so that neighbouring grid workers stand in
    for each other and community administrators of two communities do not. Who stands above is near as well.
    """
    seat = ancestors(path)[:3][-1]
    return [
        c for c in charges if c.role in STAFF and not c.lent and (c.path.startswith(seat) or seat.startswith(c.path))
    ]


def last_end(charges: Iterable[Charge]) -> datetime | None:
    """When the last of them ends; None when one of them does not."""
    ends = [charge.ends_at for charge in charges]
    return max((end for end in ends if end is not None), default=None) if None not in ends else None


def common_path(paths: Iterable[str]) -> str:
    """The path of the innermost place that holds them all."""
    first, *others = [ancestors(path) for path in paths]
    shared = [step for step in first if all(step in other for other in others)]
    return shared[-1]
