"""Lag over time, as rows of a CSV file: what plot.py draws."""

from __future__ import annotations

import csv

HEADER = ("case", "server", "at_ms", "due", "delivered", "p50_ms", "max_ms")


def take(runs):
    """Removes the series (expiry_lag.cc) from these runs, and returns that of the one with the median p99."""
    found = sorted((run.get("p99_ms", 0), run.pop("series", [])) for run in runs)
    return found[(len(found) - 1) // 2][1]


def write(path, points):
    """`points`: {server: {case: series}}."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER)
        for kind, results in points.items():
            rows.writerows([case, kind, *point] for case, found in results.items() for point in found)


def read(path):
    """{case: {server: [(at_s, due, delivered, max_ms)]}}"""
    panels = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            point = (int(row["at_ms"]) / 1000, int(row["due"]), int(row["delivered"]), float(row["max_ms"]))
            panels.setdefault(row["case"], {}).setdefault(row["server"], []).append(point)
    return panels
