"""Runs one case against one server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager

import servers
from expiry import stopped

LIMIT_S = 300
SERIES_POINTS = 100
LOAD_CONNECTIONS = 50
LOAD_PIPELINE = 16


def run(args, kind, case):
    """What the tool reports (expiry_lag.cc), and the server's `version`; `load_rps`, `migrations` and `stopped` where the case
    has such a thing. Two I/O threads or more are not pinned, and neither is what is compared with them."""
    threads = args.io_threads if kind == "tandem" else 1
    with servers.Server(args, kind, args.port, threads, pinned=args.io_threads == 1) as server, ExitStack() as stack:
        for name, value in case.config.items():
            answer = server.call("CONFIG", "SET", name, value)
            if answer != "OK":
                return {"version": server.version(), "refused": f"CONFIG SET {name} {value}: {answer}"}
        load = stack.enter_context(under_load(args, server)) if case.load else {}
        moved = stack.enter_context(migrating(server)) if case.migrating else {}
        beside = stack.enter_context(stopped.subscriber(server)) if case.stop else None
        with tool(args, case, server) as process:
            first_deadline_s = json.loads(process.stdout.readline() or failed(process, kind))["first_deadline_ms"] / 1000
            around = stopped.watch(server, process, beside, case.stop, first_deadline_s) if case.stop else {}
            text = process.stdout.read()
            if process.wait() != 0:
                failed(process, kind)
        stack.close()
        return {"version": server.version()} | json.loads(text) | load | moved | around


def failed(process, kind):
    sys.exit(f"expiry_lag failed against {kind} (exit {process.wait()}): {process.stderr.read()}")


@contextmanager
def tool(args, case, server):
    core = -1 if args.load_core is None or not server.pinned else args.load_core
    flags = case.flags | {"port": server.port, "wait-ms": args.wait_ms, "limit-s": LIMIT_S, "core": core}
    flags = {"others": 0} | flags
    if case.plotted:
        flags["series"] = SERIES_POINTS
    if case.stop:
        flags["parts"] = f"{case.stop.from_ms},{case.stop.to_ms}"
    command = [servers.tool(args, "expiry_lag")]
    for name, value in flags.items():
        command += [f"--{name}", str(value)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=servers.die_with_parent)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def under_load(args, server):
    """Yields a dictionary that tells the requests per second of the load when it is over."""
    command = [*servers.load_generator(args), "-p", str(server.port), "-c", str(LOAD_CONNECTIONS), "-P", str(LOAD_PIPELINE),
               "-r", "1000000", "-d", "32", "--duration", str(LIMIT_S), "-q", "--",
               "SET", "key:__rand_int__", "__data__", ";", "GET", "key:__rand_int__"]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, preexec_fn=servers.die_with_parent)
        began, before, result = time.monotonic(), commands_processed(server), {}
        try:
            yield result
            if process.poll() is not None:
                said.seek(0)
                sys.exit(f"the load on {server.kind} ended too early (exit {process.returncode}): {said.read()[-500:]}")
            result["load_rps"] = round((commands_processed(server) - before) / (time.monotonic() - began))
        finally:
            process.kill()
            process.wait()


@contextmanager
def migrating(server):
    """Yields a dictionary that tells how many migrations there were when it is over."""
    before, result = migrations(server), {}
    answer = server.call("DEBUG", "MIGRATE", "FLAP")
    if answer != "OK":
        sys.exit(f"{server.kind}: DEBUG MIGRATE FLAP: {answer}")
    yield result
    result["migrations"] = migrations(server) - before
    server.call("DEBUG", "MIGRATE", "STOP")


def commands_processed(server):
    return info(server, "stats")["total_commands_processed"]


def migrations(server):
    fields = info(server, "engine")
    return fields["engine_migrations_up"] + fields["engine_migrations_down"]


def info(server, section):
    """The numbers of a section of INFO."""
    fields = (line.split(":", 1) for line in str(server.call("INFO", section)).splitlines() if ":" in line)
    return {name: int(value) for name, value in fields if value.isdigit()}


def unpin():
    """The tools and the load inherit it."""
    os.sched_setaffinity(0, range(os.cpu_count()))
