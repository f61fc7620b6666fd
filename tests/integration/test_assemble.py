"""From hand-made facts through dbt's indicator views to the published tables; every number here is worked by hand."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.indicators.assemble import AssemblyError, assemble
from orchestration.indicators.catalogue import load_definitions
from orchestration.indicators.definition import Definition
from orchestration.indicators.reference_tables import INDICATOR_COLUMNS, SourceCounts
from orchestration.settings import DBT_PROJECT
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.dbt import environment
from tests.support.fact_tables import COLUMNS
from tests.support.indicator_rows import DELIVERY, OTHER, write_marts

ADDED_SQL = """
with facts as (
  select * from {{ indicator_facts('fct_staffing') }} as rows_of_fact
  where profession_code = 'physician' and ownership = 'private'
)

{{ as_published('facts') }}
"""


def _added_yaml(source: Path) -> str:
    text = source.read_text()
    return text.replace("indicator_id: physicians_per_100000", "indicator_id: private_physicians")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Definition, ...]:
    project = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    added = _added_yaml(project / "indicators" / "physicians_per_100000.yml")
    (project / "indicators" / "private_physicians.yml").write_text(added)
    (project / "models" / "indicators" / "ind_private_physicians.sql").write_text(ADDED_SQL)
    return load_definitions(project / "indicators")


@pytest.fixture(scope="module")
def warehouse(
    tmp_path_factory: pytest.TempPathFactory, definitions: tuple[Definition, ...]
) -> duckdb.DuckDBPyConnection:
    """The hand-made facts, the views that dbt makes of them (with one indicator added), and the published tables."""
    home = tmp_path_factory.mktemp("home")
    project = next(tmp_path_factory.getbasetemp().glob("project*/dbt_project"))
    path = write_marts(home / "warehouse.duckdb")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "run", "--select", "path:models/indicators", "--project-dir", str(project)],
        env={**environment(home), "DBT_PROFILES_DIR": str(project)}, cwd=project, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    con = duckdb.connect(str(path))
    counts = {"skr_costs": SourceCounts(newest_delivery_sha256=DELIVERY, newest_extracted_at="2019-03-27 13:24:46",
                                        deliveries_current=2, records_raw=10, records_accepted=7,
                                        records_quarantined=2, records_duplicate=1)}  # fmt: skip
    assemble(con, definitions, catalogue=load_catalogue(), source_counts=counts, data_origin="synthetic")
    return con


def values(con: duckdb.DuckDBPyConnection, indicator: str, **key: str) -> list[dict[str, Any]]:
    where = " and ".join([f"indicator_id = '{indicator}'", *(f"{k} = '{v}'" for k, v in key.items())])
    found = con.execute(f"select * from published.indicator_values where {where}")
    names = [column[0] for column in found.description]
    return [dict(zip(names, r, strict=True)) for r in found.fetchall()]


def value(con: duckdb.DuckDBPyConnection, indicator: str, **key: str) -> dict[str, Any]:
    found = values(con, indicator, **key)
    assert len(found) == 1, f"{indicator} {key}: {len(found)} rows"
    return found[0]


def test_a_nation_is_the_ratio_of_sums_over_regions_with_both_counts(warehouse: duckdb.DuckDBPyConnection) -> None:
    nation = value(warehouse, "phone_answered_monthly", area_code="00", period="2018-05")
    # 04 has no counts, 05 no value, 06 is suspect: (242 + 65) / (724 + 100), not the mean of 33.4 and 65.
    assert (nation["numerator"], nation["denominator"]) == (307, 824)
    assert float(nation["value"]) == pytest.approx(37.25728155339806, abs=1e-10)
    assert (nation["coverage_n"], nation["coverage_expected"]) == (2, 21)
    assert nation["value_flags"] == "derived|partial_coverage|preliminary"
    assert nation["quality_grade"] == "C"


def test_a_region_with_counts_is_recomputed_and_one_without_keeps_the_owners_value(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    counted = value(warehouse, "phone_answered_monthly", area_code="01", period="2018-05")
    assert float(counted["value"]) == pytest.approx(33.42541436464088, abs=1e-10)
    assert (float(counted["ci_low"]), float(counted["ci_high"])) == (
        pytest.approx(30.08471179, abs=5e-9),
        pytest.approx(36.94107424, abs=5e-9),
    )
    assert (counted["ci_level"], counted["ci_method"]) == (Decimal("0.9500"), "wilson")
    printed = value(warehouse, "phone_answered_monthly", area_code="04", period="2018-05")
    assert (printed["value"], printed["ci_low"], printed["ci_method"]) == (50, None, None)
    missing = value(warehouse, "phone_answered_monthly", area_code="05", period="2018-05")
    assert (missing["value"], missing["value_status"]) == (None, "missing_at_source")


def test_a_month_without_counts_has_no_nation(warehouse: duckdb.DuckDBPyConnection) -> None:
    nation = value(warehouse, "phone_answered_monthly", area_code="00", period="2018-06")
    assert (nation["value"], nation["value_status"], nation["coverage_n"]) == (None, "missing_at_source", 0)


def test_full_coverage_is_not_called_partial_and_samples_stand_apart_from_months(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    nation = value(warehouse, "phone_answered_half_year", area_code="00", period="2018-H2")
    assert (nation["coverage_n"], nation["coverage_expected"], nation["value_flags"]) == (21, 21, "derived")
    assert (nation["numerator"], nation["denominator"]) == (21 * 80 + 210, 21 * 100 + 210)
    assert nation["reference_period"] == "2017-H2"
    assert not values(warehouse, "phone_answered_monthly", period_type="sample")
    assert not values(warehouse, "phone_answered_half_year", period_type="month")


def test_the_owners_nation_is_not_taken_where_counts_make_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    nation = value(warehouse, "first_visit_90d_psychiatry", area_code="00", period="2017")
    assert (nation["value"], nation["coverage_n"]) == (90, 1)


@pytest.mark.parametrize(
    ("indicator", "key", "change_abs", "change_pct", "better"),
    [
        ("phone_answered_year", {"period": "2023"}, 7, 8.6419753086, 8.6419753086),
        ("bup_first_visit_median_days", {"period": "2026-06"}, -255, -31.2117503060, 31.2117503060),
        (
            "trust_health_centres",
            {"period": "2015", "area_code": "01", "sex": "women"},
            1.4,
            1.7857142857,
            1.7857142857,
        ),
        ("primary_care_net_cost", {"period": "2017", "area_code": "00"}, 478.27585, 11.95689625, None),
    ],
)
def test_change_against_the_reference_period(
    warehouse: duckdb.DuckDBPyConnection,
    indicator: str,
    key: dict[str, str],
    change_abs: float,
    change_pct: float,
    better: float | None,
) -> None:
    got = value(warehouse, indicator, **key)
    assert float(got["change_abs"]) == pytest.approx(change_abs, abs=1e-12)
    assert float(got["change_pct"]) == pytest.approx(change_pct, abs=5e-11)
    if better is None:
        assert got["change_pct_better"] is None
    else:
        assert float(got["change_pct_better"]) == pytest.approx(better, abs=5e-11)


@pytest.mark.parametrize(
    ("indicator", "key", "change_abs", "why"),
    [
        ("phone_answered_year", {"period": "2024"}, 9, "the measurement system changed in 2024"),
        (
            "first_visit_90d_psychiatry",
            {"period": "2017", "area_code": "09"},
            15,
            "the reference numerator is below 30",
        ),
        (
            "primary_care_home_health_care_net_cost",
            {"period": "2017", "area_code": "03"},
            2,
            "the reference is below 0",
        ),
        ("phone_answered_monthly", {"period": "2018-05", "area_code": "00"}, None, "the panel is partial"),
        (
            "readmissions_kolada_u79092",
            {"period": "2024", "area_code": "00"},
            -1.1,
            "the owner rounds to whole percents",
        ),
        ("population_share_65_plus", {"period": "2007", "area_code": "03"}, None, "the boundary moved in 2007"),
    ],
)
def test_no_percentage_but_the_difference_in_the_unit(
    warehouse: duckdb.DuckDBPyConnection, indicator: str, key: dict[str, str], change_abs: float | None, why: str
) -> None:
    got = value(warehouse, indicator, **key)
    assert got["change_pct"] is None, why
    assert got["change_pct_better"] is None, why
    assert got["change_abs"] == got["value"] - got["reference_value"]
    if change_abs is not None:
        assert float(got["change_abs"]) == pytest.approx(change_abs)


def test_a_break_is_flagged_from_its_period_on_and_only_in_its_areas(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert [v["value_flags"] for v in values(warehouse, "phone_answered_year")] == ["", "", "break"]
    flags = {(v["area_code"], v["period"]): v["value_flags"] for v in values(warehouse, "population_share_65_plus")}
    assert flags["03", "2007"] == "break|derived"
    assert flags["03", "2000"] == flags["01", "2007"] == "derived"


def test_no_change_before_the_reference_or_against_a_missing_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    for area, period in (("00", "2018"), ("00", "2019"), ("03", "2024")):
        got = value(warehouse, "readmissions_kolada_u79092", area_code=area, period=period)
        assert [got[c] for c in ("reference_period", "reference_value", "change_abs", "change_pct")] == [None] * 4


def test_a_hidden_value_shows_nothing_derived(warehouse: duckdb.DuckDBPyConnection) -> None:
    hidden = value(warehouse, "readmissions_hsr2018_30d", area_code="23")
    derived = ("value", "numerator", "denominator", "ci_low", "ci_high", "ci_level", "ci_method", "reference_value",
               "change_abs", "change_pct", "change_pct_better")  # fmt: skip
    assert {c: hidden[c] for c in derived} == dict.fromkeys(derived)
    shown = warehouse.execute(
        "select count(*) from published.indicator_values where value is null and coalesce(numerator, denominator, "
        "ci_low, ci_high, ci_level, reference_value, change_abs, change_pct, change_pct_better) is not null"
    ).fetchone()
    assert shown == (0,)


def test_published_intervals_stay_as_published(warehouse: duckdb.DuckDBPyConnection) -> None:
    nation = value(warehouse, "readmissions_hsr2018_30d", area_code="00")
    assert [nation[c] for c in ("value", "ci_low", "ci_high")] == [Decimal("9.7"), Decimal("9.6"), Decimal("9.8")]
    assert (nation["ci_method"], nation["numerator"], nation["value_flags"]) == (
        "as_published",
        None,
        "placeholder_removed",
    )


def test_a_nation_that_cannot_be_weighted_is_absent_and_says_so(
    warehouse: duckdb.DuckDBPyConnection, definitions: tuple[Definition, ...]
) -> None:
    for indicator in ("physicians_per_100000", "named_doctor_share"):
        nation = value(warehouse, indicator, area_code="00")
        assert (nation["value"], nation["value_status"]) == (None, "not_applicable")
        assert nation["lineage_id"]
        definition = next(d for d in definitions if d.indicator_id == indicator)
        assert definition.exclusions_sv.startswith("Riket saknas: ")
    # Where the owner does deliver a nation, it stands.
    assert value(warehouse, "nurses_per_100000", area_code="00")["value"] == 1008


def test_an_indicator_takes_only_its_own_rows_of_the_fact(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert value(warehouse, "physicians_per_100000", area_code="01")["value"] == 400
    assert value(warehouse, "primary_care_net_cost", area_code="00", period="2017")["value"] == Decimal("4478.275850")


def test_parts_of_a_cost_are_added_and_a_missing_part_is_not_zero(warehouse: duckdb.DuckDBPyConnection) -> None:
    got = {
        v["area_code"]: (v["value"], v["value_status"])
        for v in values(warehouse, "primary_care_home_health_care_net_cost", period="2017")
    }
    assert got == {
        "01": (105, "normal"),
        "03": (-3, "normal"),
        "04": (None, "not_applicable"),
        "05": (None, "excluded"),
        "06": (None, "missing_at_source"),
    }


def test_a_share_of_cost_carries_its_two_amounts(warehouse: duckdb.DuckDBPyConnection) -> None:
    share = value(warehouse, "primary_care_share_of_cost", period="2015")
    assert (share["value"], share["numerator"], share["denominator"], share["ci_low"]) == (20, 4000, 20000, None)


def test_population_shares_count_single_years_and_refuse_an_incomplete_county(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    stockholm = value(warehouse, "population_share_65_plus", area_code="01", period="2000")
    assert (stockholm["numerator"], stockholm["denominator"]) == (360, 1010)
    older = value(warehouse, "population_share_80_plus", area_code="01", period="2007")
    assert (older["numerator"], older["denominator"]) == (211, 1011)
    incomplete = value(warehouse, "population_share_65_plus", area_code="19", period="2000")
    assert (incomplete["value"], incomplete["value_status"]) == (None, "missing_at_source")
    nation = value(warehouse, "population_share_65_plus", area_code="00", period="2000")
    assert (nation["numerator"], nation["denominator"], nation["coverage_n"]) == (720, 2020, 2)
    assert not values(warehouse, "population_share_65_plus", period="2025")


def test_one_key_with_two_values_is_excluded_and_with_equal_ones_kept_once(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert value(warehouse, "overcrowding_somatic", area_code="01")["value"] == Decimal("3.6")
    conflict = value(warehouse, "overcrowding_somatic", area_code="03")
    assert (conflict["value"], conflict["value_status"]) == (None, "excluded")


def test_every_value_names_its_deliveries(warehouse: duckdb.DuckDBPyConnection) -> None:
    of_set = value(warehouse, "primary_care_net_cost", area_code="00", period="2017")["lineage_id"]
    of_one = value(warehouse, "phone_answered_year", period="2021")["lineage_id"]
    lineage: dict[str, set[str]] = {}
    for lineage_id, delivery in warehouse.execute(
        "select lineage_id, delivery_sha256 from published.lineage"
    ).fetchall():
        lineage.setdefault(lineage_id, set()).add(delivery)
    assert lineage[of_set] == {DELIVERY, OTHER}
    assert lineage[of_one] == {DELIVERY}
    assert of_set == "L" + hashlib.md5(f"{DELIVERY}|{OTHER}".encode()).hexdigest()[:16]
    unnamed = warehouse.execute(
        "select count(*) from published.indicator_values where lineage_id is null or lineage_id not in "
        "(select lineage_id from published.lineage)"
    ).fetchone()
    assert unnamed == (0,)


def test_an_added_indicator_needs_one_definition_and_one_select(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert value(warehouse, "private_physicians", area_code="01")["value"] == 50
    assert warehouse.execute(
        "select status from published.indicators where indicator_id = 'private_physicians'"
    ).fetchone() == ("active",)


def test_an_indicator_without_values_says_no_data(warehouse: duckdb.DuckDBPyConnection) -> None:
    statuses = dict(warehouse.execute("select indicator_id, status from published.indicators").fetchall())
    assert statuses["readmissions_sos_k10"] == "no_data"
    assert statuses["readmissions_hsr2018_30d"] == "active"


def test_tables_have_exactly_the_contracts_columns(warehouse: duckdb.DuckDBPyConnection) -> None:
    def columns(table: str) -> list[str]:
        return [f"{name} {kind}" for name, kind, *_ in warehouse.execute(f"describe published.{table}").fetchall()]

    expected = COLUMNS["published.indicator_values"].split(", ")
    assert [c.replace(", ", ",") for c in columns("indicator_values")] == expected
    assert [c.split()[0] for c in columns("indicators")] == list(INDICATOR_COLUMNS)
    assert columns("lineage") == ["lineage_id VARCHAR", "delivery_sha256 VARCHAR", "role VARCHAR"]
    assert [c.split()[0] for c in columns("corrections")] == [
        "correction_id", "source_id", "delivery_sha256", "file", "line", "column_name", "wrong_value", "right_value",
        "value_status_after", "reason", "evidence", "decided_by", "decided_on",
    ]  # fmt: skip


def test_sources_carry_the_ledgers_counts_and_the_newest_period(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute(
        "select newest_delivery_sha256, newest_period, deliveries_current, records_raw, records_accepted, "
        "records_quarantined, records_duplicate, data_origin from published.sources where source_id = 'skr_costs'"
    ).fetchone()
    assert row == (DELIVERY, "2017", 2, 10, 7, 2, 1, "synthetic")
    every = {s.source_id for s in load_catalogue().sources}
    assert {s for (s,) in warehouse.execute("select source_id from published.sources").fetchall()} == every


def test_assembling_again_gives_the_same_rows_in_the_same_order(
    warehouse: duckdb.DuckDBPyConnection, definitions: tuple[Definition, ...]
) -> None:
    before = warehouse.execute("select * from published.indicator_values").fetchall()
    assemble(warehouse, tuple(reversed(definitions)), catalogue=load_catalogue(), data_origin="synthetic")
    assert warehouse.execute("select * from published.indicator_values").fetchall() == before


SHAPE = (
    "'01' as area_code, 'region' as area_level, '2017' as period, 'year' as period_type, 'total' as sex, "
    "'total' as age_group, 1::decimal(28, 12) as value, null::decimal(28, 12) as numerator, "
    "null::decimal(28, 12) as denominator, 'per_1000' as unit, 'normal' as value_status, '' as value_flags, "
    "null::integer as coverage_n, null::integer as coverage_expected, ['d'] as deliveries, "
    "null::decimal(28, 12) as ci_low, null::decimal(28, 12) as ci_high"
)


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (SHAPE.replace("'normal'", "'fine'"), "physician_visits: value_status is none of the contract's"),
        (SHAPE.replace("'normal'", "'excluded'"), "physician_visits: a value stands exactly where"),
        (
            SHAPE.replace("1::decimal(28, 12) as value", "null::decimal(28, 12) as value"),
            "a value stands exactly where",
        ),
        (SHAPE.replace("'2017'", "null::varchar"), "a part of the key is null"),
        (SHAPE.replace("'per_1000'", "'percent'"), "the view's unit is percent, the definition's per_1000"),
        (None, "no view indicators.ind_physician_visits; write dbt_project/models/indicators/ind_physician_visits.sql"),
    ],
)
def test_a_view_that_breaks_its_shape_is_named(view: str | None, message: str) -> None:
    definition = next(d for d in load_definitions() if d.indicator_id == "physician_visits")
    with duckdb.connect() as con:
        con.execute("create schema indicators")
        if view:
            con.execute(f"create view indicators.ind_physician_visits as select {view}")
        with pytest.raises(AssemblyError, match=message.replace(".", r"\.")):
            assemble(con, [definition], catalogue=load_catalogue(), data_origin="synthetic")


def test_the_view_of_a_definition_that_is_gone_is_removed(
    warehouse: duckdb.DuckDBPyConnection, definitions: tuple[Definition, ...]
) -> None:
    warehouse.execute("create view indicators.ind_gone as select 1 as one")
    assemble(warehouse, definitions, catalogue=load_catalogue(), data_origin="synthetic")
    left = {
        name
        for (name,) in warehouse.execute(
            "select view_name from duckdb_views() where schema_name = 'indicators'"
        ).fetchall()
    }
    assert left == {d.model_name for d in definitions}
    assert not values(warehouse, "gone")
