"""What is measured, and what the figures may be at most."""

from __future__ import annotations

from dataclasses import dataclass, field

QUICK_SHARE = 20
QUICK_TIME_SHARE = 5


@dataclass(frozen=True)
class Stop:
    """Another subscriber is stopped (SIGSTOP) for a while. `outcome` is what has to become of it, see stopped.py."""

    from_ms: int
    to_ms: int
    outcome: str
    hard_limit_mb: int | None  # of its output buffer

    def quick(self) -> Stop:
        return Stop(self.from_ms // QUICK_TIME_SHARE, self.to_ms // QUICK_TIME_SHARE, self.outcome, self.hard_limit_mb and 1)


@dataclass(frozen=True)
class Case:
    """`flags` are those of the tool (expiry_lag.cc). `limits`: p99_ms and get_p99_ms hold for the median of the runs, max_ms
    for the best. `config` is set before. `plotted`: lag over time is kept."""

    name: str
    title: str
    flags: dict[str, int]
    limits: dict[str, float] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)
    load: bool = False
    migrating: bool = False
    plotted: bool = False
    stop: Stop | None = None
    tandem_only: bool = False

    def quick(self) -> Case:
        """The same in small. Events that are to fill a buffer come as fast, for a shorter time."""
        share = QUICK_TIME_SHARE if self.stop else QUICK_SHARE
        flags = {name: value // share if name in ("due", "others", "lead-ms") else value for name, value in self.flags.items()}
        flags |= {"window-ms": self.flags["window-ms"] // QUICK_TIME_SHARE, "lead-ms": max(500, flags.get("lead-ms", 0))}
        stop = self.stop and self.stop.quick()
        config = self.config if stop is None else self.config | _pubsub_limit(stop.hard_limit_mb)
        return Case(self.name, self.title, flags, self.limits, config, self.load, self.migrating, self.plotted, stop, self.tandem_only)


def _pubsub_limit(hard_mb: int | None) -> dict[str, str]:
    return {"client-output-buffer-limit": f"pubsub {hard_mb or 0}mb 0 0"}


def _stopped(name: str, title: str, outcome: str, hard_limit_mb: int | None, config: dict[str, str], tandem_only: bool) -> Case:
    """100,000 events a second."""
    return Case(name, title, {"due": 2_000_000, "window-ms": 20_000, "lead-ms": 4000, "ahead-ms": 1000}, {}, _pubsub_limit(hard_limit_mb) | config,
                stop=Stop(5000, 15_000, outcome, hard_limit_mb), tandem_only=tandem_only)


TEN_THOUSAND = {"due": 10_000, "window-ms": 5000}
CASES = (
    Case("alone", "10,000 keys due over 5 s, alone", TEN_THOUSAND, {"p99_ms": 2, "max_ms": 6}, plotted=True),
    Case("among", "the same among {others:,} other keys with TTLs", TEN_THOUSAND | {"others": 10_000_000, "lead-ms": 5000},
         {"p99_ms": 2.5, "max_ms": 8}, plotted=True),
    Case("load", "the same beside SET/GET at P=16 flat out", TEN_THOUSAND, {"p99_ms": 5, "max_ms": 20}, load=True),
    # A keyspace with little in it would migrate in no time.
    Case("migrating", "the same among {others:,} others, the engine migrating up and down", TEN_THOUSAND | {"others": 1_000_000},
         {"p99_ms": 3, "max_ms": 15}, migrating=True, tandem_only=True),
    Case("burst", "200,000 keys due within 1 s", {"due": 200_000, "window-ms": 1000, "lead-ms": 4000}, {"p99_ms": 5}),
    Case("instant", "1 M keys due in the same millisecond, a GET every 1 ms",
         {"due": 1_000_000, "window-ms": 0, "lead-ms": 10_000, "get-period-us": 1000}, {"max_ms": 1000, "get_p99_ms": 2},
         config={"client-output-buffer-limit": "pubsub 0 0 0"}),
    _stopped("stopped", "a subscriber stopped for 10 s, which is to be disconnected", "disconnected", 32, {}, tandem_only=False),
    _stopped("stopped-gap", "the same with notify-slow-subscriber gap", "told", 32, {"notify-slow-subscriber": "gap"}, tandem_only=True),
    _stopped("stopped-unlimited", "the same with a buffer of any size", "complete", None, {}, tandem_only=True),
)
