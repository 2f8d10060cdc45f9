"""Signing in: the kinds of challenges between a first proof and a token, why a sign-in ends, and what is owed next."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.domain.people import Role

LONGEST = timedelta(days=30)
"""A sign-in is refreshed no longer than this; then the person proves themselves again. House rule."""
IDLE = timedelta(days=14)
"""A refresh token that nobody uses for so long is worth nothing any more. House rule."""
USUAL = timedelta(days=90)
"""An address or a device an account has signed in from within this time is usual for it: strangers elsewhere cannot lock it
out there. House rule."""
TEMPORARY_LASTS = timedelta(days=3)
"""A password set by an administrator is worth nothing after this time. House rule."""
MOST_ATTEMPTS = 5
"""How often a challenge may be tried. House rule."""
STAFF = frozenset(Role) - {Role.RESIDENT, Role.VOLUNTEER, Role.PARTY_MEMBER, Role.CLIENT}
"""Who works with other people's data: under the profile ``mlps3`` they need a second factor."""


class ChallengeKind(StrEnum):
    SECOND_FACTOR = "second_factor"
    """The password fits; the one-time password of the authenticator is still owed."""
    SECOND_FACTOR_SETUP = "second_factor_setup"
    """The password fits; the role asks for an authenticator, and there is none yet."""
    NEW_PASSWORD = "new_password"  # noqa: S105 - a kind of challenge
    """The password fits and is expired or was set by an administrator; a new one is owed."""
    PHONE_CODE = "phone_code"
    """A code was sent to a phone."""
    REGISTER = "register"
    """The WeChat identity is proved; the person behind it is not known yet."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account has and owes, when its password fits."""

    second_factor: bool
    """An authenticator is confirmed."""
    password_over: bool
    """The password is expired, or was set by an administrator."""
    must_have_second_factor: bool


def owed(standing: Standing, *, second_factor_proved: bool) -> ChallengeKind | None:
    """The next proof on the way to a token; None: there is nothing left to prove.

    The authenticator comes before a new password, so that a stolen password alone changes nothing.
    """
    if standing.second_factor and not second_factor_proved:
        return ChallengeKind.SECOND_FACTOR
    if standing.password_over:
        return ChallengeKind.NEW_PASSWORD
    if standing.must_have_second_factor and not standing.second_factor:
        return ChallengeKind.SECOND_FACTOR_SETUP
    return None


class SignInEnd(StrEnum):
    SIGNED_OUT = "signed_out"
    REUSED = "reused"
    """A refresh token came a second time: one of the two holders is a thief."""
    DISABLED = "disabled"
    PASSWORD = "password"  # noqa: S105 - why a sign-in ended
    """The password was changed or reset, or is over."""
    SECOND_FACTOR = "second_factor"
    """The authenticator was taken away by an administrator: it may be in strange hands, and the devices with it."""
    PHONE = "phone"
    """The number it was got with is the person's no more."""
    MERGED = "merged"
    ERASED = "erased"


HARMLESS = frozenset({SignInEnd.SIGNED_OUT, SignInEnd.MERGED})
"""Ends that cast no doubt on who signed in: after any other, neither the address nor the device speaks for anybody."""


class SignInMethod(StrEnum):
    PASSWORD = "password"  # noqa: S105 - how somebody signed in
    WECHAT = "wechat"
    PHONE = "phone"


ENDS: dict[SignInMethod, frozenset[SignInMethod]] = {
    SignInMethod.PASSWORD: frozenset(SignInMethod),
    SignInMethod.WECHAT: frozenset({SignInMethod.WECHAT, SignInMethod.PHONE}),
    SignInMethod.PHONE: frozenset({SignInMethod.WECHAT, SignInMethod.PHONE}),
}
"""Which of a person's sign-ins each way of signing in may end: whoever took over a number throws no staff out."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the network address and what the client calls itself, at most 200 characters."""

    address: str | None
    device: str | None
