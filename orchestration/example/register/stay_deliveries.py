"""One provider's deliveries to the patient register, written month by month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from orchestration.example.delivery import Defect
from orchestration.example.register import defects, stay_files
from orchestration.example.register.defects import Pattern
from orchestration.example.register.schedule import Sending, first_day, month_number, month_text
from orchestration.example.register.stay_files import Book
from orchestration.example.register.stays import ORIGIN

FOLDER = "register"
_LONGEST_STAY = 400  # days; none drawn is longer


@dataclass
class Tally:
    """What was written so far: rows by part, files, bytes (`size`), stays, and what the key tells."""

    rows: Counter[str] = field(default_factory=Counter)
    files: int = 0
    size: int = 0
    stays: int = 0
    defects: list[Defect] = field(default_factory=list)
    touched: Counter[Pattern] = field(default_factory=Counter)

    def write(self, path: Path, part: str, content: bytes) -> None:
        """Write a file and count it; nothing where there is no row, for an empty file is no delivery."""
        if not content:
            return
        path.write_bytes(content)
        self.rows[part] += content.count(b"\n")
        self.files += 1
        self.size += len(content)


@dataclass(frozen=True)
class Plan:
    """What all providers share. Months as numbers since 1970; `extra_from` is the month of reporting from which
    procedures, external causes and compulsory care are written, None for never."""

    target: Path
    first: int
    last: int
    times: int
    patterns: tuple[Pattern, ...]
    bad: tuple[tuple[str, str], ...]
    extra_from: int | None


def write_provider(plan: Plan, book: Book, provider: str, stays: np.ndarray, tally: Tally) -> None:
    """All deliveries of a provider. `stays` are its stays in any fixed order."""
    mine = tuple(p for p in plan.patterns if p.region == provider and p.register == "patient_register")
    numbers = np.empty(len(stays), dtype=np.int64)
    numbers[np.argsort(stays["admitted"], kind="stable")] = 10_000_000 + np.arange(len(stays))
    stays, numbers, touched = defects.lasting(stays, numbers, mine)
    tally.touched.update(touched)
    order = np.argsort(stays["discharged"], kind="stable")
    stays, numbers = stays[order], numbers[order]
    months = np.arange(plan.first, plan.last + 2)
    edges = np.searchsorted(stays["discharged"], np.array([first_day(int(m)) for m in months]) - ORIGIN)
    tally.stays += int(edges[-1] - edges[0])
    told: set[int] = set()
    for sending in defects.sent_by(provider, plan.first, plan.last, plan.times, plan.patterns):
        parts, part_numbers = [], []
        for month in range(sending.first, sending.last + 1):
            rows = slice(edges[month - plan.first], edges[month - plan.first + 1])
            some, some_numbers = stays[rows], numbers[rows]
            if month not in told:
                some, some_numbers, touched = defects.first_told(some, some_numbers, mine, month)
                tally.touched.update(touched)
            told.add(month)
            parts.append(some)
            part_numbers.append(some_numbers)
        last_day = sending.open_day(first_day(plan.last + 1) - 1)
        still = _open(stays, last_day)
        _write(plan, book, provider, sending, last_day, np.concatenate([*parts, stays[still]]),
               np.concatenate([*part_numbers, numbers[still]]), tally)  # fmt: skip


def _open(stays: np.ndarray, day: int) -> np.ndarray:
    """Where the stays lie that are open at the end of a day; `stays` sorted by discharge."""
    begin, end = np.searchsorted(stays["discharged"], (day - ORIGIN + 1, day - ORIGIN + 1 + _LONGEST_STAY))
    return begin + np.flatnonzero(stays["admitted"][begin:end] <= day - ORIGIN)


def _write(
    plan: Plan, book: Book, provider: str, sending: Sending, last_day: int, stays: np.ndarray, numbers: np.ndarray,
    tally: Tally,
) -> None:  # fmt: skip
    """The files of one delivery."""
    content = stay_files.stay_lines(book, stays, numbers, last_day, sending.short)
    path = plan.target / FOLDER / sending.name(stay_files.STAYS, provider)
    for bad_provider, month in plan.bad:
        final = plan.times == 1 or sending.sent == month_number(month) + plan.times
        if provider == bad_provider and sending.first == month_number(month) and final and not sending.correction:
            begin, end = (f"{month_text(m).replace('-', '')}01".encode() for m in (sending.first, sending.first + 1))
            relative = path.relative_to(plan.target).as_posix()
            content, found = defects.bad_rows(relative, content, (begin, end))
            tally.defects += found
    tally.write(path, stay_files.STAYS, content)
    diagnoses = stay_files.diagnosis_lines(stays, numbers)
    tally.write(path.with_name(sending.name(stay_files.DIAGNOSES, provider)), stay_files.DIAGNOSES, diagnoses)
    if plan.extra_from is None or sending.sent < plan.extra_from:
        return
    closed = stays["discharged"].astype(np.int64) + ORIGIN <= last_day
    if "-" in provider:
        # So small a clinic would send the same bytes twice under two names, which reads as a name gone wrong.
        return
    for part in (stay_files.PROCEDURES, stay_files.CAUSES, stay_files.COMPULSORY):
        lines = stay_files.other_lines(part, stays[closed], numbers[closed])
        tally.write(path.with_name(sending.name(part, provider)), part, lines)
