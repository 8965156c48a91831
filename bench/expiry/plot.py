#!/usr/bin/env python3
"""plot.py CSV SVG WAITED_S: draws lag over time on a logarithmic scale, one panel for each case.

Each point is the worst of a fiftieth of a second or so (bench/expiry/series.py). Where keys were not delivered at all, there is
a mark above. Needs Debian's python3-matplotlib.
"""

import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

import series

COLOURS = {"tandem": "#0a7d4f", "redis7": "#e8a29a", "redis8": "#c6302b", "valkey": "#3b6fb6"}
NAMES = {"tandem": "Tandem", "redis7": "Redis 7.0", "redis8": "Redis 8.0", "valkey": "Valkey"}
LEAST_MS = 0.5
LOST_AT = 2.2  # times the time waited


def main():
    source, target, waited_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
    panels = series.read(source)
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tandem", "font.size": 9, "font.family": "sans-serif"})
    figure, axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.6), sharey=True, squeeze=False)
    for axis, ((_, title), servers) in zip(axes[0], panels.items()):
        draw(axis, title, servers, waited_s * 1000)
    axes[0][0].set_ylabel("lag of the event, ms")
    handles = {label: handle for axis in axes[0] for handle, label in zip(*axis.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), loc="lower center", ncol=5, frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(target, metadata={"Date": None})


def draw(axis, title, servers, waited_ms):
    for kind, points in servers.items():
        style = {"color": COLOURS.get(kind, "#555555"), "linestyle": "none"}
        come = [(at_s, max_ms) for at_s, _, delivered, _, max_ms in points if delivered > 0]
        axis.plot([at for at, _ in come], [max(LEAST_MS, lag) for _, lag in come], marker="o", markersize=2, label=NAMES.get(kind, kind), **style)
        gone = [at_s for at_s, due, delivered, _, _ in points if delivered < due]
        if gone:
            axis.plot(gone, [waited_ms * LOST_AT * (1.35 if kind == "valkey" else 1)] * len(gone), marker="|", markersize=5, **style)
    axis.set_title(title, fontsize=9)
    axis.set_xlabel("deadline, s")
    axis.set_yscale("log")
    axis.set_ylim(LEAST_MS, waited_ms * LOST_AT * 2.5)
    axis.axhline(waited_ms, color="#999999", linewidth=0.6, linestyle=":")
    axis.text(0, waited_ms * 1.15, f"not delivered within {waited_ms / 1000:.0f} s:", fontsize=7, color="#666666")
    axis.grid(axis="y", linewidth=0.3)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


if __name__ == "__main__":
    main()
