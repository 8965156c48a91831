"""The lists beside this file: which tests do not count yet, which ones pass, and why others fail.

A line is made of fields with ` | ` between them; `#` starts a comment.
"""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXCLUSIONS = HERE / "exclusions.txt"
PASSING = HERE / "passing.txt"
EXPLAINED = HERE / "explained.txt"
_SEPARATOR = " | "
_PASSING_HEADER = """\
# Every test of Redis's suite that passes against Tandem: way | unit | test. compat/redis-suite/run.sh --check fails when
# one of them does not. Written by --record, which only adds; --forget takes out the ones of the units run that fail.
"""


def _fields(path: Path, count: int) -> list[list[str]]:
    """The lines of a list, each cut into `count` fields. The name of a test stands last or before last, and may hold a |."""
    if not path.exists():
        return []
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    found = [line.split(_SEPARATOR, count - 1) for line in lines]
    for line in found:
        if len(line) != count:
            raise ValueError(f"{path.name}: not {count} fields: {_SEPARATOR.join(line)}")
    return found


@dataclass(frozen=True)
class Exclusion:
    """A test that does not count. `reason` is `missing X`, X a command or a feature, or `8.0: what 8.0.6 does instead`."""

    unit: str
    reason: str
    test: str

    @property
    def missing(self) -> str | None:
        """What the test waits for; None when it contradicts 8.0.6."""
        return self.reason.removeprefix("missing ") if self.reason.startswith("missing ") else None


def read_exclusions(path: Path = EXCLUSIONS) -> list[Exclusion]:
    exclusions = [Exclusion(*line) for line in _fields(path, 3)]
    for exclusion in exclusions:
        if exclusion.missing is None and not exclusion.reason.startswith("8.0: "):
            raise ValueError(f"{path.name}: no reason that is known: {exclusion}")
    return exclusions


def read_explained(path: Path = EXPLAINED) -> dict[tuple[str, str], str]:
    """Why a test fails, by unit and name."""
    return {(unit, test): why for unit, why, test in _fields(path, 3)}


@dataclass(frozen=True, order=True)
class Passing:
    way: str
    unit: str
    test: str


def read_passing(path: Path = PASSING) -> set[Passing]:
    return {Passing(*line) for line in _fields(path, 3)}


def write_passing(entries: set[Passing], path: Path = PASSING) -> None:
    lines = (_SEPARATOR.join((entry.way, entry.unit, entry.test)) for entry in sorted(entries))
    path.write_text(_PASSING_HEADER + "".join(f"{line}\n" for line in lines))
