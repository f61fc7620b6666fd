"""Which values get an interval, by which method and in which unit."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.indicators.catalogue import load_definitions
from orchestration.indicators.definition import Definition
from orchestration.indicators.intervals import add_intervals

ROWS = [
    # area, value, numerator, denominator, ci_low, ci_high, value_status
    ("01", 75.0, 9, 12_000, None, None, "normal"),
    ("03", 80.0, 10, 12_000, 70.0, 90.0, "normal"),
    ("04", 80.0, None, 12_000, None, None, "normal"),
    ("05", 80.0, 5, 0, None, None, "normal"),
    ("06", None, 5, 20, 1.0, 2.0, "suppressed_small_n"),
    ("07", 120.0, 24, 20, None, None, "normal"),
    ("08", 25.0, 5, 20, 10.0, None, "normal"),
]


def intervals(ci_method: str, unit: str) -> dict[str, tuple[float, float]]:
    base = next(d for d in load_definitions() if d.indicator_id == "physician_visits")
    definition: Definition = base.model_copy(update={"ci_method": ci_method, "unit": unit})
    with duckdb.connect() as con:
        con.execute(
            "create temp table _collected (indicator_id varchar, area_code varchar, area_level varchar, "
            "period varchar, sex varchar, age_group varchar, value double, numerator decimal(28, 12), "
            "denominator decimal(28, 12), ci_low decimal(28, 12), ci_high decimal(28, 12), value_status varchar)"
        )
        con.executemany(
            "insert into _collected "
            "values ('physician_visits', ?, 'region', '2016', 'total', 'total', ?, ?, ?, ?, ?, ?)",
            ROWS,
        )
        add_intervals(con, [definition])
        found = con.execute("select area_code, ci_low, ci_high from _intervals order by all").fetchall()
    return {area: (low, high) for area, low, high in found}


def test_a_share_of_counts_gets_wilson_in_percent_and_unsound_counts_none() -> None:
    got = intervals("wilson", "percent")
    assert set(got) == {"01", "03", "08"}
    assert got["08"] == (pytest.approx(11.18617014, abs=5e-9), pytest.approx(46.87008776, abs=5e-9))


def test_a_rate_gets_byar_in_its_unit_and_may_have_more_events_than_persons() -> None:
    got = intervals("byar", "per_100000")
    assert set(got) == {"01", "03", "07", "08"}
    assert got["01"] == (pytest.approx(34.294776, abs=5e-7), pytest.approx(142.373362, abs=5e-7))
    assert got["03"] == (pytest.approx(39.895416, abs=5e-7), pytest.approx(153.262155, abs=5e-7))


def test_a_published_interval_is_taken_whole_or_not_at_all() -> None:
    assert intervals("as_published", "percent") == {"03": (70.0, 90.0)}


def test_no_method_no_interval() -> None:
    assert intervals("none", "percent") == {}
