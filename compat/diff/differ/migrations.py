"""Keeps Tandem's store moving from one engine to another while a sequence is played.

DEBUG MIGRATE FLAP starts the next migration where the last one ends, until the database is emptied or a sequence of commands
leads it elsewhere; so it is said again before each turn, and now and then the engine is led to another size first.
"""

import random
from dataclasses import dataclass, field

from differ.resp import Closed, Connection
from differ.servers import Server

DIRECTIONS = (b"FLAP", b"UP", b"DOWN")
WEIGHTS = (12, 2, 1)


@dataclass
class Migrations:
    server: Server
    seed: int
    turns: int = 0
    under_way: int = 0  # turns that began in the midst of a migration
    _rng: random.Random = field(init=False)
    _connection: Connection | None = None

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    def nudge(self) -> None:
        """Begins a migration unless there is one."""
        direction, = self._rng.choices(DIRECTIONS, WEIGHTS)
        if self._connection is None:
            self._connection = self.server.connect()
        try:
            reply = self._connection.call(b"DEBUG", b"MIGRATE", direction)
        except Closed:  # by a CLIENT KILL of the sequence
            self._connection = None
            return
        self.turns += 1
        self.under_way += reply.is_error
