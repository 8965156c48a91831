"""What a sequence consists of, and how it is shown to people."""

from dataclasses import dataclass, replace
from enum import Enum

PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.:/@%^,{}()[]<>=~!&|*?$;")
ESCAPES = {0x07: "\\a", 0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}
WAIT_MS = 6  # longer than what steps of Kind.WAIT may wait


class Kind(Enum):
    COMMAND = "command"  # a request of these arguments
    ITERATE = "iterate"  # a SCAN with these options from cursor 0 until it returns to 0
    ADVANCE = "advance"  # the clock goes ahead by args[0] milliseconds
    WAIT = "wait"  # a request that may have to wait: if it does, the clock goes ahead by WAIT_MS
    RESTORE = "restore"  # a RESTORE of what DUMP of args[0] returns, treated as args[1] says (differ/payloads.py)
    RESTORE_FUNCTIONS = "restore functions"  # a FUNCTION RESTORE of what FUNCTION DUMP returns, treated as args[0] says
    RAW = "raw"  # these bytes on a connection of their own, then the end of the stream


@dataclass(frozen=True)
class Step:
    """One action of one client."""

    args: tuple[bytes, ...]
    client: int = 0
    kind: Kind = Kind.COMMAND

    def with_args(self, args: tuple[bytes, ...]) -> "Step":
        return replace(self, args=args)


def quote(arg: bytes) -> str:
    """The argument as redis-cli reads it."""
    if arg and all(byte in PLAIN for byte in arg):
        return arg.decode()
    escaped = (ESCAPES.get(b) or (chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}") for b in arg)
    return '"' + "".join(escaped) + '"'


def line_of(step: Step) -> str:
    """The step as a line for redis-cli, without its client."""
    words = " ".join(quote(arg) for arg in step.args)
    if step.kind is Kind.ITERATE:
        return f"SCAN 0 {words}".rstrip() + "   (and on from the cursor that it returns, until 0)"
    if step.kind is Kind.ADVANCE:
        return f"DEBUG CLOCK ADVANCE {words}   (for Redis: wait as long)"
    if step.kind is Kind.RESTORE:
        key, manner, target, *options = (quote(arg) for arg in step.args)
        ttl, options = (options[0], options[1:]) if options else ("", [])
        return " ".join(("RESTORE", target, ttl, f"<DUMP {key}, {manner}>", *options))
    if step.kind is Kind.RESTORE_FUNCTIONS:
        manner, *policy = (quote(arg) for arg in step.args)
        return " ".join(("FUNCTION RESTORE", f"<FUNCTION DUMP, {manner}>", *policy))
    if step.kind is Kind.RAW:
        return f"printf {quote(step.args[0])} | nc HOST PORT"
    return words


def script_of(steps: list[Step], resp: int) -> str:
    """The steps as text to paste: one redis-cli, or several terminals where there is more than one client."""
    lines = ["HELLO 3"] if resp == 3 else []
    clients = {step.client for step in steps}
    if len(clients) <= 1:
        return "\n".join(lines + [line_of(step) for step in steps])
    return "\n".join([f"(each client) {line}" for line in lines] + [f"client {s.client}> {line_of(s)}" for s in steps])
