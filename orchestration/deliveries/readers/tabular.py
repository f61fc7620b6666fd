"""Rows below a heading to records: which field feeds which column, where the footer is. Blank rows are no records.

Nothing here knows an indicator, a year or a region: what stands where is read from headings and the declaration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestration.deliveries.readers.heading import Head, Row, Tabular, find_head, row_text
from orchestration.deliveries.readers.heading_periods import check_order
from orchestration.deliveries.readers.records import Records, as_iso, newest
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Delimited

# A file with more faulty records than this is not the layout it seems to be.
FAULTY_SHARE = 0.05


@dataclass(frozen=True)
class Plan:
    """Which field feeds which declared column, and which fields are unpivoted with which captured texts."""

    fields: dict[str, int]
    captured: dict[str, str]
    unpivoted: list[tuple[int, str, dict[str, str]]]
    unmapped: list[str]


def make_plan(layout: Tabular, head: Head, file_name: str) -> Plan:
    """Match headings with columns.

    Raises `FileRefused` (F_PERIOD) when the file's name must say what it does not, or headings' periods have no order.
    """
    captured: dict[str, str] = {}
    if layout.file_name:
        named = re.search(layout.file_name, file_name)
        if not named:
            raise FileRefused(
                "F_PERIOD",
                f"the name {file_name!r} must carry {', '.join(re.compile(layout.file_name).groupindex)}, which "
                "stands nowhere in the content: rename the file",
            )
        captured |= named.groupdict(default="")
    if layout.title:
        found = re.match(layout.title, head.title)
        captured |= (found.groupdict(default="") if found else {}) | {"title": head.title}
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
    if layout.unpivot:
        check_order(layout.unpivot, layout.period, [(heading, carried) for _, heading, carried in unpivoted])
    return Plan(fields, captured, unpivoted, unmapped)


def read_table(layout: Tabular, rows: list[Row], file_name: str) -> Records:
    """Records of a table whose head fits the layout.

    Raises `FileRefused`: F_EMPTY without records, F_TRUNCATED without the declared footer, F_FIELDS when more than
    5 % of the records have another number of fields than the heading.
    """
    head = find_head(layout, rows)
    if lawfully_empty := not rows and isinstance(layout, Delimited) and layout.empty == "lawful":
        head = Head("", [c.heading_text for c in layout.field_columns], 0)
    if head is None:
        raise FileRefused(
            "F_EMPTY", f"the file holds no more than a title or a part of the heading of {layout.layout_id}"
        )
    plan = make_plan(layout, head, file_name)
    body, footer = _split_footer(layout, rows[head.first :])
    records = Records.of(layout)
    records.unmapped_columns = plan.unmapped
    records.undeclared = _undeclared(head, plan, [row for _, row in body])
    width = len(head.headings)
    faulty = 0
    for line, row in body:
        fault = None if len(row) == width else f"fields: {len(row)} of {width}"
        faulty += fault is not None
        _add(records, plan, layout, line, row, fault)
    if not lawfully_empty:
        check_fields(len(body), faulty, width)
    records.said = f"{head.title} {footer}"
    _date(records, layout, footer)
    return records


def _undeclared(head: Head, plan: Plan, rows: list[list[str]]) -> dict[str, list[str]]:
    """The texts in each field that feeds no column, by heading or place; a field without a text says nothing."""
    used = {*plan.fields.values(), *(place for place, _, _ in plan.unpivoted)}
    found: dict[str, list[str]] = {}
    for place in (p for p in range(len(head.headings)) if p not in used):
        if texts := sorted({row[place].strip() for row in rows if place < len(row) and row[place].strip()}):
            found[head.headings[place] or f"column {place + 1}"] = texts
    return found


def check_fields(records: int, faulty: int, width: int) -> None:
    """Raise `FileRefused`: F_EMPTY without a record, F_FIELDS when more than 5 % have another number of fields."""
    if not records:
        raise FileRefused("F_EMPTY", "the file has its heading and no record; ask the owner for the whole export")
    if faulty > FAULTY_SHARE * records:
        raise FileRefused(
            "F_FIELDS", f"{faulty} of {records} records have another number of fields than the heading ({width})"
        )


def _add(records: Records, plan: Plan, layout: Tabular, line: int, row: list[str], fault: str | None) -> None:
    """One record, or one per unpivoted field. A field that a short row does not have is null."""
    there = len(row)
    texts = plan.captured | {name: row[place] for name, place in plan.fields.items() if place < there}
    if layout.unpivot is None:
        records.add(line, texts, None, fault)
        return
    for place, heading, carried in plan.unpivoted:
        value = {layout.unpivot.value: row[place]} if place < there else {}
        records.add(line, texts | carried | value, heading, fault)


def _split_footer(layout: Tabular, rows: list[Row]) -> tuple[list[Row], str]:
    if not layout.footer:
        return rows, ""
    for place, (line, row) in enumerate(rows):
        text = row_text(row, layout)
        if re.match(layout.footer, text):
            if place + 1 < len(rows):
                raise FileRefused("F_LAYOUT", f"records stand after the footer of line {line}", rows[place + 1][0])
            return rows[:place], text
    if layout.footer_required and rows:
        last = rows[-1][0]
        raise FileRefused(
            "F_TRUNCATED",
            f"the file ends here without its footer ({layout.footer}): ask the owner for the whole export",
            last,
        )
    return rows, ""


def _date(records: Records, layout: Tabular, footer: str) -> None:
    """When the export was drawn, as ISO text: the newest of a column, or from the footer."""
    told = layout.extracted_at
    if told.column:
        records.extracted_at = newest(set(records.columns[told.column]))
    elif told.footer and (found := re.search(told.footer, footer)):
        records.extracted_at = as_iso(found.group(1))
