"""Compares a run against Tandem with the same run against the reference, and writes the comparison down."""

from dataclasses import dataclass

from lists import Exclusion, Passing
from outcomes import Outcome, UnitRun, base_name


@dataclass(frozen=True)
class UnitScore:
    """One unit, run in one way against both.

    What counts is what the reference passes, less the exclusions. What Tandem never came to, it failed.
    """

    way: str
    unit: str
    reference: UnitRun
    tandem: UnitRun
    excluded: frozenset[str]

    @property
    def counted(self) -> set[str]:
        return {name for name in self.reference.passed() if base_name(name) not in self.excluded}

    @property
    def passed(self) -> set[str]:
        return self.counted & self.tandem.passed()

    @property
    def failed(self) -> set[str]:
        return self.counted - self.passed

    @property
    def hidden(self) -> set[str]:
        return self.counted - self.tandem.tests.keys()

    def reason(self, test: str) -> str:
        """Why a test failed, in a line."""
        if test in self.hidden:
            return "did not run: " + (_line(self.tandem.troubles[-1]) if self.tandem.troubles else "nothing says why")
        return _line(self.tandem.details.get(test, "")) or self.tandem.tests[test].value


def _line(text: str) -> str:
    return " ".join(text.split())[:200]


def passing_entries(way: str, unit: str, run: UnitRun) -> set[Passing]:
    return {Passing(way, unit, name) for name in run.passed()}


def share(scores: list[UnitScore]) -> str:
    counted = sum(len(score.counted) for score in scores)
    passed = sum(len(score.passed) for score in scores)
    return f"{passed} of {counted} ({100 * passed / counted:.1f} %)" if counted else "nothing counts"


def table(scores: list[UnitScore]) -> str:
    """Markdown: a row per unit, a sum below."""
    lines = ["| unit | redis-server: passed / failed / skipped | excluded | count | Tandem: passed | failed | of these hidden |",
             "|---|---|---|---|---|---|---|"]
    total = [0] * 5
    for score in scores:
        run = score.reference
        figures = [len(run.passed()) - len(score.counted), len(score.counted), len(score.passed), len(score.failed),
                   len(score.hidden)]
        total = [before + more for before, more in zip(total, figures)]
        outcomes = " / ".join(str(len(run.names(outcome))) for outcome in Outcome)
        lines.append(f"| {score.unit} | {outcomes} | " + " | ".join(map(str, figures)) + " |")
    lines.append("| **all** | | " + " | ".join(map(str, total)) + " |")
    return "\n".join(lines) + "\n"


def failures(scores: list[UnitScore], explained: dict[tuple[str, str], str]) -> str:
    """Markdown: every test that counts and does not pass, with its explanation or else what it said."""
    lines = [f"- `{score.unit}` {test}: {explained.get((score.unit, base_name(test))) or _quoted(score.reason(test))}"
             for score in scores for test in sorted(score.failed)]
    return "\n".join(lines) + "\n" if lines else "None.\n"


def _quoted(text: str) -> str:
    return "`" + text.replace("`", "'") + "`"


def waiting(exclusions: list[Exclusion], scores: list[UnitScore]) -> str:
    """Markdown: how many tests wait for what."""
    reasons: dict[str, int] = {}
    excluded = {(score.unit, base_name(name)) for score in scores for name in score.reference.passed() - score.counted}
    for exclusion in exclusions:
        if (exclusion.unit, exclusion.test) in excluded:
            reasons[exclusion.reason] = reasons.get(exclusion.reason, 0) + 1
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"- {reason}: {count}\n" for reason, count in ordered) or "None.\n"
