"""How often something may be tried: all limits in one table. House rules, every one of them.

A limit is a bucket that holds ``burst`` and fills up again within ``per``, at an even pace (generic cell rate algorithm,
ITU-T I.371): nobody can take two bursts around a full hour.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """``burst`` at once, and as many again in ``per``. The name is part of every bucket of this limit."""

    name: str
    burst: int
    per: timedelta

    @property
    def interval(self) -> timedelta:
        """The time in which one more is allowed."""
        return self.per / self.burst


PASSWORD_HERE = Limit("password_here", 5, timedelta(minutes=15))
"""Wrong passwords for one login from one address."""
PASSWORD_ELSEWHERE = Limit("password_elsewhere", 10, timedelta(hours=1))
"""Wrong passwords for one login from all addresses that are not usual for it: many addresses guess no faster than one."""
PASSWORD_FROM = Limit("password_from", 30, timedelta(minutes=15))
"""Wrong passwords from one address for all logins that it is not usual for."""
CODE_HERE = Limit("code_here", 5, timedelta(minutes=15))
"""Wrong one-time passwords for one account from one address."""
CODE_ELSEWHERE = Limit("code_elsewhere", 10, timedelta(hours=1))
"""Wrong one-time passwords for one account from all addresses that are not usual for it."""
OWN_PASSWORD = Limit("own_password", 5, timedelta(minutes=15))
"""Wrong passwords or codes of somebody who is signed in, where a change asks for them again."""

PHONE_CODE_NEXT = Limit("phone_code_next", 1, timedelta(minutes=1))
"""Codes to one phone asked for from one address, one after the other."""
PHONE_CODE_TO = Limit("phone_code_to", 10, timedelta(days=1))
"""Codes to one phone asked for from one address: nobody uses up what its owner may ask for elsewhere."""
PHONE_CODE_ANYWHERE = Limit("phone_code_anywhere", 30, timedelta(days=1))
"""Codes to one phone: it is not rung without end, whoever asks."""
PHONE_CODE_FROM = Limit("phone_code_from", 60, timedelta(hours=1))
"""Codes asked for from one address: behind one of a mobile network are many phones."""
PHONE_CODE_IN = Limit("phone_code_in", 3_000, timedelta(hours=1))
"""Codes asked for in one district: each costs money."""
PHONE_TRIED_FROM = Limit("phone_tried_from", 120, timedelta(minutes=15))
"""Codes tried from one address."""
WECHAT_FROM = Limit("wechat_from", 600, timedelta(minutes=15))
"""Sign-ins and registrations by WeChat from one address."""
CLIENT_HERE = Limit("client_here", 10, timedelta(minutes=15))
"""Wrong secrets for one client system from one address. A secret is 256 random bits, so strangers elsewhere need not count."""
CLIENT_FROM = Limit("client_from", 60, timedelta(minutes=15))
"""Wrong secrets from one address for all client systems."""
REFRESH_AGAIN = Limit("refresh_again", 10, timedelta(hours=1))
"""A refresh token that was used before: each time leaves an audit entry, and nobody fills the trail with one."""
DENIED_NOTED = Limit("denied_noted", 60, timedelta(hours=1))
"""Denied calls of one person and one operation that are noted in the audit trail; beyond, only in the log."""
PERSON_FIND = Limit("person_find", 60, timedelta(hours=1))
"""Phones and identity numbers one person looks up or writes into a record, and birth dates they write over others."""
PERSON_UNMASK = Limit("person_unmask", 60, timedelta(hours=1))
"""People whose sensitive fields, or facts of care, one member of staff opens."""
ORDER_CONTACT = Limit("order_contact", 60, timedelta(hours=1))
"""How often one helper opens askers' contacts."""
EXPORT = Limit("export", 10, timedelta(days=1))
"""Exports of one person's data by one person."""

LIMITS = (
    PASSWORD_HERE,
    PASSWORD_ELSEWHERE,
    PASSWORD_FROM,
    CODE_HERE,
    CODE_ELSEWHERE,
    OWN_PASSWORD,
    PHONE_CODE_NEXT,
    PHONE_CODE_TO,
    PHONE_CODE_ANYWHERE,
    PHONE_CODE_FROM,
    PHONE_CODE_IN,
    PHONE_TRIED_FROM,
    WECHAT_FROM,
    CLIENT_HERE,
    CLIENT_FROM,
    REFRESH_AGAIN,
    DENIED_NOTED,
    PERSON_UNMASK,
    ORDER_CONTACT,
    PERSON_FIND,
    EXPORT,
)


def password_guards(login: str, address: str | None, *, usual: bool) -> tuple[tuple[Limit, str], ...]:
    """What a wrong password counts against. From a usual address strangers' failures elsewhere do not matter."""
    return _guards((PASSWORD_HERE, PASSWORD_ELSEWHERE, PASSWORD_FROM), login, address, usual=usual)


def code_guards(account: str, address: str | None, *, usual: bool) -> tuple[tuple[Limit, str], ...]:
    """What a wrong one-time password counts against: whoever tries it knows the password already."""
    return _guards((CODE_HERE, CODE_ELSEWHERE), account, address, usual=usual)


def client_guards(client: str, address: str | None) -> tuple[tuple[Limit, str], ...]:
    """What a wrong secret of a client system counts against."""
    network = network_of(address)
    return (CLIENT_HERE, f"{client} {network}"), (CLIENT_FROM, network)


def _guards(
    limits: tuple[Limit, ...], subject: str, address: str | None, *, usual: bool
) -> tuple[tuple[Limit, str], ...]:
    network = network_of(address)
    values = (f"{subject} {network}", subject, network)
    found = tuple(zip(limits, values[: len(limits)], strict=True))
    return found[:1] if usual else found


def is_usual(address: str | None, known: Iterable[str | None]) -> bool:
    """Whether somebody at this address has proved before that they belong to the account."""
    networks = {network_of(one) for one in known if one is not None}
    return address is not None and network_of(address) in networks


def address_of(host: str) -> str | None:
    """An address as the server or a proxy names it; None for what is none."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def network_of(address: str | None) -> str:
    """What counts as one address: of IPv6 the first 64 bits, since whoever has one of them has them all."""
    known = address_of(address or "")
    if known is None:
        return "-"
    found = ipaddress.ip_address(known)
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))
