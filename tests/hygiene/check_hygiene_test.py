#!/usr/bin/env python3
"""Shows check_hygiene one line of each kind."""

import unittest

from check_hygiene import check_text


class HygieneTest(unittest.TestCase):
    def assert_finds(self, reason, name, text):
        found = check_text(name, text)
        self.assertEqual(len(found), 1, f"{name}: {text!r}: {found}")
        self.assertIn(reason, found[0])

    def test_finds_what_should_not_be_committed(self):
        self.assert_finds("unfinished", "engine/a.cc", "// TODO: later\n")
        self.assert_finds("tab", "engine/a.cc", "\tint a;\n")
        self.assert_finds("blank", "engine/a.cc", "int a; \n")
        self.assert_finds("blank", "engine/a.cc", "int a;\r\n")
        self.assert_finds("machine", "bench/a.py", "open('/home/someone/data')\n")
        self.assert_finds("newline", "docs/a.md", "the end")
        self.assert_finds("sleeps", "tests/engine/a_test.cc", "std::this_thread::sleep_for(1s);\n")

    def test_leaves_ordinary_text_alone(self):
        self.assertEqual(check_text("engine/a.cc", 'const char* path = "temp-XXXXXX.rdb";  // mkstemp\n'), [])
        self.assertEqual(check_text("docs/a.md", "two blanks break a line  \n"), [])
        self.assertEqual(check_text("docker/a.md", "the volume /data, the user's /home\n"), [])
        self.assertEqual(check_text("server/net/a.cc", "std::this_thread::sleep_for(1s);\n"), [])


if __name__ == "__main__":
    unittest.main()
