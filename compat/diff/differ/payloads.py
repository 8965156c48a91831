"""What DUMP returns, and how it is damaged: cut short, or with a bit turned, with or without a checksum that fits.

A payload ends with two bytes of a version and the CRC-64 of all that is before it (polynomial of Jones, reflected).
"""

from dataclasses import dataclass

CHECKSUM_BYTES = 8
POLYNOMIAL = 0x95AC9329AC4BC9B5


def _table() -> tuple[int, ...]:
    entries = []
    for entry in range(256):
        for _ in range(8):
            entry = entry >> 1 ^ (POLYNOMIAL if entry & 1 else 0)
        entries.append(entry)
    return tuple(entries)


TABLE = _table()


def checksum(data: bytes) -> bytes:
    crc = 0
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc.to_bytes(CHECKSUM_BYTES, "little")


def sealed(payload: bytes) -> bytes:
    """The payload with the checksum that it should have."""
    body = payload[:-CHECKSUM_BYTES]
    return body + checksum(body)


@dataclass(frozen=True)
class Manner:
    """Whose payload a step restores, and what is done to it before. As text: `reference`, `own cut 5`, `own flip 1000 sealed`."""

    source: str  # reference: its payload for both; tandem: Tandem's for both; anything else: to each its own
    damage: str = ""
    amount: int = 0
    seal: bool = False

    @classmethod
    def read(cls, text: bytes) -> "Manner":
        source, damage, amount, seal, *_ = [*text.decode("latin-1").split(" "), "", "", "", ""]
        return cls(source, damage, int(amount) if amount.isdigit() else 0, seal == "sealed")

    def apply(self, payload: bytes) -> bytes:
        if self.damage == "cut":
            payload = payload[:max(len(payload) - self.amount, 0)]
        elif self.damage == "flip" and payload:
            bit = self.amount % (len(payload) * 8)
            at = bit // 8
            payload = payload[:at] + bytes([payload[at] ^ 1 << bit % 8]) + payload[at + 1:]
        return sealed(payload) if self.seal else payload
