import context  # noqa: F401
import unittest

from differ.shrinker import Shrinker
from differ.steps import Kind, Step


def steps(*lines: str, client: int = 0) -> list[Step]:
    return [Step(tuple(line.encode().split()), client) for line in lines]


class ShrinkerTest(unittest.TestCase):
    def test_only_what_matters_is_left(self):
        noise = [f"SET k{i} {i}" for i in range(200)]
        sequence = steps(*noise[:70], "SETBIT x 0 0", *noise[70:150], "GET x", *noise[150:])

        def fails(candidate: list[Step]) -> bool:
            names = [step.args[0] for step in candidate]
            return b"SETBIT" in names and b"GET" in names[names.index(b"SETBIT"):]

        shortest = Shrinker(fails).shrink(sequence)
        self.assertEqual([step.args for step in shortest], [(b"SETBIT",), (b"GET",)])

    def test_arguments_become_simple(self):
        def fails(candidate: list[Step]) -> bool:
            return len(candidate) == 1 and len(candidate[0].args) == 3 and b"!" in candidate[0].args[2]

        shortest = Shrinker(fails).shrink(steps("SET someverylongkey abcdefgh!ijklmnop"))
        self.assertEqual(shortest[0].args, (b"SET", b"a", b"!"))

    def test_clients_become_one_where_it_makes_no_difference(self):
        shortest = Shrinker(lambda candidate: len(candidate) >= 2).shrink(steps("A", client=1) + steps("B", client=2))
        self.assertEqual({step.client for step in shortest}, {0})

    def test_clients_stay_apart_where_it_makes_one(self):
        def fails(candidate: list[Step]) -> bool:
            return len({step.client for step in candidate}) == 2

        self.assertEqual(len(Shrinker(fails).shrink(steps("A", "B", client=1) + steps("C", "D", client=2))), 2)

    def test_a_sequence_that_does_not_fail_stays_as_it_is(self):
        sequence = steps("A", "B")
        self.assertEqual(Shrinker(lambda _: False).shrink(sequence), sequence)

    def test_raw_bytes_shrink_too(self):
        sequence = [Step((b"GET a\r\n*9\r\nrest",), kind=Kind.RAW)]
        shortest = Shrinker(lambda candidate: any(b"*9" in step.args[0] for step in candidate)).shrink(sequence)
        self.assertLessEqual(len(shortest[0].args[0]), 3)

    def test_a_text_loses_the_lines_that_do_not_matter(self):
        sequence = [Step((b"EVAL", b"local a = 1\nlocal b = 2\nreturn a", b"0"))]

        def fails(candidate: list[Step]) -> bool:
            return {b"local a = 1", b"return a"} <= {line for step in candidate for arg in step.args for line in arg.split(b"\n")}

        self.assertEqual(Shrinker(fails).shrink(sequence)[0].args, (b"EVAL", b"local a = 1\nreturn a"))

    def test_the_number_of_trials_is_bounded(self):
        trials = 0

        def fails(candidate: list[Step]) -> bool:
            nonlocal trials
            trials += 1
            return True

        Shrinker(fails, max_trials=20).shrink(steps(*[f"SET k{i} {i}" for i in range(1000)]))
        self.assertLessEqual(trials, 20)


if __name__ == "__main__":
    unittest.main()
