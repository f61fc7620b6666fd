"""What is wrong in the register deliveries on purpose: patterns over months, and single rows, each told in the key.

No pattern touches what the targets speak of, but where a region is silent: that region's year is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from orchestration.example.delivery import Defect
from orchestration.example.register.randomness import scattered
from orchestration.example.register.schedule import Sending, first_day, month_number, month_text, sendings
from orchestration.example.register.stays import FOLLOWED, NO_MAIN, ORIGIN

Register = Literal["patient_register", "wait_contacts"]
Kind = Literal["late_correction", "withdrawn", "stops_reporting", "planned_missing", "main_missing", "volume_spike"]
# Numbers of stays that are there by defect begin here; the others lie below.
SPIKE_NUMBERS, WITHDRAWN_NUMBERS, ROW_NUMBERS = 90_000_000, 95_000_000, 99_000_000
CORRECTION_LAG = 4  # months after a month that its correction is sent, where each month is sent once
_CORRECTED_SHARE, _SHIFTED_SHARE, _WITHDRAWN_SHARE = 0.06, 0.09, 0.03
_PLANNED_LOST, _MAIN_LOST = 0.4, 0.25


@dataclass(frozen=True)
class Pattern:
    """A planted pattern: what, in which region, from which month to which (both included, `YYYY-MM`)."""

    register: Register
    kind: Kind
    region: str
    first: str
    last: str

    def covers(self, month: int) -> bool:
        return month_number(self.first) <= month <= month_number(self.last)

    def days(self) -> tuple[int, int]:
        """The first day, and the day after the last."""
        return first_day(month_number(self.first)), first_day(month_number(self.last) + 1)


def _patterns(*told: str) -> tuple[Pattern, ...]:
    registers: dict[str, Register] = {"stays": "patient_register", "contacts": "wait_contacts"}
    kinds: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
    made = []
    for line in told:
        register, kind, region, first, last = line.split()
        made.append(Pattern(registers[register], kinds[kind], region, first, last))
    return tuple(made)


SMALL = _patterns(
    "stays late_correction 01 2023-05 2023-05",
    "stays late_correction 12 2024-02 2024-02",
    "stays withdrawn 12 2023-10 2023-10",
    "stays stops_reporting 18 2022-10 2022-11",
    "stays planned_missing 12 2023-07 2024-12",
    "stays volume_spike 18 2024-03 2024-03",
    "contacts stops_reporting 18 2022-05 2022-05",
    "contacts volume_spike 12 2023-04 2023-04",
)
NATIONAL = _patterns(
    "stays late_correction 03 2016-06 2016-06",
    "stays late_correction 01 2019-02 2019-02",
    "stays late_correction 14 2021-10 2021-10",
    "stays late_correction 12 2023-05 2023-05",
    "stays late_correction 01 2024-06 2024-06",
    "stays withdrawn 12 2018-11 2018-11",
    "stays withdrawn 05 2024-02 2024-02",
    "stays stops_reporting 19 2017-06 2017-08",
    "stays stops_reporting 23 2022-03 2022-04",
    "stays planned_missing 22 2021-03 2024-12",
    "stays main_missing 20 2019-10 2024-12",
    "stays volume_spike 06 2018-05 2018-05",
    "stays volume_spike 25 2023-11 2023-11",
    "contacts stops_reporting 17 2024-05 2024-06",
    "contacts volume_spike 06 2024-09 2024-09",
)
# Files with single bad rows: provider and the month that is final in the file.
ROWS_SMALL = (("01", "2023-05"), ("18", "2023-12"))
ROWS_NATIONAL = (("12", "2022-03"), ("01", "2024-04"))


def within(patterns: tuple[Pattern, ...], first: int, last: int, regions: tuple[str, ...]) -> tuple[Pattern, ...]:
    """The patterns that the data meet, cut to their months."""
    begin, end = month_text(first), month_text(last)
    met = [p for p in patterns if p.region in regions and p.first <= end and p.last >= begin]
    return tuple(replace(p, first=max(p.first, begin), last=min(p.last, end)) for p in met)


def sent_by(provider: str, first: int, last: int, times: int, patterns: tuple[Pattern, ...]) -> list[Sending]:
    """A provider's deliveries: none that would cover a silent month, and corrections where a month is sent once."""
    mine = [p for p in patterns if p.region == provider and p.register == "patient_register"]
    silent = [
        reporting
        for p in mine
        if p.kind == "stops_reporting"
        for reporting in range(month_number(p.first) + 1, month_number(p.last) + 1 + times)
    ]
    made = [s for s in sendings(first, last, times) if s.sent not in silent]
    if times == 1:
        for p in mine:
            if p.kind in ("late_correction", "withdrawn"):
                month = month_number(p.first)
                sent = month + CORRECTION_LAG
                made.append(Sending(month_text(sent), month, month, sent, correction=True))
    return sorted(made, key=lambda s: (s.sent, s.correction))


def lasting(
    stays: np.ndarray, numbers: np.ndarray, mine: tuple[Pattern, ...]
) -> tuple[np.ndarray, np.ndarray, dict[Pattern, int]]:
    """Stays as every delivery tells them: flags lost by a new system, months doubled. With the rows each touched."""
    touched: dict[Pattern, int] = {}
    for p in mine:
        begin, end = (day - ORIGIN for day in p.days())
        inside = (stays["discharged"] >= begin) & (stays["discharged"] < end)
        if p.kind in ("planned_missing", "main_missing"):
            share = _PLANNED_LOST if p.kind == "planned_missing" else _MAIN_LOST
            lost = inside & ((stays["flags"] & FOLLOWED) == 0) & (scattered(numbers, 31) < share)
            if p.kind == "planned_missing":
                stays["planned"][lost] = 0
            else:
                stays["flags"][lost] |= NO_MAIN
            touched[p] = int(lost.sum())
        elif p.kind == "volume_spike":
            again = np.flatnonzero(inside)
            stays = np.concatenate((stays, stays[again]))
            numbers = np.concatenate((numbers, SPIKE_NUMBERS + np.arange(len(again))))
            touched[p] = len(again)
    return stays, numbers, touched


def first_told(
    stays: np.ndarray, numbers: np.ndarray, mine: tuple[Pattern, ...], month: int
) -> tuple[np.ndarray, np.ndarray, dict[Pattern, int]]:
    """A month as its first delivery tells it, before it is corrected."""
    touched: dict[Pattern, int] = {}
    for p in mine:
        if not p.covers(month):
            continue
        luck = scattered(numbers, 41)
        if p.kind == "late_correction":
            stays = stays.copy()
            bare, shifted = luck < _CORRECTED_SHARE, (luck >= _CORRECTED_SHARE) & (luck < _SHIFTED_SHARE)
            stays["flags"][bare] |= NO_MAIN
            stays["admitted"][shifted] -= 1
            touched[p] = int(bare.sum() + shifted.sum())
        elif p.kind == "withdrawn":
            extra = np.flatnonzero(luck < _WITHDRAWN_SHARE)
            stays = np.concatenate((stays, stays[extra]))
            numbers = np.concatenate((numbers, WITHDRAWN_NUMBERS + np.arange(len(extra))))
            touched[p] = len(extra)
    return stays, numbers, touched


def bad_rows(path: str, content: bytes, window: tuple[bytes, bytes]) -> tuple[bytes, list[Defect]]:
    """A file of stays with five bad rows and a repeated one at its end, and where they stand.

    They are made from sound rows discharged within `window` (two texts `YYYYMMDD`, the second excluded), under new ids.
    """
    rows = content.splitlines()
    discharged = len(rows[0].split(b";")) - (2 if len(rows[0].split(b";")) == 13 else 3)
    sound = [r.split(b";") for r in rows if window[0] <= r.split(b";")[discharged] < window[1]][:5]
    defects: list[Defect] = []

    def add(fields: list[bytes], column: str | None, value: bytes | None, rule: str | None) -> None:
        rows.append(b";".join(fields))
        told = value.decode() if value else None
        defects.append(Defect(path, len(rows), column, told, rule, "quarantined" if rule else "duplicate"))

    def changed(row: list[bytes], number: int, **fields: bytes) -> list[bytes]:
        new = [b"%d" % (ROW_NUMBERS + number), *row[1:]]
        for name, value in fields.items():
            new[{"residence_municipality": 5, "admission_date": discharged - 3, "hospital": 2}[name]] = value
        return new

    add(sound[0], None, None, None)
    for hospital in (sound[1][2], b"%05d" % (int(sound[1][2]) + 1)):
        add(changed(sound[1], 1, hospital=hospital), "hospital", hospital, "R_CONFLICT")
    later = (np.datetime64(_dashed(sound[2][discharged])) + 3).astype(str).replace("-", "").encode()
    add(changed(sound[2], 2, admission_date=later), "admission_date", later, "R_DATES")
    impossible = sound[3][discharged - 3][:4] + b"0231"
    add(changed(sound[3], 3, admission_date=impossible), "admission_date", impossible, "R_DATE")
    unknown = sound[4][4] + b"99"
    add(changed(sound[4], 4, residence_municipality=unknown), "residence_municipality", unknown, "R_AREA")
    return b"\n".join(rows) + b"\n", defects


def _dashed(day: bytes) -> str:
    text = day.decode()
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
