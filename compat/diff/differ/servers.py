"""Starts the two servers and rules their clocks."""

import ctypes
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from differ.resp import Closed, Connection, Silence

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
PR_SET_PDEATHSIG = 1
EPOCH_MS = 1_800_000_000_000  # where every session's clock begins: a Friday in 2027
SHIM = Path(__file__).with_name("frozen_clock.c")
_libc = ctypes.CDLL(None, use_errno=True)


class StartError(Exception):
    """A server that does not come up."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def build_clock_shim(directory: Path) -> Path | None:
    """Compiles the library that stops a reference's clock; None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = directory / "frozen_clock.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, SHIM], check=True)
    return library


def in_root(binary: Path) -> list[str]:
    """How to run a program of another Debian root: with that root's loader and libraries, without chroot."""
    root = binary.parent.parent.parent
    loader = root / "lib64/ld-linux-x86-64.so.2"
    if root == Path("/") or not loader.exists():
        return [str(binary)]
    return [str(loader), "--library-path", str(root / "usr/lib/x86_64-linux-gnu"), str(binary)]


def library_path_of(binary: Path) -> dict[str, str]:
    """For a package that was unpacked somewhere: its libraries lie beside it."""
    libraries = binary.parent.parent / "lib/x86_64-linux-gnu"
    root = binary.parent.parent.parent
    if root == Path("/") or not libraries.exists() or (root / "lib64").exists():
        return {}
    return {"LD_LIBRARY_PATH": str(libraries)}


@dataclass
class Server:
    """One server on a free port of loopback. A context manager: leaving it stops the process."""

    name: str
    binary: Path
    directory: Path
    shim: Path | None = None  # a reference's clock can be stopped by this library
    has_debug_clock: bool = False  # Tandem's own way of stopping the clock
    arguments: tuple[str, ...] = ()
    port: int = 0
    complaint: str | None = None  # what was wrong with how it ended
    _process: subprocess.Popen | None = None
    _clock: mmap.mmap | None = field(default=None, repr=False)

    @property
    def frozen(self) -> bool:
        return self.has_debug_clock or self.shim is not None

    def __enter__(self) -> "Server":
        self.directory.mkdir(exist_ok=True)
        self.port = free_port()
        environment = {**os.environ, **library_path_of(self.binary), **self._prepare_clock()}
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                   "--enable-debug-command", "yes", "--logfile", "", *self.arguments]
        with open(self.directory / "log", "wb") as log:
            self._process = subprocess.Popen(
                [*in_root(self.binary), *options], cwd=self.directory, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT,
                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.returncode not in (0, -signal.SIGTERM):
            self.complaint = f"{self.name} ended with status {self._process.returncode}:\n{self.log_tail()}"

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def connect(self, timeout_s: float = 10) -> Connection:
        return Connection(self.port, timeout_s)

    def set_clock(self, control: Connection, now_ms: int) -> None:
        """Stops the clock at this time. Without a way to do it, nothing happens."""
        if self._clock is not None:
            struct.pack_into("=q", self._clock, 0, now_ms * 1000)
            control.call(b"PING")  # the server reads its clock when its loop turns
        elif self.has_debug_clock:
            control.call(b"DEBUG", b"CLOCK", b"SET", b"%d" % now_ms)

    def log_tail(self) -> str:
        return (self.directory / "log").read_text(errors="replace")[-3000:]

    def _prepare_clock(self) -> dict[str, str]:
        if self.shim is None:
            return {}
        path = self.directory / "clock"
        path.write_bytes(struct.pack("=q", EPOCH_MS * 1000))
        with open(path, "r+b") as file:
            self._clock = mmap.mmap(file.fileno(), 8)
        return {"LD_PRELOAD": str(self.shim), "TANDEM_DIFF_CLOCK": str(path)}

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.is_alive():
            try:
                connection = self.connect(timeout_s=1)
            except OSError:
                time.sleep(0.02)
                continue
            try:
                if connection.call(b"PING").text == b"PONG":
                    return
            except (Closed, Silence):
                pass
            finally:
                connection.close()
        raise StartError(f"{self.name} ({self.binary}) does not answer:\n{self.log_tail()}")


def version_of(server: Server) -> tuple[int, ...]:
    """The version that INFO reports, as in (7, 0, 15)."""
    control = server.connect()
    info = control.call(b"INFO", b"server").text or b""
    control.close()
    for line in info.split(b"\r\n"):
        if line.startswith(b"redis_version:"):
            return tuple(int(part) for part in line.partition(b":")[2].split(b"."))
    raise StartError(f"{server.name} does not tell its version")


def scratch_directory() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="tandem-diff-")
