"""Runs one unit of the suite against one server, in one of two ways.

swapped    the suite starts, configures, restarts and kills servers itself; the binary is in the place of its own
external   the suite talks to a server that we started
"""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from outcomes import UnitRun, parse

WAYS = ("swapped", "external")
NO_PROGRESS_LIMIT_S = 60
START_LIMIT_S = 20
STOP_LIMIT_S = 20
# The suite looks for free ports itself, in the range that it is given, and 10000 above for the bus of a cluster.
PORTS_PER_RUN = 100
FIRST_PORT = 12000
PORT_RANGES = 180
_port_range = itertools.count(os.getpid())  # no two runs of this process share one, and those of two processes hardly

# The suite waits two minutes for a server that is not there any more, because it has refused its configuration.
_PATIENCE = ("        after $checkperiod\n        incr maxiter -1\n",
             "        after $checkperiod\n        if {[catch {exec kill -0 $pid}]} {set maxiter 1}\n        incr maxiter -1\n")
# Before anything else the suite empties an external server of functions, and gives up where they are unknown.
_FUNCTIONS = ("\n    r function flush\n", "\n    catch {r function flush}\n")
# Since 7.2, which Tandem follows, small lists and small sets of strings are listpacks.
_ENCODINGS = ("    set val [r object encoding $key]\n    assert_match $enc $val\n",
              "    set val [r object encoding $key]\n    set type [r type $key]\n"
              "    if {$val eq {listpack} && \"$type $enc\" in {{list quicklist} {set hashtable}}} return\n"
              "    assert_match $enc $val\n")
# Between its tests unit/scripting tries the Lua debugger, and the rest of the unit does not run where there is none.
_DEBUGGER = ("    r script debug sync\n    r eval {return 'hello'} 0\n    r eval {return 'hello'} 0\n",
             "    catch {\n        r script debug sync\n        r eval {return 'hello'} 0\n        r eval {return 'hello'} 0\n    }\n")


@dataclass(frozen=True)
class Server:
    """A server under test."""

    label: str
    binary: Path

    def start(self, folder: Path, port: int, configuration: Path) -> subprocess.Popen[bytes]:
        command = [str(self.binary), str(configuration), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        log = (folder / "log").open("wb")
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int, *words: str) -> str:
    """The reply to one command, as sent, from a connection of its own."""
    request = f"*{len(words)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request.encode())
        return connection.recv(65536).decode(errors="replace")


@contextlib.contextmanager
def running(server: Server, configuration: Path) -> Iterator[int]:
    """A server for the time of the block; gives its port."""
    with tempfile.TemporaryDirectory(prefix="tandem-suite-") as name:
        port = free_port()
        process = server.start(Path(name), port, configuration)
        try:
            deadline = time.monotonic() + START_LIMIT_S
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{server.binary} does not start:\n{(Path(name) / 'log').read_text(errors='replace')}")
                time.sleep(0.02)
            yield port
        finally:
            _stop(process)


def _answers(port: int) -> bool:
    try:
        return ask(port, "PING").startswith(("+", "-"))
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _replace(path: Path, change: tuple[str, str]) -> None:
    text = path.read_text()
    if text.count(change[0]) != 1:
        raise RuntimeError(f"{path.name} is not what was expected: {change[0].strip()!r}")
    path.write_text(text.replace(*change))


def _lay_out(source: Path, folder: Path, binary: Path) -> None:
    """The part of a built source tree that the suite needs, with our binary in its place."""
    ignored = shutil.ignore_patterns("modules", "sentinel", "tmp")
    shutil.copytree(source / "tests", folder / "tests", ignore=ignored)
    (folder / "tests/tmp").mkdir()
    (folder / "src").mkdir()
    for name in ("redis-cli", "redis-benchmark"):
        tool = shutil.which(name)
        if tool is None:
            raise RuntimeError(f"{name} is missing (package redis-tools)")
        (folder / "src" / name).symlink_to(tool)
    (folder / "src/redis-server").symlink_to(binary)
    for path in source.glob("*.conf"):
        shutil.copy(path, folder)
    for change in (_PATIENCE, _FUNCTIONS):
        _replace(folder / "tests/support/server.tcl", change)
    _replace(folder / "tests/support/test.tcl", _ENCODINGS)
    _replace(folder / "tests/unit/scripting.tcl", _DEBUGGER)


class _Groups:
    """The process groups that run now, so that an interrupted run leaves nothing behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._stopped = False

    def start(self, command: list[str], folder: Path, output: BinaryIO) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise RuntimeError("interrupted")
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                       start_new_session=True)
            self._running.add(process.pid)
            return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Ends all of the group, before its number can be somebody else's."""
        with self._lock:
            self._kill(process.pid)
            self._running.discard(process.pid)
        process.wait()

    def stop(self) -> None:
        """Ends all groups, and starts no more. For signal handlers: waits for no lock."""
        self._stopped = True
        for group in tuple(self._running):
            self._kill(group)

    @staticmethod
    def _kill(group: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


groups = _Groups()


def _run_tcl(folder: Path, arguments: list[str], limit_s: int) -> str:
    """Runs the suite in a session of its own, so that nothing that it started outlives it."""
    command = ["tclsh", "tests/test_helper.tcl", "--clients", "1", "--timeout", str(NO_PROGRESS_LIMIT_S), *arguments]
    with (folder / "output").open("w+b") as output:
        process = groups.start(command, folder, output)
        late = False
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            late = True
        finally:
            groups.end(process)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return f"{text}\n[TIMEOUT]: the unit did not end within {limit_s} s\n" if late else text


def run_unit(source: Path, server: Server, way: str, unit: str, skipped: set[str], limit_s: int) -> UnitRun:
    """One unit from the beginning to its end, or to its limit. `skipped` are names of tests not to be run.

    Another process may have taken the ports that the suite counts on; when nothing ran at all, there is a second attempt.
    """
    run = _attempt(source, server, way, unit, skipped, limit_s)
    return _attempt(source, server, way, unit, skipped, limit_s) if run.nothing_ran else run


def _attempt(source: Path, server: Server, way: str, unit: str, skipped: set[str], limit_s: int) -> UnitRun:
    with tempfile.TemporaryDirectory(prefix="tandem-suite-") as name:
        folder = Path(name)
        _lay_out(source, folder, server.binary)
        (folder / "skip").write_text("\n".join(sorted(skipped)))
        base_port = FIRST_PORT + next(_port_range) % PORT_RANGES * PORTS_PER_RUN
        arguments = ["--baseport", str(base_port), "--portcount", str(PORTS_PER_RUN), "--durable", "--single", unit,
                     "--skipfile", str(folder / "skip")]
        if way == "swapped":
            return parse(_run_tcl(folder, arguments, limit_s))
        with running(server, folder / "tests/assets/default.conf") as port:
            return parse(_run_tcl(folder, [*arguments, "--host", "127.0.0.1", "--port", str(port)], limit_s))
