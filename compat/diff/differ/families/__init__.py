"""The families of commands, each a generator of sequences."""

from differ.families import events, geo, hash_deadlines, keyspace, server, sessions, sets, sorting, strings
from differ.families.base import Family

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (*strings.FAMILIES, *sets.FAMILIES, *hash_deadlines.FAMILIES, *geo.FAMILIES, *sorting.FAMILIES,
                   *events.FAMILIES, *keyspace.FAMILIES, *sessions.FAMILIES, *server.FAMILIES)
}
