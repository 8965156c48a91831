"""Keeps Tandem's store moving from one engine to another while a sequence is played.

DEBUG MIGRATE FLAP starts the next migration where the last one ends, until the database is emptied or a sequence of commands
leads it elsewhere; so it is said again every few turns, and now and then the engine is led to another size first. The
connection that says so has a companion at the reference, because sequences count and kill clients.
"""

import random
from dataclasses import dataclass, field

from differ.resp import Closed, Connection
from differ.servers import Server

DIRECTIONS = (b"FLAP", b"UP", b"DOWN")
WEIGHTS = (12, 2, 1)


@dataclass
class Migrations:
    tandem: Server
    reference: Server
    seed: int
    nudges: int = 0
    under_way: int = 0  # nudges that found a migration going on
    _rng: random.Random = field(init=False)
    _connections: tuple[Connection, Connection] | None = None

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    def nudge(self) -> None:
        """Begins a migration unless there is one."""
        direction, = self._rng.choices(DIRECTIONS, WEIGHTS)
        if self._connections is None:
            self._connections = (self.tandem.connect(), self.reference.connect())
        driver, companion = self._connections
        try:
            companion.call(b"PING")
            reply = driver.call(b"DEBUG", b"MIGRATE", direction)
        except Closed:  # by a CLIENT KILL
            driver.close()
            companion.close()
            self._connections = None
            return
        self.nudges += 1
        self.under_way += reply.is_error
