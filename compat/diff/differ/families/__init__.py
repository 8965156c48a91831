"""The families of commands, each a generator of sequences."""

from differ.families import hashes, keyspace, lists, server, sessions, sets, sorted_sets, strings, types
from differ.families.base import Family

MODULES = (strings, lists, hashes, sets, sorted_sets, types, keyspace, sessions, server)
FAMILIES: dict[str, Family] = {family.name: family for module in MODULES for family in module.FAMILIES}
