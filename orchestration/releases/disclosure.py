"""Disclosure control: which counts must be hidden so that nobody can read or work out a small one. Pure functions.

Primary: 0 < count < T, or 0 < base - count < T. Secondary: so many more cells that each hidden one can still lie in a
range at least 2T wide for a reader who knows every published sum (women + men = total; municipalities = county;
regions or counties = nation; a region is its county) and that no count is negative. True zeroes stay.

Method: cell suppression with the attacker's problem in the constraints (Fischetti and Salazar), one hidden cell at a
time, each audited by two linear programs. The base is hidden with its count, and so bounds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.releases.solver_output import solver_output_aside

SMALL, SECONDARY = "suppressed_small_n", "suppressed_secondary"
_RULE = re.compile(r"^threshold[:_](\d+)$")
# Published counts are whole: a sum that is further off is no relation between these cells (noise, other coverage).
_HOLDS = 0.5
_SLACK = 1e-6
# A limit in nodes, not in seconds: the same data hide the same cells on any machine.
_NODES = 20_000

Area = tuple[str, str]
Sums = tuple[tuple[Area, frozenset[Area]], ...]
Relation = tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Cell:
    """One count of a table. Cells of the same `table` differ in area and sex alone, and may add up."""

    key: Hashable
    table: Hashable
    area: Area
    sex: str
    count: float
    base: float | None = None


def threshold_of(rule: str) -> int | None:
    """T of `threshold:T` or `threshold_T`; None of `none`, where the owner has controlled what he publishes.

    Raises:
        ValueError: the rule is neither.
    """
    found = _RULE.match(rule)
    if rule != "none" and not found:
        raise ValueError(f"disclosure_rule {rule!r} is unknown; write none, or threshold_5 for a threshold of 5")
    return int(found[1]) if found else None


def is_small(cell: Cell, threshold: int) -> bool:
    """Primary suppression: the count, or what is left of its base, is more than nothing and below the threshold."""
    rest = None if cell.base is None else cell.base - cell.count
    return 0 < cell.count < threshold or (rest is not None and 0 < rest < threshold)


def sums_on(areas: Iterable[Mapping[str, Any]], day: date) -> Sums:
    """Which areas add up to which on a day. `areas`: rows of the published table, dates as `datetime.date`."""
    below: dict[Area, set[Area]] = {}
    valid = [a for a in areas if a["valid_from"] <= day and (a["valid_to"] is None or a["valid_to"] >= day)]
    known = {(a["area_code"], a["area_level"]) for a in valid}
    made: list[tuple[Area, frozenset[Area]]] = []
    for level in ("region", "county", "municipality"):
        below.clear()
        for a in valid:
            if a["area_level"] == level and a["parent_code"]:
                below.setdefault((a["parent_code"], a["parent_level"]), set()).add((a["area_code"], level))
        for parent, children in sorted(below.items()):
            made.append((parent, frozenset(children)))
            twin = (parent[0], "region")
            if parent[1] == "county" and twin in known:
                made.append((twin, frozenset(children)))
    # A region and the county of its code are one and the same territory.
    made += [((c, "region"), frozenset({(c, "county")})) for c, lv in sorted(known) if lv == "county"]
    return tuple(made)


def relations(cells: Sequence[Cell], sums: Sums) -> list[Relation]:
    """Sums that hold between these cells, as (whole, parts) of positions.

    A part may be missing where the others make up the whole: a region that does not deliver, or has no event.
    """
    place = {(c.table, c.area, c.sex): i for i, c in enumerate(cells)}
    found: list[Relation] = []
    for (table, area, sex), i in place.items():
        if sex == "total":
            found += _sum(cells, i, [place.get((table, area, s)) for s in ("women", "men")])
    for table, sex in dict.fromkeys((c.table, c.sex) for c in cells):
        for parent, children in sums:
            if (whole := place.get((table, parent, sex))) is not None:
                found += _sum(cells, whole, [place.get((table, child, sex)) for child in sorted(children)])
    return found


def _sum(cells: Sequence[Cell], whole: int, parts: Sequence[int | None]) -> list[Relation]:
    there = tuple(p for p in parts if p is not None)
    if not there or abs(cells[whole].count - sum(cells[p].count for p in there)) > _HOLDS:
        return []
    return [(whole, there)]


@solver_output_aside()
def suppress(
    cells: Sequence[Cell],
    threshold: int,
    sums: Sums,
    earlier: Collection[Hashable] = frozenset(),
    width: float | None = None,
) -> dict[Hashable, str]:
    """Key → `suppressed_small_n` or `suppressed_secondary` of every cell to hide.

    Args:
        earlier: keys that an earlier release hid; they stay hidden, or the two releases together would tell.
        width: how far apart a hidden cell's least and greatest possible count must be; 2 × threshold by default.
    """
    wanted = 2 * threshold if width is None else width
    small = {i for i, c in enumerate(cells) if is_small(c, threshold)}
    hidden = small | {i for i, c in enumerate(cells) if c.key in earlier}
    for part, inside in _components(len(cells), relations(cells, sums)):
        hidden |= _protected(cells, part, inside, hidden & set(part), wanted)
    return {cells[i].key: SMALL if i in small else SECONDARY for i in sorted(hidden)}


def _protected(
    cells: Sequence[Cell], part: list[int], inside: list[Relation], hidden: set[int], wanted: float
) -> set[int]:
    """The hidden cells of one component, and those that must be hidden for their sake."""
    waiting = sorted(hidden, key=lambda i: (cells[i].count, i))
    while waiting:
        cell = waiting[0]
        low, high = possible(cells, inside, hidden, cell)
        if high - low >= wanted - _SLACK:
            waiting.pop(0)
            continue
        more = _cheapest(cells, part, inside, hidden, cell, wanted) - hidden or set(part) - hidden
        if not more:
            waiting.pop(0)
            continue
        hidden = hidden | more
        waiting += sorted(more)
    return hidden


def possible(
    cells: Sequence[Cell], inside: Sequence[Relation], hidden: Collection[int], cell: int
) -> tuple[float, float]:
    """The least and the greatest count that a reader must think possible for a hidden cell (two linear programs)."""
    from scipy.optimize import linprog
    from scipy.sparse import lil_matrix

    place = {i: n for n, i in enumerate(sorted(hidden))}
    touched = [r for r in inside if r[0] in place or any(p in place for p in r[1])]
    if not any(cell == whole or cell in parts for whole, parts in touched):
        return 0.0, float("inf")
    left, right = lil_matrix((len(touched), len(place))), [0.0] * len(touched)
    for row, (whole, parts) in enumerate(touched):
        for i, sign in ((whole, 1.0), *((p, -1.0) for p in parts)):
            if i in place:
                left[row, place[i]] = sign
            else:
                right[row] -= sign * cells[i].count
        # The sum of the true counts may be off by rounding; without this the program would have no answer.
        off = cells[whole].count - sum(cells[p].count for p in parts)
        right[row] += off
    ends = []
    for sign in (1.0, -1.0):
        goal = [0.0] * len(place)
        goal[place[cell]] = sign
        answer = linprog(goal, A_eq=left.tocsr(), b_eq=right, bounds=(0, None), method="highs")
        if answer.status not in (0, 3):
            return 0.0, 0.0
        ends.append(sign * answer.fun if answer.status == 0 else -sign * float("inf"))
    return ends[0], ends[1]


def _cheapest(
    cells: Sequence[Cell], part: list[int], inside: Sequence[Relation], hidden: set[int], cell: int, wanted: float
) -> set[int]:
    """The set of least hidden sum that lets `cell` vary over `wanted` (a mixed integer program); empty if none.

    Per cell: how far it can lie above (`up`) and below (`down`) the truth in two tables that a reader cannot rule out,
    both 0 where it is shown.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_matrix

    n, most = len(part), 4 * wanted
    place = {i: k for k, i in enumerate(part)}
    counts = np.array([cells[i].count for i in part])
    equal = lil_matrix((2 * len(inside), 3 * n))
    for row, (whole, parts) in enumerate(inside):
        for i, sign in ((whole, 1.0), *((p, -1.0) for p in parts)):
            equal[2 * row, place[i]] = sign
            equal[2 * row + 1, n + place[i]] = sign
    within = lil_matrix((4 * n, 3 * n))
    for k in range(n):
        for which, block in enumerate((k, n + k)):
            within[4 * k + 2 * which, block] = 1.0
            within[4 * k + 2 * which, 2 * n + k] = -most
            within[4 * k + 2 * which + 1, block] = -1.0
            within[4 * k + 2 * which + 1, 2 * n + k] = -min(counts[k], most)
    apart = lil_matrix((1, 3 * n))
    apart[0, place[cell]], apart[0, n + place[cell]] = 1.0, -1.0
    free = np.array([i in hidden for i in part])
    # Equal sums are told apart by fewest cells, then by place, so that the same data hide the same cells.
    cost = np.where(free, 0.0, counts + 1e-3 + 1e-7 * np.arange(n))
    for zeroes in (False, True):
        upper = np.where(free | (counts > 0) | zeroes, 1.0, 0.0)
        answer = milp(
            np.concatenate([np.zeros(2 * n), cost]),
            integrality=np.concatenate([np.zeros(2 * n), np.ones(n)]),
            bounds=Bounds(
                np.concatenate([np.full(2 * n, -most), np.where(free, 1.0, 0.0)]),
                np.concatenate([np.full(2 * n, most), upper]),
            ),
            constraints=[
                LinearConstraint(equal.tocsr(), 0, 0),
                LinearConstraint(within.tocsr(), -np.inf, 0),
                LinearConstraint(apart.tocsr(), wanted, np.inf),
            ],
            options={"node_limit": _NODES},
        )
        if answer.x is not None:
            return {i for k, i in enumerate(part) if answer.x[2 * n + k] > 0.5}
    return set()


def _components(size: int, found: Sequence[Relation]) -> list[tuple[list[int], list[Relation]]]:
    """Cells that hang together by sums, with those sums."""
    root = list(range(size))

    def top(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for whole, parts in found:
        for p in parts:
            root[top(p)] = top(whole)
    members: dict[int, tuple[list[int], list[Relation]]] = {}
    for i in range(size):
        members.setdefault(top(i), ([], []))[0].append(i)
    for relation in found:
        members[top(relation[0])][1].append(relation)
    return [m for m in members.values() if m[1]]
