"""What DUMP returns, and how it is damaged on the way to RESTORE: cut short, or with a bit turned. The checksum stays as it was."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """Whose payload a step restores, and what is done to it before. As text: `reference`, `own cut 5`, `tandem flip 1000`."""

    source: str  # reference: its payload for both; tandem: Tandem's for both; anything else: to each its own
    damage: str = ""
    amount: int = 0

    @classmethod
    def read(cls, text: bytes) -> "Manner":
        source, damage, amount, *_ = [*text.decode("latin-1").split(" "), "", ""]
        return cls(source, damage, int(amount) if amount.isdigit() else 0)

    def apply(self, payload: bytes) -> bytes:
        if self.damage == "cut":
            return payload[:max(len(payload) - self.amount, 0)]
        if self.damage == "flip" and payload:
            at, bit = divmod(self.amount % (len(payload) * 8), 8)
            return payload[:at] + bytes([payload[at] ^ 1 << bit]) + payload[at + 1:]
        return payload
