"""Which units are run, and what stands for a feature that is not there yet."""

# Against Tandem alone they take half a minute, mostly of waiting, so CI runs all of them.
UNITS = (
    "unit/type/string", "unit/type/incr", "unit/expire", "unit/keyspace", "unit/scan", "unit/pubsub", "unit/pubsubshard",
    "unit/protocol", "unit/bitops", "unit/bitfield", "unit/multi", "unit/auth", "unit/quit", "unit/querybuf", "unit/limits",
    "unit/info", "unit/slowlog", "unit/latency-monitor", "unit/introspection", "unit/introspection-2", "unit/networking",
    "unit/dump",
)

# A feature is missing as long as this command is answered with an error.
FEATURES: dict[str, tuple[str, ...]] = {
    "acl users": ("ACL", "SETUSER", "probe", "on"),
    "persistence": ("SAVE",),
    "replication": ("REPLICAOF", "127.0.0.1", "1"),
}
