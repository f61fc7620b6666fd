"""When a change has a percent, and which grade a value gets: each rule on one synthetic indicator, both sides of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.indicators.assemble import LEAST_BASE, assemble
from orchestration.indicators.catalogue import load_definitions
from orchestration.indicators.definition import Definition
from orchestration.sources.catalogue import load_catalogue
from tests.support.fact_tables import REGIONS, areas, row, write

Row = dict[str, Any]


def definition(like: str, **changes: Any) -> Definition:
    """A declared definition with other fields; validated as when it is read."""
    found = next(d for d in load_definitions() if d.indicator_id == like)
    return Definition(**{**found.model_dump(), **changes})


def value(area: str, period: str, amount: float | None, unit: str, **more: Any) -> Row:
    level = "nation" if area == "00" else "region"
    return {"area_code": area, "area_level": level, "period": period, "period_type": "year", "sex": "total",
            "age_group": "total", "value": amount, "numerator": None, "denominator": None, "unit": unit,
            "value_status": "normal" if amount is not None else "missing_at_source", "value_flags": "",
            "coverage_n": None, "coverage_expected": None, **more}  # fmt: skip


def published(tmp_path: Path, one: Definition, rows: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """The rows of one indicator as assembled, by area and period."""
    people = [row(a, "2020", 100_000 + n, sex="total", age_group="total", measure="population_count", noise="none")
              for n, a in enumerate(REGIONS)]  # fmt: skip
    path = write(tmp_path / "warehouse.duckdb", {"marts.areas": areas(), "marts.fct_population": people})
    types = {"value": "decimal(28, 12)", "numerator": "decimal(28, 12)", "denominator": "decimal(28, 12)",
             "coverage_n": "integer", "coverage_expected": "integer"}  # fmt: skip
    listed = list(rows)
    columns = list(listed[0])
    with duckdb.connect(str(path)) as con:
        con.execute(
            "create schema indicators; create table marts.lineage (lineage_id varchar, delivery_sha256 varchar, role varchar)"
        )
        typed = ", ".join(f"{c} {types.get(c, 'varchar')}" for c in columns)
        con.execute(f"create table rows_in ({typed})")
        con.executemany(
            f"insert into rows_in values ({', '.join('?' * len(columns))})", [[r[c] for c in columns] for r in listed]
        )
        con.execute(
            f"create view indicators.{one.model_name} as select *, ['{'a' * 64}'] as deliveries, "
            "null::decimal(28, 12) as ci_low, null::decimal(28, 12) as ci_high from rows_in"
        )
        assemble(con, [one], catalogue=load_catalogue(), data_origin="synthetic")
        found = con.execute("select * from published.indicator_values")
        names = [c[0] for c in found.description]
        return {(r["area_code"], r["period"]): r for r in (dict(zip(names, x, strict=True)) for x in found.fetchall())}


SHARE = {"reference_period": "2019", "breaks": (), "ci_method": "none", "rounded_to": None}


@pytest.mark.parametrize("side", ["2019", "2020"])
@pytest.mark.parametrize(
    ("spoiled", "percent"),
    [
        ({}, True),
        ({"value_flags": "derived"}, True),
        ({"value_flags": "provisional"}, False),
        ({"value_flags": "derived|partial_coverage"}, False),
        ({"value_flags": "preliminary"}, False),
        ({"value_flags": "suspect"}, False),
        ({"coverage_n": 21, "coverage_expected": 21}, True),
        ({"coverage_n": 20, "coverage_expected": 21}, False),
        ({"numerator": LEAST_BASE, "denominator": 400}, True),
        ({"numerator": LEAST_BASE - 1, "denominator": 400}, False),
        ({"numerator": 300, "denominator": LEAST_BASE - 1}, False),
    ],
)
def test_a_percent_needs_two_whole_final_and_large_values(
    tmp_path: Path, side: str, spoiled: Row, percent: bool
) -> None:
    one = definition("first_contact_90d_kolada", **SHARE)
    rows = [
        value("05", year, v, "percent") | (spoiled if year == side else {})
        for year, v in (("2019", 80.5), ("2020", 84.2))
    ]
    got = published(tmp_path, one, rows)["05", "2020"]
    assert float(got["change_abs"]) == pytest.approx(3.7)
    assert (got["change_pct"] is not None, got["change_pct_better"] is not None) == (percent, percent)


def test_whole_percents_give_points_only_declared_or_seen(tmp_path: Path) -> None:
    rows = [value(a, year, v, "percent") for a in REGIONS[:9] for year, v in (("2019", 80), ("2020", 84))]
    for name, one, data, percent in (
        ("seen", definition("first_contact_90d_kolada", **SHARE), rows, False),
        ("few", definition("first_contact_90d_kolada", **SHARE), rows[:4], True),
        ("tenths", definition("first_contact_90d_kolada", **SHARE), [*rows[:-1], {**rows[-1], "value": 84.1}], False),
        ("tenths on both sides", definition("first_contact_90d_kolada", **SHARE), [{**r, "value": r["value"] + 0.1} for r in rows], True),
        ("declared", definition("first_contact_90d_kolada", **{**SHARE, "rounded_to": 1}), rows[:4], False),
    ):  # fmt: skip
        (tmp_path / name).mkdir()
        got = published(tmp_path / name, one, data)["01", "2020"]
        assert got["change_abs"] == 4
        assert (got["change_pct"] is not None) == percent, name


@pytest.mark.parametrize(
    ("grade", "more", "expected"),
    [
        ("A", {}, "A"),
        ("A", {"value_flags": "provisional"}, "B"),
        ("A", {"value_flags": "preliminary"}, "B"),
        ("B", {"value_flags": "provisional"}, "B"),
        ("A", {"value_flags": "partial_coverage|provisional"}, "C"),
        ("A", {"value_flags": "suspect"}, "C"),
        ("A", {"numerator": 29, "denominator": 100}, "C"),
        ("A", {"numerator": 30, "denominator": 100}, "A"),
    ],
)
def test_grade(tmp_path: Path, grade: str, more: Row, expected: str) -> None:
    one = definition("first_contact_90d_kolada", **SHARE, quality_grade=grade)
    assert (
        published(tmp_path, one, [value("05", "2020", 84.2, "percent") | more])["05", "2020"]["quality_grade"]
        == expected
    )


@pytest.mark.parametrize(
    ("delivered", "lacking", "coverage", "flags"),
    [
        (21, 0, (21, 21), ""),
        (13, 0, (13, 21), "partial_coverage"),  # Kolada N79179 in 2023
        (0, 0, (None, None), ""),  # the owner delivers its nation alone
        (16, 5, (21, 21), ""),  # a quarter may lack the thing
        (15, 6, (15, 21), "partial_coverage"),
    ],
)
def test_an_owners_nation_carries_how_many_regions_are_there(
    tmp_path: Path, delivered: int, lacking: int, coverage: tuple[int | None, int | None], flags: str
) -> None:
    one = definition("first_contact_90d_kolada", **SHARE)
    rows = [value("00", "2020", 80.5, "percent")]
    rows += [value(a, "2020", 80.5, "percent") for a in REGIONS[:delivered]]
    rows += [
        value(a, "2020", None, "percent", value_status="not_applicable")
        for a in REGIONS[delivered : delivered + lacking]
    ]
    got = published(tmp_path, one, rows)["00", "2020"]
    assert (got["coverage_n"], got["coverage_expected"], got["value_flags"]) == (*coverage, flags)
    assert got["quality_grade"] == ("C" if flags else "B")


@pytest.mark.parametrize(
    ("nation", "flags"), [(4000.0, ""), (4000 * 20 / 21, "suspect"), (3989, ""), (3987, "suspect")]
)
def test_a_nation_that_its_regions_do_not_make_is_suspect(tmp_path: Path, nation: float, flags: str) -> None:
    """Kolada's N71000 divides 20 regions' cost by 21 regions' people."""
    one = definition("primary_care_net_cost")
    rows = [value("00", "2020", nation, "SEK_per_inhabitant")]
    rows += [value(a, "2020", 4000, "SEK_per_inhabitant") for a in REGIONS]
    got = published(tmp_path, one, rows)["00", "2020"]
    assert got["value_flags"] == flags
    assert got["value"] is not None


def test_definitions_say_what_their_change_and_grade_need() -> None:
    for like, changes, message in (
        ("primary_care_net_cost", {"name_en": "Net cost of primary care"}, "current prices"),
        ("primary_care_net_cost", {"name_sv": "Nettokostnad för primärvård"}, "löpande priser"),
        ("avoidable_stays_register", {"quality_grade": "A"}, "not grade A"),
        ("avoidable_stays_register", {"illustrative": False}, "illustrative"),
    ):
        with pytest.raises(ValidationError, match=message):
            definition(like, **changes)
    assert definition("primary_care_net_cost").nominal
    assert not definition("primary_care_share_of_cost").nominal
