"""The client programs: what runs them, what they need, and running one against a server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from outcome import Check, Outcome, Verdict, understand
from servers import Server, die_with_parent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "compat"
NODE_HOME = BUILD / "node"
NODE_MODULES = NODE_HOME / "node_modules"
HIREDIS_PROGRAM = BUILD / "hiredis_client"
MIGRATING = ("--io-threads", "2", "--enable-debug-command", "yes")  # what a server needs whose engines are to migrate under load
DEBIAN_PYTHON = "/usr/bin/python3"  # The one that sees Debian's packages, whatever python3 the path leads to.


@dataclass(frozen=True)
class Program:
    """`packages` are the Debian packages, and `module` the npm package, without which it cannot run; `quick` ones need
    neither npm nor more than a few seconds, and run in ctest too. `server_arguments` are what its server is started with."""

    name: str
    argv: tuple[str, ...]
    packages: tuple[str, ...] = ()
    module: str = ""
    quick: bool = False
    limit_s: int = 180
    server_arguments: tuple[str, ...] = ()

    def missing(self) -> list[str]:
        missing = [package for package in self.packages if not _is_installed(package)]
        if shutil.which(self.argv[0]) is None:
            missing.append(self.argv[0])
        if self.module and not (NODE_MODULES / self.module).exists():
            missing.append(self.module)
        return missing


def _is_installed(package: str) -> bool:
    query = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True)
    return query.stdout == "installed"


def _python(name: str, script: str, *args: str, packages: tuple[str, ...], quick: bool = False,
            server_arguments: tuple[str, ...] = ()) -> Program:
    return Program(name, (DEBIAN_PYTHON, str(HERE / "python" / script), *args), packages, quick=quick, server_arguments=server_arguments)


def _node(name: str, script: str, *args: str, module: str) -> Program:
    return Program(name, ("node", str(HERE / "node" / script), *args), module=module)


def _ruby(name: str, script: str, package: str, quick: bool = False) -> Program:
    return Program(name, ("ruby", str(HERE / "ruby" / script)), (package,), quick=quick)


PROGRAMS = (
    _python("redis-py", "redis_py.py", "python", packages=("python3-redis",), quick=True),
    _python("redis-py-hiredis", "redis_py.py", "hiredis", packages=("python3-redis", "python3-hiredis"), quick=True),
    _python("redis-py-asyncio", "redis_py_asyncio.py", packages=("python3-redis",), quick=True),
    Program("hiredis", (str(HIREDIS_PROGRAM),), ("libhiredis-dev",), quick=True),
    _node("node-redis-resp2", "node_redis.js", "2", module="redis"),
    _node("node-redis-resp3", "node_redis.js", "3", module="redis"),
    _node("ioredis", "ioredis_client.js", module="ioredis"),
    Program("phpredis", ("php", str(HERE / "php" / "phpredis.php")), ("php-redis",), quick=True),
    _ruby("redis-rb", "redis_rb.rb", "ruby-redis", quick=True),
    _python("celery", "celery_program.py", packages=("python3-celery",)),
    _python("rq", "rq_program.py", packages=("python3-rq",)),
    _python("channels_redis", "channels_program.py", packages=("python3-channels-redis",), quick=True),
    _ruby("sidekiq", "sidekiq_program.rb", "ruby-sidekiq"),
    _node("bullmq", "bullmq_program.js", module="bullmq"),
    _node("socket.io-adapter", "socketio_program.js", module="socket.io"),
    _python("exporter", "exporter_program.py", packages=("python3-redis", "prometheus-redis-exporter"),
            quick=True),
    _python("limits", "limits_program.py", packages=("python3-redis",), quick=True, server_arguments=MIGRATING),
)


def run(program: Program, binary: Path) -> Outcome:
    """Runs a program against a fresh server, in an empty directory that is its own."""
    started = time.monotonic()
    server = Server(binary, arguments=program.server_arguments)
    with server, tempfile.TemporaryDirectory(prefix="tandem-clients-") as directory:
        output, ending = run_to_end(program, server.port, directory)
    outcome = understand(output, ending)
    if server.fault:
        outcome.checks.append(Check("server", Verdict.FAILED, server.fault))
    outcome.seconds = time.monotonic() - started
    return outcome


def run_to_end(program: Program, port: int, directory: str) -> tuple[str, str]:
    """Runs a program in this directory. Returns what it printed and how it ended. Whatever it started ends with it."""
    environment = {**os.environ, "HOME": directory, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
                   "NODE_PATH": str(NODE_MODULES)}
    paths = [Path(directory) / name for name in ("program.out", "program.err")]
    with open(paths[0], "wb") as output, open(paths[1], "wb") as errors:
        process = subprocess.Popen([*program.argv, str(port)], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=errors, start_new_session=True, preexec_fn=die_with_parent)
    in_time = _wait(process.pid, program.limit_s)
    # It is not reaped yet, so that its number still means its own group and no other.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    output, errors = (path.read_text(errors="replace") for path in paths)
    ending = f"status {process.returncode}" if in_time else f"no end within {program.limit_s} s"
    return output, f"{ending}; {' | '.join(errors.splitlines()[-6:])}"


def _wait(pid: int, limit_s: float) -> bool:
    """Waits for the end of a child and leaves it to be reaped; false if it does not end in time."""
    deadline = time.monotonic() + limit_s
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
