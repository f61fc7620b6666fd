"""Files of contacts: one per region and month, with those performed in it and those that wait at its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from orchestration.example.country import Country
from orchestration.example.delivery import Defect
from orchestration.example.places import REGION_CODES
from orchestration.example.register import contacts, text
from orchestration.example.register.contacts import CONTACT, INVESTIGATION, UNITS_A_REGION, draw_contacts
from orchestration.example.register.defects import Pattern
from orchestration.example.register.regional import RegionalTargets
from orchestration.example.register.scale import Scale
from orchestration.example.register.schedule import first_day, month_number, month_text
from orchestration.example.register.stay_deliveries import Tally

FOLDER = "contacts"
HEADING = (
    "contact_id;contact_sought_date;referral_date;decision_date;booked_date;performed_date;guarantee_applies;acute;"
    "phase;profession;contact_form;provider_region;unit;residence_region;deviation_code;status;sex;age"
)
PART = "contacts"
# Where single bad rows stand, where the months are written.
BAD = {("12", "2023-06"), ("12", "2024-03")}
_SPIKE_NUMBERS = 5_000_000
_BIT = text.texts("0", "1")
_SEX = text.texts("1", "2")
_AGE = text.texts(*(str(age) for age in range(126)))
_REGIONS = text.texts(*REGION_CODES)
_WORDS = {name: text.texts(*getattr(contacts, name)) for name in ("PHASES", "PROFESSIONS", "FORMS", "DEVIATIONS")}


def write_contacts(
    target: Path, seed: int, scale: Scale, country: Country, progress: Callable[[str], None]
) -> Tally:  # fmt: skip
    """Write `contacts/` below `target`, region by region; nothing where no year of contacts is asked for."""
    tally = Tally()
    if not scale.contact_years:
        return tally
    (target / FOLDER).mkdir(parents=True, exist_ok=True)
    aims = RegionalTargets(country)
    people = {r: country.people(r, scale.contact_years[-1]) for r in scale.regions}
    for region in scale.regions:
        count = int(scale.contacts_a_year * people[region] / sum(people.values()))
        waiting = np.zeros(0, dtype=CONTACT)
        # The year before gives those who wait when the first month begins.
        for year in (scale.contact_years[0] - 1, *scale.contact_years):
            drawn = draw_contacts(seed, region, year, count, aims)
            drawn["number"] += (year - 2000) * 10_000_000
            drawn = np.concatenate((waiting, drawn))
            drawn = drawn[np.argsort(drawn["start"] + drawn["wait"], kind="stable")]
            if year in scale.contact_years:
                _write_year(target, scale, region, year, drawn, tally)
            waiting = drawn[drawn["start"] + drawn["wait"] >= first_day(month_number(f"{year + 1}-01"))]
        progress(f"written contacts of region {region}: {tally.rows[PART]:,} rows so far, {tally.size / 1e6:,.0f} MB")
    return tally


def _write_year(target: Path, scale: Scale, region: str, year: int, drawn: np.ndarray, tally: Tally) -> None:
    """A region's files of a year; `drawn` sorted by the day performed."""
    performed = drawn["start"] + drawn["wait"]
    january = month_number(f"{year}-01")
    for month in range(max(january, scale.first), min(january + 11, scale.last) + 1):
        begin, end = np.searchsorted(performed, (first_day(month), first_day(month + 1)))
        still = end + np.flatnonzero(drawn["start"][end:] < first_day(month + 1))
        rows = np.concatenate((drawn[begin:end], drawn[still]))
        mine = _patterns(scale, region, month)
        if mine["stops_reporting"]:
            continue
        if mine["volume_spike"]:
            again = drawn[begin:end].copy()
            again["number"] += _SPIKE_NUMBERS
            rows = np.concatenate((rows, again))
            tally.touched.update({p: len(again) for p in mine["volume_spike"]})
        relative = f"{FOLDER}/vantetider_kontakter_{region}_{month_text(month)}_synthetic.csv"
        content = f"{HEADING}\n".encode() + contact_lines(rows, region, first_day(month + 1))
        if (region, month_text(month)) in BAD:
            content, defects = bad_rows(relative, content)
            tally.defects += defects
        tally.write(target / relative, PART, content)


def _patterns(scale: Scale, region: str, month: int) -> dict[str, list[Pattern]]:
    found: dict[str, list[Pattern]] = {"stops_reporting": [], "volume_spike": []}
    for p in scale.patterns:
        if p.register == "wait_contacts" and p.region == region and p.covers(month):
            found[p.kind].append(p)
    return found


def contact_lines(rows: np.ndarray, region: str, next_month: int) -> bytes:
    """Contacts as text. Those performed from `next_month` (its first day) on still wait, and nobody knows how long."""
    start, phase = rows["start"].astype(np.int64), rows["phase"]
    performed = start + rows["wait"]
    done = performed < next_month
    late = phase >= INVESTIGATION
    referred = (phase == contacts.FIRST_VISIT) & (rows["referred"] == 1)
    # The clock starts at contact, at referral (first visit) or at the decision (investigation, treatment).
    sought = start - np.where(late, 10 + rows["before"], np.where(referred, rows["before"] // 8, 0))
    decided = np.where(late, start, start + np.minimum(rows["before"] % 2, rows["wait"]))
    booked = done | (rows["before"] % 3 > 0)
    units = np.array([f"{region}{n:03d}".encode() for n in range(1, UNITS_A_REGION + 1)])
    size = len(rows)
    return text.lines([
        text.numbers(rows["number"], 9),
        text.days(text.ISO, sought),
        text.days(text.ISO, start, referred),
        text.days(text.ISO, decided, decided < next_month),
        text.days(text.ISO, performed, booked),
        text.days(text.ISO, performed, done),
        _BIT[rows["guarantee"]],
        _BIT[rows["acute"]],
        _WORDS["PHASES"][phase],
        _WORDS["PROFESSIONS"][rows["profession"]],
        _WORDS["FORMS"][rows["form"]],
        np.broadcast_to(text.texts(region), size),
        units[rows["unit"]],
        _REGIONS[rows["residence"]],
        _WORDS["DEVIATIONS"][rows["deviation"]],
        text.texts("waiting", "performed")[done.astype(int)],
        _SEX[rows["sex"]],
        _AGE[rows["age"]],
    ])  # fmt: skip


def bad_rows(path: str, content: bytes) -> tuple[bytes, list[Defect]]:
    """A file with a repeated row, a conflict, a negative wait and an unknown region at its end, and their places."""
    rows = content.splitlines()
    sound = [r.split(b";") for r in rows[1:] if r.split(b";")[15] == b"performed"][:4]
    columns = HEADING.split(";")
    found: list[Defect] = []

    def add(row: list[bytes], column: str | None, rule: str | None) -> None:
        rows.append(b";".join(row))
        told = row[columns.index(column)].decode() if column else None
        found.append(Defect(path, len(rows), column, told, rule, "quarantined" if rule else "duplicate"))

    def changed(row: list[bytes], number: int, column: str, value: bytes) -> list[bytes]:
        new = [b"99000000%d" % number, *row[1:]]
        new[columns.index(column)] = value
        return new

    add(sound[0], None, None)
    for age in (b"41", b"42"):
        add(changed(sound[1], 1, "age", age), "age", "R_CONFLICT")
    # Performed on a day of the file's month, sought after it.
    sought = (np.datetime64(sound[2][5].decode()) + 2).astype(str).encode()
    add(changed(sound[2], 2, "contact_sought_date", sought), "contact_sought_date", "R_DATES")
    add(changed(sound[3], 3, "residence_region", b"02"), "residence_region", "R_AREA")
    return b"\n".join(rows) + b"\n", found
