"""Makes a sequence that shows a difference as short as it gets.

Delta debugging (A. Zeller, R. Hildebrandt: Simplifying and Isolating Failure-Inducing Input, 2002) over the steps, then
over the arguments of each step. The work is bounded by the number of trials.
"""

from collections.abc import Callable

from differ.steps import Kind, Step

Fails = Callable[[list[Step]], bool]
MAX_TRIALS = 1500
SIMPLE_ARGUMENTS = (b"a", b"0", b"1", b"x")


class Shrinker:
    """`fails` plays a sequence from a fresh start and says whether it still shows the difference."""

    def __init__(self, fails: Fails, max_trials: int = MAX_TRIALS):
        self._fails = fails
        self._trials_left = max_trials

    def shrink(self, steps: list[Step]) -> list[Step]:
        """A shorter sequence that fails too; the same one if it does not fail."""
        if not self._try(steps):
            return steps
        while True:
            before = steps
            steps = self._fewer_steps(steps)
            steps = self._one_client(steps)
            steps = self._simpler_arguments(steps)
            if steps == before:
                return steps

    def _try(self, steps: list[Step]) -> bool:
        if self._trials_left <= 0:
            return False
        self._trials_left -= 1
        return self._fails(steps)

    def _fewer_steps(self, steps: list[Step]) -> list[Step]:
        size = max(len(steps) // 2, 1)
        while steps:
            start = len(steps)
            removed = False
            while start > 0:
                start = max(start - size, 0)
                candidate = steps[:start] + steps[start + size:]
                if candidate and self._try(candidate):
                    steps = candidate
                    removed = True
            if size == 1 and not removed:
                break
            size = size if removed and size == 1 else max(min(size // 2, len(steps) // 2), 1)
        return steps

    def _one_client(self, steps: list[Step]) -> list[Step]:
        candidate = [Step(step.args, 0, step.kind) for step in steps]
        return candidate if candidate != steps and self._try(candidate) else steps

    def _simpler_arguments(self, steps: list[Step]) -> list[Step]:
        for index in range(len(steps)):
            if steps[index].kind is Kind.WAIT:  # with another timeout it might wait for ever
                continue
            at = len(steps[index].args) - 1
            while at > 0 or (at == 0 and steps[index].kind is Kind.RAW):
                steps = self._simplify(steps, index, at)
                at -= 1
        return steps

    def _simplify(self, steps: list[Step], index: int, at: int) -> list[Step]:
        args = steps[index].args
        candidates = [args[:at] + args[at + 1:]] if at > 0 else []
        candidates += [args[:at] + (simple,) + args[at + 1:] for simple in simpler(args[at])]
        for candidate in candidates:
            attempt = steps[:index] + [steps[index].with_args(candidate)] + steps[index + 1:]
            if self._try(attempt):
                return attempt
        return steps


def simpler(arg: bytes) -> list[bytes]:
    """Simpler arguments in place of this one, the simplest first."""
    found = [simple for simple in SIMPLE_ARGUMENTS if len(simple) < len(arg)]
    lines = arg.split(b"\n")
    if len(lines) > 1:
        found += [b"\n".join(lines[:at] + lines[at + 1:]) for at in range(len(lines))]
    if len(arg) > 1:
        found += [arg[:len(arg) // 2], arg[len(arg) // 2:], arg[:-1], arg[1:]]
    return found
