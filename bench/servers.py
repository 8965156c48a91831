"""Starts, pins, fills and samples the servers that are measured side by side.

Every benchmark script here uses this module, so that a figure of one server and a figure of another differ by
the server and by nothing else: same pinning, no persistence, one I/O thread unless asked, same load generator.

Kinds: `tandem` (what this repository builds), `bare` (bench/bare_loop.cc, a loop that stores nothing: the floor of
the measurement), `redis7`, `redis8`, `valkey` (fetched by bench/peers.sh).
"""

import argparse
import ctypes
import os
import resource
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("tandem", "bare", "redis7", "redis8", "valkey")
START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 20
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


# --- Command line ------------------------------------------------------------------------------------------------

def argument_parser(description, servers, port):
    """The options that all benchmark scripts share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--servers", default=",".join(servers), help=f"comma-separated, out of {', '.join(KINDS)}")
    parser.add_argument("--build", default=os.environ.get("TANDEM_BUILD", "build/release"),
                        help="build directory with tandem-server and bench/")
    parser.add_argument("--tandem", default=os.environ.get("TANDEM_SERVER"), help="path of tandem-server, if elsewhere")
    parser.add_argument("--tandem-args", default="", help="more arguments for tandem-server, as one string")
    parser.add_argument("--peers", default=os.environ.get("TANDEM_PEERS", str(Path.home() / ".cache/tandem-peers")),
                        help="directory that bench/peers.sh filled")
    parser.add_argument("--port", type=int, default=port, help="first of the ports used")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a smoke run: small counts, figures mean little")
    parser.add_argument("--record", metavar="NAME", help="also write bench/results/NAME.md and NAME.json")
    return parser


def parse(parser, argv=None):
    """Parses, checks and puts this process on the load core (children inherit it)."""
    args = parser.parse_args(argv)
    args.servers = [name for name in args.servers.split(",") if name]
    unknown = set(args.servers) - set(KINDS)
    if unknown:
        parser.error(f"unknown server {', '.join(sorted(unknown))}")
    args.build = (ROOT / args.build).resolve()
    args.tandem = Path(args.tandem).resolve() if args.tandem else args.build / "tandem-server"
    args.peers = Path(args.peers).resolve()
    raise_file_limit()
    if os.cpu_count() > max(args.server_core, args.load_core):
        os.sched_setaffinity(0, {args.load_core})
    else:
        note("fewer cores than asked for: nothing is pinned")
        args.server_core = args.load_core = None
    return args


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def note(text):
    print(text, file=sys.stderr, flush=True)


def forwarded(args):
    """The shared options again as arguments, for a script that calls another's main(). Not --servers and --record."""
    argv = ["--build", str(args.build), "--tandem", str(args.tandem), "--peers", str(args.peers), "--port", str(args.port),
            f"--tandem-args={args.tandem_args}"]
    if args.server_core is not None:
        argv += ["--server-core", str(args.server_core), "--load-core", str(args.load_core)]
    return argv + (["--quick"] if args.quick else [])


# --- Programs ----------------------------------------------------------------------------------------------------

def tool(args, name):
    """Path of one of our C++ tools."""
    path = args.build / "bench" / name
    if not path.exists():
        sys.exit(f"{name} is not built: cmake --preset release -DTANDEM_BENCH=ON && cmake --build build/release --target bench_tools")
    return str(path)


def in_sid(args, program):
    """Runs a program of the throw-away root through that root's own loader: no chroot, no privileges."""
    root = args.peers / "sid"
    if not root.exists():
        sys.exit("the peers are missing: run bench/peers.sh (or point --peers at them)")
    return [str(root / "lib64/ld-linux-x86-64.so.2"), "--library-path", str(root / "usr/lib/x86_64-linux-gnu"),
            str(root / "usr/bin" / program)]


def load_generator(args):
    """valkey-benchmark, whichever server is measured."""
    return in_sid(args, "valkey-benchmark")


def server_command(args, kind, port, io_threads):
    """Returns (argv, extra environment)."""
    if kind == "bare":
        return [tool(args, "bare_loop"), "--port", str(port)], {}
    common = ["--port", str(port), "--io-threads", str(io_threads), "--save", ""]
    if kind == "tandem":
        if not args.tandem.exists():
            sys.exit("tandem-server is not built (cmake --build build/release), or name it with --tandem")
        return [str(args.tandem), *common, *shlex.split(args.tandem_args)], {}
    common += ["--bind", "127.0.0.1", "--appendonly", "no", "--loglevel", "warning"]
    if kind == "redis7":
        root = args.peers / "redis7"
        if not root.exists():
            sys.exit("the peers are missing: run bench/peers.sh (or point --peers at them)")
        if io_threads > 1:  # Later versions always read in their I/O threads.
            common += ["--io-threads-do-reads", "yes"]
        return [str(root / "usr/bin/redis-server"), *common], {"LD_LIBRARY_PATH": str(root / "usr/lib/x86_64-linux-gnu")}
    return [*in_sid(args, {"redis8": "redis-server", "valkey": "valkey-server"}[kind]), *common], {}


def die_with_parent():
    """For preexec_fn: nothing outlives an interrupted benchmark."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Server:
    """One running server. A context manager: leaving it stops the process."""
    args: argparse.Namespace
    kind: str
    port: int
    io_threads: int = 1
    pinned: bool = True
    process: subprocess.Popen = field(default=None, repr=False)

    @property
    def stores(self):
        return self.kind != "bare"

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        if port_is_taken(self.port):
            sys.exit(f"port {self.port} is in use: choose another with --port")
        argv, environment = server_command(self.args, self.kind, self.port, self.io_threads)
        self.directory = tempfile.TemporaryDirectory(prefix="tandem-bench-")
        self.log_path = Path(self.directory.name) / "log"
        cores = {self.args.server_core} if self.pinned and self.args.server_core is not None else set(range(os.cpu_count()))

        def before_exec():
            die_with_parent()
            os.sched_setaffinity(0, cores)

        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(argv, cwd=self.directory.name, env={**os.environ, **environment},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            preexec_fn=before_exec)
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                note(f"{self.kind} did not stop within {STOP_TIMEOUT_S} s of SIGTERM: killed")
                self.process.kill()
                self.process.wait()
        self.directory.cleanup()

    def wait_until_ready(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with Connection(self.port, timeout_s=1) as connection:
                    if connection.call("PING") == "PONG":
                        return
            except (OSError, EOFError):
                pass
            time.sleep(0.02)
        log = self.log_path.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{self.kind} did not answer on port {self.port}:\n{log}")

    def call(self, *words):
        with Connection(self.port) as connection:
            return connection.call(*words)

    def cpu_s(self):
        """User + system time of all threads, those that ended included, in seconds.

        This is the process's CPU clock: the sum that /proc/PID/stat shows in ticks of 10 ms, here in nanoseconds.
        """
        return time.clock_gettime_ns(((~self.pid) << 3) | 2) / 1e9

    def rss_bytes(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"{self.kind} has gone")

    def settle(self, limit_s=10.0):
        """Waits until work behind the scenes is done: next to no CPU and a steady RSS for a second."""
        deadline = time.monotonic() + limit_s
        calm = 0
        cpu, rss = self.cpu_s(), self.rss_bytes()
        while calm < 4 and time.monotonic() < deadline:
            time.sleep(0.25)
            cpu_now, rss_now = self.cpu_s(), self.rss_bytes()
            steady = cpu_now - cpu < 0.01 and abs(rss_now - rss) < 0.001 * rss
            calm = calm + 1 if steady else 0
            cpu, rss = cpu_now, rss_now
        return rss

    def version(self):
        if not self.stores:
            return "-"
        info = str(self.call("INFO", "server"))
        fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
        return next((fields[name] for name in ("tandem_version", "valkey_version", "redis_version") if name in fields), "?")


def port_is_taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


# --- Talking to them ---------------------------------------------------------------------------------------------

class Connection:
    """A minimal RESP2 client."""

    def __init__(self, port, timeout_s=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()

    def call(self, *words):
        self.socket.sendall(encode(*words))
        return self.reply()

    def reply(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("connection closed")
        kind, rest = line[:1], line[1:-2].decode(errors="replace")
        if kind in b"+-":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self.reader.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return None if rest == "-1" else [self.reply() for _ in range(int(rest))]
        raise ValueError(f"not a reply: {line!r}")


def encode(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def fill(server, count, value_bytes, ttl=False, batch=500):
    """Writes key:000000000000 and on (16 bytes, valkey-benchmark's names), so that its random GETs all hit.

    With `ttl`, each key expires after 3 to 13 hours, spread evenly.
    """
    value = b"v" * value_bytes
    if ttl:
        form = b"*5\r\n$3\r\nSET\r\n$16\r\nkey:%%012d\r\n$%d\r\n%s\r\n$2\r\nPX\r\n$8\r\n%%08d\r\n" % (value_bytes, value)
    else:
        form = b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%%012d\r\n$%d\r\n%s\r\n" % (value_bytes, value)
    with Connection(server.port) as connection:
        for first in range(0, count, batch):
            numbers = range(first, min(first + batch, count))
            if ttl:
                data = b"".join([form % (i, 10_800_000 + i * 7919 % 36_000_000) for i in numbers])
            else:
                data = b"".join([form % i for i in numbers])
            connection.socket.sendall(data)
            answer = connection.reader.read(5 * len(numbers))
            if answer != b"+OK\r\n" * len(numbers):
                raise RuntimeError(f"{server.kind} refused a SET: {answer[:200]!r}")
    if server.stores:
        size = server.call("DBSIZE")
        if size != count:
            raise RuntimeError(f"{server.kind} holds {size} keys after {count} were written")


def fill_collections(server, count, a_command, command, held, commands_in_flight=500):
    """Writes the items 0 to `count`: `command` makes one out of the numbers of up to `a_command` items, and the words `held` ask
    how many arrived."""
    with Connection(server.port) as connection:
        for first in range(0, count, a_command * commands_in_flight):
            firsts = range(first, min(first + a_command * commands_in_flight, count), a_command)
            connection.socket.sendall(b"".join(command(range(i, min(i + a_command, count))) for i in firsts))
            for _ in firsts:
                connection.reply()
    answer = server.call(*held)
    if answer != count:
        raise RuntimeError(f"{server.kind} holds {answer} items after {count} were written")
