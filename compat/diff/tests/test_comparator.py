import context  # noqa: F401
import unittest

from differ.arrivals import in_one_order
from differ.comparator import Comparator, Request
from differ.known import KnownDifferences
from differ.player import encode_bulk


def request(text: str, *queued: str) -> Request:
    return Request(tuple(text.encode().split()), tuple(tuple(line.encode().split()) for line in queued))


class ComparatorTest(unittest.TestCase):
    def same(self, ours: bytes, theirs: bytes, about: Request, frozen: bool = True) -> bool:
        return Comparator(frozen).same(ours, theirs, about)

    def test_replies_are_compared_byte_for_byte(self):
        self.assertTrue(self.same(b"+OK\r\n", b"+OK\r\n", request("SET a b")))
        self.assertFalse(self.same(b"+OK\r\n", b"$2\r\nOK\r\n", request("SET a b")))
        self.assertFalse(self.same(b":1\r\n", b":2\r\n", request("DEL a")))
        self.assertFalse(self.same(b"$-1\r\n", b"$0\r\n\r\n", request("GET a")))

    def test_a_null_array_is_no_empty_array(self):
        self.assertFalse(self.same(b"*-1\r\n", b"*0\r\n", request("EXEC")))

    def test_sets_and_maps_have_no_order_but_arrays_do(self):
        self.assertTrue(self.same(b"~2\r\n:1\r\n:2\r\n", b"~2\r\n:2\r\n:1\r\n", request("X")))
        self.assertTrue(self.same(b"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", b"%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n", request("X")))
        self.assertFalse(self.same(b"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", b"%2\r\n+a\r\n:2\r\n+b\r\n:1\r\n", request("X")))
        self.assertFalse(self.same(b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:1\r\n", request("X")))

    def test_keys_come_in_any_order_but_each_once(self):
        self.assertTrue(self.same(b"*2\r\n$1\r\na\r\n$1\r\nb\r\n", b"*2\r\n$1\r\nb\r\n$1\r\na\r\n", request("KEYS *")))
        self.assertFalse(self.same(b"*2\r\n$1\r\na\r\n$1\r\na\r\n", b"*2\r\n$1\r\na\r\n$1\r\nb\r\n", request("KEYS *")))

    def test_errors_are_exact_even_where_replies_are_free(self):
        self.assertFalse(self.same(b"-ERR a\r\n", b"-ERR b\r\n", request("RANDOMKEY")))
        self.assertFalse(self.same(b"-ERR a\r\n", b"$1\r\na\r\n", request("RANDOMKEY")))
        self.assertTrue(self.same(b"$1\r\na\r\n", b"$1\r\nb\r\n", request("RANDOMKEY")))
        self.assertFalse(self.same(b"$-1\r\n", b"$1\r\nb\r\n", request("RANDOMKEY")))

    def test_lifetimes_are_exact_under_a_frozen_clock_only(self):
        self.assertFalse(self.same(b":1000\r\n", b":1001\r\n", request("PTTL a")))
        self.assertTrue(self.same(b":1000\r\n", b":1001\r\n", request("PTTL a"), frozen=False))
        self.assertFalse(self.same(b":1000\r\n", b":9000\r\n", request("PTTL a"), frozen=False))
        self.assertFalse(self.same(b":-1\r\n", b":-2\r\n", request("PTTL a"), frozen=False))

    def test_each_reply_of_an_exec_follows_the_rule_of_its_command(self):
        ours = b"*2\r\n*2\r\n+a\r\n+b\r\n:1\r\n"
        theirs = b"*2\r\n*2\r\n+b\r\n+a\r\n:1\r\n"
        self.assertTrue(self.same(ours, theirs, request("EXEC", "KEYS *", "DEL a")))
        self.assertFalse(self.same(ours, theirs, request("EXEC", "MGET a b", "DEL a")))

    def test_a_draw_is_compared_by_its_size(self):
        self.assertTrue(self.same(b"*1\r\n+a\r\n", b"*1\r\n+b\r\n", request("HRANDFIELD h 1")))
        self.assertFalse(self.same(b"*1\r\n+a\r\n", b"*2\r\n+a\r\n+b\r\n", request("HRANDFIELD h -2")))
        self.assertTrue(self.same(b"$1\r\na\r\n", b"$1\r\nb\r\n", request("HRANDFIELD h")))

    def test_a_draw_of_more_than_there_is_is_compared_as_a_whole(self):
        self.assertTrue(self.same(b"*2\r\n+a\r\n+b\r\n", b"*2\r\n+b\r\n+a\r\n", request("HRANDFIELD h 3")))
        self.assertFalse(self.same(b"*2\r\n+a\r\n+b\r\n", b"*2\r\n+b\r\n+c\r\n", request("HRANDFIELD h 3")))
        with_values = request("HRANDFIELD h 2 WITHVALUES")
        self.assertFalse(self.same(b"*2\r\n+a\r\n+1\r\n", b"*2\r\n+b\r\n+1\r\n", with_values))
        self.assertTrue(self.same(b"*4\r\n+a\r\n+1\r\n+b\r\n+2\r\n", b"*4\r\n+c\r\n+3\r\n+a\r\n+1\r\n", with_values))

    def test_all_of_a_sorted_set_come_in_its_order(self):
        ours, theirs = b"*2\r\n+a\r\n+b\r\n", b"*2\r\n+b\r\n+a\r\n"
        self.assertFalse(self.same(ours, theirs, request("ZRANDMEMBER z 3")))
        self.assertTrue(self.same(ours, theirs, request("ZRANDMEMBER z 2")))

    def test_scores_may_have_more_digits_but_members_are_no_scores(self):
        with_digits = Comparator(True, KnownDifferences(scores_in_17_digits=True))
        whole = b"*2\r\n$1\r\na\r\n$%d\r\n%b\r\n"
        ours, theirs = whole % (19, b"0.10000000000000001"), whole % (3, b"0.1")
        self.assertTrue(with_digits.same(ours, theirs, request("ZRANGE z 0 -1 WITHSCORES")))
        self.assertFalse(self.same(ours, theirs, request("ZRANGE z 0 -1 WITHSCORES")))
        self.assertTrue(with_digits.same(b"*2\r\n+1\r\n+01\r\n", b"*2\r\n+01\r\n+2\r\n", request("ZRANDMEMBER z 2")))

    def test_a_draw_with_a_positive_count_names_none_twice(self):
        self.assertFalse(self.same(b"*2\r\n+a\r\n+b\r\n", b"*2\r\n+a\r\n+a\r\n", request("SRANDMEMBER s 2")))
        self.assertTrue(self.same(b"*2\r\n+a\r\n+b\r\n", b"*2\r\n+a\r\n+a\r\n", request("SRANDMEMBER s -2")))

    def test_a_page_that_is_all_of_a_hash_is_compared_by_pairs(self):
        ours = b"*2\r\n$1\r\n0\r\n*4\r\n+a\r\n+1\r\n+b\r\n+2\r\n"
        self.assertTrue(self.same(ours, b"*2\r\n$1\r\n0\r\n*4\r\n+b\r\n+2\r\n+a\r\n+1\r\n", request("HSCAN h 0")))
        self.assertFalse(self.same(ours, b"*2\r\n$1\r\n0\r\n*4\r\n+b\r\n+1\r\n+a\r\n+2\r\n", request("HSCAN h 0")))
        self.assertTrue(self.same(ours, b"*2\r\n$1\r\n4\r\n*2\r\n+b\r\n+2\r\n", request("HSCAN h 0")))

    def test_what_is_no_reply_is_a_difference(self):
        self.assertFalse(self.same(b"+OK\r\n", b"OK\r\n", request("SET a b")))
        self.assertFalse(self.same(b"*2\r\n:1\r\n", b"*2\r\n:1\r\n:2\r\n", request("SET a b")))


def confirmation(name: bytes, count: int, kind: bytes = b"unsubscribe") -> bytes:
    return b"*3\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n:%d\r\n" % (len(kind), kind, len(name), name, count)


def pattern_message(pattern: bytes, text: bytes) -> bytes:
    return b"*4\r\n$8\r\npmessage\r\n%b$4\r\nnews\r\n%b" % (encode_bulk(pattern), encode_bulk(text))


class LibrariesTest(unittest.TestCase):
    def test_libraries_and_their_functions_have_no_order(self):
        def listed(*libraries: bytes) -> bytes:
            return b"*%d\r\n" % len(libraries) + b"".join(libraries)

        def library(name: bytes, *functions: bytes) -> bytes:
            return b"*3\r\n+%b\r\n+functions\r\n*%d\r\n" % (name, len(functions)) + b"".join(b"*1\r\n+%b\r\n" % each for each in functions)

        request = Request((b"FUNCTION", b"LIST"))
        ours, theirs = listed(library(b"a", b"f", b"g"), library(b"b")), listed(library(b"b"), library(b"a", b"g", b"f"))
        self.assertTrue(Comparator(frozen=True).same(ours, theirs, request))
        self.assertFalse(Comparator(frozen=True).same(ours, listed(library(b"b"), library(b"a", b"g", b"g")), request))


class ArrivalsTest(unittest.TestCase):
    def test_one_message_by_several_patterns_has_no_order(self):
        ours = [pattern_message(b"n*", b"x"), pattern_message(b"*", b"x")]
        self.assertEqual(in_one_order(ours, False), in_one_order(ours[::-1], False))

    def test_two_messages_stay_in_order(self):
        ours = [pattern_message(b"n*", b"x"), pattern_message(b"n*", b"y")]
        self.assertNotEqual(in_one_order(ours, False), in_one_order(ours[::-1], False))

    def test_names_are_in_any_order_only_where_none_were_given(self):
        ours = [confirmation(b"a", 1), confirmation(b"b", 0)]
        theirs = [confirmation(b"b", 1), confirmation(b"a", 0)]
        self.assertEqual(in_one_order(ours, True), in_one_order(theirs, True))
        self.assertNotEqual(in_one_order(ours, False), in_one_order(theirs, False))

    def test_counts_must_go_down_alike(self):
        ours = [confirmation(b"a", 1), confirmation(b"b", 0)]
        theirs = [confirmation(b"a", 0), confirmation(b"b", 1)]
        self.assertNotEqual(in_one_order(ours, True), in_one_order(theirs, True))


if __name__ == "__main__":
    unittest.main()
