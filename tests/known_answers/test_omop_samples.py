"""The OMOP samples: every number of `docs/omop.md`, recomputed by brute force from the files."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import REPOSITORY
from tests.oracle.episodes import SPELLS, units
from tests.oracle.omop import INPATIENT, read
from tests.oracle.readmissions import ALL_CAUSE, CIHI_LIKE, NHS, SOCIALSTYRELSEN, judge
from tests.oracle.stays import by_person
from tests.real import DELIVERIES
from tests.support.command import latest, vardlagret

SAMPLES = (DELIVERIES.parent if DELIVERIES else Path("..")) / "register_like"
SITES = ("gibleed", "synthea27nj")
PAGE = (REPOSITORY / "docs" / "omop.md").read_text(encoding="utf-8")

pytestmark = [
    pytest.mark.deliveries,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the OMOP samples are not at {SAMPLES}"),
]


def steps(site: str) -> dict[str, str]:
    """The page's steps in its words."""
    with (SAMPLES / f"{site}_visit_occurrence.csv").open(encoding="utf-8", newline="") as file:
        visits = list(csv.DictReader(file))
    stays, end = read(SAMPLES, site)
    assert len(stays) == sum(v["visit_concept_id"] in INPATIENT for v in visits)
    people = by_person(stays)
    rows = judge(stays, {(site, None): end}, [ALL_CAUSE])
    excluded = Counter(r.exclusion_reason for r in rows if not r.eligible)
    assert set(excluded) <= {"open", "died", "incomplete_follow_up"}
    index, readmissions = sum(r.eligible for r in rows), sum(bool(r.readmitted) for r in rows)
    return {
        "visits in the file": str(len(visits)),
        "of them stays": str(len(stays)),
        "people with a stay": str(len(people)),
        "end of the data": str(end),
        "coded transfers": str(sum(s.transferred_in or s.transferred_out for s in stays)),
        "units once joined": str(sum(len(units(own, SPELLS)) for own in people.values())),
        "excluded: open": str(excluded["open"]),
        "excluded: died": str(excluded["died"]),
        "excluded: incomplete follow-up": str(excluded["incomplete_follow_up"]),
        "index stays": str(index),
        "readmissions": str(readmissions),
        "share, percent": f"{100 * readmissions / index:.6f}",
    }


def test_the_page_gives_each_step_as_computed() -> None:
    computed = [steps(site) for site in SITES]
    printed = re.findall(r"^\| ([^|]+?) \| ([\d.-]+) \| ([\d.-]+) \|$", PAGE, re.MULTILINE)
    assert [list(row) for row in printed] == [[step, *(c[step] for c in computed)] for step in computed[0]]


def test_the_page_lists_the_stays_of_those_with_several() -> None:
    stays, _ = read(SAMPLES, "synthea27nj")
    lines = []
    for (_, person), own in by_person(stays).items():
        for n, stay in enumerate(own if len(own) > 1 else []):
            before = own[n - 1].discharge_date if n else None
            gap = str((stay.admission_date - before).days) if before else ""
            cells = (person, stay.stay_id, str(stay.admission_date), str(stay.discharge_date), gap)
            lines.append("| " + " | ".join(cells).strip() + " |")
    assert len(lines) == 8
    assert [line for line in lines if line not in PAGE] == []


def test_who_is_readmitted_and_who_is_not_yet_followed() -> None:
    stays, end = read(SAMPLES, "synthea27nj")
    readmitted = [r for r in judge(stays, {("synthea27nj", None): end}, [ALL_CAUSE]) if r.readmitted]
    assert [(r.person_key, r.stay_id, r.days) for r in readmitted] == [("11", "490", 17)]
    assert [s.deceased for s in stays if s.person_key == "11"] == [False] * 4
    stays, end = read(SAMPLES, "gibleed")
    excluded = [r for r in judge(stays, {("gibleed", None): end}, [ALL_CAUSE]) if not r.eligible]
    assert {r.stay_id for r in excluded} == {"113888", "332698", "201763"}
    assert all(f"{r.stay_id} (" in PAGE and str(r.index_discharge) in PAGE for r in excluded)
    between = [
        (b.admission_date - a.discharge_date).days
        for own in by_person(stays).values()
        for a, b in pairwise(own)
        if a.discharge_date
    ]
    assert min(between) == 290


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("method", [SOCIALSTYRELSEN, NHS, CIHI_LIKE], ids=lambda m: m.method_code)
def test_methods_that_need_what_omop_lacks_have_no_index(site: str, method) -> None:
    stays, end = read(SAMPLES, site)
    rows = judge(stays, {(site, None): end}, [method])
    assert len(rows) == len(stays)
    assert {r.readmitted for r in rows} == {None}
    reasons = {"age", "no_diagnoses"} if method is SOCIALSTYRELSEN else {"no_diagnoses"}
    assert {r.exclusion_reason for r in rows} <= reasons


def test_the_warehouse_gives_the_same_and_no_share_where_none_can_be_had(tmp_path: Path) -> None:
    """Through the command: the counts of each site and method, and in the release nulls instead of 0 %."""
    home = tmp_path / "home"
    vardlagret(home, "ingest", SAMPLES)
    vardlagret(home, "nightly")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        counted = con.execute(
            """select site, method_code, sum(stay_count)::int, sum(readmission_count)::int
               from intermediate.int_readmissions__monthly where exclusion_reason is null group by all order by all"""
        ).fetchall()
        facts = con.execute(
            """select method_code, value_status, bool_and(value is null), bool_and(numerator is null)
               from marts.fct_readmissions where measure = 'readmission_percent' group by all order by all"""
        ).fetchall()
    expected = []
    for site in SITES:
        stays, end = read(SAMPLES, site)
        rows = [r for r in judge(stays, {(site, None): end}, [ALL_CAUSE]) if r.eligible]
        expected.append((site, "all_cause", len(rows), sum(bool(r.readmitted) for r in rows)))
    assert counted == expected
    assert facts == [
        ("all_cause", "normal", False, False),
        *((method, "not_applicable", True, True) for method in ("cihi_like", "nhs", "socialstyrelsen")),
    ]
    published = home / "releases" / latest(home)["release"] / "data" / "fct_readmissions.parquet"
    shown = duckdb.execute(
        f"select count(*) from '{published}' where numerator between 1 and 4 or denominator - numerator between 1 and 4"
    ).fetchone()
    assert shown == (0,)
