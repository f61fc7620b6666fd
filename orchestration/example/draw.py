"""Deterministic draws: each value is a pure function of the seed and of what is drawn, whatever the order or machine.

A hash is used and not a sequence of random numbers: one more row must not change all the rows after it, and the
mathematical library of a machine must not change a digit.
"""

from __future__ import annotations

from hashlib import blake2b


class Draw:
    """Draws below one seed and scope. Keys may be texts or numbers; the same key gives the same value."""

    def __init__(self, seed: int, *scope: object) -> None:
        self._prefix = "\x1f".join(map(str, (seed, *scope)))

    def unit(self, *key: object) -> float:
        """Uniform in [0, 1), a multiple of 2**-53."""
        text = "\x1f".join((self._prefix, *map(str, key)))
        digest = blake2b(text.encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 11) / 2**53

    def between(self, low: float, high: float, *key: object) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.unit(*key)

    def whole(self, low: int, high: int, *key: object) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.unit(*key) * (high - low + 1))

    def chance(self, share: float, *key: object) -> bool:
        """True in `share` of all keys."""
        return self.unit(*key) < share

    def first(self, items: list[str], count: int, *key: object) -> set[str]:
        """`count` of the items, drawn without replacement."""
        return set(sorted(items, key=lambda item: self.unit(*key, item))[:count])
