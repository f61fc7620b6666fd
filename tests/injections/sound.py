"""What owners send when all is well: what came before, and the update to it, source by source.

The update is the file as the example (or an owner) wrote it. What came before is the same without its newest period;
where a file holds a single period, it is a period earlier and every value drifted; a report that stands alone is as it
was before a small revision. A share whose counts stand beside it stays.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.injections.sheets import Cell, Files, Sheet, read

_MONTHS = ("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november",
           "december")  # fmt: skip


@dataclass(frozen=True)
class Sound:
    """One source's deliveries: those of an earlier time, and the update."""

    source: str
    before: Files
    update: Files


def order(period: str) -> tuple[int, int]:
    """Year and month of an owner's text for a period, for sorting: 2017, 2017 H2, 2026M04, Juni 2026, 2013-2016."""
    year = re.findall(r"(?:19|20)\d\d", period)
    words = period.lower().split()
    month = next((n for n, name in enumerate(_MONTHS, 1) if name in words), 0)
    if found := re.search(r"M(\d\d)|H([12])", period):
        month = int(found[1]) if found[1] else 6 * int(found[2])
    return int(year[-1]) if year else 0, month


def newest(cells: Iterable[Cell]) -> dict[str, str]:
    """By item, its newest period."""
    found: dict[str, str] = {}
    for c in cells:
        if c.item not in found or order(c.period) > order(found[c.item]):
            found[c.item] = c.period
    return found


def previous(cells: Iterable[Cell]) -> dict[str, str]:
    """By item, the period before its newest of the same kind (a year by a year, a month by a month)."""
    held = list(cells)
    last = newest(held)
    return newest(c for c in held if c.period != last[c.item] and _form(c.period) == _form(last[c.item]))


def _form(period: str) -> str:
    return re.sub(r"\d", "9", re.sub(r"[a-zåäö]+", "m", period.lower()))


def without_last_year(sheet: Sheet) -> Sheet:
    """Without each item's newest year; an item of a single year stays."""
    years: dict[str, set[int]] = {}
    for c in sheet.cells:
        years.setdefault(c.item, set()).add(order(c.period)[0])
    return sheet.with_cells(
        [c for c in sheet.cells if len(years[c.item]) == 1 or order(c.period)[0] < max(years[c.item])]
    )


def without_last_month(sheet: Sheet) -> Sheet:
    last = newest(sheet.cells)
    return sheet.with_cells([c for c in sheet.cells if c.period != last[c.item]])


def drifted(sheet: Sheet, percent: float, items: str = "") -> Sheet:
    """Every value of the items moved by at most so many percent, by its own key: the same file always drifts alike."""
    cells = []
    for c in sheet.cells:
        moved = c.moved()
        if (number := c.number) is not None and re.search(items, c.item):
            share = zlib.crc32(f"{c.area}|{c.item}|{c.sex}".encode()) % 2001 / 1000 - 1
            new = float(number) * (1 + share * percent / 100)
            moved.set(min(new, 100) if number <= 100 else new)
        cells.append(moved)
    return sheet.with_cells(cells)


def earlier_year(sheet: Sheet, by: int, percent: float = 2) -> Sheet:
    """The same file so many years earlier; the year is in its name, its heading, or both."""
    changed = drifted(sheet, percent)
    for c in changed.cells:
        c.period = re.sub(r"\d{4}", lambda y: str(int(y[0]) - by), c.period)
    changed.name = re.sub(r"20\d\d", lambda y: str(int(y[0]) - by), sheet.name)
    return changed


def _survey_a_year_before(sheet: Sheet) -> Sheet:
    """Shares and counts of a year earlier; the nation's count moves as the regions' do together."""
    earlier = earlier_year(sheet, 1, 12)
    counts = [(new, old) for new, old in zip(earlier.cells, sheet.cells, strict=True) if new.item.endswith("_antal")]
    moved = sum((new.number or 0) - (old.number or 0) for new, old in counts if new.area != "00")
    for new, old in counts:
        if new.area == "00" and old.number is not None:
            new.set(old.number + moved)
    return earlier


def _with(files: Files, word: str) -> list[Sheet]:
    return [read(name, data) for name, data in files.items() if word in name]


_CUT: dict[str, tuple[tuple[str, Callable[[Sheet], Sheet]], ...]] = {
    "skr_costs": (("kostnad_per", without_last_year),),
    "skr_hsr": (("bilaga", lambda sheet: drifted(sheet, 1, "per 1 000 inv")),),
    "kolada": (("data_", without_last_year),),
    "scb_population": (("county_age_sex", without_last_year), ("TAB6471_data", without_last_month)),
    "sos_staff": (("personal", lambda sheet: earlier_year(sheet, 1)),),
    "sos_statdb": (("antibiotics", without_last_month),),
    "sos_bup_waits": (("vantetider_bup", without_last_month),),
    "sos_region_survey": (("regionenkat", _survey_a_year_before),),
    "varden_i_siffror": (("vardenisiffror", without_last_year),),
}
AGGREGATES = tuple(_CUT)


def aggregates(deliveries: Path) -> tuple[Files, dict[str, Sound]]:
    """From a folder of deliveries: all files of an earlier time, and each source's before and update."""
    files = {
        p.name: p.read_bytes()
        for p in sorted(deliveries.rglob("*"))
        if p.is_file()
        and p.suffix in (".csv", ".json", ".xlsx")
        and not p.name.endswith(".manifest.json")
        and not {"register", "contacts"} & {part.name for part in p.parents}
    }
    sounds, base = {}, dict(files)
    for source, cuts in _CUT.items():
        before: Files = {}
        update: Files = {}
        for word, cut in cuts:
            for sheet in _with(files, word):
                if not sheet.cells:
                    continue
                old = cut(sheet)
                before[old.name] = old.data()
                update[sheet.name] = files[sheet.name]
                base.pop(sheet.name)
        sounds[source] = Sound(source, before, update)
        base |= before
    return base, sounds


def registers(deliveries: Path, source: str, cut: str) -> tuple[Files, Sound]:
    """Row-level files up to a reporting month, and the update: those of it and later."""
    folder = deliveries / {"patient_register": "register", "wait_contacts": "contacts"}[source]
    files = {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.suffix in (".csv", ".txt")}
    before = {n: d for n, d in files.items() if _reporting(n) < cut}
    return before, Sound(source, before, {n: d for n, d in files.items() if n not in before})


def _reporting(name: str) -> str:
    return re.findall(r"\d{4}-\d\d", name)[0]


def write(folder: Path, files: Files) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
