"""The patient register's text files: stays, diagnoses, procedures, external causes, compulsory care."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from orchestration.example.register import coding, text
from orchestration.example.register.randomness import scattered
from orchestration.example.register.stays import NO_MAIN, ORIGIN

STAYS, DIAGNOSES, PROCEDURES, CAUSES, COMPULSORY = (
    "VARDTILLFALLEN", "DIAGNOSER", "ATGARDER", "YTTREORSAK", "TVANGSVARD")  # fmt: skip
_MARITAL = text.texts("OG", "G", "S", "Ä")
_CITIZEN = text.texts("SE", "SE", "SE", "SE", "SE", "SE", "SE", "SE", "FI", "SY")
_DIGITS = text.texts("", "1", "2", "3", "4")
_SEX = text.texts("1", "2")
_ONE = text.texts("1")
_NOTHING = text.texts("")
_SECONDARY = (0.5, 0.15)  # share of stays with at least one and with two further diagnoses


@dataclass
class Book:
    """What all files take from: persons as text, places, hospitals."""

    person_ids: np.ndarray
    persons: np.ndarray
    municipalities: np.ndarray
    hospitals: np.ndarray
    counties: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.counties = np.array([code[:2] for code in self.municipalities], dtype="S2")


def stay_lines(book: Book, stays: np.ndarray, numbers: np.ndarray, open_after: int, short: bool) -> bytes:
    """Stays in the layout from 2024 (13 fields) or before (17). Discharges after a day are not known yet."""
    person = stays["person"]
    who = book.persons[person]
    known = stays["discharged"].astype(np.int64) + ORIGIN <= open_after
    admitted = stays["admitted"].astype(np.int64) + ORIGIN
    born = who["born"]
    columns = [
        text.numbers(numbers, 8),
        book.person_ids[person],
        book.hospitals[stays["hospital"]],
        coding.FIELDS[stays["field"]],
        book.counties[who["municipality"]],
        book.municipalities[who["municipality"]],
        _SEX[who["sex"]],
        text.days(text.BASIC, born),
    ]
    if not short:
        age = (text.BASIC_NUMBER[admitted - text.FIRST_DAY] - text.BASIC_NUMBER[born - text.FIRST_DAY]) // 10_000
        single = scattered(person, 5)
        columns += [
            np.char.mod(b"%d", np.arange(150))[np.maximum(age, 0)],
            _MARITAL[np.where(age < 20, 0, np.where(age > 80, 3, (single * 3).astype(int)))],
            _CITIZEN[(scattered(person, 6) * len(_CITIZEN)).astype(int)],
        ]
    columns += [
        text.days(text.BASIC, admitted),
        _DIGITS[stays["from"]],
        _DIGITS[stays["planned"]],
        text.days(text.BASIC, stays["discharged"].astype(np.int64) + ORIGIN, known),
        _DIGITS[np.where(known, stays["to"], 0)],
    ]
    if not short:
        columns.append(np.broadcast_to(_ONE, len(stays)))
    return text.lines(columns)


def diagnosis_lines(stays: np.ndarray, numbers: np.ndarray) -> bytes:
    """Main diagnosis and up to two more of each stay; an open stay has its preliminary main one."""
    has_main = (stays["flags"] & NO_MAIN) == 0
    luck = scattered(numbers + stays["provider"].astype(np.int64) * 10**9, 7)
    more = (luck < _SECONDARY[0]).astype(np.int64) + (luck < _SECONDARY[1])
    many = has_main + more
    row = np.repeat(np.arange(len(stays)), many)
    part = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    position = part + 1 + ~has_main[row]
    place = (luck[row] * 1000 * position).astype(np.int64) % len(coding.SECONDARY_CODES)
    code = np.where(position == 1, coding.CODES[stays["code"][row]], coding.SECONDARY_CODES[place])
    empty = np.broadcast_to(_NOTHING, len(row))
    return text.lines([text.numbers(numbers[row], 8), _DIGITS[position], code, empty, empty])


def other_lines(part: str, stays: np.ndarray, numbers: np.ndarray) -> bytes:
    """One of the three small parts: a few percent of the stays have a row."""
    luck = scattered(numbers + stays["provider"].astype(np.int64) * 10**9, 8)
    admitted, discharged = (stays[name].astype(np.int64) + ORIGIN for name in ("admitted", "discharged"))
    code = coding.CODES[stays["code"]]
    if part == PROCEDURES:
        rows = np.flatnonzero(luck < 0.06)
        taken = coding.PROCEDURES[(luck[rows] / 0.06 * len(coding.PROCEDURES)).astype(int)]
        return text.lines([text.numbers(numbers[rows], 8), taken, text.days(text.BASIC, admitted[rows])])
    if part == CAUSES:
        rows = np.flatnonzero(np.char.startswith(code, b"S") & (luck < 0.9))
        taken = coding.EXTERNAL_CAUSES[(luck[rows] / 0.9 * len(coding.EXTERNAL_CAUSES)).astype(int)]
        return text.lines([text.numbers(numbers[rows], 8), np.broadcast_to(_ONE, len(rows)), taken])
    rows = np.flatnonzero(np.char.startswith(code, b"F") & (luck < 0.3))
    taken = coding.LAWS[(luck[rows] / 0.3 * len(coding.LAWS)).astype(int)]
    return text.lines([
        text.numbers(numbers[rows], 8), taken, text.days(text.BASIC, admitted[rows]),
        text.days(text.BASIC, discharged[rows]),
    ])  # fmt: skip
