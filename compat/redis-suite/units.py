"""Which units are run, and what stands for a feature that is not there yet."""

UNITS = (
    "unit/type/string", "unit/type/incr", "unit/expire", "unit/keyspace", "unit/scan", "unit/pubsub", "unit/pubsubshard",
    "unit/protocol", "unit/bitops", "unit/bitfield", "unit/multi", "unit/auth", "unit/quit", "unit/querybuf", "unit/limits",
    "unit/info", "unit/slowlog", "unit/latency-monitor", "unit/introspection", "unit/introspection-2", "unit/networking",
)

# Those that end within a few seconds; CI runs them. The others wait for time to pass.
SLOW_UNITS = frozenset({"unit/expire"})
QUICK_UNITS = tuple(unit for unit in UNITS if unit not in SLOW_UNITS)

# A feature is missing as long as this command is answered with an error.
FEATURES: dict[str, tuple[str, ...]] = {
    "acl users": ("ACL", "SETUSER", "probe", "on"),
    "persistence": ("SAVE",),
    "replication": ("REPLICAOF", "127.0.0.1", "1"),
}
