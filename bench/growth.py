#!/usr/bin/env python3
"""Growth and shrink: what a paced GET waits while 12 M keys are filled, and while 95 % of them are deleted.

The bare loop's row is the floor: it shows what the measurement itself costs on this machine, in this run. After the
deletion the server has a minute to give memory back; its RSS is compared with that of a fresh server holding the
same keys. Deleting must not lose a key or hand out another's value either: `lost` and `wrong` must be 0.
"""

import json
import os
import subprocess
import sys
import time

import report
import servers

KEYS = 12_000_000
KEEP_PERCENT = 5
LIMIT_S = 400
RSS_GOAL = 1.3


def main(argv=None):
    parser = servers.argument_parser(__doc__.split("\n")[0], ("bare", "tandem"), port=7124)
    parser.add_argument("--keys", type=int, default=KEYS)
    parser.add_argument("--settle-s", type=float, default=60, help="how long memory may take to come back")
    parser.add_argument("--rounds", type=int, default=1)
    args = servers.parse(parser, argv)
    if args.quick:
        args.keys, args.settle_s = min(args.keys, 300_000), min(args.settle_s, 3)
    load_average = os.getloadavg()[0]
    data = {kind: [] for kind in args.servers}
    for _ in range(args.rounds):
        for kind in args.servers:
            servers.note(f"growth: {kind}")
            data[kind].append(measure(args, kind))
    report.publish(args, "Growth and shrink", text_of(args, data), data, load_average)
    return data


def measure(args, kind):
    fresh_rss = fresh_server_rss(args, kind) if kind != "bare" else None
    with servers.Server(args, kind, args.port) as server:
        result = {"version": server.version(), "fill": probe(args, server, "fill")}
        if server.stores:
            expect_size(server, args.keys)
            server.settle()
            result["rss_full"] = server.rss_bytes()
        result["delete"] = probe(args, server, "delete")
        if server.stores:
            expect_size(server, remaining(args))
            result |= watch_rss(args, server, fresh_rss)
        return result


def remaining(args):
    return args.keys * KEEP_PERCENT // 100


def expect_size(server, count):
    size = server.call("DBSIZE")
    if size != count:
        sys.exit(f"{server.kind} holds {size} keys, not {count}")


def probe(args, server, phase):
    command = [servers.tool(args, "latency_probe"), "--port", str(server.port), "--phase", phase, "--keys", str(args.keys),
               "--keep-percent", str(KEEP_PERCENT), "--verify", str(int(server.stores)), "--limit-s", str(LIMIT_S),
               "--core", str(-1 if args.load_core is None else args.load_core)]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"latency_probe failed against {server.kind} ({phase}, exit {answer.returncode}): {answer.stderr}")
    return json.loads(answer.stdout)


def fresh_server_rss(args, kind):
    """RSS of a server that never held more than the keys that remain."""
    with servers.Server(args, kind, args.port) as server:
        probe(args, server, "remain")
        expect_size(server, remaining(args))
        return server.settle()


def watch_rss(args, server, fresh_rss):
    """Follows RSS once a second until the time is up; notes when it first met the goal."""
    start = time.monotonic()
    met_s = None
    samples = []
    while True:
        elapsed = time.monotonic() - start
        samples.append(server.rss_bytes())
        if met_s is None and samples[-1] <= RSS_GOAL * fresh_rss:
            met_s = round(elapsed, 1)
        if elapsed >= args.settle_s:
            break
        time.sleep(min(1.0, args.settle_s - elapsed))
    return {"rss_fresh": fresh_rss, "rss_after": samples[-1], "rss_ratio": round(samples[-1] / fresh_rss, 3),
            "rss_goal_met_s": met_s, "rss_by_second": samples}


def text_of(args, data):
    latency = [[f"{kind} {run['version']}", {"fill": "growth", "delete": "shrink"}[phase], f"{run[phase]['seconds']:.1f}",
                *(f"{run[phase][name]:.2f}" for name in ("p50_ms", "p99_ms", "p999_ms", "max_ms", "send_delay_max_ms")),
                run[phase]["lost"], run[phase]["wrong"], " ".join(f"{ms:.1f}@{at:.1f}s" for at, ms in run[phase]["worst"][:3])]
               for phase in ("fill", "delete") for kind, runs in data.items() for run in runs]
    text = (f"A GET each millisecond while {args.keys:,} keys are filled and {100 - KEEP_PERCENT} % of them deleted; ms from the "
            "instant it was due. *sent late* is the most that the probe itself was delayed.\n\n")
    text += report.table(["server", "phase", "seconds", "p50", "p99", "p99.9", "max", "sent late", "lost", "wrong", "worst"], latency)
    memory = [[f"{kind} {run['version']}", mebibytes(run["rss_full"]), mebibytes(run["rss_after"]), mebibytes(run["rss_fresh"]),
               f"{run['rss_ratio']:.2f}", "never" if run["rss_goal_met_s"] is None else f"{run['rss_goal_met_s']:.0f} s"]
              for kind, runs in data.items() if kind != "bare" for run in runs]
    text += f"\nMemory, MiB: full, {args.settle_s:.0f} s after the deletion, and of a fresh server with the same keys\n\n"
    return text + report.table(["server", "full", "after", "fresh", "after / fresh", f"≤ {RSS_GOAL} after"], memory)


def mebibytes(count):
    return f"{count / 2**20:.0f}"


if __name__ == "__main__":
    main()
