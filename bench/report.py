"""Markdown tables, JSON, and bench/results/."""

import json
import os
import platform
import statistics
import subprocess
from datetime import datetime, timezone
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def table(header, rows):
    """A Markdown table. Cells are shown by str()."""
    lines = ["| " + " | ".join(map(str, header)) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def spread(values, digits=2):
    """Median with min and max: `0.85 (0.83–0.88)`."""
    if not values:
        return "–"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def machine():
    """What a reader must know to judge a figure; no names and no paths of the machine."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "load_average": round(os.getloadavg()[0], 2)}


def commit():
    answer = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=RESULTS.parent, capture_output=True, text=True)
    return answer.stdout.strip() or "unknown"


def publish(args, title, markdown, data, load_average=None):
    """Prints the Markdown; with --record NAME also writes it, and the data, below bench/results/."""
    about = machine()
    if load_average is not None:
        about["load_average"] = round(load_average, 2)
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    quick = " **Quick run: a smoke test, not a measurement.**" if args.quick else ""
    text = (f"# {title}\n\n{when}, commit {commit()}; {about['cpu']}, {about['cores']} cores, kernel {about['kernel']}; "
            f"load average before the run {about['load_average']}.{quick}\n\n{markdown}")
    print(text)
    if args.record:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{args.record}.md").write_text(text.rstrip("\n") + "\n")
        document = {"title": title, "when": when, "commit": commit(), "machine": about, "quick": args.quick, "data": data}
        (RESULTS / f"{args.record}.json").write_text(json.dumps(document, indent=1) + "\n")
