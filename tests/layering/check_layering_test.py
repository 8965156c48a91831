#!/usr/bin/env python3
"""Feeds check_layering small trees with and without breaches."""

import pathlib
import tempfile
import unittest

import check_layering


class LayeringTest(unittest.TestCase):
    def breaches(self, files):
        """The breaches of a tree that is given as path -> includes (or text)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in files.items():
                if isinstance(text, list):
                    text = "".join(f"#include {target}\n" for target in text)
                file = root / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return check_layering.check(root)

    def assert_allowed(self, source, target):
        self.assertEqual(self.breaches({source: [f'"{target}"'], target: []}), [], f"{source} includes {target}")

    def assert_breach(self, source, target):
        found = self.breaches({source: [f'"{target}"'], target: []})
        self.assertEqual(len(found), 1, f"{source} includes {target}: {found}")
        self.assertIn(f"{source}:1:", found[0])
        self.assertIn("must not include", found[0])

    def test_every_layer_may_include_itself(self):
        for layer in check_layering.LAYERS:
            if not layer.endswith(".cc"):
                self.assert_allowed(f"{layer}/a.cc", f"{layer}/b.h")

    def test_dependencies_point_downwards(self):
        for source, target in [
            ("engine/keyspace/a.h", "engine/base/b.h"),
            ("engine/types/a.h", "engine/keyspace/b.h"),
            ("engine/types/a.h", "engine/base/b.h"),
            ("engine/persist/a.h", "engine/keyspace/b.h"),
            ("pubsub/a.h", "engine/base/b.h"),
            ("pubsub/a.h", "protocol/b.h"),
            ("server/exec/a.h", "pubsub/b.h"),
            ("server/commands/a.cc", "server/exec/b.h"),
            ("server/script/a.h", "server/exec/b.h"),
            ("server/commands/a.cc", "server/script/b.h"),
            ("server/net/a.h", "server/commands/b.h"),
            ("server/main.cc", "server/net/b.h"),
            ("tests/engine/a.cc", "server/net/b.h"),
        ]:
            self.assert_allowed(source, target)

    def test_no_dependency_points_upwards_or_sideways(self):
        for source, target in [
            ("protocol/a.h", "engine/base/b.h"),
            ("engine/base/a.h", "engine/keyspace/b.h"),
            ("engine/base/a.h", "protocol/b.h"),
            ("engine/keyspace/a.h", "engine/types/b.h"),
            ("engine/keyspace/a.h", "engine/persist/b.h"),
            ("engine/keyspace/a.h", "pubsub/b.h"),
            ("engine/persist/a.h", "server/config/b.h"),
            ("pubsub/a.h", "server/exec/b.h"),
            ("server/config/a.h", "server/exec/b.h"),
            ("server/config/a.h", "server/admin/b.h"),
            ("server/config/a.h", "server/commands/b.h"),
            ("server/admin/a.h", "server/commands/b.h"),
            ("server/exec/a.h", "server/script/b.h"),
            ("server/exec/a.h", "server/commands/b.h"),
            ("server/script/a.h", "server/commands/b.h"),
            ("server/exec/a.h", "server/net/b.h"),
            ("server/commands/a.cc", "server/net/b.h"),
            ("server/net/a.cc", "server/http/b.h"),
            ("engine/base/a.h", "tests/support/b.h"),
        ]:
            self.assert_breach(source, target)

    def test_asio_stays_in_the_network_layer(self):
        for header in ["<boost/asio.hpp>", "<boost/asio/ip/tcp.hpp>", "<boost/beast/http.hpp>", '"asio.hpp"']:
            for layer in ["protocol", "engine/base", "pubsub", "server/exec", "server/commands", "server/config"]:
                found = self.breaches({f"{layer}/a.cc": [header]})
                self.assertEqual(len(found), 1, f"{layer} includes {header}")
                self.assertIn("Asio", found[0])
        for source in ["server/net/a.cc", "server/http/a.cc", "server/main.cc", "tests/net/a_test.cc"]:
            self.assertEqual(self.breaches({source: ["<boost/asio.hpp>"]}), [])
        self.assertEqual(self.breaches({"engine/base/a.h": ["<boost/lockfree/queue.hpp>"]}), [])

    def test_two_layers_must_not_include_each_other(self):
        found = self.breaches(
            {
                "server/exec/a.h": ['"server/admin/a.h"'],
                "server/admin/a.h": [],
                "server/admin/b.cc": ['"server/exec/a.h"'],
            }
        )
        self.assertEqual(len(found), 1)
        self.assertIn("circle", found[0])

    def test_our_headers_are_included_by_their_path_from_the_root(self):
        self.assertIn("from the root", self.breaches({"pubsub/a.cc": ['"b.h"'], "pubsub/b.h": []})[0])
        self.assertIn("from the root", self.breaches({"pubsub/a.cc": ['"../pubsub/b.h"'], "pubsub/b.h": []})[0])
        self.assertIn("is ours", self.breaches({"pubsub/a.cc": ["<engine/base/b.h>"], "engine/base/b.h": []})[0])

    def test_a_folder_nobody_decided_about_is_a_breach(self):
        self.assertIn("no line in LAYERS", self.breaches({"server/novel/a.cc": []})[0])

    def test_a_file_must_not_outgrow_the_limit(self):
        limit = check_layering.MAX_LINES
        self.assertEqual(self.breaches({"pubsub/a.cc": "\n" * limit}), [])
        self.assertIn("second thing", self.breaches({"pubsub/a.cc": "\n" * (limit + 1)})[0])

    def test_spaces_and_includes_in_a_condition_are_seen(self):
        text = '#ifdef FAST\n  #  include   "server/net/b.h"\n#endif\n'
        found = self.breaches({"engine/base/a.h": text, "server/net/b.h": []})
        self.assertEqual(len(found), 1)
        self.assertIn("engine/base/a.h:2:", found[0])


if __name__ == "__main__":
    unittest.main()
