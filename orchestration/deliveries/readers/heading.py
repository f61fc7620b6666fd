"""What stands above a table's records, and how far it is what a layout declares. All recognition rests on it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from orchestration.deliveries.readers.text import tidy
from orchestration.sources.model import Column, Delimited, Workbook

Row = tuple[int, list[str]]
Tabular = Delimited | Workbook
# So many unexpected headings are named in a refusal, each cut at so many characters.
NAMED, CUT = 5, 40


@dataclass(frozen=True)
class Head:
    """What stands above the records: the title, one heading per field, and the first record's place among the rows."""

    title: str
    headings: list[str]
    first: int


@dataclass(frozen=True)
class Likeness:
    """How far a file is a layout: the share of its headings that stand there, and what differs (empty: it is one)."""

    share: float
    columns: int
    faults: list[str]


def row_text(row: list[str], layout: Tabular) -> str:
    """A title's or footer's whole text: the fields that hold something, joined as they were written."""
    whole = (layout.delimiter if isinstance(layout, Delimited) else " ").join(t for t in row if t.strip())
    return tidy(whole).strip()


def find_head(layout: Tabular, rows: list[Row]) -> Head | None:
    """Title and headings as the layout has them; None where the title does not fit or rows are too few."""
    if not layout.title:
        return _head_from(layout, rows, 0, "")
    title = row_text(rows[0][1], layout) if rows else ""
    return _head_from(layout, rows, 1, title) if re.match(layout.title, title) else None


def compare_without_headings(layout: Tabular, rows: list[Row]) -> Likeness:
    """How far the first record has as many fields as the layout declares; its name has told what it is meant as."""
    declared = len(layout.field_columns)
    found = len(rows[0][1]) if rows else 0
    faults = [] if found == declared else [f"the first record has {found} fields, declared are {declared}"]
    return Likeness(1.0, declared - abs(found - declared), faults)


def compare(layout: Tabular, rows: list[Row]) -> Likeness:
    """How far these rows begin as the layout declares, wherever the columns stand."""
    head = find_head(layout, rows)
    if head:
        share = _share(layout, head)
        faults = differences(layout, head)
        # A row without a single declared heading may be a record: its text is not repeated.
        faults += _unexpected(layout, head) if faults and share else []
        share = 1.0 if layout.title else share
        found = sum(c.heading_text in head.headings for c in layout.field_columns)
        return Likeness(share, found, faults)
    # The title is another or is not there: the headings below still tell what was meant.
    for start in (1, 0) if layout.title else ():
        head = _head_from(layout, rows, start, "")
        if head and not differences(layout, head):
            return Likeness(1.0, 0, [f"the title is {'another' if start else 'missing'}, declared {layout.title}"])
    return Likeness(0.0, 0, ["neither title nor headings"])


def differences(layout: Tabular, head: Head) -> list[str]:
    """What keeps these headings from being the layout's; empty when they are."""
    found = Counter(h for h in head.headings if h)
    faults = [f"heading {c.heading_text!r} is missing" for c in _required(layout) if not found[c.heading_text]]
    declared = Counter(c.heading_text for c in layout.field_columns)
    for heading, times in declared.items():
        if found[heading] > times or 0 < found[heading] < times:
            faults.append(f"heading {heading!r} stands {found[heading]} times, declared {times}")
    if layout.unpivot:
        carried = Counter(h for h in found.elements() if h not in declared and re.match(layout.unpivot.heading, h))
        if not carried:
            faults.append(f"no heading matches {layout.unpivot.heading}")
        faults += [f"heading {h!r} stands {n} times" for h, n in carried.items() if n > 1]
    return list(dict.fromkeys(faults))


def is_title_only(layout: Tabular, rows: list[Row]) -> bool:
    """Whether the layout's title stands here, and fewer rows below it than its heading has."""
    if not layout.title or not rows or not re.match(layout.title, row_text(rows[0][1], layout)):
        return False
    return len(rows) <= layout.heading_rows


def _head_from(layout: Tabular, rows: list[Row], start: int, title: str) -> Head | None:
    if layout.heading_rows == 0:
        return Head(title, [c.heading_text for c in layout.field_columns], start) if rows[start:] else None
    if len(rows) < start + layout.heading_rows:
        return None
    heading_rows = [row for _, row in rows[start : start + layout.heading_rows]]
    width = max(len(row) for row in heading_rows)
    headings = [
        " ".join(" ".join(tidy(row[i]).split()) for row in heading_rows if i < len(row) and row[i].strip())
        for i in range(width)
    ]
    return Head(title, as_declared(layout, headings), start + layout.heading_rows)


def as_declared(layout: Tabular, headings: list[str]) -> list[str]:
    """Headings in the declared capitals. One that two declared headings, or two of the file's, could mean stays."""
    exact = {c.heading_text for c in layout.field_columns}
    declared: dict[str, set[str]] = {}
    for text in exact:
        declared.setdefault(text.casefold(), set()).add(text)
    folded = Counter(h.casefold() for h in headings)
    return [
        next(iter(declared[fold]))
        if h not in exact and folded[fold := h.casefold()] == 1 and len(declared.get(fold, ())) == 1
        else h
        for h in headings
    ]


def _share(layout: Tabular, head: Head) -> float:
    """The share of the required headings that stand here; headings that carry data count as one."""
    there = [c.heading_text in head.headings for c in _required(layout)]
    if layout.unpivot:
        there.append(any(re.match(layout.unpivot.heading, h) for h in head.headings))
    return sum(there) / len(there) if there else 0.0


def _unexpected(layout: Tabular, head: Head) -> list[str]:
    declared = {c.heading_text for c in layout.field_columns}
    others = [
        h for h in head.headings
        if h and h not in declared and not (layout.unpivot and re.match(layout.unpivot.heading, h))
    ]  # fmt: skip
    named = [f"heading {h[:CUT]!r} is not declared" for h in others[:NAMED]]
    return named + ([f"{len(others) - NAMED} more are not declared"] if len(others) > NAMED else [])


def _required(layout: Tabular) -> list[Column]:
    return [c for c in layout.field_columns if c.required]
