"""The days a published period covers, read from its text as the contract writes it."""

from __future__ import annotations

import re
from datetime import date, timedelta

_FORMS = re.compile(
    r"^(?:(?P<year>\d{4})|(?P<month>\d{4}-\d{2})|(?P<half>\d{4}-H[12])|(?P<range>\d{4}/\d{4})"
    r"|(?P<span>\d{4}-\d{2}-\d{2}/P\d+[YM])|(?P<day>\d{4}-\d{2}-\d{2}))$"
)


def bounds(period: str) -> tuple[date, date]:
    """First and last day of a period: `2024`, `2024-05`, `2017-H2`, `2013/2016`, `2022-01-01/P3Y`, `2024-12-31`.

    Raises:
        ValueError: the text is none of these forms, or no date.
    """
    found = _FORMS.match(period)
    if not found:
        raise ValueError(f"{period!r} is no period of the contract (2024, 2024-05, 2017-H2, 2013/2016, 2022-01-01/P3Y)")
    year = int(period[:4])
    match found.lastgroup:
        case "year":
            return date(year, 1, 1), date(year, 12, 31)
        case "month":
            return _from(date(year, int(period[5:7]), 1), 1)
        case "half":
            return _from(date(year, 1 if period.endswith("1") else 7, 1), 6)
        case "range":
            return date(year, 1, 1), date(int(period[5:]), 12, 31)
        case "span":
            length = int(period[12:-1]) * (12 if period.endswith("Y") else 1)
            return _from(date.fromisoformat(period[:10]), length)
    day = date.fromisoformat(period)
    return day, day


def overlap(one: str, other: str) -> bool:
    """Whether two periods share a day. A text that is no period overlaps everything: the cautious answer of a gate."""
    if one == other:
        return True
    try:
        (start, end), (other_start, other_end) = bounds(one), bounds(other)
    except ValueError:
        return True
    return start <= other_end and other_start <= end


def _from(start: date, months: int) -> tuple[date, date]:
    """From a day, that many months on, the last day included."""
    month = start.month - 1 + months
    return start, start.replace(year=start.year + month // 12, month=month % 12 + 1) - timedelta(days=1)
