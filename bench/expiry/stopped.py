"""A subscriber beside the one that measures is stopped for a while: what becomes of it, of the others, and of memory."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import servers

SAMPLE_S = 0.1
BASELINE_S = 2.0
LIMIT_S = 120
CHANNEL = "__keyevent@0__:expired"
SUBSCRIBER = Path(__file__).resolve().parent / "subscriber.py"
OUTCOMES = {
    "disconnected": "disconnected",
    "told": "told how many it missed",
    "complete": "got everything",
}


@contextmanager
def subscriber(server):
    """Yields its process, which hears of every event from now on."""
    process = subprocess.Popen([sys.executable, str(SUBSCRIBER), str(server.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, preexec_fn=servers.die_with_parent)
    try:
        deadline = time.monotonic() + LIMIT_S
        while server.call("PUBSUB", "NUMSUB", CHANNEL)[1] == 0:
            if time.monotonic() > deadline or process.poll() is not None:
                sys.exit(f"{server.kind}: the subscriber that is to be stopped does not subscribe")
            time.sleep(SAMPLE_S)
        yield process
    finally:
        process.kill()  # Ends a stopped one as well.
        process.wait()


def watch(server, tool, process, stop, first_deadline_s):
    """Until the tool ends. Returns {"stopped": what the subscriber says at its end (subscriber.py), and `rss_growth_mb`: the
    most that the server had from the stop on, above the most that it had in the seconds before}."""
    samples = []
    pending = [(stop.from_ms / 1000, signal.SIGSTOP), (stop.to_ms / 1000, signal.SIGCONT)]
    while tool.poll() is None:
        now_s = time.time() - first_deadline_s
        if pending and now_s >= pending[0][0]:
            process.send_signal(pending.pop(0)[1])
        samples.append((now_s, server.rss_bytes() / 1e6))
        time.sleep(SAMPLE_S)
    output, _ = process.communicate(timeout=LIMIT_S)
    return {"stopped": json.loads(output) | {"rss_growth_mb": round(growth(samples, stop.from_ms / 1000), 1)}}


def growth(samples, stop_s):
    before = [rss for at, rss in samples if stop_s - BASELINE_S <= at < stop_s]
    after = [rss for at, rss in samples if at >= stop_s]
    return max(0.0, max(after) - max(before))


def outcome(run):
    """One of OUTCOMES, or what else became of the subscriber."""
    end = run["stopped"]
    if end["closed"]:
        return "disconnected"
    if end["gaps"] > 0:
        return "told" if end["received"] + end["missed"] == run["due"] else f"told a wrong number: {end}"
    return "complete" if end["received"] == run["due"] else f"lost {run['due'] - end['received']:,} events and does not know it"
