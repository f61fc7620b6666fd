"""Do the written files give what they were made for? Indicators computed from the files, beside their targets.

A second, plain way to compute them, in SQL over the text files: it shares no model with the warehouse, and no array
with the generator. Diagnosis sets and standard population are illustrative (see `targets.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import duckdb

from orchestration.example.country import NATION, Country
from orchestration.example.register import scb_municipality_age, targets
from orchestration.example.register.contact_files import FOLDER as CONTACTS
from orchestration.example.register.contact_files import HEADING
from orchestration.example.register.regional import RegionalTargets
from orchestration.example.register.stay_deliveries import FOLDER as STAYS

_NAME = re.compile(
    r"PAR_VARDTILLFALLEN_(?P<provider>[0-9-]+)_(?P<reporting>\d{4}(?:-\d{2})?)"
    r"(?:_(?P<first>\d{4}-\d{2})_(?P<last>\d{4}-\d{2}))?_synthetic\.txt"
)
_SHORT = ("stay_id", "person", "hospital", "field", "county", "municipality", "sex", "born", "admitted", "mode_in",
          "planned", "discharged", "mode_out")  # fmt: skip
_LONG = (*_SHORT[:8], "age", "marital", "citizen", *_SHORT[8:], "payer")
_SQL = Path(__file__).with_name("calibration.sql")
_NATION_POINTS, _NATION_SHARE = 0.2, 0.02  # how near a whole nation must be


@dataclass(frozen=True)
class Row:
    """One indicator of an area and year. `ok` is null where a silent region makes the year no measure."""

    indicator: str
    area: str
    year: int
    events: int
    of: int
    computed: float
    target: float
    standard_error: float
    ok: bool | None


def calibrate(folder: Path, seed: int, memory: str = "4GB") -> list[Row]:
    """Indicators of every area and year in the example written to `folder` with that seed, beside their targets.

    Readmissions: 65 and over at discharge of the index episode, day 1 to 30, unplanned, both in the followed sets,
    follow-up complete. Avoidable stays: episodes by year of discharge, per 100 000 of 20 and over, `esp2013`.
    Assessments: performed, within 3 days of the contact, without PvV and MoV, by provider.
    A region must lie within 3 standard errors of its target, so must the whole of a sample; a nation of 21 regions
    within 0.2 points, or 2 percent for rates.
    """
    with duckdb.connect() as db:
        db.execute(f"set memory_limit = '{memory}'")
        _stays(db, folder)
        _population(db, folder)
        db.execute(_SQL.read_text(encoding="utf-8"))
        silent = _silent(folder, "patient_register")
        aims = RegionalTargets(Country(seed))
        rows = _judged(_readmissions(db), "readmissions", aims, silent)
        rows += _judged(_avoidable(db, None), "avoidable stays", aims, silent)
        rows += _judged(_avoidable(db, "1"), "avoidable stays, men", aims, silent)
        if list((folder / CONTACTS).glob("*.csv")):
            rows += _judged(_assessments(db, folder), "assessment in 3 days", aims, _silent(folder, "wait_contacts"))
    return rows


# By area and year: events, of how many, value, standard error; of a share none, for it follows from the target.
_Measured = dict[tuple[str, int], tuple[int, int, float, float | None]]


def _judged(measured: _Measured, indicator: str, aims: RegionalTargets, silent: set[tuple[str, int]]) -> list[Row]:
    kinds: dict[str, tuple[Callable[[str, int], float], Mapping[int, float]]] = {
        "readmissions": (aims.readmission, targets.READMISSION_NATION),
        "avoidable stays": (aims.avoidable, targets.AVOIDABLE_NATION),
        "avoidable stays, men": (aims.avoidable_men, {2024: targets.AVOIDABLE_MEN_2024}),
        "assessment in 3 days": (aims.assessment, targets.ASSESSMENT_NATION),
    }
    of_region, of_nation = kinds[indicator]
    regions = sorted({area for area, _ in measured} - {NATION})
    whole = len(regions) == 21
    rows = []
    for (area, year), (events, of, value, known_error) in sorted(measured.items()):
        inside = [r for r in regions if (r, year) in measured] if area == NATION else [area]
        weights = {r: measured[r, year][1] for r in inside}
        target = sum(weights[r] * of_region(r, year) for r in inside) / sum(weights.values())
        error = known_error if known_error is not None else sqrt(target * (100 - target) / of)
        if area == NATION and whole:
            target = of_nation.get(year, target)
            allowed = _NATION_SHARE * target if indicator.startswith("avoidable") else _NATION_POINTS
        else:
            allowed = 3 * error
        hidden = any((r, year) in silent for r in inside) and not (area == NATION and whole)
        rows.append(
            Row(
                indicator,
                area,
                year,
                events,
                of,
                value,
                target,
                error,
                None if hidden else abs(value - target) <= allowed,
            )
        )
    return rows


def _stays(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Tables `told` (every row of every file) and `current` (the delivery that counts for a provider and month)."""
    files = []
    for path in sorted((folder / STAYS).glob("PAR_VARDTILLFALLEN_*_synthetic.txt")):
        named = _NAME.fullmatch(path.name)
        if named is None:
            raise ValueError(f"{path.name} is no file of the example's register")
        files.append((str(path), named["provider"], named["reporting"], *_window(named["reporting"], named["first"],
                      named["last"])))  # fmt: skip
    if not files:
        raise FileNotFoundError(f"{folder / STAYS} holds no deliveries of the patient register")
    db.execute("create table files (file varchar, provider varchar, reporting varchar, first date, last date)")
    db.executemany("insert into files values (?, ?, ?, ?, ?)", files)
    parts = []
    for columns, short in ((_SHORT, True), (_LONG, False)):
        names = [f[0] for f in files if (len(f[2]) == 7 and f[2] >= "2024-01") == short]
        if names:
            kinds = ", ".join(f"'{c}': 'varchar'" for c in columns)
            parts.append(f"select {', '.join(_SHORT)}, filename from {_csv(names, kinds, header=False)}")
            diagnoses = [n.replace("VARDTILLFALLEN", "DIAGNOSER") for n in names]
            db.execute(
                f"create table diagnoses_{'short' if short else 'long'} as select replace(filename, 'DIAGNOSER', "
                f"'VARDTILLFALLEN') as filename, stay_id, code "
                f"from {_csv(diagnoses, _kinds('stay_id', 'position', 'code', 'side', 'day'), header=False)} "
                "where position = '1'"
            )
        else:
            kind = "short" if short else "long"
            db.execute(f"create table diagnoses_{kind} (filename varchar, stay_id varchar, code varchar)")
    db.execute(f"create table told as {' union all '.join(parts)}")


def _kinds(*columns: str) -> str:
    return ", ".join(f"'{c}': 'varchar'" for c in columns)


def _csv(files: list[str], kinds: str, header: bool) -> str:
    told = ", ".join("'" + f.replace("'", "''") + "'" for f in files)
    return (
        f"read_csv([{told}], delim = ';', header = {str(header).lower()}, quote = '', escape = '', "
        f"auto_detect = false, filename = true, columns = {{{kinds}}})"
    )


def _window(reporting: str, first: str | None, last: str | None) -> tuple[str, str]:
    """First days of the first and of the last month covered."""
    if len(reporting) == 4:
        return f"{reporting}-01-01", f"{reporting}-12-01"
    if first and last:
        return f"{first}-01", f"{last}-01"
    months = int(reporting[:4]) * 12 + int(reporting[5:]) - 1
    return tuple(f"{m // 12}-{m % 12 + 1:02d}-01" for m in (months - 3, months - 1))  # type: ignore[return-value]


def _population(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Table `people`: region, sex (1 men, 2 women), year, band, people."""
    answer = json.loads((folder / scb_municipality_age.PATH).read_bytes())
    codes = [list(answer["dimension"][name]["category"]["index"]) for name in answer["id"]]
    counts: dict[tuple[str, str, int, int], int] = {}
    values = iter(answer["value"])
    for code in codes[0]:
        for band in range(len(codes[1])):
            for sex in codes[2]:
                for year in codes[4]:
                    key = (code[:2], sex, int(year), band)
                    counts[key] = counts.get(key, 0) + next(values)
    db.execute("create table people (region varchar, sex varchar, year integer, band integer, people bigint)")
    db.executemany("insert into people values (?, ?, ?, ?, ?)", [(*key, n) for key, n in counts.items()])
    db.execute("create table standard (band integer, weight double)")
    db.executemany("insert into standard values (?, ?)", list(enumerate(targets.ESP2013))[targets.ADULT :])


def _readmissions(db: duckdb.DuckDBPyConnection) -> _Measured:
    told = db.execute("select area, year, readmissions, indexes from readmissions").fetchall()
    return {(a, y): (k, n, 100 * k / n, None) for a, y, k, n in told if n}


def _avoidable(db: duckdb.DuckDBPyConnection, sex: str | None) -> _Measured:
    told = db.execute("select area, year, events, people, rate, error from avoidable(?)", [sex]).fetchall()
    return {(a, y): (k, n, rate, error) for a, y, k, n, rate, error in told}


def _assessments(db: duckdb.DuckDBPyConnection, folder: Path) -> _Measured:
    files = sorted(str(p) for p in (folder / CONTACTS).glob("*.csv"))
    heading = HEADING.split(";")
    told = db.execute(
        "with judged as (select provider_region as area, cast(performed_date[:4] as integer) as year, "
        "cast(performed_date as date) - cast(contact_sought_date as date) as wait "
        f"from (select distinct * from {_csv(files, _kinds(*heading), header=True)}) "
        "where phase = 'assessment' and status = 'performed' and guarantee_applies = '1' and acute = '0' "
        "and coalesce(deviation_code, '') not in ('PvV', 'MoV') and contact_id not like '99000000%') "
        "select coalesce(area, '00'), year, count(*) filter (where wait <= 3), count(*) from judged "
        "where wait >= 0 group by grouping sets ((area, year), (year))"
    ).fetchall()
    return {(a, y): (k, n, 100 * k / n, None) for a, y, k, n in told}


def _silent(folder: Path, register: str) -> set[tuple[str, int]]:
    """Regions and years of which months were never sent, as the key beside the folder tells."""
    key = json.loads(folder.with_name(f"{folder.name}-key.json").read_bytes())
    return {
        (p["region"], year)
        for p in key.get("patterns", [])
        if p["kind"] == "stops_reporting" and p["register"] == register
        for year in range(int(p["first"][:4]), int(p["last"][:4]) + 1)
    }


def as_table(rows: list[Row], years: tuple[int, ...] = ()) -> str:
    """The rows as a Markdown table; of certain years only, if any are named."""
    lines = [
        "| indicator | area | year | computed | target | standard error | events | of | within |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    within = {True: "yes", False: "**no**", None: "not judged: a region is silent"}
    lines += [
        f"| {r.indicator} | {r.area} | {r.year} | {r.computed:.2f} | {r.target:.2f} | {r.standard_error:.2f} "
        f"| {r.events} | {r.of} | {within[r.ok]} |"
        for r in rows
        if not years or r.year in years
    ]
    return "\n".join(lines)
