"""The embedded PostgreSQL: starts, adopts and stops a server made of the wheel's programs.

It listens on the loopback address only and asks for a password, so other users of the machine stay out.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from app.core.postgres_cluster import HOST, Cluster
from app.core.postgres_files import STATE, FileLock, data_folder, file_troubles, owner_of, private_folder
from app.core.start_errors import StartError, StartFailed

START_SECONDS = 120.0
"""Long enough to replay a gigabyte of log after a crash on a slow disk."""
STOP_SECONDS = 30.0
ORPHANS_SECONDS = 15.0
"""How long the children of a killed server may hold its shared memory."""


class EmbeddedPostgres:
    """One PostgreSQL on the loopback address, its files in ``data``.

    durable: False trades safety in a power cut for speed; for tests alone.
    die_with_parent: the server stops when this process ends in any way, kill -9 included; without it a server
    left behind is adopted by the next ``start``.
    port: 0 = a free one, kept over restarts of this object.

    Several processes may ``start`` the same folder: they share one server, and the last to ``stop`` stops it.
    """

    def __init__(self, data: Path, *, durable: bool = True, die_with_parent: bool = False, port: int = 0) -> None:
        asked = data.absolute()
        with file_troubles(asked):
            self.data = data_folder(asked, owner_of(asked))
            self._owner = owner_of(self.data)
        self._cluster = Cluster(self.data, self._owner, durable=durable)
        self._die_with_parent = die_with_parent
        self._port_given = port != 0
        self._port = port
        self._pid = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._mark = 0
        self._use: FileLock | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the server; 0 before the first start."""
        return self._pid

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        """postgresql://postgres:…@127.0.0.1:…/sanshun, with the password."""
        return self._cluster.url(self._port)

    @property
    def exists(self) -> bool:
        """False until the first start has made the database files."""
        return self._cluster.exists

    def start(self) -> None:
        """Make the database files on the first start, then start the server or adopt the one that runs.

        Raises StartFailed, NoSpace or Unwritable.
        """
        with file_troubles(self.data):
            private_folder(self.data, self._owner)
            with self._turn():
                if self._use is None:
                    self._use = FileLock(self.data / "use.lock", self._owner)
                    self._use.shared()
                try:
                    self._start_in_turn()
                except BaseException:
                    self._let_go()
                    raise

    def stop(self) -> None:
        """Stop and wait: open transactions are rolled back, all committed is on disk.

        A server that other processes still use is left to them.
        """
        if self._use is None:
            return
        with self._turn():
            if self._use.alone():
                self._end(signal.SIGINT)
            elif self._process is not None:
                self._process.returncode = 0  # the others' from now on: no longer ours to wait for
            self._let_go()

    def stop_immediate(self) -> None:
        """End the server as a crash does: nothing is flushed, the next start recovers."""
        self._end(signal.SIGQUIT)
        self._let_go()

    def remove(self) -> None:
        """Stop and delete the data; for throw-away servers."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        if self.data.parent.parent == STATE:
            with contextlib.suppress(OSError):
                self.data.parent.rmdir()

    def trouble(self, sentence: str) -> StartError:
        """The error to raise when the server was lost while in use; its log says why."""
        return self._cluster.trouble(sentence, self._cluster.log_from(self._mark))

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        lock = FileLock(self.data / "start.lock", self._owner)
        try:
            lock.exclusive()
            yield
        finally:
            lock.close()

    def _start_in_turn(self) -> None:
        if not self._cluster.exists:
            self._cluster.make()
        if self._process is not None:
            self._process.poll()  # reaps a server that was killed since
        self._mark = self._cluster.open_log()
        running = self._cluster.running()
        if running is None:
            self._launch_patiently()
        else:
            self._pid = running.pid
            self._await_ready()

    def _launch_patiently(self) -> None:
        """Launch; again where the hindrance passes by itself."""
        give_up = time.monotonic() + ORPHANS_SECONDS
        while not self._launched(last_try=time.monotonic() > give_up):
            time.sleep(0.2)

    def _launched(self, *, last_try: bool) -> bool:
        self._port = self._port or _free_port()
        self._mark = self._cluster.open_log()
        self._cluster.disown_note()
        try:
            self._process = self._cluster.launch(self._port)
            self._pid = self._process.pid
            self._await_ready()
        except StartFailed as error:
            self._end(signal.SIGQUIT)
            stolen = "Address already in use" in error.log and not self._port_given
            if last_try or not (stolen or "shared memory block" in error.log):
                raise
            self._port = 0 if stolen else self._port
            return False
        except BaseException:
            self._end(signal.SIGINT)
            raise
        self._watch()
        return True

    def _await_ready(self) -> None:
        def ready() -> bool:
            running = self._cluster.running()
            if running is not None and running.pid == self._pid and running.ready:
                self._port = running.port
                return True
            if not self._alive():
                raise self.trouble("PostgreSQL ended before it was ready")
            return False

        if not _wait(ready, START_SECONDS):
            raise StartFailed(f"PostgreSQL was not ready after {START_SECONDS:.0f} s; see {self._cluster.log}.")

    def _watch(self) -> None:
        """The pipe closes when this process ends, however it ends; its reader then stops the server."""
        if not self._die_with_parent:
            return
        self._watcher = subprocess.Popen(  # noqa: S603 - a fixed script, the number is its argument
            ["/bin/sh", "-c", 'read line; kill -INT "$1"', "sh", str(self._pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _alive(self) -> bool:
        if self._process is not None and self._process.pid == self._pid:
            return self._process.poll() is None
        return self._cluster.alive(self._pid)

    def _end(self, how: signal.Signals) -> None:
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.communicate()
            self._watcher = None
        for stronger in (how, signal.SIGQUIT, signal.SIGKILL):
            if not self._alive():
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, stronger)
            _wait(lambda: not self._alive(), STOP_SECONDS)
        self._process = None

    def _let_go(self) -> None:
        if self._use is not None:
            self._use.close()
            self._use = None


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.01)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
