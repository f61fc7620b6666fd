"""Rows and columns, whatever held them: title, heading rows, records, footer. Blank rows are no records.

Nothing here knows an indicator, a year or a region: what stands where is read from headings and the declaration.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from orchestration.deliveries.readers.records import Records
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Delimited, Workbook

Row = tuple[int, list[str]]
Tabular = Delimited | Workbook
# A file with more faulty records than this is not the layout it seems to be.
FAULTY_SHARE = 0.05


@dataclass(frozen=True)
class Head:
    """What stands above the records: the title, one heading per field, and the first record's place among the rows."""

    title: str
    headings: list[str]
    first: int


@dataclass(frozen=True)
class Plan:
    """Which field feeds which declared column, and which fields are unpivoted with which captured texts."""

    fields: dict[str, int]
    captured: dict[str, str]
    unpivoted: list[tuple[int, str, dict[str, str]]]
    unmapped: list[str]


def find_head(layout: Tabular, rows: list[Row]) -> Head | None:
    """Title and headings as the layout has them; None where the title does not fit or rows are too few."""
    start, title = 0, ""
    if layout.title:
        if not rows or not re.match(layout.title, title := "".join(t for t in _texts(rows[0][1]))):
            return None
        start = 1
    if len(rows) < start + layout.heading_rows:
        return None
    heading_rows = [row for _, row in rows[start : start + layout.heading_rows]]
    width = max(len(row) for row in heading_rows)
    headings = [
        " ".join(" ".join(_cell(row, i).split()) for row in heading_rows if _cell(row, i).strip()) for i in range(width)
    ]
    return Head(title, headings, start + layout.heading_rows)


def differences(layout: Tabular, head: Head) -> list[str]:
    """What keeps these headings from being the layout's; empty when they are."""
    found = Counter(h for h in head.headings if h)
    wanted = Counter(c.heading_text for c in layout.field_columns if c.required)
    faults = [f"heading {h!r} is missing" for h, n in wanted.items() if found[h] == 0 and n]
    declared = Counter(c.heading_text for c in layout.field_columns)
    for heading, times in declared.items():
        if found[heading] > times or 0 < found[heading] < times:
            faults.append(f"heading {heading!r} stands {found[heading]} times, declared {times}")
    if layout.unpivot:
        carried = Counter(h for h in found.elements() if h not in declared and re.match(layout.unpivot.heading, h))
        if not carried:
            faults.append(f"no heading matches {layout.unpivot.heading}")
        faults += [f"heading {h!r} stands {n} times" for h, n in carried.items() if n > 1]
    return faults


def likeness(layout: Tabular, head: Head) -> float:
    """The share of the layout's required headings that stand here."""
    wanted = [c.heading_text for c in layout.field_columns if c.required]
    return sum(h in head.headings for h in wanted) / len(wanted) if wanted else 0.0


def make_plan(layout: Tabular, head: Head, file_name: str) -> Plan:
    """Match headings with columns. Raises `FileRefused` (F_PERIOD) when the file's name must say what it does not."""
    captured: dict[str, str] = {}
    if layout.file_name:
        named = re.search(layout.file_name, file_name)
        if not named:
            raise FileRefused(
                "F_PERIOD",
                f"the name {file_name!r} must carry {', '.join(layout_groups(layout.file_name))}; rename the file",
            )
        captured |= named.groupdict()
    if layout.title:
        found = re.match(layout.title, head.title)
        captured |= (found.groupdict() if found else {}) | {"title": head.title}
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(head.headings):
        places.setdefault(heading, []).append(place)
    fields = {
        c.name: places[c.heading_text][c.occurrence - 1]
        for c in layout.field_columns
        if len(places.get(c.heading_text, [])) >= c.occurrence
    }
    used = set(fields.values())
    unpivoted, unmapped = [], []
    for place, heading in enumerate(head.headings):
        if place in used or not heading:
            continue
        carried = re.match(layout.unpivot.heading, heading) if layout.unpivot else None
        if carried:
            unpivoted.append((place, heading, carried.groupdict()))
        else:
            unmapped.append(heading)
    return Plan(fields, captured, unpivoted, unmapped)


def layout_groups(pattern: str) -> list[str]:
    return list(re.compile(pattern).groupindex)


def read_table(layout: Tabular, rows: list[Row], file_name: str) -> Records:
    """Records of a table whose head fits the layout.

    Raises `FileRefused`: F_EMPTY without records, F_TRUNCATED without the declared footer, F_FIELDS when more than
    5 % of the records have another number of fields than the heading.
    """
    head = find_head(layout, rows)
    if head is None:
        raise FileRefused(
            "F_EMPTY", f"the file holds no more than a title or a part of the heading of {layout.layout_id}"
        )
    plan = make_plan(layout, head, file_name)
    body, footer = _split_footer(layout, rows[head.first :])
    if not body:
        raise FileRefused("F_EMPTY", "the file has its heading and no record; ask the owner for the whole export")
    records = Records({c.name: [] for c in layout.columns}, [], [], [], unmapped_columns=plan.unmapped)
    width = len(head.headings)
    faulty = 0
    for line, row in body:
        fault = None if len(row) == width else f"fields: {len(row)} of {width}"
        faulty += fault is not None
        _add(records, plan, layout, line, row, fault)
    if faulty > FAULTY_SHARE * len(body):
        raise FileRefused(
            "F_FIELDS", f"{faulty} of {len(body)} records have another number of fields than the heading ({width})"
        )
    records.said = f"{head.title} {footer}"
    _date(records, layout, footer)
    return records


def _add(records: Records, plan: Plan, layout: Tabular, line: int, row: list[str], fault: str | None) -> None:
    own = {name: row[place] if place < len(row) else None for name, place in plan.fields.items()}
    entries: list[tuple[str | None, dict[str, str | None]]] = [(None, {})]
    if layout.unpivot:
        value = layout.unpivot.value
        entries = [
            (heading, {**texts, value: row[place] if place < len(row) else None})
            for place, heading, texts in plan.unpivoted
        ]
    for heading, carried in entries:
        texts = {**plan.captured, **own, **carried}
        for name, column in records.columns.items():
            column.append(texts.get(name))
        records.line.append(line)
        records.column_name.append(heading)
        records.fields_fault.append(fault)


def _split_footer(layout: Tabular, rows: list[Row]) -> tuple[list[Row], str]:
    if not layout.footer:
        return rows, ""
    for place, (line, row) in enumerate(rows):
        text = " ".join(_texts(row))
        if re.match(layout.footer, text):
            if place + 1 < len(rows):
                raise FileRefused(
                    "F_LAYOUT", f"line {rows[place + 1][0]}: records stand after the footer of line {line}", line
                )
            return rows[:place], text
    if layout.footer_required:
        last = rows[-1][0] if rows else 0
        raise FileRefused(
            "F_TRUNCATED",
            f"the file ends at line {last} without its footer ({layout.footer}): ask the owner for the whole export",
            last,
        )
    return rows, ""


def _date(records: Records, layout: Tabular, footer: str) -> None:
    """When the export was drawn, as ISO text: from a column, or from the footer."""
    told = layout.extracted_at
    if told.column:
        dates = [t.strip() for t in records.columns[told.column] if t and re.match(r"\d{4}-\d{2}-\d{2}", t.strip())]
        records.extracted_at = max(dates).replace(" ", "T") if dates else None
    elif told.footer and (found := re.search(told.footer, footer)):
        records.extracted_at = found.group(1)


def _texts(row: list[str]) -> list[str]:
    return [text.strip() for text in row if text.strip()]


def _cell(row: list[str], place: int) -> str:
    return row[place] if place < len(row) else ""
