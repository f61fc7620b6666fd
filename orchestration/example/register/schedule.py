"""Which deliveries there are: reporting month, months covered, and how the owner names the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Yearly before 2015, monthly since; from this month of reporting on the shorter layout.
MONTHLY_SINCE = 2015
SHORT_LAYOUT_FROM = "2024-01"


def month_number(text: str) -> int:
    """Months since 1970 of `YYYY-MM`."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1 - 1970 * 12


def month_text(number: int) -> str:
    return f"{1970 + number // 12}-{number % 12 + 1:02d}"


def first_day(month: int) -> int:
    """Days since 1970 of a month's first day."""
    return int(np.datetime64(month_text(month), "D").astype(int))


@dataclass(frozen=True)
class Sending:
    """One delivery of a provider: months as numbers, both ends covered. `open_on` is the last day it knows of."""

    reporting: str
    first: int
    last: int
    sent: int
    correction: bool = False

    @property
    def window(self) -> str:
        """The part of the name that says the months, empty where the month of reporting says them."""
        if len(self.reporting) == 4:
            return ""
        usual = month_number(self.reporting)
        if (self.first, self.last) == (usual - 3, usual - 1):
            return ""
        return f"_{month_text(self.first)}_{month_text(self.last)}"

    @property
    def short(self) -> bool:
        """True for the layout of 13 fields."""
        return len(self.reporting) == 7 and self.reporting >= SHORT_LAYOUT_FROM

    def name(self, part: str, provider: str) -> str:
        return f"PAR_{part}_{provider}_{self.reporting}{self.window}_synthetic.txt"

    def open_day(self, data_end: int) -> int:
        """The last day that this delivery knows of."""
        return min(data_end, first_day(self.sent) - 1)


def sendings(first: int, last: int, times: int) -> Iterator[Sending]:
    """A provider's deliveries in the order they are sent: each month once, or three times.

    Before 2015 a year is one delivery. Sent three times, a month is in the deliveries of the three months after it.
    """
    monthly = max(first, month_number(f"{MONTHLY_SINCE}-01"))
    for year in range(1970 + first // 12, min(MONTHLY_SINCE, 1971 + last // 12)):
        january = (year - 1970) * 12
        yield Sending(str(year), january, january + 11, january + 12)
    for reporting in range(monthly + 1, last + 1 + times):
        begin, end = max(monthly, reporting - times), min(last, reporting - 1)
        if begin <= end:
            yield Sending(month_text(reporting), begin, end, reporting)
