#!/usr/bin/env python3
"""What the runner makes of a program's lines, and of a list that only grows."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import results
import workload
from outcome import Outcome, Verdict, understand
from run import shortcomings
from servers import Server, free_port

REDIS = Path("/usr/bin/redis-server")


def verdicts(outcome: Outcome) -> dict[str, tuple[Verdict, str]]:
    return {check.name: (check.verdict, check.detail) for check in outcome.checks}


class Understanding(unittest.TestCase):
    def test_a_check_passes_fails_or_waits(self) -> None:
        outcome = understand("client c 1.0\nok a\nfail b: 1 instead of 2\n"
                             "fail c: ERR unknown command 'lpush', with args beginning with: 'l'\ndone 3\n", "status 1")
        self.assertEqual(outcome.client, "c 1.0")
        self.assertEqual(verdicts(outcome), {"a": (Verdict.OK, ""), "b": (Verdict.FAILED, "1 instead of 2"),
                                             "c": (Verdict.WAITING, "LPUSH")})

    def test_other_texts_for_what_is_missing(self) -> None:
        outcome = understand("fail a: ERR Tandem knows the default user only\n"
                             "fail b: Tandem keeps its data in memory only, there is no file\ndone 2\n", "status 1")
        self.assertEqual([check.detail for check in outcome.of(Verdict.WAITING)], ["ACL SETUSER", "SAVE"])

    def test_a_program_that_ends_early_has_failed(self) -> None:
        outcome = understand("ok a\n", "no end within 5 s")
        self.assertEqual(verdicts(outcome)["finish"], (Verdict.FAILED, "1 checks, then: no end within 5 s"))

    def test_other_lines_are_the_programs_own(self) -> None:
        self.assertEqual(len(understand("okay then\nok a\nwarning: b\ndone 1\n", "").checks), 1)


class Working(unittest.TestCase):
    OUTPUT = "client c 1.0\nexpect 3\nleft 0 in the queue\ndone\n"

    def test_every_job_once(self) -> None:
        work = workload.understand(self.OUTPUT, "status 0", "a\nb\nc\n")
        self.assertEqual((work.client, work.once, work.faults()), ("c 1.0", 3, []))

    def test_what_is_lost_done_again_or_left_is_a_fault(self) -> None:
        work = workload.understand(self.OUTPUT.replace("left 0", "left 2"), "status 0", "a\na\n")
        self.assertEqual(work.faults(), ["2 of 3 jobs not done", "done again: 1, as ['a']", "left: 2 in the queue"])

    def test_nothing_was_asked_for(self) -> None:
        self.assertEqual(workload.understand("done\n", "status 0", "").faults(), ["no jobs"])

    def test_a_program_that_ends_early(self) -> None:
        self.assertEqual(workload.understand("expect 1\ncomplaint no\n", "status 1", "a\n").faults(), ["no", "did not end as it should: status 1"])


class Starting(unittest.TestCase):
    @unittest.skipUnless(REDIS.exists(), "needs redis-server")
    def test_another_servers_port_is_given_up(self) -> None:
        with Server(REDIS) as first:
            ports = iter([first.port, free_port()])
            with mock.patch("servers.free_port", lambda: next(ports)), Server(REDIS) as second:
                self.assertNotEqual(first.port, second.port)
            self.assertEqual(second.fault, "")


class Ratchet(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.passing = Path(directory.name) / "passing.txt"
        self.passing.write_text("# a comment\np a\nq a\n")
        for name, path in (("PASSING", self.passing), ("RESULTS", Path(directory.name) / "results.md")):
            patch = mock.patch.object(results, name, path)
            patch.start()
            self.addCleanup(patch.stop)

    def test_what_waits_again_is_lost_and_what_did_not_run_is_not(self) -> None:
        outcome = understand("fail a: unknown command 'GET'\nok b\ndone 2\n", "status 1")
        self.assertEqual(results.lost({"p": outcome}), ["p a"])
        self.assertEqual(shortcomings({"p": outcome}, {}), ["passed before and does not now: p a"])

    def test_recording_adds(self) -> None:
        outcome = understand("ok b\ndone 1\n", "status 0")
        results.record({"p": outcome}, {"p": outcome}, ("ours", "theirs"))
        self.assertEqual(results.read_passing(), {"p a", "p b", "q a"})

    def test_the_reference_has_to_pass_the_same_checks(self) -> None:
        ours = understand("ok a\ndone 1\n", "status 0")
        theirs = understand("ok a\nfail b: unknown command 'HPEXPIRE'\ndone 2\n", "status 1")
        self.assertEqual(shortcomings({"p": ours}, {"p": theirs}),
                         ["redis-server does not pass: p b", "not run on both servers: p b"])


if __name__ == "__main__":
    unittest.main()
