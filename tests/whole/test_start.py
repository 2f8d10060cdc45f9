"""What a start of the server does not pay for: the arithmetic of a batch belongs to the process that carries one out."""

import subprocess
import sys

from app.settings import ROOT

_LOADED = "import sys, app.main; print(*sorted({'numpy', 'scipy', 'ortools', 'pandas'} & set(sys.modules)))"


def test_the_server_starts_without_the_arithmetic_of_batches() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == []
