"""The lock names no host, hashes every release, covers what is asked for, and stays above known holes."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PINNED = {
    canonicalize_name(match["name"]): Version(match["version"])
    for match in re.finditer(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;\\]+)", LOCK, re.MULTILINE)
}
ASKED = [
    Requirement(line.partition("#")[0])
    for line in (ROOT / "requirements.in").read_text().splitlines()
    if line.partition("#")[0].strip()
]
FLOORS = {"starlette": "1.10", "python-multipart": "0.0.34"}
"""First releases without a known hole that concerns us."""


@pytest.mark.parametrize("host", ["://", "--index-url", "--extra-index-url", "--find-links", "@ file"])
def test_lock_names_no_host(host: str) -> None:
    assert host not in LOCK


def test_every_pin_has_hashes() -> None:
    without = [pin for pin in re.split(r"\n(?=\S)", LOCK.strip()) if "--hash=sha256:" not in pin]
    assert PINNED
    assert without == []


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: str(asked.name))
def test_lock_gives_what_is_asked_for(asked: Requirement) -> None:
    assert PINNED[canonicalize_name(asked.name)] in asked.specifier


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_installed_releases_are_above_known_holes(name: str) -> None:
    assert Version(version(name)) >= Version(FLOORS[name])
    assert PINNED[canonicalize_name(name)] == Version(version(name))
