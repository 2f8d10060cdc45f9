"""Two hundred made-up people whose sensitive values are unmistakable, so that one in clear is found wherever it lies.

Every value holds one of a few marks that stand nowhere else: a word in names, addresses and illnesses, eight digits in phones,
eight others in identity numbers. Who looks for the marks therefore finds every value.
"""

from dataclasses import dataclass
from functools import lru_cache

WORD = "额尔敦毕力格乌恩其"
PHONE = "15419904"
"""Of the block 154, which was never given to anyone."""
DIGITS = "19990417"
BORN = "1999-04-17"
"""All were born on one day, so that their identity numbers have its digits in common."""
MARKS = (WORD, PHONE, DIGITS, BORN)
HOW_MANY = 200
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_NUMERALS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Secret:
    """A person whose every field is made up."""

    name: str
    phone: str
    id_number: str
    birth_date: str
    address: str
    illness: str
    paper: str
    """The number of a certificate."""

    @property
    def values(self) -> tuple[str, ...]:
        return (self.name, self.phone, self.id_number, self.birth_date, self.address, self.illness, self.paper)


def id_number(first: str) -> str:
    """Seventeen digits with their check digit (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True))
    return first + _CHECK[total % 11]


def _spoken(number: int) -> str:
    return "".join(_NUMERALS[int(digit)] for digit in f"{number:03d}")


def _secret(number: int) -> Secret:
    return Secret(
        name=f"{_spoken(number)}{WORD}那仁图雅",
        phone=f"{PHONE}{number:03d}",
        id_number=id_number(f"150103{DIGITS}{number:03d}"),
        birth_date=BORN,
        address=f"{WORD}巷{number}号院",
        illness=f"{WORD}综合征第{number}型",
        paper=f"证{DIGITS}{number:03d}",
    )


@lru_cache
def secrets() -> tuple[Secret, ...]:
    return tuple(_secret(number) for number in range(1, HOW_MANY + 1))
