"""Corrected months of the example country's patient register, as a provider would send them once more.

The months' stays and diagnoses are those of the newest sending that covers them, with the stays that were open then,
most of which have ended since; and one stay, of a person with no other, is changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Literal

from orchestration.warehouse.windows import Window, shifted

Change = Literal["none", "discharge_mode", "withdrawn", "diagnosis"]
_PERSON, _ADMITTED, _DISCHARGED, _MODE = 1, 8, 11, 12


def resend(register: Path, target: Path, provider: str, sending: str, window: Window, change: Change) -> list[Path]:
    """Write the stays and diagnoses of the window's months as a sending of their own; returns both files."""
    target.mkdir(parents=True, exist_ok=True)
    newest = {month: _newest(register, provider, month) for month in window.months}
    stays: list[list[str]] = []
    codes: list[list[str]] = []
    for month, file in newest.items():
        told = [row for row in _rows(file) if row[_DISCHARGED][:6] == month.replace("-", "")]
        ids = {row[0] for row in told}
        stays += told
        codes += [row for row in _rows(_diagnoses(file)) if row[0] in ids]
    last = newest[window.last]
    open_stays = [row for row in _rows(last) if not row[_DISCHARGED]]
    _change(register, provider, stays, codes, change)
    ids = {row[0] for row in open_stays}
    codes += [row for row in _rows(_diagnoses(last)) if row[0] in ids]
    name = f"{provider}_{sending}_{window.first}_{window.last}_synthetic.txt"
    files = [target / f"PAR_VARDTILLFALLEN_{name}", target / f"PAR_DIAGNOSER_{name}"]
    # The same bytes under another name would be refused: the order of lines is another.
    for path, rows in zip(files, ([*stays, *open_stays], codes), strict=True):
        path.write_text("".join(";".join(row) + "\n" for row in reversed(rows)), encoding="utf-8")
    return files


def _change(register: Path, provider: str, stays: list[list[str]], codes: list[list[str]], change: Change) -> None:
    """Change the first stay that lies within one month and whose person has no other stay anywhere."""
    if change == "none":
        return
    persons: dict[str, set[str]] = defaultdict(set)
    for file in register.glob("PAR_VARDTILLFALLEN_*"):
        for row in _rows(file):
            persons[row[_PERSON]].add(f"{file.name.split('_')[2]} {row[0]}")
    stay = next(
        row
        for row in stays
        if len(persons[row[_PERSON]]) == 1 and row[_ADMITTED][:6] == row[_DISCHARGED][:6] and row[_MODE] == "3"
    )
    if change == "withdrawn":
        stays.remove(stay)
    elif change == "discharge_mode":
        stay[_MODE] = "2"
    else:
        coded = next(row for row in codes if row[0] == stay[0] and row[1] == "1")
        coded[2] = "J449" if coded[2] != "J449" else "I500"


def _rows(path: Path) -> list[list[str]]:
    return [line.split(";") for line in path.read_text(encoding="utf-8").splitlines()]


def _diagnoses(stays: Path) -> Path:
    return stays.with_name(stays.name.replace("VARDTILLFALLEN", "DIAGNOSER"))


def _stay_files(register: Path, provider: str) -> list[Path]:
    return sorted(register.glob(f"PAR_VARDTILLFALLEN_{provider}_*"))


def _newest(register: Path, provider: str, month: str) -> Path:
    covering = [f for f in _stay_files(register, provider) if _covered(f)[1] <= month <= _covered(f)[2]]
    return max(covering, key=lambda f: _covered(f)[0])


def _covered(file: Path) -> tuple[str, str, str]:
    """Sending, first month, last month, as the file's name says."""
    found = re.search(r"_(\d{4}-\d\d)(?:_(\d{4}-\d\d)_(\d{4}-\d\d))?_synthetic", file.name)
    assert found, file
    sending, first, last = found.groups()
    return sending, first or shifted(sending, -3), last or shifted(sending, -1)
