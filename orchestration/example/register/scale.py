"""The two sizes of the example country, and what the arguments of the command make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestration.example.places import REGION_CODES
from orchestration.example.register import defects, targets
from orchestration.example.register.defects import Pattern
from orchestration.example.register.schedule import MONTHLY_SINCE, month_number

ScaleName = Literal["small", "national"]
EARLIEST, LATEST = "2013-01", "2024-12"
# Contacts of other years than these have no target.
_CONTACTS_SINCE = 2020


@dataclass(frozen=True)
class Scale:
    """How large an example is. `stays_a_year` and `contacts_a_year` are of the whole, before any planted pattern."""

    name: ScaleName
    regions: tuple[str, ...]
    private: int
    sample: int
    first: int
    last: int
    times: int
    stays_a_year: int
    contacts_a_year: int
    contact_years: tuple[int, ...]
    patterns: tuple[Pattern, ...]
    bad: tuple[tuple[str, str], ...]
    extra_from: int | None

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(range(1970 + self.first // 12, 1971 + self.last // 12))


def scale_of(
    name: ScaleName,
    first: str | None = None,
    last: str | None = None,
    times: int | None = None,
    all_parts: bool = False,
) -> Scale:
    """The scale with its defaults: small 2022-01 to 2024-12 sent three times, national 2013-01 to 2024-12 sent once.

    Raises:
        ValueError: the months lie outside 2013 to 2024 or run backwards, or a year before 2015 is not whole.
    """
    first, last = first or ("2022-01" if name == "small" else EARLIEST), last or LATEST
    for text in (first, last):
        if len(text) != 7 or text[4] != "-" or not text.replace("-", "").isdigit() or not "01" <= text[5:] <= "12":
            raise ValueError(f"{text!r} is no month: write YYYY-MM")
    if not EARLIEST <= first <= last <= LATEST:
        raise ValueError(f"{first} to {last} is no range of months within {EARLIEST} to {LATEST}")
    if (first[:4] < str(MONTHLY_SINCE) and first[5:] != "01") or (last[:4] < str(MONTHLY_SINCE) and last[5:] != "12"):
        raise ValueError(f"years before {MONTHLY_SINCE} are delivered whole: begin in January and end in December")
    if times not in (None, 1, 3):
        raise ValueError("a month is sent 1 or 3 times")
    begin, end = month_number(first), month_number(last)
    years = range(int(first[:4]), int(last[:4]) + 1)
    if name == "small":
        regions = ("01", "12", "18")
        return Scale(
            name, regions, 1, 10, begin, end, times or 3, 18_000, 12_000,
            tuple(y for y in years if y >= _CONTACTS_SINCE), defects.within(defects.SMALL, begin, end, regions),
            defects.ROWS_SMALL, begin if all_parts else end - 5,
        )  # fmt: skip
    return Scale(
        name, REGION_CODES, 6, 1, begin, end, times or 1, targets.STAYS_A_YEAR, targets.CONTACTS_A_YEAR,
        tuple(y for y in years if y >= _CONTACTS_SINCE)[-1:],
        defects.within(defects.NATIONAL, begin, end, REGION_CODES), defects.ROWS_NATIONAL,
        begin if all_parts else None,
    )  # fmt: skip
