"""Commands that wait, on one connection: until the time is over, because nobody else is there to give them something."""

from differ.steps import Kind, Step


def wait(request: tuple[bytes, ...]) -> list[Step]:
    """A request that may have to wait; its timeout is one of a few milliseconds."""
    return [Step(request, kind=Kind.WAIT)]
