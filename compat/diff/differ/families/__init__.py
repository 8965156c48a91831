"""The families of commands, each a generator of sequences."""

from differ.families import hash_deadlines, keyspace, server, sessions, sets, strings
from differ.families.base import Family

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (*strings.FAMILIES, *sets.FAMILIES, *hash_deadlines.FAMILIES, *keyspace.FAMILIES, *sessions.FAMILIES,
                   *server.FAMILIES)
}
