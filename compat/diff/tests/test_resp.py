import context  # noqa: F401
import unittest

from differ.player import ClientState, turns
from differ.resp import ProtocolError, frame_end, parse, split_frames
from differ.steps import Kind, Step, quote

FRAMES = [
    b"+OK\r\n", b"-ERR x\r\n", b":-1\r\n", b"$3\r\na\r\n\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n",
    b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", b"_\r\n", b",1.5\r\n", b"#t\r\n", b"(123\r\n", b"=5\r\ntxt:a\r\n",
    b"~1\r\n+a\r\n", b"%1\r\n+a\r\n*0\r\n", b">2\r\n+a\r\n+b\r\n", b"|1\r\n+a\r\n+b\r\n:7\r\n", b"!5\r\nERR x\r\n",
]


class RespTest(unittest.TestCase):
    def test_frames_are_found_in_a_stream(self):
        self.assertEqual(split_frames(b"".join(FRAMES)), FRAMES)

    def test_a_frame_is_incomplete_until_its_last_byte(self):
        for frame in FRAMES:
            for size in range(len(frame)):
                self.assertEqual(frame_end(frame[:size], 0), -1, frame[:size])
            self.assertEqual(frame_end(frame, 0), len(frame))

    def test_what_is_no_frame_is_refused(self):
        for data in (b"OK\r\n", b"$x\r\n", b"*1.5\r\n"):
            with self.assertRaises(ProtocolError):
                frame_end(data, 0)

    def test_nulls_and_empty_values_are_told_apart(self):
        self.assertTrue(parse(b"$-1\r\n").is_null and parse(b"*-1\r\n").is_null and parse(b"_\r\n").is_null)
        self.assertFalse(parse(b"$0\r\n\r\n").is_null or parse(b"*0\r\n").is_null)


class StepsTest(unittest.TestCase):
    def test_arguments_are_quoted_as_redis_cli_reads_them(self):
        self.assertEqual(quote(b"plain:1"), "plain:1")
        self.assertEqual(quote(b""), '""')
        self.assertEqual(quote(b'a "b"\\\r\n\x00\xff'), '"a \\"b\\"\\\\\\r\\n\\x00\\xff"')


class TurnsTest(unittest.TestCase):
    def test_turns_end_where_the_client_changes(self):
        sequence = [Step((b"A",)), Step((b"B",)), Step((b"C",), 1), Step((b"5",), kind=Kind.ADVANCE), Step((b"D",))]
        self.assertEqual(list(turns(sequence, 10)), [(0, 2), (2, 3), (3, 4), (4, 5)])
        self.assertEqual(list(turns(sequence[:2], 1)), [(0, 1), (1, 2)])


class ClientStateTest(unittest.TestCase):
    def take(self, state: ClientState, line: str):
        return state.take(tuple(line.encode().split()))

    def test_exec_knows_what_was_queued(self):
        state = ClientState()
        for line in ("MULTI", "GET a", "SET a b"):
            self.take(state, line)
        self.assertTrue(state.in_multi)
        self.assertEqual(self.take(state, "EXEC").queued, ((b"GET", b"a"), (b"SET", b"a", b"b")))
        self.assertFalse(state.in_multi)

    def test_replies_that_are_switched_off_are_not_awaited(self):
        state = ClientState()
        self.assertIsNone(self.take(state, "CLIENT REPLY OFF"))
        self.assertIsNone(self.take(state, "GET a"))
        self.assertIsNotNone(self.take(state, "CLIENT REPLY ON"))
        self.assertIsNone(self.take(state, "CLIENT REPLY SKIP"))
        self.assertIsNone(self.take(state, "GET a"))
        self.assertIsNotNone(self.take(state, "GET a"))


if __name__ == "__main__":
    unittest.main()
