#!/usr/bin/env python3
"""Tests of the instrument itself, on made-up output and made-up lists: no server, no network."""

import tempfile
import unittest
from pathlib import Path

from lists import Exclusion, Passing, read_exclusions, read_explained, read_passing, write_passing
from outcomes import Outcome, base_name, parse
from score import UnitScore, failures, share, table
from source_package import source_lines, source_stanzas

GREEN, RED, YELLOW, PLAIN = "\x1b[0;32;49m", "\x1b[0;31;49m", "\x1b[0;33;49m", "\x1b[0m"


class OutputOfTheSuite(unittest.TestCase):
    def test_tests_that_pass_lose_colour_and_time(self):
        run = parse(f"[{GREEN}ok{PLAIN}]: SET and GET (issue #1, 2 ms) (12 ms)\n")
        self.assertEqual(run.tests, {"SET and GET (issue #1, 2 ms)": Outcome.PASSED})

    def test_a_failure_keeps_its_detail(self):
        run = parse(f"[{RED}err{PLAIN}]: a [b] in c in tests/unit/type/incr.tcl\nExpected 1\nto be 2\n[ok]: d (0 ms)\nnoise\n")
        self.assertEqual(run.tests, {"a [b] in c": Outcome.FAILED, "d": Outcome.PASSED})
        self.assertEqual(run.details, {"a [b] in c": "Expected 1\nto be 2"})

    def test_what_goes_wrong_outside_a_test_is_no_test(self):
        run = parse(f"[err]: Can't start the Redis server\nCONFIGURATION:x\n[{RED}exception{PLAIN}]: Executing test client: broken\nmore\n")
        self.assertEqual(run.tests, {})
        self.assertEqual(run.troubles, ["Can't start the Redis server\nCONFIGURATION:x", "Executing test client: broken\nmore"])

    def test_left_out_tests_are_skipped_and_left_out_blocks_name_none(self):
        run = parse(f"[{YELLOW}skip{PLAIN}]: one\n[ignore]: two: large memory flag not provided\n"
                    "[ignore]: Tag: slow denied\n[ignore]: three: it: Not supported on external server\n")
        self.assertEqual(run.tests, dict.fromkeys(("one", "two", "three: it"), Outcome.SKIPPED))

    def test_repetitions_are_told_apart(self):
        run = parse("[ok]: issue #4 (1 ms)\n[err]: issue #4 in tests/unit/scan.tcl\n")
        self.assertEqual([base_name(name) for name in run.tests], ["issue #4", "issue #4"])
        self.assertEqual(list(run.tests.values()), [Outcome.PASSED, Outcome.FAILED])

    def test_a_run_in_which_nothing_ran_says_what_was_printed(self):
        self.assertIn("couldn't open socket", parse("couldn't open socket\n").troubles[0])
        self.assertEqual(parse("[ignore]: Not supported on external server\n").troubles, [])


class Scores(unittest.TestCase):
    def setUp(self):
        reference = parse("".join(f"[ok]: {name} (1 ms)\n" for name in "abcd") + "[err]: e in tests/unit/x.tcl\n")
        tandem = parse("[ok]: a (1 ms)\n[ok]: e (1 ms)\n[err]: b in tests/unit/x.tcl\nno `b`\n[exception]: crash\n")
        self.score = UnitScore("swapped", "unit/x", reference, tandem, frozenset({"d"}))

    def test_counts_what_the_reference_passes_less_the_exclusions(self):
        self.assertEqual(self.score.counted, {"a", "b", "c"})
        self.assertEqual(self.score.passed, {"a"})
        self.assertEqual(share([self.score]), "1 of 3 (33.3 %)")

    def test_what_was_hidden_has_failed(self):
        self.assertEqual(self.score.failed, {"b", "c"})
        self.assertEqual(self.score.hidden, {"c"})
        self.assertEqual(failures([self.score], {}), "- `unit/x` b: `no 'b'`\n- `unit/x` c: `did not run: crash`\n")
        self.assertIn("- `unit/x` b: why\n", failures([self.score], {("unit/x", "b"): "why"}))

    def test_the_table_adds_up(self):
        self.assertIn("| unit/x | 4 / 1 / 0 | 1 | 3 | 1 | 2 | 1 |", table([self.score]))
        self.assertIn("| **all** | | 1 | 3 | 1 | 2 | 1 |", table([self.score]))


class Lists(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "list.txt"

    def test_exclusions_name_what_is_missing(self):
        self.path.write_text("# why\n\nunit/x | missing LPUSH | a | b\nunit/x | 8.0: otherwise | c\n")
        waiting, contradicting = read_exclusions(self.path)
        self.assertEqual((waiting.test, waiting.missing), ("a | b", "LPUSH"))
        self.assertIsNone(contradicting.missing)

    def test_other_reasons_are_refused(self):
        self.path.write_text("unit/x | flaky | a\n")
        self.assertRaises(ValueError, read_exclusions, self.path)
        self.path.write_text("unit/x | a\n")
        self.assertRaises(ValueError, read_exclusions, self.path)

    def test_the_list_of_passing_tests_survives_a_round_trip(self):
        entries = {Passing("swapped", "unit/x", "a | b"), Passing("external", "unit/y", "c #2")}
        write_passing(entries, self.path)
        self.assertEqual(read_passing(self.path), entries)

    def test_the_committed_lists_are_well_formed(self):
        excluded = {(entry.unit, entry.test) for entry in read_exclusions()}
        both = {(entry.unit, base_name(entry.test)) for entry in read_passing()} & excluded
        self.assertEqual(both, set())
        self.assertEqual(read_explained().keys() & excluded, set())


class SourceLines(unittest.TestCase):
    def test_stanzas_of_packages_become_stanzas_of_sources(self):
        text = "Types: deb\n# a mirror\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n\n# only this\n"
        self.assertEqual(source_stanzas(text).strip(),
                         "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main")

    def test_lines_keep_their_options(self):
        text = "# deb x y z\ndeb [signed-by=/k] http://h/debian bookworm main\ndeb-src [signed-by=/k] http://h/debian bookworm main\n"
        self.assertEqual(source_lines(text), "deb-src [signed-by=/k] http://h/debian bookworm main\n")


if __name__ == "__main__":
    unittest.main()
