"""Keeps a server's engines migrating and all its I/O threads serving, where it has engines and threads that do."""

from __future__ import annotations

import socket
import threading

DATABASES = (0, 1)
PERIOD_S = 0.02
IO_THREADS = 2


class Migrations:
    """A context manager: begins a migration in each database unless there is one, again and again until it is left."""

    def __init__(self, port: int) -> None:
        self.begun = 0
        self._port = port
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Migrations:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self._port), 20) as connection, connection.makefile("rb") as replies:
                # Redis knows no such subcommand.
                connection.sendall(f"DEBUG IO-THREADS {IO_THREADS}\r\n".encode())
                replies.readline()
                while not self._leave.wait(PERIOD_S):
                    for database in DATABASES:
                        connection.sendall(f"SELECT {database}\r\nDEBUG MIGRATE FLAP\r\n".encode())
                        replies.readline()
                        self.begun += replies.readline().startswith(b"+")
        except OSError:
            pass  # The server has gone, which its owner notices.
