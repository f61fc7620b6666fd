"""What every reader gives: records of text by declared column, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestration.deliveries.readers.text import tidy, tidy_cell
from orchestration.sources.model import Layout

Column = list[str | None]
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:[.,]\d+)?(?:\s?(Z|[+-]\d{2}(?::?\d{2})?)(?![\d:]))?)?",
    re.IGNORECASE,
)


@dataclass
class Records:
    """Records as columns of equal length. `columns` holds every declared column; null where there is no such field.

    `undeclared`: by heading, field or dimension that no column declares, its values (`undeclared.py` judges them).
    """

    columns: dict[str, Column]
    line: list[int]
    column_name: Column
    fields_fault: Column
    extracted_at: str | None = None
    unmapped_columns: list[str] = field(default_factory=list)
    undeclared: dict[str, list[str]] = field(default_factory=dict)
    said: str = ""

    @classmethod
    def of(cls, layout: Layout) -> Records:
        """No records yet of a layout's declared columns."""
        return cls({c.name: [] for c in layout.columns}, [], [], [])

    def add(self, line: int, texts: dict[str, str], column_name: str | None = None, fault: str | None = None) -> None:
        """One more record; a declared column without a text is null."""
        for name, column in self.columns.items():
            column.append(texts.get(name))
        self.line.append(line)
        self.column_name.append(column_name)
        self.fields_fault.append(fault)

    def tidy(self, layout: Layout) -> None:
        """Make texts what they look like (`text.tidy_cell`), so that an id is matched by what it may hold."""
        for column in layout.columns:
            if column.type == "number":
                continue
            texts = self.columns[column.name]
            changed = {t: tidy_cell(column, t) for t in set(texts) if t and not (t.isascii() and t.isprintable())}
            changed = {sent: shown for sent, shown in changed.items() if sent != shown}
            if changed:
                self.columns[column.name] = [changed.get(t, t) if t else t for t in texts]

    def __len__(self) -> int:
        return len(self.line)

    @property
    def origin(self) -> str | None:
        """`synthetic` when title, footer or source says so, else None."""
        return "synthetic" if says_synthetic(self.said) else None


def says_synthetic(text: str) -> bool:
    """Whether the owner's own words call the data synthetic."""
    return "syntet" in text.lower() or "synthetic" in text.lower()


def newest(texts: Iterable[str | None]) -> str | None:
    """The latest moment that one of these texts begins with, as ISO 8601; None where none does."""
    return max((moment for text in texts if (moment := as_iso(text or ""))), default=None)


def as_iso(text: str) -> str | None:
    """The day, or the day and second, that a text begins with, as ISO 8601; None where it begins with neither.

    A second with an offset is given in UTC, so that texts compare as instants; one without is taken to be in UTC.
    """
    found = _MOMENT.match(tidy(text).strip())
    if not found:
        return None
    day, minute, second, offset = found.groups()
    if not minute:
        return day
    told = f"{day}T{minute}{second or ':00'}"
    if not offset or offset in "Zz":
        return told
    hours, minutes = int(offset[1:3]), int(offset[3:].lstrip(":") or 0)
    shift = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    try:
        return (datetime.fromisoformat(told) - shift).isoformat()
    except (ValueError, OverflowError):
        return told
