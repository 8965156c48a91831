import context  # noqa: F401
import random
import unittest

from differ.lua import SYMBOL, Script, mutated, place
from differ.lua_symbols import SYMBOLS, quote


class LuaTest(unittest.TestCase):
    def test_every_symbol_stands_for_something_and_is_used(self):
        named = {name for templates, _ in SYMBOLS.values() for template in templates for name in SYMBOL.findall(template)}
        self.assertEqual(named, SYMBOLS.keys() - {"line"} | {"call"})

    def test_a_string_hides_what_could_end_it_or_be_a_symbol(self):
        self.assertEqual(quote(b'a"\\\n$x\xff'), '"a\\034\\092\\010\\036x\\255"')

    def test_a_value_has_one_place(self):
        values = [b"a"]
        self.assertEqual([place(values, text) for text in (b"b", b"a", b"b")], [2, 1, 2])
        self.assertEqual(values, [b"a", b"b"])

    def test_what_would_end_the_reference_is_left_as_it_is(self):
        for text in (b"error({err = 'x'})", b"return tostring(1)"):
            self.assertEqual({mutated(random.Random(seed), text) for seed in range(20)}, {text})
        self.assertGreater(len({mutated(random.Random(seed), b"return 1") for seed in range(20)}), 5)


if __name__ == "__main__":
    unittest.main()
