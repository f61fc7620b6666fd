"""Periods that stand in headings: a row of years or months that does not run in one direction dates values wrongly."""

from __future__ import annotations

import re
from itertools import pairwise

from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Period, Unpivot
from orchestration.warehouse.lexical import MONTHS_SV

# A heading, and the columns that it carries.
Carried = tuple[str, dict[str, str]]


def check_order(unpivot: Unpivot, period: Period | None, headings: list[Carried]) -> None:
    """Raise `FileRefused` (F_PERIOD) unless the periods in the headings ascend, or descend, from the first to the last.

    Where the layout declares them `consecutive` none may be left out between two. A heading that is no period is
    passed over: its records break R_PERIOD.
    """
    if period is None or not set(period.columns) <= set(unpivot.groups):
        return
    told = [(heading, _months(" ".join(carried[name] for name in period.columns))) for heading, carried in headings]
    steps = [
        (one, other, second[0] - first[0], first[1])
        for (one, first), (other, second) in pairwise(told)
        if first is not None and second is not None
    ]
    down = sum(step < 0 for _, _, step, _ in steps) > len(steps) / 2
    for one, other, step, length in steps:
        ahead = -step if down else step
        if ahead <= 0 or (unpivot.consecutive and ahead != length):
            wanted = "the period next to it" if unpivot.consecutive else f"a{'n earlier' if down else ' later'} one"
            raise FileRefused(
                "F_PERIOD",
                f"after heading {one!r} stands {other!r}, where {wanted} must stand: the row of years or months is "
                "wrong, or columns changed places. Ask the owner for the export again",
            )


def _months(text: str) -> tuple[int, int] | None:
    """The months from year 0 until the period begins, and how many it has; None for a text that is no period."""
    year = re.search(r"(?<!\d)(\d{4})(?!\d)", text)
    if not year:
        return None
    rest = (text[: year.start(1)] + text[year.end(1) :]).strip().lower()
    start = 12 * int(year.group(1))
    if not rest:
        return start, 12
    if rest in MONTHS_SV:
        return start + MONTHS_SV.index(rest), 1
    if half := re.fullmatch(r"h([12])", rest):
        return start + 6 * (int(half.group(1)) - 1), 6
    if month := re.fullmatch(r"m(0[1-9]|1[0-2])", rest):
        return start + int(month.group(1)) - 1, 1
    return None
