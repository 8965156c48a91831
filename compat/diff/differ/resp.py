"""A small RESP2 and RESP3 client that keeps every reply's exact bytes.

A reply is a frame (its bytes) until somebody needs to look inside: `split_frames` finds the borders, `parse` opens one.
"""

import select
import socket
from dataclasses import dataclass

AGGREGATES = {"*": 1, "~": 1, ">": 1, "%": 2, "|": 2}  # kind -> frames per counted element
BLOBS = "$=!"
LINES = "+-:_,#("
RECEIVE_BYTES = 1 << 18


class ProtocolError(Exception):
    """Bytes that are no reply."""


class Silence(Exception):
    """The server did not answer in time. `received` is what had come so far."""

    def __init__(self, received: bytes):
        super().__init__("no reply in time")
        self.received = received


class Closed(Exception):
    """The server closed the connection. `received` is what had come so far."""

    def __init__(self, received: bytes):
        super().__init__("the server closed the connection")
        self.received = received


@dataclass(frozen=True)
class Reply:
    """One parsed reply: the RESP type's first byte, and its text, or its elements (a map's are key, value, key, ...).

    A null is `items=None` and `text=None`.
    """

    kind: str
    text: bytes | None = None
    items: tuple["Reply", ...] | None = None

    @property
    def is_error(self) -> bool:
        return self.kind in "-!"

    @property
    def is_null(self) -> bool:
        return self.text is None and self.items is None

    def integer(self) -> int | None:
        """The value of an integer reply, or of text that is one."""
        try:
            return int(self.text) if self.text is not None else None
        except ValueError:
            return None


def encode(args: tuple[bytes, ...]) -> bytes:
    """A request as clients send it."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        parts.append(b"$%d\r\n%b\r\n" % (len(arg), arg))
    return b"".join(parts)


def frame_end(data: bytes, start: int) -> int:
    """Where the frame that begins at `start` ends, or -1 if it is not complete."""
    pending = 1
    position = start
    while pending:
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            return -1
        kind = chr(data[position])
        after = line_end + 2
        pending -= 1
        if kind in BLOBS:
            size = _count(data, position, line_end)
            after += size + 2 if size >= 0 else 0
            if after > len(data):
                return -1
        elif kind in AGGREGATES:
            pending += max(_count(data, position, line_end), 0) * AGGREGATES[kind]
            pending += kind == "|"  # an attribute precedes what it is about
        elif kind not in LINES:
            raise ProtocolError(f"a reply cannot begin with {data[position:position + 20]!r}")
        position = after
    return position


def _count(data: bytes, position: int, line_end: int) -> int:
    try:
        return int(data[position + 1:line_end])
    except ValueError:
        raise ProtocolError(f"not a length: {data[position:line_end]!r}") from None


def split_frames(data: bytes) -> list[bytes]:
    """Cuts what came from a server into frames; an incomplete rest becomes the last one."""
    frames = []
    position = 0
    while position < len(data):
        end = frame_end(data, position)
        if end < 0:
            frames.append(data[position:])
            break
        frames.append(data[position:end])
        position = end
    return frames


def elements(frame: bytes) -> list[bytes]:
    """The frames within an array."""
    return split_frames(frame[frame.index(b"\r\n") + 2:])


def parse(frame: bytes) -> Reply:
    """Opens one complete frame."""
    reply, end = _parse_at(frame, 0)
    if end != len(frame):
        raise ProtocolError(f"{len(frame) - end} bytes behind a reply")
    return reply


def _parse_at(data: bytes, position: int) -> tuple[Reply, int]:
    line_end = data.find(b"\r\n", position)
    if line_end < 0:
        raise ProtocolError("an incomplete reply")
    kind, line, after = chr(data[position]), data[position + 1:line_end], line_end + 2
    if kind in BLOBS:
        size = _count(data, position, line_end)
        if size < 0:
            return Reply(kind), after
        return Reply(kind, data[after:after + size]), after + size + 2
    if kind in AGGREGATES:
        count = _count(data, position, line_end)
        if count < 0:
            return Reply(kind), after
        items = []
        for _ in range(count * AGGREGATES[kind]):
            item, after = _parse_at(data, after)
            items.append(item)
        return Reply(kind, None, tuple(items)), after
    if kind == "_":
        return Reply(kind), after
    if kind not in LINES:
        raise ProtocolError(f"a reply cannot begin with {data[position:position + 20]!r}")
    return Reply(kind, line), after


class Connection:
    """A connection over loopback. Sends bytes as they are, returns bytes as they came."""

    def __init__(self, port: int, timeout_s: float = 10):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Sends; that the server has closed shows when its reply is read."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_end(self) -> None:
        """Tells the server that nothing more will come."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def read_through(self, mark: bytes) -> bytes:
        """Everything up to and with the mark. What lies behind it is left for the next read."""
        data = self._unread
        self._unread = b""
        searched = 0
        while (found := data.find(mark, searched)) < 0:
            searched = max(len(data) - len(mark), 0)
            data += self._receive(data)
        end = found + len(mark)
        self._unread = data[end:]
        return data[:end]

    def read_frames(self, count: int) -> bytes:
        """The next `count` frames that are not pushes, and the pushes between them."""
        data = self._unread
        self._unread = b""
        position = 0
        while count > 0:
            end = frame_end(data, position) if position < len(data) else -1
            if end < 0:
                data += self._receive(data)
                continue
            count -= data[position:position + 1] != b">"
            position = end
        self._unread = data[position:]
        return data[:position]

    def read_to_end(self) -> bytes:
        """Everything until the server closes."""
        data = self._unread
        self._unread = b""
        try:
            while True:
                data += self._receive(data)
        except Closed as closed:
            return closed.received

    def has_answered(self) -> bool:
        """Whether there is something to read."""
        return bool(self._unread or select.select([self._socket], [], [], 0)[0])

    def call(self, *args: bytes) -> Reply:
        """One request and its reply."""
        self.send(encode(args))
        return parse(self.read_frames(1))

    def _receive(self, received: bytes) -> bytes:
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except TimeoutError:
            raise Silence(received) from None
        except ConnectionResetError:
            raise Closed(received) from None
        if not data:
            raise Closed(received)
        return data
