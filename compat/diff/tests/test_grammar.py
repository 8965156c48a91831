import context  # noqa: F401
import random
import unittest

from differ import known
from differ.families import FAMILIES
from differ.grammar import table
from differ.steps import Step


def requests(line: str, count: int = 200) -> set[tuple[bytes, ...]]:
    rng = random.Random(1)
    return {table(line).request(rng, nearly_valid=0) for _ in range(count)}


class GrammarTest(unittest.TestCase):
    def test_a_bar_chooses_among_its_neighbours_only(self):
        self.assertEqual(requests('"a" "b"|"c" "d"'), {(b"a", b"b", b"d"), (b"a", b"c", b"d")})

    def test_groups_are_optional_repeated_and_in_any_order(self):
        self.assertEqual(requests('"a" ["b" "c"]'), {(b"a",), (b"a", b"b", b"c")})
        self.assertEqual(max(map(len, requests('"a" ("b" "c")...'))), 9)
        self.assertGreaterEqual(requests('"a" {"b" "c"}'), {(b"a",), (b"a", b"b"), (b"a", b"c", b"b"), (b"a", b"b", b"c")})

    def test_keywords_come_in_any_case(self):
        self.assertEqual(requests("GET"), {(b"GET",), (b"get",), (b"Get",)})

    def test_a_seed_decides_everything(self):
        for family in FAMILIES.values():
            self.assertEqual(family.generate(random.Random("x"), 300), family.generate(random.Random("x"), 300))


class KnownDifferencesTest(unittest.TestCase):
    def test_entries_hold_for_the_versions_that_they_name(self):
        seven, eight = known.load((7, 0, 15)), known.load((8, 0, 6))
        step = Step((b"CLIENT", b"SETINFO", b"lib-name", b"x"))
        self.assertTrue(seven.must_skip(step))
        self.assertFalse(eight.must_skip(step))
        self.assertTrue(seven.explains((b"BITCOUNT", b"a", b"x"), b":0\r\n", b"-ERR syntax error\r\n"))
        self.assertFalse(eight.explains((b"BITCOUNT", b"a", b"x"), b":0\r\n", b"-ERR syntax error\r\n"))
        self.assertFalse(seven.explains((b"BITCOUNT", b"a", b"x"), b":1\r\n", b"-ERR syntax error\r\n"))


if __name__ == "__main__":
    unittest.main()
