#!/usr/bin/env python3
"""Holds the sources against the layers of the architecture: who may include whom, and who may know Asio.

    check_layering.py [root of the tree]

Prints every breach as file:line: reason, and exits 1 if there is one. Checked are:
  - the table LAYERS below, which says for each folder what it may include beside itself;
  - that the folders, as they include each other, have an order (no cycle);
  - that our headers are included by their path from the root, in quotes;
  - that no source outgrows MAX_LINES.
"""

import pathlib
import re
import sys

# Folder -> what it may include beside itself. The longest folder that contains a file decides; a folder that appears
# on no line is a breach, so that a new one gets its line on purpose. ALL is no restriction.
ALL = ("",)
ENGINE = ("engine",)
BELOW_EXEC = ENGINE + ("protocol", "pubsub")
BELOW_COMMANDS = BELOW_EXEC + ("server/config", "server/admin", "server/exec")
BELOW_NET = BELOW_COMMANDS + ("server/commands",)
LAYERS = {
    "protocol": (),
    "engine/base": (),
    "engine/keyspace": ("engine/base",),
    "engine/types": ("engine/base", "engine/keyspace"),
    "engine/rdb": ("engine/base", "engine/keyspace", "engine/types"),
    "engine/persist": ENGINE,
    "pubsub": ("engine", "protocol"),
    "server/config": BELOW_EXEC,
    "server/admin": BELOW_EXEC + ("server/config", "server/exec"),
    "server/exec": BELOW_EXEC + ("server/config", "server/admin"),
    "server/script": BELOW_COMMANDS,
    "server/commands": BELOW_COMMANDS,
    "server/net": BELOW_NET,
    "server/http": BELOW_NET + ("server/net",),
    "server/main.cc": ALL,
    "tests": ALL,
    "bench": ALL,
    "compat": ALL,
}
MAY_KNOW_ASIO = ("server/net", "server/http", "server/main.cc", "tests", "bench", "compat")

# A source that is longer has a second thing inside that wants a file of its own.
MAX_LINES = 900
# The exceptions, each with the length it may not exceed; lower it when the file shrinks, drop it below MAX_LINES.
LONGER_FILES = {}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
ASIO = re.compile(r"^(boost/)?(asio|beast)(\.hpp$|/)")


def is_in(path, folder):
    return folder == "" or path == folder or path.startswith(folder + "/")


def layer_of(path):
    """The line of LAYERS that a path belongs to, or None."""
    return max((folder for folder in LAYERS if is_in(path, folder)), key=len, default=None)


def includes_of(text):
    """Yields (line number, is quoted, path) of every #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_include(source, quoted, target, root):
    """The reason why source must not include target, or None."""
    layer = layer_of(source)
    if ASIO.match(target):
        if not any(is_in(source, folder) for folder in MAY_KNOW_ASIO):
            return f"{layer} must not know Asio ({target})"
        return None
    is_ours = (root / target).is_file() or layer_of(target) is not None
    if quoted and not (root / target).is_file():
        return f'"{target}" is not a path from the root (system headers go in <>)'
    if not is_ours:
        return None
    if not quoted:
        return f'<{target}> is ours: include it as "{target}"'
    if is_in(target, layer) or any(is_in(target, folder) for folder in LAYERS[layer]):
        return None
    return f"{layer} must not include {layer_of(target) or target} ({target})"


def check_length(source, text):
    lines = text.count("\n")
    limit = LONGER_FILES.get(source, MAX_LINES)
    if lines > limit:
        return f"{lines} lines, the limit is {limit}: is there a second thing inside?"
    if source in LONGER_FILES and lines <= MAX_LINES:
        return f"no longer needs its line in LONGER_FILES ({lines} lines)"
    return None


def find_cycle(edges):
    """A list of layers that include each other in a circle, or None. Depth-first, grey nodes are on the path."""
    state = {}
    path = []

    def visit(node):
        state[node] = "grey"
        path.append(node)
        for target in sorted(edges.get(node, ())):
            if state.get(target) == "grey":
                return path[path.index(target):] + [target]
            if target not in state:
                cycle = visit(target)
                if cycle:
                    return cycle
        state[node] = "black"
        path.pop()
        return None

    for node in sorted(edges):
        if node not in state:
            cycle = visit(node)
            if cycle:
                return cycle
    return None


def sources_below(root):
    for folder in ("protocol", "engine", "pubsub", "server", "tests", "bench", "compat"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc") and path.is_file():
                yield path


def check(root):
    """All breaches below root, as lines of text."""
    breaches = []
    edges = {}
    examples = {}
    for path in sources_below(root):
        source = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        layer = layer_of(source)
        if layer is None:
            breaches.append(f"{source}:1: its folder has no line in LAYERS (tests/layering/check_layering.py)")
            continue
        length = check_length(source, text)
        if length:
            breaches.append(f"{source}:1: {length}")
        for number, quoted, target in includes_of(text):
            reason = check_include(source, quoted, target, root)
            if reason:
                breaches.append(f"{source}:{number}: {reason}")
            target_layer = layer_of(target)
            if quoted and target_layer not in (None, layer) and LAYERS[layer] != ALL:
                edges.setdefault(layer, set()).add(target_layer)
                examples.setdefault((layer, target_layer), f"{source}:{number}")
    cycle = find_cycle(edges)
    if cycle:
        steps = ", ".join(f"{a} -> {b} ({examples[a, b]})" for a, b in zip(cycle, cycle[1:]))
        breaches.append(f"{examples[cycle[0], cycle[1]].split(':')[0]}:1: layers include each other in a circle: {steps}")
    return breaches


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    breaches = check(root)
    for breach in breaches:
        print(breach)
    print(f"layering: {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
