"""Months and windows of months: small pure functions. A month is its text, `2024-05`, as period keys write it.

A window is a contiguous run of months, replaced whole by one dbt run (`macros/windows.sql`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

#: The pseudo-month of what has no month yet: stays still open, records outside their delivery's months.
OPEN = "open"
#: Months in one dbt run of a backfill: a range run writes one event per month and asset.
CHUNK = 24
#: The first month that is a partition in Dagster; the patient register's regulation begins there.
FIRST_PARTITION = "2013-01"
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Window:
    """Months from `first` to `last`, both inside."""

    first: str
    last: str

    @property
    def months(self) -> tuple[str, ...]:
        return months_between(self.first, self.last)

    def __len__(self) -> int:
        return ordinal(self.last) - ordinal(self.first) + 1


def is_month(text: str) -> bool:
    return _MONTH.fullmatch(text) is not None


def ordinal(month: str) -> int:
    """Months since year 0: neighbours differ by one. Raises `ValueError` for what is no month."""
    if not is_month(month):
        raise ValueError(f"{month!r} is no month: write it as 2024-05")
    year, number = month.split("-")
    return int(year) * 12 + int(number) - 1


def month_of(number: int) -> str:
    """The month of an ordinal."""
    return f"{number // 12:04}-{number % 12 + 1:02}"


def shifted(month: str, by: int) -> str:
    """The month so many months later; earlier where `by` is negative."""
    return month_of(ordinal(month) + by)


def first_day(month: str) -> date:
    number = ordinal(month)
    return date(number // 12, number % 12 + 1, 1)


def last_day(month: str) -> date:
    """The month's last day, 29 February in leap years."""
    return first_day(shifted(month, 1)) - timedelta(days=1)


def month_holding(day: date) -> str:
    return f"{day:%Y-%m}"


def months_between(first: str, last: str) -> tuple[str, ...]:
    """All months from the first to the last, both inside; none where the last lies before the first."""
    return tuple(month_of(n) for n in range(ordinal(first), ordinal(last) + 1))


def reached_by(month: str, look_ahead_days: int) -> tuple[str, ...]:
    """Earlier months whose follow-up of so many days after month end reaches into this month, in order.

    With 30 days a change in March reaches January (30 January + 30 days = 1 March in common years) and February.
    """
    earliest = month_holding(first_day(month) - timedelta(days=look_ahead_days))
    return months_between(earliest, shifted(month, -1))


def runs(months: Iterable[str]) -> list[Window]:
    """The fewest windows that hold exactly these months, in order."""
    windows: list[Window] = []
    for month in sorted(set(months), key=ordinal):
        if windows and shifted(windows[-1].last, 1) == month:
            windows[-1] = Window(windows[-1].first, month)
        else:
            windows.append(Window(month, month))
    return windows


def chunks(window: Window, size: int = CHUNK) -> list[Window]:
    """The window in parts of at most `size` months, oldest first; one that is no longer is left whole.

    Parts begin where a month's ordinal has no remainder (of 24: with an even year), so that facts whose
    months begin at different times share most of their parts, and with them a dbt run.
    """
    if len(window) <= size:
        return [window]
    first = [month for month in window.months if month == window.first or ordinal(month) % size == 0]
    last = [*(shifted(month, -1) for month in first[1:]), window.last]
    return [Window(*ends) for ends in zip(first, last, strict=True)]


#: Set while tables are made from one window of several: without it no model lets itself be made from a part.
FRESH = "VARDLAGRET_FRESH"


def dbt_environment(window: Window | None) -> dict[str, str]:
    """A window as dbt's models read it: first day and first day after. None replaces the open partition alone."""
    first = after = "0001-01-01"
    if window:
        first, after = first_day(window.first).isoformat(), first_day(shifted(window.last, 1)).isoformat()
    return {"VARDLAGRET_WINDOW_START": first, "VARDLAGRET_WINDOW_END": after}
