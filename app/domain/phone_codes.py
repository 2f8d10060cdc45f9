"""One-time codes sent to a phone: their form, and how long and how often one may be tried."""

import secrets
from datetime import timedelta

DIGITS = 6
LIFETIME = timedelta(minutes=5)
MOST_ATTEMPTS = 5
"""Of one code. A phone gets some twenty codes a day at most (app.domain.limits): who guesses succeeds once in 10,000 days."""


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
