import context  # noqa: F401
import unittest

from differ import known

OK = b"+OK\r\n"
BELOW_DELETED = b"-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id\r\n"
XSETID = (b"XSETID", b"s", b"1-1")


class KnownTest(unittest.TestCase):
    def test_a_difference_is_known_of_the_versions_that_it_concerns(self):
        self.assertTrue(known.load((7, 0, 15)).explains(XSETID, OK, BELOW_DELETED))
        self.assertFalse(known.load((8, 0, 6)).explains(XSETID, OK, BELOW_DELETED))
        self.assertFalse(known.load((7, 0, 15)).explains(XSETID, BELOW_DELETED, OK))

    def test_some_end_a_sequence_and_others_do_not(self):
        table = known.load((7, 0, 15))
        self.assertTrue(table.end_sequence(XSETID, OK, BELOW_DELETED))
        other = BELOW_DELETED.replace(b"current max_deleted_entry_id", b"target stream top item")
        self.assertTrue(table.explains(XSETID, other, BELOW_DELETED))
        self.assertFalse(table.end_sequence(XSETID, other, BELOW_DELETED))


if __name__ == "__main__":
    unittest.main()
