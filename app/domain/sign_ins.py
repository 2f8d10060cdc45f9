"""Which roles a sign-in carries: authority over others never comes with a weaker proof than it was meant for.

Whoever holds a phone, or is signed in to WeChat on it, proves that they are its owner; that is enough for what concerns
themselves. Roles of staff and of units are for sign-ins by password (docs/decisions/0007-roles-by-way-of-signing-in.md), and
where the policy asks staff for a second factor, for sign-ins that proved one: whenever the role was given.
"""

from collections.abc import Iterable

from app.domain.accounts import STAFF, SignInMethod
from app.domain.passwords import Policy
from app.domain.people import HELPERS, Grant, Role

IN_ONES_OWN_NAME: frozenset[Role] = HELPERS | {Role.RESIDENT}
"""Roles people hold for themselves, not to act for others or an organization."""
CARRIED: dict[SignInMethod, frozenset[Role]] = {
    SignInMethod.PASSWORD: frozenset(Role),
    SignInMethod.WECHAT: IN_ONES_OWN_NAME,
    SignInMethod.PHONE: IN_ONES_OWN_NAME,
}


def roles_carried(policy: Policy, method: SignInMethod, *, second_factor: bool) -> frozenset[Role]:
    """The roles that this way of signing in carries, whoever comes by it; ``second_factor``: whether it proved one."""
    lacking = STAFF if policy.staff_second_factor and not second_factor else frozenset()
    return CARRIED[method] - lacking


def carried(policy: Policy, method: SignInMethod, grants: Iterable[Grant], *, second_factor: bool) -> tuple[Grant, ...]:
    """Of a person's grants those that this way of signing in carries."""
    roles = roles_carried(policy, method, second_factor=second_factor)
    return tuple(grant for grant in grants if grant.role in roles)
