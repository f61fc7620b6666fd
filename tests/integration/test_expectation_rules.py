"""The computed columns behind the rules, case by case, in plain DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.declarations import load
from tests.support.fact_tables import REGIONS, SIGNALS, Row, areas, row, write


def computed(
    path: Path,
    table: str,
    rows: list[Row],
    column: str,
    order: str = "area_code, period",
    signals: list[Row] | None = None,
) -> list[Any]:
    warehouse = write(path / "warehouse.duckdb", {table: rows, "marts.areas": areas(), SIGNALS: signals or []})
    con = duckdb.connect(str(warehouse), read_only=True)
    dataset = table.partition(".")[2]
    found = con.execute(f"select {column} from ({load(dataset).sql}) order by {order}").fetchall()
    con.close()
    return [f[0] if f[0] is None else round(float(f[0]), 6) for f in found]


def triple(unit: str, women: float, men: float, total: float) -> list[Row]:
    head = {"topic_code": "t", "measure": "t", "unit": unit, "age_group": "total"}
    return [row("05", "2024", v, **head, sex=s) for s, v in (("women", women), ("men", men), ("total", total))]


@pytest.mark.parametrize(
    ("unit", "women", "men", "total", "outside"),
    [
        ("percent", 56, 48, 51, 0),  # S1: lies between
        ("percent", 56, 48, 57, 1),  # S1
        ("percent", 56, 48, 56.4, 0),  # parts printed without decimals
        ("percent", 88.0, 50.0, 88.0, 0),  # a share among patients may rest on one sex
        ("per_100000", 562, 626, 562, 3.2),  # A1: everybody counts, so the total cannot equal one of two far apart
        ("per_100000", 562, 626, 594, 0),
        ("per_100000", 562, 626, 630, 7.2),
        ("per_1000", 897.3, 890.2, 881.0, 0),  # standardised, real: Blekinge 2011
        ("per_100000", 516.98, 521.28, 531.85, 0),  # standardised, synthetic: a region of 30 000 in 2017
        ("per_1000", 897.3, 890.2, 860.0, 3.494),
    ],
)
def test_total_beside_women_and_men(
    tmp_path: Path, unit: str, women: float, men: float, total: float, outside: float
) -> None:
    rows = triple(unit, women, men, total)
    assert computed(tmp_path, "marts.fct_observations", rows, "outside_women_men", "sex")[1] == outside


@pytest.mark.parametrize(
    ("values", "jumped"),
    [
        ([40, 41, 42, 43], []),
        ([40, 400, 42, 43], [1]),  # one wrong value, and not its sound neighbours
        ([400, 40, 41, 42], [0]),
        ([40, 41, 42, 430], [3]),
        ([40, 400], [0, 1]),  # which of two is wrong cannot be known
        ([40, 40, 40, 400, 400, 400], [3]),  # a shift that stays is found where it begins
        ([40, 41, None, 400, 42], [3]),  # a gap is passed over
        ([40, 0, 41], []),  # a true zero
        ([40, -3, 41], []),  # a negative net cost
        ([0.000015617, 0.9, 0.000015617], []),  # below the floor
        ([41, 4.1, 42], [1]),
    ],
)
def test_jump_is_found_in_the_value_that_jumped(tmp_path: Path, values: list[float | None], jumped: list[int]) -> None:
    head = {"topic_code": "t", "measure": "t", "unit": "per_1000", "age_group": "total", "sex": "total"}
    rows = [row("05", str(2010 + n), value, **head) for n, value in enumerate(values)]
    ratios = computed(tmp_path, "marts.fct_observations", rows, "ratio_to_neighbours")
    assert [n for n, ratio in enumerate(ratios) if ratio is not None and ratio > 8] == jumped


def test_months_and_half_years_are_not_neighbours(tmp_path: Path) -> None:
    head = {"measure": "within_percent", "unit": "percent", "service_code": "primary_care", "sex": "total"}
    month, half = row("05", "2017-05", 90, **head), row("05", "2017", 9, **head)
    half |= {"period": "2017-H1", "period_type": "half_year"}
    assert computed(tmp_path, "marts.fct_wait_times", [month, half], "ratio_to_neighbours") == [None, None]


def test_a_nation_is_judged_from_fifteen_regions_on(tmp_path: Path) -> None:
    head = {"topic_code": "t", "measure": "t", "unit": "percent", "age_group": "total", "sex": "total"}
    for year, regions, outside in (("2020", 14, None), ("2021", 15, 19.95)):
        (tmp_path / year).mkdir()
        rows = [row(area, year, 50, **head) for area in REGIONS[:regions]] + [row("00", year, 70, **head)]
        assert computed(tmp_path / year, "marts.fct_observations", rows, "outside_regions")[0] == outside


def test_a_service_that_few_regions_have_counts_zero_in_the_others(tmp_path: Path) -> None:
    """Sluten primärvård 2014: the nation 13.9 below its five regions' lowest, 29.1; correct data."""
    head = {"measure": "cost_per_inhabitant_sek", "service_code": "pc_inpatient", "service_level": "leaf"}
    for nation, outside in ((13.9, 0.0), (197, 0.95)):
        (tmp_path / str(nation)).mkdir()
        rows = [row(a, "2014", v, **head) for a, v in zip(REGIONS, (29.1, 50, 80, 120, 196), strict=False)]
        found = computed(tmp_path / str(nation), "marts.fct_costs", [*rows, row("00", "2014", nation, **head)],
                         "outside_regions")  # fmt: skip
        assert found[0] == outside


def test_the_seeded_areas_pass(tmp_path: Path) -> None:
    """The areas that the dbt project seeds, judged by their suite."""
    from expectations.engine import judge
    from orchestration.settings import DBT_PROJECT

    warehouse = write(tmp_path / "warehouse.duckdb", {})
    con = duckdb.connect(str(warehouse))
    con.execute(
        "insert into marts.areas by name select * from read_csv(?, header = true, all_varchar = true)",
        [str(DBT_PROJECT / "seeds" / "seed_areas.csv")],
    )
    con.close()
    (verdict,) = judge(warehouse, ["areas"])
    assert [f for f in verdict.findings if f.outcome != "passed"] == []
    assert verdict.outcome == "passed"


def withheld(reporter: str, month: str, severity: str = "withhold") -> Row:
    return {
        "source_id": "patient_register", "reporter": reporter, "month": month, "signal": "volume_spike",
        "observed_percent": 400, "usual_percent": 100, "severity": severity,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        (withheld("05", "2015-06-01", "amber"), []),
        (withheld("05", "2015-06-01"), [("00", "2015"), ("05", "2015"), ("0580", "2015")]),
        (withheld("05801-301", "2015-12-01"), [("00", "2015"), ("05", "2015"), ("0580", "2015")]),
        # Stays of December are followed for thirty days.
        (withheld("05", "2015-01-01"), [(a, y) for a in ("00", "05", "0580") for y in ("2014", "2015")]),
        (withheld("05", "2015-02-01"), [("00", "2015"), ("05", "2015"), ("0580", "2015")]),
    ],
)
def test_a_withheld_month_reaches_its_region_and_the_nation(
    tmp_path: Path, signal: Row, expected: list[tuple[str, str]]
) -> None:
    head = {
        "measure": "readmission_percent", "unit": "percent", "sex": "total", "method_code": "nhs", "diagnosis_set": "any",
        "age_group": "total", "attribution": "residence", "follow_up_days": 30, "source_id": "patient_register",
    }  # fmt: skip
    places = sorted((area, year) for area in ("00", "05", "0580", "06") for year in ("2014", "2015"))
    rows = [row(*place, 9, **head) for place in places]
    rows += [{**r, "source_id": "omop"} for r in rows]
    found = computed(
        tmp_path, "marts.fct_readmissions", rows, "month_withheld", "source_id desc, area_code, period", [signal]
    )
    assert [p for p, failed in zip(places, found, strict=False) if failed] == expected
    assert not any(found[len(places) :])


def test_rows_known_to_be_in_doubt_leave_the_rest_of_the_slice(tmp_path: Path) -> None:
    """However many they are, and also in a source that is counted from persons here; a sound month passes."""
    from expectations.engine import judge
    from tests.support.sound_facts import sound_warehouse

    warehouse = sound_warehouse(tmp_path / "warehouse.duckdb")
    con = duckdb.connect(str(warehouse))
    con.execute("update marts.fct_observations set source_id = 'patient_register' where source_id = 'owner'")
    con.execute(
        f"insert into {SIGNALS} values ('patient_register', '05', '2015-06-01', 'repeated_month', 100, 0, 'withhold')"
    )
    con.close()
    (verdict,) = judge(warehouse, ["fct_observations"])
    (finding,) = [f for f in verdict.findings if f.expectation == "month_withheld"]
    assert (finding.outcome, finding.slices, finding.cell_slices) == ("masked", (), (("patient_register", "2015"),))
