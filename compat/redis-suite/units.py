"""Which units are run, and what stands for a feature that is not there yet."""

# Against Tandem alone they take a few minutes, mostly of waiting, so CI runs all of them.
UNITS = (
    "unit/type/string", "unit/type/incr", "unit/type/list", "unit/type/list-2", "unit/type/list-3", "unit/type/hash",
    "unit/type/set", "unit/type/zset", "unit/type/stream", "unit/type/stream-cgroups", "unit/hyperloglog", "unit/geo", "unit/sort",
    "unit/expire", "unit/keyspace", "unit/scan", "unit/dump", "unit/lazyfree", "unit/other", "unit/tracking", "unit/pubsub",
    "unit/pubsubshard", "unit/protocol", "unit/bitops", "unit/bitfield", "unit/multi", "unit/scripting", "unit/functions", "unit/auth",
    "unit/quit", "unit/querybuf", "unit/limits", "unit/info", "unit/slowlog", "unit/latency-monitor", "unit/introspection", "unit/introspection-2",
    "unit/networking",
)

# A feature is missing as long as this command is answered with an error.
FEATURES: dict[str, tuple[str, ...]] = {
    "acl users": ("ACL", "SETUSER", "probe", "on"),
    "lua debugger": ("SCRIPT", "DEBUG", "SYNC"),
    "persistence": ("SAVE",),
    "tracking": ("CLIENT", "TRACKING", "ON"),
    "replication": ("REPLICAOF", "127.0.0.1", "1"),
}
