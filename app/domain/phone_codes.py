"""One-time codes sent to a phone: their form, and how long and how often one may be tried."""

import secrets
from datetime import timedelta

DIGITS = 6
LIFETIME = timedelta(minutes=5)
"""Of one code there are as many attempts as of any challenge. A phone gets some sixty codes a day at most (app.domain.limits):
who asks for them all and guesses succeeds once in 3,000 days.
"""


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
