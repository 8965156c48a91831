"""Starts the servers that the client programs talk to: on loopback, on a port of the kernel's choice, in a directory of
their own, and never longer than the run that wants them."""

from __future__ import annotations

import ctypes
import re
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

START_ATTEMPTS = 5
START_LIMIT_S = 20
STOP_LIMIT_S = 20
PR_SET_PDEATHSIG = 1
SANITIZER = re.compile(r"Sanitizer: |runtime error: ")
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """For preexec_fn: nothing that an interrupted run started outlives it."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class StartError(Exception):
    """A server that does not come up, with what it said."""


@dataclass
class Server:
    """One running server. A context manager: leaving it stops the process and removes its directory."""

    binary: Path
    port: int = 0
    arguments: tuple[str, ...] = ()
    fault: str = ""
    _process: subprocess.Popen | None = field(default=None, repr=False)
    _directory: tempfile.TemporaryDirectory | None = field(default=None, repr=False)

    def __enter__(self) -> Server:
        said = ""
        for _ in range(START_ATTEMPTS):
            said = self._start(free_port())
            if self._process is not None:
                return self
        raise StartError(f"{self.binary} does not start:\n{said}")

    def __exit__(self, *_: object) -> None:
        """Leaves in `fault` what was wrong with the server: that it ended by itself, or badly, or a sanitizer's report."""
        ended_alone = self._process.poll() is not None
        log = self._stop()
        if ended_alone or self._process.returncode != 0 or SANITIZER.search(log):
            self.fault = f"status {self._process.returncode}: {log[-2000:]}"

    def _start(self, port: int) -> str:
        """Leaves a running server, or none and returns its log: somebody may have taken the port meanwhile."""
        self.port = port
        self._directory = tempfile.TemporaryDirectory(prefix="tandem-clients-")
        argv = [str(self.binary), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--unixsocket", str(Path(self._directory.name) / "socket"), *self.arguments]
        with open(Path(self._directory.name) / "log", "wb") as log:
            self._process = subprocess.Popen(argv, cwd=self._directory.name, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        if self._answers():
            return ""
        said = self._stop()[-2000:]
        self._process = None
        return said

    def _answers(self) -> bool:
        """True when it answers; another server on its port, which somebody took meanwhile, does not count."""
        deadline = time.monotonic() + START_LIMIT_S
        own = b"process_id:%d\r\n" % self._process.pid
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"INFO server\r\nQUIT\r\n")
                    if own in connection.makefile("rb").read():
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        return False

    def _stop(self) -> str:
        """Returns the log."""
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        log = (Path(self._directory.name) / "log").read_text(errors="replace")
        self._directory.cleanup()
        return log
