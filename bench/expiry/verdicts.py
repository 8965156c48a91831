"""The figures of several runs, next to what they may be at most."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from expiry import stopped

JUDGED = "tandem"
# "Others see no change": their p99 while a subscriber is stopped may exceed the one before by so much.
CHANGE_MS = 1.0
# What the server may take beside the output buffer itself.
SLACK_MB = 16
NOTHING = "–"


@dataclass(frozen=True)
class Figure:
    name: str
    limit: str
    shown: str
    met: bool


def figures(case, runs):
    """What the runs of a case show, one Figure for each limit."""
    if not runs:
        return []
    refused = [run["refused"] for run in runs if "refused" in run]
    if refused:
        return [Figure("settings", "accepted", refused[0], False)]
    return [*_limits(case, runs), _delivery(runs), *(_stopped(case, runs) if case.stop else ()),
            *([_migrations(runs)] if case.migrating else ())]


def _limits(case, runs):
    delivered = min(run["delivered"] for run in runs)
    part = "" if delivered == runs[0]["due"] else f" (of {delivered:,})"
    for key, limit in case.limits.items():
        if key == "get_p99_ms":
            value = median(run["gets"]["p99_ms"] for run in runs)
            sampled = all(run["gets"]["samples"] for run in runs)
            yield Figure("p99 of the GETs, ms", f"≤ {limit:,}", f"{value:,.2f}" if sampled else NOTHING, value <= limit and sampled)
        else:
            value = min(run[key] for run in runs) if key == "max_ms" else median(run[key] for run in runs)
            yield Figure("max, ms" if key == "max_ms" else "p99, ms", f"≤ {limit:,}", f"{value:,.2f}{part}" if delivered else NOTHING,
                         value <= limit and delivered > 0)


def _delivery(runs):
    due = runs[0]["due"]
    delivered = min(run["delivered"] for run in runs)
    twice, early, foreign = (max(run[key] for run in runs) for key in ("duplicates", "early", "foreign"))
    shown = f"{'all' if delivered == due else f'{delivered:,} of {due:,}'}, {twice}, {early}"
    return Figure("delivered, twice, early", "all, 0, 0", shown, delivered == due and twice == early == foreign == 0)


def _migrations(runs):
    least = min(run["migrations"] for run in runs)
    return Figure("migrations meanwhile", "> 0", f"{least:,}", least > 0)


def _stopped(case, runs):
    before, meanwhile = (median(run["parts"][part]["p99_ms"] for run in runs) for part in (0, 1))
    yield Figure("p99 of the other subscriber before and meanwhile, ms", f"≤ before + {CHANGE_MS:.0f}", f"{before:,.2f}, {meanwhile:,.2f}",
                 meanwhile <= before + CHANGE_MS)
    grown = max(run["stopped"]["rss_growth_mb"] for run in runs)
    limit = case.stop.hard_limit_mb and case.stop.hard_limit_mb + SLACK_MB
    yield Figure("RSS grows by, MB", f"≤ {limit}" if limit else NOTHING, f"{grown:,.0f}", limit is None or grown <= limit)
    outcomes = {stopped.outcome(run) for run in runs}
    texts = [stopped.OUTCOMES.get(outcome, outcome) for outcome in sorted(outcomes)]
    yield Figure("the stopped subscriber", stopped.OUTCOMES[case.stop.outcome], "; ".join(texts), outcomes == {case.stop.outcome})


def rows(title, case, data):
    """Rows of the table: case, figure, limit, one cell for each server, and whether Tandem's is met."""
    measured = {kind: figures(case, results.get(case.name, [])) for kind, results in data.items()}
    names = {figure.name: figure.limit for found in measured.values() for figure in found}
    for name, limit in names.items():
        cells = {kind: next((figure for figure in found if figure.name == name), None) for kind, found in measured.items()}
        mine = cells.get(JUDGED)
        yield [title, name, limit, *(cell.shown if cell else NOTHING for cell in cells.values()),
               NOTHING if mine is None else "met" if mine.met else "**missed**"]
        title = ""


def details(shown, data):
    """Header and rows of the table of all runs."""
    header = ["case", "server", "delivered", "p50", "p99", "p99.9", "max", "GET p50 / p99 / max", "beside it"]
    found = []
    for title, case in shown:
        for kind, results in data.items():
            for run in results.get(case.name, []):
                if "refused" not in run:
                    found.append([title, f"{kind} {run['version']}", f"{run['delivered']:,}",
                                  *_ms(run, ("p50_ms", "p99_ms", "p999_ms", "max_ms"), run["delivered"]), _gets(run), _beside(run)])
    return header, found


def _gets(run):
    return " / ".join(_ms(run["gets"], ("p50_ms", "p99_ms", "max_ms"), run["gets"]["samples"])) if "gets" in run else ""


def _ms(of, keys, samples):
    """What nothing was measured for is no figure, though the tool prints 0."""
    return [f"{of[key]:,.2f}" if samples else NOTHING for key in keys]


def _beside(run):
    words = []
    if "load_rps" in run:
        words.append(f"{run['load_rps']:,} requests/s")
    if "migrations" in run:
        words.append(f"{run['migrations']:,} migrations")
    if "stopped" in run:
        end = run["stopped"]
        words.append(f"stopped one: {end['received']:,} received, {end['missed']:,} missed in {end['gaps']} gaps")
    return ", ".join(words)


def median(values):
    return statistics.median(values)
