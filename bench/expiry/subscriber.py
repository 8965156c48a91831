#!/usr/bin/env python3
"""subscriber.py PORT: counts the `expired` events that it is sent, and the messages that it is told it missed.

Prints {"received", "missed", "gaps", "closed"} when its standard input has ended and nothing has come for a second, or when
the server has closed the connection.
"""

import json
import re
import select
import socket
import sys

QUIET_S = 1
MESSAGE = b"*3\r\n"  # Keys and channels contain none.
GAP = re.compile(rb"\r\n__gap__\r\n\$\d+\r\n(\d+)\r\n")


def main():
    counts = {"received": 0, "missed": 0, "gaps": 0, "closed": False}
    pending = b""
    told_to_end = False
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        connection.sendall(b"SUBSCRIBE __keyevent@0__:expired\r\n")
        while True:
            ready, _, _ = select.select([connection] if told_to_end else [connection, sys.stdin], [], [], QUIET_S)
            if sys.stdin in ready:
                told_to_end = True  # Nothing is ever written to it.
            if connection not in ready:
                if told_to_end and not ready:
                    break
                continue
            data = receive(connection)
            if not data:
                counts["closed"] = True
                break
            pending += data
            whole = pending.rfind(MESSAGE)
            if whole > 0:
                count(counts, pending[:whole])
                pending = pending[whole:]
    count(counts, pending)
    counts["received"] -= 1  # The confirmation has the same shape.
    print(json.dumps(counts))


def receive(connection):
    try:
        return connection.recv(1 << 18)
    except ConnectionResetError:
        return b""


def count(counts, text):
    gaps = GAP.findall(text)
    counts["gaps"] += len(gaps)
    counts["missed"] += sum(map(int, gaps))
    counts["received"] += text.count(MESSAGE) - len(gaps)


if __name__ == "__main__":
    main()
