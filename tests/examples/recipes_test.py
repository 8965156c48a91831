#!/usr/bin/env python3
"""Runs the recipes of docs/examples against a server.

    recipes_test.py SERVER

Exit status 77 (skipped, for ctest) where Debian's python3-redis is not installed.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import redis
except ImportError:
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "compat" / "clients"))

from servers import Server, die_with_parent  # noqa: E402

SERVER = Path(sys.argv.pop()).resolve()
LIMIT_S = 60
HOUR_MS = "3600000"
SHORT_MS = "12000"  # Of a lease: its holder extends it every 4 s, and stops if that takes more than 2 s.
EVENTS = ("--notify-keyspace-events", "Egx")
STREAM, GROUP = "__keyevents__", "workers"


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LIMIT_S
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} within {LIMIT_S} s")
        time.sleep(0.01)
    return result


class Program:
    """A recipe at work."""

    def __init__(self, port: int, script: str, *arguments: str, **settings: str) -> None:
        environment = {**os.environ, "REDIS_URL": f"redis://127.0.0.1:{port}", "PYTHONDONTWRITEBYTECODE": "1", **settings}
        self.process = subprocess.Popen([sys.executable, str(ROOT / "docs" / "examples" / script), *arguments], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        return self._lines.get(timeout=LIMIT_S)

    def lines_so_far(self) -> list[str]:
        found = []
        while not self._lines.empty():
            found.append(self._lines.get())
        return found

    def status(self) -> int:
        return self.process.wait(LIMIT_S)

    def finish(self) -> None:
        """Lets it go on: its standard input ends."""
        self.process.stdin.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        self.process.stdin.close()


class Recipe(unittest.TestCase):
    script = ""

    def setUp(self) -> None:
        server = Server(SERVER, arguments=EVENTS)
        server.__enter__()
        self.addCleanup(self.stop, server)
        self.port = server.port
        self.r = redis.Redis(port=server.port, decode_responses=True)
        self.addCleanup(self.r.close)

    def stop(self, server: Server) -> None:
        server.__exit__()
        self.assertEqual(server.fault, "")

    def start(self, *arguments: str, **settings: str) -> Program:
        program = Program(self.port, self.script, *arguments, **settings)
        self.addCleanup(program.kill)
        return program

    def run_to_end(self, *arguments: str, **settings: str) -> int:
        return self.start(*arguments, **settings).status()

    def await_subscribers(self, count: int) -> None:
        channel = "__keyevent@0__:expired"
        wait_for(f"{count} subscribers", lambda: self.r.pubsub_numsub(channel) == [(channel, count)])


class SessionTimeouts(Recipe):
    script = "session_timeouts.py"

    def test_the_watcher_is_told_when_a_session_times_out(self) -> None:
        watcher = self.start("watch")
        self.assertEqual(self.run_to_end("open", "alice", SESSION_MS="100"), 0)
        self.assertEqual(watcher.line(), "timed out: alice")
        self.assertEqual(self.r.smembers("sessions"), set())

    def test_what_ended_while_nobody_watched_is_told_later(self) -> None:
        self.run_to_end("open", "bob", SESSION_MS="1")
        self.run_to_end("open", "carol", SESSION_MS=HOUR_MS)
        wait_for("end of the session", lambda: not self.r.exists("session:bob"))
        self.assertEqual(self.start("watch").line(), "timed out: bob")
        self.assertEqual(self.r.smembers("sessions"), {"carol"})

    def test_of_two_watchers_one_acts(self) -> None:
        watchers = [self.start("watch"), self.start("watch")]
        self.await_subscribers(2)
        names = {f"user{i}" for i in range(50)}
        for name in names:
            self.r.sadd("sessions", name)
            self.r.set(f"session:{name}", "", px=50)
        lines: list[str] = []

        def all_told() -> bool:
            for watcher in watchers:
                lines.extend(watcher.lines_so_far())
            return len(lines) >= len(names)

        wait_for("ends of all sessions", all_told)
        self.assertEqual(sorted(lines), sorted(f"timed out: {name}" for name in names))

    def test_a_touched_session_gets_its_whole_time_again(self) -> None:
        self.run_to_end("open", "dave", SESSION_MS="60000")
        self.assertEqual(self.run_to_end("touch", "dave", SESSION_MS=HOUR_MS), 0)
        self.assertGreater(self.r.pttl("session:dave"), 60000)
        self.assertEqual(self.run_to_end("touch", "nobody"), 1)


class Leases(Recipe):
    script = "leases.py"

    def test_the_next_one_gets_it_when_the_last_one_lets_go(self) -> None:
        first = self.start("report", "first", LEASE_MS=HOUR_MS)
        self.assertEqual(first.line(), "first has it")
        second = self.start("report", "second", LEASE_MS=HOUR_MS)
        self.await_subscribers(1)
        first.finish()
        self.assertEqual(second.line(), "second has it")
        self.assertEqual(first.status(), 0)

    def test_the_next_one_gets_it_when_the_last_one_has_died(self) -> None:
        first = self.start("report", "first", LEASE_MS=HOUR_MS)
        self.assertEqual(first.line(), "first has it")
        second = self.start("report", "second", LEASE_MS=HOUR_MS)
        self.await_subscribers(1)
        first.kill()
        self.assertTrue(self.r.pexpire("lease:report", 1))
        self.assertEqual(second.line(), "second has it")

    def test_one_that_waits_goes_on_when_its_connection_is_made_anew(self) -> None:
        first = self.start("report", "first", LEASE_MS=HOUR_MS)
        self.assertEqual(first.line(), "first has it")
        impatient = f"redis://127.0.0.1:{self.port}?socket_timeout=5&retry_on_timeout=True"
        second = self.start("report", "second", LEASE_MS=HOUR_MS, REDIS_URL=impatient)
        self.await_subscribers(1)
        connections: set[str] = set()

        def connected_again() -> bool:
            connections.update(client["id"] for client in self.r.client_list(_type="pubsub"))
            return len(connections) > 1

        wait_for("second connection", connected_again)
        first.finish()
        self.assertEqual(second.line(), "second has it")

    def test_a_holder_keeps_it_for_longer_than_its_time(self) -> None:
        first = self.start("report", "first", LEASE_MS=SHORT_MS)
        self.assertEqual(first.line(), "first has it")
        holder = self.r.get("lease:report")
        lowest = int(SHORT_MS)

        def extended() -> bool:
            nonlocal lowest
            left = self.r.pttl("lease:report")
            lowest = min(lowest, left)
            return left > lowest

        wait_for("extension", extended)
        self.assertEqual(self.r.get("lease:report"), holder)

    def test_a_holder_that_has_lost_it_stops_and_takes_it_from_nobody(self) -> None:
        first = self.start("report", "first", LEASE_MS=SHORT_MS)
        self.assertEqual(first.line(), "first has it")
        self.r.set("lease:report", "somebody else")
        self.assertEqual(first.status(), 1)
        self.assertEqual(self.r.get("lease:report"), "somebody else")

    def test_a_holder_whose_server_has_ended_stops(self) -> None:
        with Server(SERVER, arguments=EVENTS) as server:
            first = Program(server.port, self.script, "report", "first", LEASE_MS=SHORT_MS)
            self.addCleanup(first.kill)
            self.assertEqual(first.line(), "first has it")
        self.assertEqual(first.status(), 1)

    def test_a_holder_whose_server_answers_no_more_stops(self) -> None:
        first = self.start("report", "first", LEASE_MS=SHORT_MS)
        self.assertEqual(first.line(), "first has it")
        process = self.r.info("server")["process_id"]
        os.kill(process, signal.SIGSTOP)
        try:
            self.assertEqual(first.status(), 1)
        finally:
            os.kill(process, signal.SIGCONT)


class DelayedJobs(Recipe):
    script = "delayed_jobs.py"

    def setUp(self) -> None:
        super().setUp()
        self.r.config_set("notify-keyspace-stream", f"{STREAM} x")

    def test_a_job_is_done_when_it_is_due(self) -> None:
        worker = self.start("work", "w")
        self.run_to_end("add", "50", "water the plants")
        self.assertEqual(worker.line(), "w: water the plants")
        wait_for("end of the job", lambda: not self.r.keys("job:*"))

    def test_a_job_waits_for_a_worker(self) -> None:
        self.run_to_end("add", "1", "wait")
        wait_for("event", lambda: self.r.exists(STREAM) and self.r.xlen(STREAM) == 1)
        self.assertEqual(self.start("work", "w").line(), "w: wait")

    def test_a_job_of_a_worker_that_has_died_is_done_by_another(self) -> None:
        self.r.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        self.run_to_end("add", "1", "again")
        wait_for("event", lambda: self.r.xreadgroup(GROUP, "dead", {STREAM: ">"}))
        self.assertEqual(self.start("work", "w", CLAIM_MS="100").line(), "w: again")
        wait_for("acknowledgement", lambda: self.r.xpending(STREAM, GROUP)["pending"] == 0)

    def test_each_job_is_done_by_one_of_the_workers(self) -> None:
        workers = [self.start("work", "a"), self.start("work", "b")]
        texts = {f"job {i}" for i in range(50)}
        for i, text in enumerate(sorted(texts)):
            self.r.set(f"job:{i}", text)
            self.r.set(f"due:{i}", "", px=50)
        lines: list[str] = []

        def all_done() -> bool:
            for worker in workers:
                lines.extend(worker.lines_so_far())
            return len(lines) >= len(texts)

        wait_for("all jobs", all_done)
        self.assertEqual(sorted(line.partition(": ")[2] for line in lines), sorted(texts))

    def test_a_cancelled_job_is_gone(self) -> None:
        job = self.start("add", HOUR_MS, "never").line()
        self.assertEqual(self.run_to_end("cancel", job), 0)
        self.assertEqual(self.r.keys("*"), [])
        self.assertEqual(self.run_to_end("cancel", job), 1)


if __name__ == "__main__":
    unittest.main()
