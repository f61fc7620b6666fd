"""Ranks, running ends and means within groups of rows."""

from __future__ import annotations

import numpy as np

FAR = 40_000  # days; more than any date here


def latest_before(person: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Per row, sorted by person: the latest end among the person's earlier rows; long ago where there is none."""
    group = np.cumsum(np.diff(person, prepend=-1) != 0).astype(np.int64) * FAR
    latest = np.maximum.accumulate(group + end)
    return np.concatenate(([-FAR], latest[:-1])) - group


def rank_within(group: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... among equal values, in their order."""
    order = np.argsort(group, kind="stable")
    heads = np.flatnonzero(np.diff(group[order], prepend=-1))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.repeat(heads, np.diff(heads, append=len(group)))
    return rank


def mean_by(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The mean of the group that each row belongs to."""
    place = group - group.min(initial=0)
    mean = np.bincount(place, value) / np.maximum(np.bincount(place), 1)
    return mean[place]
