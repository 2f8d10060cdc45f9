"""How often something may be tried: all limits in one table. House rules, every one of them.

A limit is a bucket that holds ``burst`` and fills up again within ``per``, at an even pace (generic cell rate algorithm,
ITU-T I.371): nobody can take two bursts around a full hour.
"""

import ipaddress
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

LIMITS = (PASSWORD_HERE, PASSWORD_ELSEWHERE, PASSWORD_FROM, CODE_HERE, CODE_ELSEWHERE, OWN_PASSWORD)


def network_of(address: str | None) -> str:
    """What counts as one address: of IPv6 the first 64 bits, since whoever has one of them has them all."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or "-"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))
