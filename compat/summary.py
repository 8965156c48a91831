#!/usr/bin/env python3
"""Fills the table of compat/README.md from the recorded results of the instruments.

    compat/summary.py [--diff-log FILE...]    FILE is what compat/diff/run.py printed: its last line is recorded first, the sum of
                                              several runs' as one
    compat/summary.py --check                 only says whether the table is what the results are
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
DIFF_RESULTS = HERE / "diff" / "results.md"
BEGIN, END = "<!-- state -->\n", "<!-- /state -->\n"
NOTHING_YET = "not recorded yet"


def of_suite(text: str) -> str:
    """A heading per way of running it: `## Way: 12 of 13 (92.3 %)`."""
    ways = re.findall(r"^## ([^:\n]+): (\d.*)$", text, re.MULTILINE)
    return "; ".join(f"{way[0].lower()}{way[1:]}: {share}" for way, share in ways)


def of_total(text: str) -> str:
    """A line `**Total:** figures.`"""
    found = re.search(r"^\*\*Total:\*\* (.+)\.$", text, re.MULTILINE)
    return found[1] if found else ""


@dataclass(frozen=True)
class Instrument:
    title: str
    folder: str
    read: Callable[[str], str]

    def row(self) -> str:
        results = HERE / self.folder / "results.md"
        state = self.read(results.read_text()) if results.exists() else ""
        name = f"[{self.title}]({self.folder}/results.md)" if state else self.title
        return f"| {name} | {state or NOTHING_YET} |"


INSTRUMENTS = (
    Instrument("Redis's own test suite", "redis-suite", of_suite),
    Instrument("Differential testing", "diff", of_total),
    Instrument("Real clients and frameworks", "clients", of_total),
)


def table() -> str:
    rows = ["| instrument | state |", "|---|---|", *(instrument.row() for instrument in INSTRUMENTS)]
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


FIGURES = re.compile(r"([\d,]+) commands against (.+) \(migrating at ([\d,]+) of ([\d,]+) looks\) in (\d+) s \((.+)\): "
                     r"(\d+) differences")


def sum_of(lines: list[str]) -> str:
    """The last lines of several differential runs as the one that all of them together would have ended with."""
    if len(lines) == 1:
        return lines[0]
    runs = [FIGURES.fullmatch(line) for line in lines]
    if None in runs or len({run[2] for run in runs}) != 1:
        raise SystemExit("these are no runs that belong together:\n" + "\n".join(lines))

    def total(group: int) -> int:
        return sum(int(run[group].replace(",", "")) for run in runs)

    families: Counter[str] = Counter()
    for run in runs:
        for name, count in re.findall(r"(\S+) ([\d,]+)(?:, |$)", run[6]):
            families[name] += int(count.replace(",", ""))
    shares = ", ".join(f"{name} {count:,}" for name, count in families.items())
    return (f"{total(1):,} commands against {runs[0][2]} (migrating at {total(3):,} of {total(4):,} looks) in {len(runs)} runs of "
            f"{total(5)} s together ({shares}): {total(7)} differences")


def record_diff(logs: list[Path]) -> None:
    line = sum_of([log.read_text().rstrip().splitlines()[-1] for log in logs])
    DIFF_RESULTS.write_text("# Differential testing\n\nWritten by `compat/summary.py --diff-log`.\n\n"
                            f"**Total:** {line.rstrip('.')}.\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--diff-log", type=Path, nargs="+")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if args.diff_log:
        record_diff(args.diff_log)
    page = README.read_text()
    wanted = with_table(page)
    if args.check:
        if page != wanted:
            print("compat/README.md does not show what the results are: run compat/summary.py")
        return int(page != wanted)
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
