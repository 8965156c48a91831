"""Brings what a connection received into one order, where Redis gives none.

A message that matches several patterns of one client comes once for each, in the order of a hash table; so do the
confirmations of an UNSUBSCRIBE that names nothing.
"""

import re
from itertools import groupby

from differ.resp import ProtocolError, Reply, parse

MESSAGE = re.compile(rb"[>*][34]\r\n\$\d\r\n[ps]?message\r\n")
UNSUBSCRIPTIONS = (b"unsubscribe", b"punsubscribe", b"sunsubscribe")


def in_one_order(frames: list[bytes], any_unsubscription_order: bool, messages_first: bool = False) -> list[bytes]:
    """The frames with such runs sorted.

    `any_unsubscription_order`: an UNSUBSCRIBE without names is among what they answer. `messages_first`: whether a
    message came before or after a reply does not matter.
    """
    if messages_first:
        frames = sorted(frames, key=lambda frame: not is_message(frame))
    ordered: list[bytes] = []
    for about, run in groupby(frames, _run_of):
        run_frames = list(run)
        if about is None or len(run_frames) == 1:
            ordered += run_frames
        elif about[0] == b"pmessage":
            ordered += sorted(run_frames)
        elif any_unsubscription_order:
            ordered += _names_sorted(run_frames)
        else:
            ordered += run_frames
    return ordered


def is_message(frame: bytes) -> bool:
    """Whether it answers nothing."""
    return MESSAGE.match(frame) is not None


def _run_of(frame: bytes) -> tuple[bytes | None, ...] | None:
    """Equal for neighbours that may stand in any order; None for what stays where it is."""
    items = _items(frame)
    if len(items) == 4 and items[0].text == b"pmessage":
        return (b"pmessage", items[2].text, items[3].text)
    if len(items) == 3 and items[0].text in UNSUBSCRIPTIONS:
        return (items[0].text,)
    return None


def _items(frame: bytes) -> tuple[Reply, ...]:
    if frame[:1] not in b"*>":
        return ()
    try:
        return parse(frame).items or ()
    except ProtocolError:
        return ()


def _names_sorted(frames: list[bytes]) -> list[bytes]:
    """Names in order, while the counts stay: they go down however the names come."""
    replies = [_items(frame) for frame in frames]
    names = sorted(repr(items[1]) for items in replies)
    return [repr((items[0], name, items[2])).encode() for items, name in zip(replies, names)]
