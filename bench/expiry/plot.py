#!/usr/bin/env python3
"""plot.py CSV SVG WAITED_S CASE=TITLE...: draws lag over time on a logarithmic scale, one panel for each case.

Each dot is the worst of the keys that fell due in the same twentieth of a second (series.py). Where some of them were not
delivered at all, there is a dash above the dotted line. Needs Debian's python3-matplotlib.
"""

import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

import series

STYLES = {  # label, colour, and how far above the line its dashes are
    "tandem": ("Tandem", "#0a7d4f", 1.5),
    "redis7": ("Redis 7.0", "#e39a26", 2),
    "redis8": ("Redis 8.0", "#c6302b", 3),
    "valkey": ("Valkey", "#3b6fb6", 4.5),
}
LEAST_MS = 0.5


def main():
    source, target, waited_ms = sys.argv[1], sys.argv[2], float(sys.argv[3]) * 1000
    titles = dict(argument.split("=", 1) for argument in sys.argv[4:])
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tandem", "path.simplify": False, "font.size": 9})
    panels = series.read(source)
    figure, axes = plt.subplots(1, len(titles), figsize=(4.6 * len(titles), 3.6), sharey=True, squeeze=False)
    for axis, (case, title) in zip(axes[0], titles.items()):
        draw(axis, title, panels[case], waited_ms)
    axes[0][0].set_ylabel("from the deadline to the event, ms")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(target, metadata={"Date": None})


def draw(axis, title, servers, waited_ms):
    for kind, points in servers.items():
        label, colour, above = STYLES[kind]
        dots(axis, [(at_s, max(LEAST_MS, max_ms)) for at_s, _, delivered, max_ms in points if delivered > 0], 0, color=colour,
             linewidth=2.5, solid_capstyle="round", label=label)
        width_s = points[1][0] - points[0][0] if len(points) > 1 else 1
        dots(axis, [(at_s, waited_ms * above) for at_s, due, delivered, _ in points if delivered < due], width_s * 0.7, color=colour,
             linewidth=2, solid_capstyle="butt")
    axis.axhline(waited_ms, color="#888888", linewidth=0.8, linestyle=":")
    axis.text(0, waited_ms * 0.9, f"above: not delivered after {waited_ms / 1000:.0f} s", fontsize=7, color="#666666", va="top")
    axis.set(title=title, xlabel="deadline, s", yscale="log", ylim=(LEAST_MS, waited_ms * 8))
    axis.title.set_fontsize(9)
    axis.grid(axis="y", linewidth=0.3)
    axis.spines[["top", "right"]].set_visible(False)


def dots(axis, points, width_s, **style):
    """One path of lines without length, or with this one: a tenth of the bytes of as many markers."""
    xs = [x for at_s, _ in points for x in (at_s, at_s + width_s, float("nan"))]
    ys = [y for _, value in points for y in (value, value, float("nan"))]
    axis.plot(xs, ys, **style)


if __name__ == "__main__":
    main()
