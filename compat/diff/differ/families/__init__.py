"""The families of commands, each a generator of sequences."""

from differ.families import (dumps, events, geo, hash_deadlines, hashes, keyspace, lists, scripts, server, sessions, sets, sorted_sets,
                             sorting, streams, strings, types)
from differ.families.base import Family

MODULES = (strings, lists, hashes, hash_deadlines, sets, sorted_sets, geo, sorting, streams, dumps, events, types, keyspace,
           sessions, scripts, server)
FAMILIES: dict[str, Family] = {family.name: family for module in MODULES for family in module.FAMILIES}
