"""Random arrays that are the same everywhere: a generator per scope, and draws that use tables and sums only."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

_GOLDEN = 0x9E3779B97F4A7C15
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def generator(seed: int, *scope: object) -> np.random.Generator:
    """A generator of its own for what is drawn, so that one more draw elsewhere changes nothing here."""
    text = "\x1f".join(map(str, (seed, *scope)))
    return np.random.Generator(np.random.PCG64(int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")))


def happens(rng: np.random.Generator, chance: np.ndarray) -> np.ndarray:
    """True with each chance, drawn systematically: in any stretch of the array the sum of chances is met within one.

    Chances above 1 count as 1. The order of the array decides what is a stretch.
    """
    total = np.concatenate(([0.0], np.cumsum(np.minimum(chance, 1.0)))) + rng.random()
    whole = np.floor(total)
    return whole[1:] > whole[:-1]


def chosen(rng: np.random.Generator, weights: tuple[float, ...], size: int) -> np.ndarray:
    """Places 0, 1, 2 ... by weight."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(edges[:-1] / edges[-1], rng.random(size), side="right").astype(np.uint8)


def cells_of(rng: np.random.Generator, expected: np.ndarray) -> np.ndarray:
    """The cell of each event, flat, in random order within the whole: the expected total, rounded, shared by chance."""
    edges = np.cumsum(expected.ravel())
    if not len(edges) or edges[-1] <= 0:
        return np.zeros(0, dtype=np.int64)
    count = int(edges[-1] + rng.random())
    return np.minimum(np.searchsorted(edges, rng.random(count) * edges[-1], side="right"), len(edges) - 1)


def scattered(numbers: np.ndarray, salt: int) -> np.ndarray:
    """A fixed number in [0, 1) for each whole number: the finaliser of SplitMix64."""
    x = numbers.astype(np.uint64) + np.uint64(salt * _GOLDEN % 2**64)
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53
