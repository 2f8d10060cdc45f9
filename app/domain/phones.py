"""Telephone numbers of the mainland: mobiles, and landlines with their area code.

Our own patterns, not the phonenumbers library: its tables of who was given which block go out of date between releases, so that
new blocks would be refused, and they refuse the block 154, which was never given to anyone and which invented people have so
that their numbers ring nowhere. Whether a number works is found out by a code sent to it, not by a pattern.
"""

MOBILE = r"^1[3-9][0-9]{9}$"
CONTACT = r"^(?:1[3-9][0-9]{9}|0(?:10|2[0-9])-?[0-9]{8}|0[3-9][0-9]{2}-?[0-9]{7,8})$"
"""A mobile, or an area code (010, 02x, 03xx to 09xx) with seven or eight digits of a landline. Area codes are free of prefixes of
each other, so that the hyphen says nothing and is dropped."""


def plain(phone: str) -> str:
    """The number as it is kept and searched for: digits alone."""
    return phone.replace("-", "")
