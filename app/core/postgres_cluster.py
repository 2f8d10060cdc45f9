"""The embedded PostgreSQL's files in one folder: making them, launching a server, reading what it notes there.

``cluster`` holds the database files, ``password`` the superuser's password, ``postgres.log`` what it says.
"""

import os
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from app.core.postgres_files import Owner, give, no_space, program_folder
from app.core.start_errors import StartError, StartFailed, Unwritable

HOST = "127.0.0.1"
DATABASE = "sanshun"
ROOM_BYTES = 300 * 1_048_576
"""New files, a district and the log of writing them; less would fill up in the middle of the first start."""
FULL_BYTES = 1_048_576
LOG_BYTES = 16 * 1_048_576

INITDB = [
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # with plain C, pg_trgm finds no letters in Chinese text and every similarity is 0
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # the password is 256 random bits: stretching it would only slow each connection
    "--set=scram_iterations=1",
]
OPTIONS = [
    "unix_socket_directories=",
    f"listen_addresses={HOST}",
    "log_min_messages=log",  # an ERROR's text may quote personal data; the product logs its own, scrubbed
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
]
IN_A_HURRY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"]
"""For tests: nothing is waited for, and several processes race with all their connections at once."""


class Running(NamedTuple):
    """What ``postmaster.pid`` tells of a server that lives."""

    pid: int
    port: int
    ready: bool


class Cluster:
    """Database files in ``folder``, owned by ``owner`` (None = us); ``durable`` False skips every fsync."""

    def __init__(self, folder: Path, owner: Owner | None, *, durable: bool) -> None:
        self._folder = folder
        self._owner = owner
        self._durable = durable
        self._files = folder / "cluster"
        self._password = folder / "password"
        self.log = folder / "postgres.log"

    @property
    def exists(self) -> bool:
        return self._files.exists()

    def url(self, port: int) -> str:
        return f"postgresql://postgres:{self._password.read_text()}@{HOST}:{port}/{DATABASE}"

    def make(self) -> None:
        """Write new database files. An interrupted attempt stays in ``cluster.new``: it never looks complete."""
        if shutil.disk_usage(self._folder).free < ROOM_BYTES:
            raise no_space(self._folder)
        new = self._folder / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        self._password.write_text(secrets.token_urlsafe(32))
        self._password.chmod(0o600)
        give(self._password, self._owner)
        sync = [] if self._durable else ["--no-sync"]
        self._run("initdb", "-D", new, "--pwfile", self._password, *INITDB, *sync)
        self._run("postgres", "--single", "-D", new, "postgres", say=f"CREATE DATABASE {DATABASE}\n")
        new.rename(self._files)

    def launch(self, port: int) -> subprocess.Popen[bytes]:
        """Start a server on the files, in a session of its own so that Ctrl-C reaches only us."""
        options = OPTIONS + ([] if self._durable else IN_A_HURRY)
        settings = [word for option in options for word in ("-c", option)]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own program and arguments
                [program_folder(self._owner) / "postgres", "-D", self._files, "-p", str(port), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._surroundings(),
            )

    def running(self) -> Running | None:
        """The server that holds the files, if it lives."""
        try:
            lines = self._note().read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return Running(pid, port, ready="".join(lines[7:8]).strip() == "ready") if self.alive(pid) else None

    def disown_note(self) -> None:
        """Let a new server start although a dead one's note names a number that another process now has.

        PostgreSQL takes its parent's number for stale, but still looks for children of the dead server. So the
        note is not deleted, which would let a second server loose on files that orphans still write.
        """
        note = self._note()
        if note.exists():
            _, *rest = note.read_text().split("\n") or [""]
            note.write_text("\n".join([str(os.getpid()), *rest]))

    def alive(self, pid: int) -> bool:
        """Does ``pid`` run PostgreSQL on our files? A zombie does not, nor a stranger with that number."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return not Path("/proc/self").exists() and self._alive_by_ps(pid)
        return os.fsencode(self._files) in words

    def trouble(self, sentence: str, log: str) -> StartError:
        """The error to raise for what a program printed."""
        # a full disk may keep the log from saying so
        full = shutil.disk_usage(self._folder).free < FULL_BYTES
        if full or "No space left on device" in log or "Disk quota exceeded" in log:
            return no_space(self._folder)
        if "Permission denied" in log:
            return Unwritable(f"{sentence}: access denied; set SANSHUN_DATA_DIR to another folder.")
        telling = ("PANIC", "FATAL", "error")
        last = next((line for line in reversed(log.splitlines()) if any(word in line for word in telling)), "")
        return StartFailed(f"{sentence}: {last.strip() or 'no reason given'} (see {self.log}).", log)

    def open_log(self) -> int:
        """Make room in the log; its length now, from where this start's lines begin."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.rename(self.log.with_suffix(".log.1"))
        self.log.touch()
        give(self.log, self._owner)
        return self.log.stat().st_size

    def log_from(self, mark: int) -> str:
        with self.log.open("rb") as log:
            log.seek(mark)
            return log.read(65_536).decode(errors="replace")

    def _note(self) -> Path:
        return self._files / "postmaster.pid"

    def _alive_by_ps(self, pid: int) -> bool:
        told = subprocess.run(  # noqa: S603 - a number is all that varies
            ["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, check=False
        )
        return os.fsencode(self._files) in told.stdout

    def _run(self, program: str, *arguments: str | Path, say: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - our own program and arguments
            [program_folder(self._owner) / program, *arguments],
            input=say.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            **self._surroundings(),
        )
        told = done.stderr.decode(errors="replace")
        if done.returncode != 0 or "ERROR:" in told or "FATAL:" in told:
            raise self.trouble(f"PostgreSQL could not make its files in {self._folder}", told)

    def _surroundings(self) -> dict[str, Any]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
        around: dict[str, Any] = {"env": kept | {"LC_ALL": "C"}, "cwd": "/"}
        return around | (self._owner.arguments() if self._owner else {})
