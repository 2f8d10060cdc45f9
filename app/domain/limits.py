"""How often something may be tried: all limits in one table. House rules, every one of them.

A limit is a bucket that holds ``burst`` and fills up again within ``per``, at an even pace (generic cell rate algorithm,
ITU-T I.371): nobody can take two bursts around a full hour.
"""

import ipaddress
from collections.abc import Iterable, Sequence
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
PASSWORD_DEVICE = Limit("password_device", 5, timedelta(minutes=15))
"""Wrong passwords from one device that has signed in before, and from nowhere else: nobody uses them up for its owner."""
CODE_HERE = Limit("code_here", 5, timedelta(minutes=15))
"""Wrong one-time passwords for one account from one address."""
CODE_ELSEWHERE = Limit("code_elsewhere", 10, timedelta(hours=1))
"""Wrong one-time passwords for one account from all addresses that are not usual for it."""
CODE_DEVICE = Limit("code_device", 5, timedelta(minutes=15))
"""Wrong one-time passwords from one device that has signed in before."""
PROOF_AGAIN = Limit("proof_again", 10, timedelta(hours=1))
"""Tries of one challenge, good or over: each leaves an audit entry, and nobody fills the trail with one."""
PROOF_FROM = Limit("proof_from", 60, timedelta(minutes=15))
"""Challenges from one address that are no account's, where an account's is owed."""
OWN_PASSWORD = Limit("own_password", 5, timedelta(minutes=15))
"""Wrong passwords or codes of one account that is signed in by one way, where a change asks for them again."""

PHONE_CODE_NEXT = Limit("phone_code_next", 1, timedelta(minutes=1))
"""Codes to one phone asked for from one address, one after the other."""
PHONE_CODE_TO = Limit("phone_code_to", 10, timedelta(days=1))
"""Codes to one phone asked for from one address, or one site: nobody uses up what its owner may ask for elsewhere."""
PHONE_CODE_ANYWHERE = Limit("phone_code_anywhere", 30, timedelta(days=1))
"""Codes to one phone from all addresses that are not usual for it: it is not rung without end, whoever asks."""
PHONE_CODE_FROM = Limit("phone_code_from", 60, timedelta(hours=1))
"""Codes asked for from one address: behind one of a mobile network are many phones."""
PHONE_CODE_SITE = Limit("phone_code_site", 240, timedelta(hours=1))
"""Codes asked for from one site: of IPv6 whoever has one address may have thousands."""
PHONE_CODE_IN = Limit("phone_code_in", 3_000, timedelta(hours=1))
"""Codes asked for in one district from addresses that are not usual for the phone: each costs money."""
PHONE_TRIED_FROM = Limit("phone_tried_from", 120, timedelta(minutes=15))
"""Codes tried from one address."""
WECHAT_FROM = Limit("wechat_from", 600, timedelta(minutes=15))
"""Sign-ins and registrations by WeChat from one address."""
CLIENT_HERE = Limit("client_here", 10, timedelta(minutes=15))
"""Wrong secrets for one client system from one address. A secret is 256 random bits, so strangers elsewhere need not count."""
CLIENT_FROM = Limit("client_from", 60, timedelta(minutes=15))
"""Wrong secrets from one address for all client systems."""
REFRESH_AGAIN = Limit("refresh_again", 10, timedelta(hours=1))
"""A refresh token that was used before, or is over: each time leaves an audit entry, and nobody fills the trail with one."""
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
    PASSWORD_DEVICE,
    CODE_HERE,
    CODE_ELSEWHERE,
    CODE_DEVICE,
    PROOF_AGAIN,
    PROOF_FROM,
    OWN_PASSWORD,
    PHONE_CODE_NEXT,
    PHONE_CODE_TO,
    PHONE_CODE_ANYWHERE,
    PHONE_CODE_FROM,
    PHONE_CODE_SITE,
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
Guards = Sequence[tuple[Limit, str]]
"""Limits with the value each counts."""


def password_guards(login: str, address: str | None, *, usual: bool, device: str | None) -> tuple[Guards, Guards]:
    """What a wrong password counts against: at its own end, and together with strangers' everywhere.

    A device known to the account counts alone, whatever others do at the same address. From a usual address strangers'
    failures elsewhere do not matter.
    """
    if device is not None:
        return ((PASSWORD_DEVICE, device),), ()
    network = network_of(address)
    here = (PASSWORD_HERE, f"{login} {network}")
    return ((here,), ()) if usual else ((here, (PASSWORD_FROM, network)), ((PASSWORD_ELSEWHERE, login),))


def code_guards(account: str, address: str | None, *, usual: bool, device: str | None) -> Guards:
    """What a wrong one-time password counts against: whoever tries it knows the password already."""
    if device is not None:
        return ((CODE_DEVICE, device),)
    here = (CODE_HERE, f"{account} {network_of(address)}")
    return (here,) if usual else (here, (CODE_ELSEWHERE, account))


def phone_code_guards(phone: str, address: str | None, *, usual: bool) -> Guards:
    """What a code that is asked for counts against. From a usual address neither strangers elsewhere matter nor the district."""
    network, site = network_of(address), site_of(address)
    asked_here = f"{phone} {network}"
    here = (PHONE_CODE_FROM, network), (PHONE_CODE_NEXT, asked_here), (PHONE_CODE_TO, asked_here)
    around = ((PHONE_CODE_SITE, site), (PHONE_CODE_TO, f"{phone} {site}")) if site is not None else ()
    everywhere = () if usual else ((PHONE_CODE_ANYWHERE, phone), (PHONE_CODE_IN, ""))
    return *here, *around, *everywhere


def client_guards(client: str, address: str | None) -> Guards:
    """What a wrong secret of a client system counts against."""
    network = network_of(address)
    return (CLIENT_HERE, f"{client} {network}"), (CLIENT_FROM, network)


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
    found = _parsed(address)
    if found is None:
        return "-"
    return str(found) if isinstance(found, ipaddress.IPv4Address) else _shortened(found, 64)


def site_of(address: str | None) -> str | None:
    """Of IPv6 the first 48 bits, which one customer of a provider may have (RFC 6177); None for any other address."""
    found = _parsed(address)
    return _shortened(found, 48) if isinstance(found, ipaddress.IPv6Address) else None


def _parsed(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    known = address_of(address or "")
    found = ipaddress.ip_address(known) if known is not None else None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _shortened(address: ipaddress.IPv6Address, bits: int) -> str:
    return str(ipaddress.IPv6Network((address, bits), strict=False))
