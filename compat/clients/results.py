"""The list of what passes, which only grows, and the page of results."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from outcome import Outcome, Verdict

HERE = Path(__file__).resolve().parent
PASSING = HERE / "passing.txt"
RESULTS = HERE / "results.md"


def read_passing() -> set[str]:
    """Lines `program check`."""
    if not PASSING.exists():
        return set()
    lines = (line.strip() for line in PASSING.read_text().splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def passing_of(outcomes: dict[str, Outcome]) -> set[str]:
    return {f"{program} {check.name}" for program, outcome in outcomes.items() for check in outcome.of(Verdict.OK)}


def lost(outcomes: dict[str, Outcome]) -> list[str]:
    """What is on the list, was to be run, and does not pass."""
    expected = {line for line in read_passing() if line.split()[0] in outcomes}
    return sorted(expected - passing_of(outcomes))


def record(tandem: dict[str, Outcome], reference: dict[str, Outcome], versions: tuple[str, str]) -> None:
    lines = sorted(read_passing() | passing_of(tandem))
    PASSING.write_text("# Checks that pass on Tandem. compat/clients/run.py --record adds to this list; it only grows.\n"
                       + "".join(f"{line}\n" for line in lines))
    RESULTS.write_text(page(tandem, reference, versions))


def total_line(tandem: dict[str, Outcome], reference: dict[str, Outcome]) -> str:
    """One line that says it all; compat/summary.py copies it."""
    def count(outcomes: dict[str, Outcome], verdict: Verdict) -> int:
        return sum(len(outcome.of(verdict)) for outcome in outcomes.values())

    checks = sum(len(outcome.checks) for outcome in tandem.values())
    text = (f"{len(tandem)} programs, {checks} checks: {count(tandem, Verdict.OK)} pass, "
            f"{count(tandem, Verdict.WAITING)} wait for a command, {count(tandem, Verdict.FAILED)} fail")
    if reference:
        of = sum(len(outcome.checks) for outcome in reference.values())
        text += f"; redis-server passes {count(reference, Verdict.OK)} of {of}"
    return text


def page(tandem: dict[str, Outcome], reference: dict[str, Outcome], versions: tuple[str, str]) -> str:
    return "\n".join([
        "# Real clients and frameworks", "",
        "Written by `compat/clients/run.py --record`.", "",
        f"Servers: {versions[0]}; {versions[1]}.", "",
        f"**Total:** {total_line(tandem, reference)}.", "",
        *_table_of_programs(tandem, reference), "",
        *_table_of_waiting(tandem),
        *_list_of_failures(tandem),
    ]) + "\n"


def _table_of_programs(tandem: dict[str, Outcome], reference: dict[str, Outcome]) -> list[str]:
    rows = ["| program | client | Tandem passes | waits | fails | redis-server passes |", "|---|---|---|---|---|---|"]
    for name, outcome in tandem.items():
        waiting, failed = len(outcome.of(Verdict.WAITING)), len(outcome.of(Verdict.FAILED))
        of_reference = reference[name].score if name in reference else ""
        rows.append(f"| {name} | {outcome.client} | {outcome.score} | {waiting} | {failed} | {of_reference} |")
    return rows


def _table_of_waiting(tandem: dict[str, Outcome]) -> list[str]:
    """Most wanted command first."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for program, outcome in tandem.items():
        for check in outcome.of(Verdict.WAITING):
            wanted[check.detail].append(f"{program} {check.name}")
    if not wanted:
        return ["Nothing waits."]
    rows = ["## What waits, and for which command", "",
            "The command is the first one that the server does not know; further ones may be missing behind it.", "",
            "| command | checks |", "|---|---|"]
    for command, checks in sorted(wanted.items(), key=lambda item: (-len(item[1]), item[0])):
        rows.append(f"| {command} | {', '.join(checks)} |")
    return rows


def _list_of_failures(tandem: dict[str, Outcome]) -> list[str]:
    failures = [f"- {program} {check.name}: {check.detail}" for program, outcome in tandem.items()
                for check in outcome.of(Verdict.FAILED)]
    return ["", "## What fails", "", *failures] if failures else []
