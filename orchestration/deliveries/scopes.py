"""What a newer delivery replaces: for each record its scope and its period, as text and as SQL."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestration.deliveries.readers.records import Records
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Layout, MonthWindow, Source
from orchestration.sql import BLANKS, quoted

Pair = tuple[str, str]
EVERYTHING = "*"
OPEN = "open"
_SENDING = re.compile(r"(\d{4})(?:-(\d{2}))?(?:_(\d{4})-(\d{2})_(\d{4})-(\d{2}))?")


@dataclass(frozen=True)
class Window:
    """The months a delivery covers, in order, as its name says; it replaces them all, also those without a record."""

    sending: str
    months: tuple[str, ...]

    @property
    def outside(self) -> str:
        """The period of records that lie in none of the months."""
        return f"outside {self.sending}"


def window_of(declared: MonthWindow, sending: str) -> Window:
    """The months that a sending covers: `2013` its year, `2024-05` the months before it, else from `_` to `_`.

    Raises `FileRefused` (F_PERIOD) for a text that says no such thing.
    """
    found = _SENDING.fullmatch(sending)
    if not found or not all(1 <= int(month) <= 12 for month in found.group(2, 4, 6) if month):
        raise FileRefused("F_PERIOD", f"the name says {sending!r}, no reporting year or month: rename the file")
    year, month, *limits = (int(part) if part else None for part in found.groups())
    assert year is not None
    if limits[0] is not None:
        first, last = _ordinal(limits[0], limits[1]), _ordinal(limits[2], limits[3])
    elif month is None:
        first, last = _ordinal(year, 1), _ordinal(year, 12)
    else:
        last = _ordinal(year, month) - 1
        first = last - declared.months_before + 1
    if last < first:
        raise FileRefused("F_PERIOD", f"the name says {sending!r}, the last month before the first: rename the file")
    return Window(sending, tuple(f"{n // 12:04}-{n % 12 + 1:02}" for n in range(first, last + 1)))


def _ordinal(year: int | None, month: int | None) -> int:
    return (year or 0) * 12 + (month or 1) - 1


def window_in_name(layout: Layout, file_name: str) -> Window | None:
    """The months covered, where the layout lets the file's name say so."""
    if layout.window is None or not layout.file_name:
        return None
    found = re.search(layout.file_name, file_name)
    return window_of(layout.window, found.group(layout.window.column)) if found else None


def told_until(window: Window | None, period: str) -> str:
    """The last month that a delivery tells of, for the period of its open records; empty for all other periods.

    Who tells of a later month knows better what is still open, whenever the delivery came.
    """
    return window.months[-1] if window and period == OPEN else ""


def _base(source: Source, layout: Layout) -> str:
    """What every scope of the layout begins with; the same for layouts that tell the same months."""
    part = layout.window.part if layout.window else None
    return f"{source.source_id}/{part or layout.layout_id}"


def has_sql(source: Source, layout: Layout) -> bool:
    """Whether scope and period follow from each record alone; a query's scope follows from all of them together."""
    return source.scope != "query" or not layout.selection


def in_sql(source: Source, layout: Layout, window: Window | None, text: Callable[[str], str]) -> tuple[str, str]:
    """SQL for scope and period of a record; `text` gives SQL for a column's text. The same as `of_records`."""
    base = _base(source, layout)

    def trimmed(name: str) -> str:
        return f"coalesce(trim({text(name)}, {quoted(BLANKS)}), '')"

    if source.scope != "period":
        return quoted(base), quoted(EVERYTHING)
    scope = " || '/' || ".join([quoted(base), *map(trimmed, layout.selection)])
    if window is not None:
        assert layout.window is not None
        if layout.window.date is None:
            return scope, quoted(window.sending)
        day = f"replace({trimmed(layout.window.date)}, '-', '')"
        months = ", ".join(quoted(month.replace("-", "")) for month in window.months)
        return scope, (
            f"case when {day} = '' then {quoted(OPEN)} when length({day}) = 8 and left({day}, 6) in ({months}) "
            f"then left({day}, 4) || '-' || substr({day}, 5, 2) else {quoted(window.outside)} end"
        )
    told = [trimmed(name) for name in layout.period.columns] if layout.period else []
    return scope, " || ' ' || ".join(told) or quoted(EVERYTHING)


def of_records(source: Source, layout: Layout, window: Window | None, records: Records) -> tuple[list[str], list[str]]:
    """For each record the key of its scope and the key of its period."""
    base = _base(source, layout)
    n = len(records)

    def texts(name: str) -> list[str]:
        return [(t or "").strip() for t in records.columns[name]]

    if source.scope == "source" or (source.scope == "query" and not layout.selection):
        return [base] * n, [EVERYTHING] * n
    chosen = [texts(name) for name in layout.selection]
    if source.scope == "query":
        asked = "\x1e".join("\x1f".join(sorted(set(told))) for told in chosen)
        return [f"{base}/{hashlib.sha256(asked.encode()).hexdigest()[:16]}"] * n, [EVERYTHING] * n
    scopes = ["/".join([base, *told]) for told in zip(*chosen, strict=True)] if chosen else [base] * n
    if window is not None:
        assert layout.window is not None
        if layout.window.date is None:
            return scopes, [window.sending] * n
        return scopes, [_month(day, window) for day in texts(layout.window.date)]
    told = [texts(name) for name in layout.period.columns] if layout.period else []
    return scopes, [" ".join(parts) for parts in zip(*told, strict=True)] if told else [EVERYTHING] * n


def _month(day: str, window: Window) -> str:
    plain = day.replace("-", "")
    if not plain:
        return OPEN
    month = f"{plain[:4]}-{plain[4:6]}"
    return month if len(plain) == 8 and month in window.months else window.outside


def scope_in_name(source: Source, layout: Layout, said: Mapping[str, str]) -> str:
    """The scope of a delivery without a record, from what its name says."""
    return "/".join([_base(source, layout), *(said[name] for name in layout.selection)])


def coverage(layout: Layout, window: Window | None, found: Mapping[Pair, int], empty: str = "") -> dict[Pair, int]:
    """What a delivery replaces, with its records there: where they lie, and all that its name says it covers.

    `empty` is the scope of a delivery without a record.
    """
    covered = dict(found)
    if window is not None:
        periods = [window.sending]
        if layout.window and layout.window.date:
            periods = [*window.months, OPEN, window.outside]
        scopes = {scope for scope, _ in found} or {empty}
        covered |= {(scope, period): found.get((scope, period), 0) for scope in scopes for period in periods}
    return dict(sorted(covered.items()))
