"""Disclosure control where counts are many and nested: waits counted from contacts. Pure functions.

The exact method of `disclosure` solves a program per hidden cell, and a month of waits has thousands: sexes, regions,
exclusion sets inside one another, intervals, two attributions. Here every sum a reader can form is looked at on its
own: hidden parts of a shown whole must be two or more and together at least 2T of each count that they hide, else the
smallest shown part is hidden too. Time and memory grow with the number of cells, nothing is searched. What several
sums together might tell is not audited (docs/waits.md).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Counts that are hidden together: within and beyond the bound, or one count alone.
Counts = tuple[int, ...]


@dataclass(frozen=True)
class Sum:
    """`whole` = sum of `parts`, by position of the cells; without `whole` it stands elsewhere and is not hidden."""

    whole: int | None
    parts: tuple[int, ...]


def is_small(counts: Counts, threshold: int) -> bool:
    """A count, or what it leaves of its base, is more than nothing and below the threshold."""
    return any(0 < count < threshold for count in counts)


def conflicting_sets(sets: Mapping[str, Counts], order: Sequence[str], threshold: int) -> list[str]:
    """The exclusion sets to hide, so that no two shown ones differ by a small count; sooner in `order`, sooner shown.

    Two sets of the same contacts differ by those that one leaves out: 1 to 4 patients who chose to wait are a small
    cell, though no table has it.
    """
    shown: list[str] = []
    for name in (n for n in order if n in sets):
        apart = [tuple(abs(a - b) for a, b in zip(sets[name], sets[other], strict=True)) for other in shown]
        if not any(is_small(difference, threshold) for difference in apart):
            shown.append(name)
    return [name for name in sets if name not in shown]


def protected(cells: Sequence[Counts], hidden: Collection[int], sums: Iterable[Sum], threshold: int) -> set[int]:
    """`hidden` and the cells that must be hidden for their sake.

    Args:
        cells: the counts of each cell; a position is its name.
        hidden: cells that are hidden for what they are, or were in an earlier release.
        sums: every sum that a reader can form; a part that is not there is a true zero.
    """
    known = list(sums)
    touching: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(known):
        for cell in {*one.parts, one.whole} - {None}:
            touching[cell].append(place)  # type: ignore[index]
    hidden = set(hidden)
    waiting = deque(sorted({place for cell in hidden for place in touching[cell]}))
    queued = set(waiting)
    while waiting:
        place = waiting.popleft()
        queued.discard(place)
        while (more := _next(cells, hidden, known[place], threshold)) is not None:
            hidden.add(more)
            for other in touching[more]:
                if other not in queued:
                    queued.add(other)
                    waiting.append(other)
    return hidden


def _next(cells: Sequence[Counts], hidden: set[int], one: Sum, threshold: int) -> int | None:
    """The cell to hide next for the sake of a sum, None where the sum tells nothing."""
    inside = [part for part in one.parts if part in hidden]
    whole_hidden = one.whole is not None and one.whole in hidden
    if not inside and not whole_hidden:
        return None
    if whole_hidden and inside:
        return None
    if inside and len(inside) > 1 and all(total == 0 or total >= 2 * threshold for total in _totals(cells, inside)):
        return None
    shown = [part for part in one.parts if part not in hidden and sum(cells[part]) > 0]
    if shown:
        return min(shown, key=lambda part: (sum(cells[part]), part))
    return one.whole if inside and not whole_hidden else None


def _totals(cells: Sequence[Counts], parts: Sequence[int]) -> list[int]:
    return [sum(counts) for counts in zip(*(cells[part] for part in parts), strict=True)]
