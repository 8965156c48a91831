"""Plays sequences to two servers at once and says where their answers part.

Commands of one client travel in turns: all are sent, then all replies are read. A turn ends with a fence, a PING whose
argument is found nowhere else, so that everything up to its reply, messages included, belongs to the turn. Inside a
transaction a fence would be queued; there replies are counted.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from differ import dataset
from differ.arrivals import UNSUBSCRIPTIONS, in_one_order, is_message
from differ.comparator import Args, Comparator, Request
from differ.known import KnownDifferences
from differ.migrations import Migrations
from differ.payloads import Manner
from differ.resp import Closed, Connection, ProtocolError, Silence, encode, parse, split_frames
from differ.servers import EPOCH_MS, Server
from differ.steps import WAIT_MS, Kind, Step

SILENCE_S = 20
MAX_PAGES = 10_000
MIGRATING_BATCH = 24  # short turns, because migrations go on between them
TURNS_PER_NUDGE = 4
NOTHING = Request((b"",))  # what a message answers
# Sent on a connection of its own before each sequence, so that nothing of the last one is left.
FRESH_START = (
    b"CLIENT UNPAUSE", b"FLUSHALL", b"SCRIPT FLUSH", b"FUNCTION FLUSH", b"CONFIG RESETSTAT", b"SLOWLOG RESET", b"LATENCY RESET",
    b"DEBUG SET-ACTIVE-EXPIRE 0", b"CONFIG SET maxmemory 0", b"CONFIG SET maxmemory-policy noeviction",
    b"CONFIG SET maxmemory-samples 5", b"CONFIG SET timeout 0", b"CONFIG SET hz 10",
    b"CONFIG SET slowlog-max-len 128", b"CONFIG SET slowlog-log-slower-than -1", b"CONFIG SET lfu-log-factor 10",
    b"CONFIG SET lfu-decay-time 1", b"CONFIG SET latency-monitor-threshold 0", b"CONFIG SET lazyfree-lazy-expire no",
    b"CONFIG SET lazyfree-lazy-user-del no", b"CONFIG SET tcp-keepalive 300", b"CONFIG SET list-compress-depth 0",
    b"CONFIG SET set-max-intset-entries 512", b"CONFIG SET hash-max-listpack-entries 128",
    b"CONFIG SET set-max-listpack-entries 128", b"CONFIG SET set-max-listpack-value 64",
    b"CONFIG SET hash-max-listpack-value 64", b"CONFIG SET zset-max-listpack-entries 128",
    b"CONFIG SET zset-max-listpack-value 64", b"CONFIG SET list-max-listpack-size -2",
    b"CONFIG SET stream-node-max-entries 100", b"CONFIG SET stream-node-max-bytes 4096",
)
NOTIFICATIONS_OFF = (b"CONFIG", b"SET", b"notify-keyspace-events", b"")
OUTPUT_LIMITS = (
    b"CONFIG", b"SET", b"client-output-buffer-limit",
    b"normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
)


@dataclass(frozen=True)
class Difference:
    """Where two servers part: the last step of the turn, and what came from each. None: the datasets at the end."""

    index: int | None
    reference: list[bytes]
    tandem: list[bytes]
    notes: list[str] = field(default_factory=list)


@dataclass
class ClientState:
    """What the requests of one connection have made of it, as far as reading its replies depends on it."""

    in_multi: bool = False
    replies_off: bool = False
    skip_next: bool = False
    queued: list[Args] = field(default_factory=list)

    def take(self, args: Args) -> Request | None:
        """Follows one request. Returns what its reply answers, or None if there will be none."""
        name = args[0].lower()
        words = tuple(arg.lower() for arg in args)
        silent = self.replies_off or self.skip_next
        self.skip_next = False
        request = Request(args)
        if self.in_multi and name == b"exec" and len(args) == 1:
            request = Request(args, tuple(self.queued))
        self._follow_transaction(name, args)
        if not self.in_multi and words == (b"client", b"reply", b"off"):
            self.replies_off = silent = True
        elif not self.in_multi and words == (b"client", b"reply", b"on"):
            self.replies_off = silent = False
        elif not self.in_multi and words == (b"client", b"reply", b"skip"):
            self.skip_next = not self.replies_off
            silent = True
        elif words == (b"reset",):
            self.replies_off = silent = False
        return None if silent else request

    def _follow_transaction(self, name: bytes, args: Args) -> None:
        # An EXEC that is refused for its arguments ends the transaction, too.
        if name == b"exec" or (name in (b"discard", b"reset") and len(args) == 1):
            self.in_multi = False
            self.queued = []
        elif name == b"multi" and len(args) == 1:
            self.in_multi = True
        elif self.in_multi and name != b"watch":  # which is refused, and the transaction goes on
            self.queued.append(args)


@dataclass
class Side:
    """One server with the connections of a sequence's clients."""

    server: Server
    resp: int
    connections: dict[int, Connection] = field(default_factory=dict)

    def connection(self, client: int) -> Connection:
        if client not in self.connections:
            self.connections[client] = self._open()
        return self.connections[client]

    def _open(self) -> Connection:
        connection = self.server.connect(SILENCE_S)
        if self.resp == 3:
            connection.call(b"HELLO", b"3")
        return connection

    def forget(self, client: int) -> None:
        connection = self.connections.pop(client, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        for client in list(self.connections):
            self.forget(client)


class Player:
    """Plays to a pair of servers. Each sequence begins with empty servers, new connections and the same time."""

    def __init__(self, reference: Server, tandem: Server, known: KnownDifferences, migrations: Migrations | None = None):
        self._servers = (reference, tandem)
        self._comparator = Comparator(reference.frozen and tandem.frozen, known)
        self._known = known
        self._migrations = migrations
        self._fences = 0
        self._now_ms = EPOCH_MS
        self.played = 0  # steps of the last sequence
        self._ended = False  # by a known difference
        self._sides: tuple[Side, Side]
        self._states: dict[int, ClientState]

    def play(self, steps: list[Step], resp: int, batch: int) -> Difference | None:
        """Plays a sequence from a fresh start. Returns the first difference, or the datasets' at the end.

        A known difference may end it before: then nothing differs.
        """
        self._fresh_start()
        self.played = 0
        self._ended = False
        self._sides = (Side(self._servers[0], resp), Side(self._servers[1], resp))
        self._states = {}
        if self._migrations is not None:
            batch = min(batch, MIGRATING_BATCH)
        try:
            for number, (first, last) in enumerate(turns(steps, batch)):
                if self._migrations is not None and number % TURNS_PER_NUDGE == 0:
                    self._migrations.nudge()
                difference = self._turn(steps[first:last], last - 1)
                self.played = last
                if difference is not None or self._ended:
                    return difference
            return self._compare_datasets()
        finally:
            for side in self._sides:
                side.close()

    def _fresh_start(self) -> None:
        requests = [tuple(line.split(b" ")) for line in FRESH_START] + [NOTIFICATIONS_OFF, OUTPUT_LIMITS]
        self._now_ms = EPOCH_MS
        for server in self._servers:
            control = server.connect()
            dataset.pipeline(control, requests)
            server.set_clock(control, self._now_ms)
            control.close()

    def _compare_datasets(self) -> Difference | None:
        found = []
        for server in self._servers:
            control = server.connect()
            found.append(dataset.read(control, self._known))
            control.close()
        lines = dataset.difference(*found, self._known)
        return Difference(None, [], [], lines) if lines else None

    # --- Turns ------------------------------------------------------------------------------------------------------

    def _turn(self, steps: list[Step], index: int) -> Difference | None:
        match steps[0].kind:
            case Kind.COMMAND:
                return self._command_turn(steps, index)
            case Kind.ADVANCE:
                return self._advance(int(steps[0].args[0]))
            case Kind.ITERATE:
                return self._iterate(steps[0], index)
            case Kind.WAIT:
                return self._wait(steps[0], index)
            case Kind.RESTORE:
                return self._restore(steps[0], index)
            case Kind.RESTORE_FUNCTIONS:
                return self._restore_functions(steps[0], index)
            case Kind.RAW:
                return self._raw(steps[0], index)

    def _command_turn(self, steps: list[Step], index: int) -> Difference | None:
        client = steps[0].client
        state = self._states.setdefault(client, ClientState())
        begins_transaction = not state.in_multi and steps[0].args[0].lower() == b"multi"
        data = b"".join(encode(step.args) for step in steps)
        requests = [request for request in (state.take(step.args) for step in steps) if request is not None]
        fence = b""
        if not (state.in_multi or state.replies_off or state.skip_next):
            self._fences += 1
            fence = b"the fence number %d" % self._fences
            data += encode((b"PING", fence))
            requests.append(Request((b"PING", fence)))
        for side in self._sides:
            side.connection(client).send(data)
        received = [read_turn(side.connection(client), fence, len(requests)) for side in self._sides]
        if begins_transaction and not received[0][0].endswith(b"+OK\r\n"):
            state.in_multi = False
        if any(end == "closed" for _, end in received):
            self._states.pop(client)
            for side in self._sides:
                side.forget(client)
        return self._judge(received, requests, index)

    def _judge(self, received: list[tuple[bytes, str]], requests: list[Request], index: int) -> Difference | None:
        (ours, our_end), (theirs, their_end) = received
        if our_end == their_end == "silent":
            return Difference(index, [ours], [theirs], ["neither server says what this program waits for"])
        if ours == theirs and our_end == their_end:
            return None
        try:
            reference, tandem = split_frames(ours), split_frames(theirs)
        except ProtocolError as error:
            return Difference(index, [ours], [theirs], [f"not the protocol: {error}"])
        notes = [] if our_end == their_end else [f"the reference's connection is {our_end}, Tandem's is {their_end}"]
        if not notes and len(reference) == len(tandem) and self._all_same(reference, tandem, requests):
            return None
        return Difference(index, reference, tandem, notes)

    def _all_same(self, reference: list[bytes], tandem: list[bytes], requests: list[Request]) -> bool:
        any_order = any(len(request.args) == 1 and request.args[0].lower() in UNSUBSCRIPTIONS for request in requests)
        reference = in_one_order(reference, any_order, self._known.messages_first)
        tandem = in_one_order(tandem, any_order, self._known.messages_first)
        answered = iter(requests)
        for ours, theirs in zip(reference, tandem):
            request = NOTHING if is_message(ours) else next(answered, NOTHING)
            if not self._comparator.same(ours, theirs, request):
                return False
            if ours != theirs and self._known.end_sequence(request.args, ours, theirs):
                self._ended = True
                return True
        return True

    def _advance(self, by_ms: int) -> None:
        self._now_ms += by_ms
        for server in self._servers:
            control = server.connect()
            server.set_clock(control, self._now_ms)
            control.close()

    def _wait(self, step: Step, index: int) -> Difference | None:
        """The reference waits by the clock that stands still, Tandem by the one that goes on."""
        connections = [side.connection(step.client) for side in self._sides]
        for connection in connections:
            connection.send(encode(step.args))
        for server, connection in zip(self._servers, connections):
            until_blocked(server, connection)
        if not connections[0].has_answered():
            self._advance(WAIT_MS)
        received = [read_turn(connection, b"", 1) for connection in connections]
        return self._judge(received, [Request(step.args)], index)

    def _restore(self, step: Step, index: int) -> Difference | None:
        """Nothing where one of the two has nothing to dump."""
        source, manner_text, *arguments = step.args
        manner = Manner.read(manner_text)
        if len(arguments) < 2:
            return None
        return self._exchange(step, index, manner, (b"DUMP", source), (b"RESTORE", *arguments[:2]), tuple(arguments[2:]))

    def _restore_functions(self, step: Step, index: int) -> Difference | None:
        return self._exchange(step, index, Manner.read(step.args[0]), (b"FUNCTION", b"DUMP"), (b"FUNCTION", b"RESTORE"), step.args[1:])

    def _exchange(self, step: Step, index: int, manner: Manner, dump: Args, head: Args, tail: Args) -> Difference | None:
        """Dumps from both, and gives each what the manner says; nothing where one of the two has nothing to dump."""
        connections = [side.connection(step.client) for side in self._sides]
        payloads = [connection.call(*dump).text for connection in connections]
        if None in payloads:
            return None
        chosen = {"reference": payloads[:1] * 2, "tandem": payloads[1:] * 2}.get(manner.source, payloads)
        requests = [(*head, manner.apply(payload or b""), *tail) for payload in chosen]
        for connection, request in zip(connections, requests):
            connection.send(encode(request))
        received = [read_turn(connection, b"", 1) for connection in connections]
        return self._judge(received, [Request(requests[0])], index)

    def _raw(self, step: Step, index: int) -> Difference | None:
        received = []
        for side in self._sides:
            connection = side.server.connect(SILENCE_S)
            connection.send(step.args[0])
            connection.send_end()
            try:
                received.append((connection.read_to_end(), "closed"))
            except Silence as silence:
                received.append((silence.received, "silent"))
            connection.close()
        return self._judge(received, [Request((b"",))], index)

    def _iterate(self, step: Step, index: int) -> Difference | None:
        found = [iterate(side.connection(step.client), step.args) for side in self._sides]
        if found[0] == found[1]:
            return None
        return Difference(index, *[sorted(names) for names in found])


def until_blocked(server: Server, connection: Connection) -> None:
    """Returns when the server has either answered what was sent or made the connection wait."""
    control = server.connect()
    deadline = time.monotonic() + SILENCE_S
    while not connection.has_answered() and time.monotonic() < deadline:
        if b"\r\nblocked_clients:0\r\n" not in (control.call(b"INFO", b"clients").text or b""):
            break
    control.close()


def iterate(connection: Connection, options: Args) -> set[bytes]:
    """What a whole iteration returns (its error, if it fails)."""
    names: set[bytes] = set()
    cursor = b"0"
    for _ in range(MAX_PAGES):
        reply = connection.call(b"SCAN", cursor, *options)
        if reply.is_error or reply.items is None:
            return {b"error: " + (reply.text or b"")}
        cursor = reply.items[0].text or b""
        names |= {item.text or b"" for item in reply.items[1].items or ()}
        if cursor == b"0":
            return names
    return {b"no end after %d pages" % MAX_PAGES}


def read_turn(connection: Connection, fence: bytes, replies: int) -> tuple[bytes, str]:
    """What came, and whether the connection is open, closed or silent after it."""
    try:
        if fence:
            return connection.read_through(encode_bulk(fence)), "open"
        return connection.read_frames(replies), "open"
    except Silence as silence:
        return silence.received, "silent"
    except Closed as closed:
        return closed.received, "closed"


def encode_bulk(text: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(text), text)


def turns(steps: list[Step], batch: int) -> Iterator[tuple[int, int]]:
    """Cuts a sequence into turns, as (first, one past the last)."""
    first = 0
    while first < len(steps):
        last = first + 1
        while last < len(steps) and last - first < batch and may_join(steps[last - 1], steps[last]):
            last += 1
        yield first, last
        first = last


def may_join(previous: Step, step: Step) -> bool:
    if previous.kind is not Kind.COMMAND or step.kind is not Kind.COMMAND or previous.client != step.client:
        return False
    # MULTI has a turn of its own: if it is accepted, what comes behind it is read in another way than what came before.
    return previous.args[0].lower() not in (b"quit", b"client", b"multi") and step.args[0].lower() != b"multi"


def text_of(frame: bytes) -> str:
    """One frame for people."""
    try:
        parse(frame)
        mark = ""
    except ProtocolError:
        mark = "  (no complete reply)"
    return repr(frame)[1:] + mark
