"""The published release of the real exports against answers computed by hand or printed by the owners."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.real import needs_deliveries
from tests.support.built import Built
from tests.support.command import latest

pytestmark = [pytest.mark.deliveries, needs_deliveries]


@pytest.fixture(scope="module")
def con(real_warehouse: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release's Parquet files as views: what an analyst has."""
    data = real_warehouse.home / "releases" / latest(real_warehouse.home)["release"] / "data"
    with duckdb.connect() as connection:
        for path in data.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
        yield connection


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    row = con.execute(sql).fetchone()
    assert row is not None
    return row


COST = "from fct_costs where measure = 'cost_per_inhabitant_sek' and area_code = '00' and period = '2017'"


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("excl_drugs", 4439.224438),
        ("requisition_drugs", 39.051412),
        ("excl_benefit_drugs", 4478.275850),
        ("benefit_drugs", 759.83),
    ],
)
def test_k1_primary_care_of_the_nation(con, scope, expected):
    (value,) = one(con, f"select value {COST} and service_code = 'primary_care' and drug_scope = '{scope}'")
    assert float(value) == pytest.approx(expected, abs=5e-3 if scope == "benefit_drugs" else 5e-7)


def test_home_health_care_is_what_the_narrower_total_leaves_out(con):
    wide, narrow, home = (
        float(one(con, f"select sum(value) {COST} and service_code = '{code}' and drug_scope {scopes}")[0])
        for code, scopes in [
            ("primary_care", "= 'excl_benefit_drugs'"),
            ("primary_care_excl_home_care", "= 'excl_benefit_drugs'"),
            ("pc_home_health_care", "in ('excl_drugs', 'requisition_drugs')"),
        ]
    )
    assert wide - narrow == pytest.approx(home, abs=1e-9)


def test_an_absent_service_is_not_applicable_and_counts_zero_in_the_total(con):
    gotland = "from fct_costs where area_code = '09' and area_level = 'region' and period = '2017' and measure = 'cost_per_inhabitant_sek'"
    statuses = dict(
        con.execute(f"select value_status, count(*) {gotland} and service_level = 'leaf' group by 1").fetchall()
    )
    assert set(statuses) == {"normal", "not_applicable"}
    (total,) = one(con, f"select value {gotland} and service_code = 'primary_care' and drug_scope = 'excl_drugs'")
    (parts,) = one(con, f"select sum(value) {gotland} and service_code like 'pc_%' and drug_scope = 'excl_drugs'")
    assert total == parts


def test_kronor_stand_only_where_that_years_population_is_delivered(con):
    rows = con.execute(
        "select distinct period, value_flags from fct_costs where measure = 'cost_sek' order by 1"
    ).fetchall()
    assert rows == [("2014", "derived|estimated"), ("2015", "derived|estimated")]


def test_a_legitimate_negative_cost_is_published(con):
    (value,) = one(
        con,
        "select value from fct_costs where area_code = '04' and period = '2016' and service_code = 'pc_other' "
        "and drug_scope = 'excl_drugs' and measure = 'cost_per_inhabitant_sek'",
    )
    assert float(value) == pytest.approx(-177.0237108)


def test_k4_readmissions_2016(con):
    where = "from fct_readmissions where method_code = 'hsr2018_patients_30d'"
    regions, stays = one(
        con, f"select count(value), sum(value) {where} and measure = 'index_stay_count' and area_level = 'region'"
    )
    assert (regions, int(stays)) == (20, 228_329)
    (nation,) = one(con, f"select value {where} and measure = 'index_stay_count' and area_level = 'nation'")
    assert int(nation) == 231_293
    assert one(con, f"select value_status, value {where} and measure = 'index_stay_count' and area_code = '23'") == (
        "missing_at_source",
        None,
    )
    shares = f"{where} and measure = 'readmission_percent' and area_level = 'region'"
    weighted, plain = one(con, f"select sum(value * denominator) / sum(denominator), avg(value) {shares}")
    assert float(weighted) == pytest.approx(9.729976, abs=5e-7)
    assert float(plain) == pytest.approx(9.45)
    (numerators,) = one(con, f"select count(numerator) {shares}")
    assert numerators == 0, "the placeholder 0 is no numerator"


def test_k5_published_intervals_are_kept_as_published(con):
    methods = con.execute("select distinct ci_method from fct_readmissions where ci_low is not null").fetchall()
    assert methods == [("as_published",)]


def test_k6_two_measures_of_one_title_keep_apart(con):
    ids = {row[0] for row in con.execute("select distinct method_code from fct_readmissions").fetchall()}
    assert ids == {"hsr2018_patients_30d", "sos_schizophrenia_28d", "kolada_U79092"}
    crossed = con.execute(
        "select count(*) from indicator_values where indicator_id like 'readmissions%' and reference_period is not null "
        "and reference_value is not null and left(period, 4) < '2019' and left(reference_period, 4) >= '2019'"
    ).fetchone()
    assert crossed == (0,)


def test_k7_the_owners_n_is_not_reported_and_the_nation_is_pooled(con):
    where = "from fct_wait_times where measure = 'median_days' and service_code = 'child_psychiatry'"
    missing = con.execute(
        f"select area_code, count(*) {where} and value_status = 'not_reported' group by 1 order by 1"
    ).fetchall()
    assert missing == [("10", 2), ("22", 1), ("25", 7)]
    july, regions = one(
        con,
        f"select max(value) filter (area_code = '00'), avg(value) filter (area_code <> '00') {where} and period = '2025-07'",
    )
    assert float(july) == 28
    assert float(regions) == pytest.approx(31.8, abs=0.05)


def test_k8_population_of_the_nation(con):
    nation = dict(
        con.execute(
            "select period, value from fct_population where area_code = '00' and sex = 'total' and age_group = 'total' "
            "and period_type = 'year'"
        ).fetchall()
    )
    assert int(nation["2000"]) == 8_882_792
    assert int(nation["2015"]) == 9_851_017
    assert len(nation) == 16


def test_k9_named_doctor(con):
    (mean, shares) = one(
        con,
        "select avg(value), count(value) from fct_observations where topic_code = 'named_doctor_share' and area_level = 'region'",
    )
    assert (shares, round(float(mean), 6)) == (17, 59.411765)
    (total,) = one(
        con, "select sum(value) from fct_observations where topic_code = 'named_doctor_count' and area_level = 'region'"
    )
    assert int(total) == 4_423_809
    rows = con.execute(
        "select file, line, wrong_value, right_value, value_status_after from corrections order by line"
    ).fetchall()
    assert [(r[2], r[3], r[4]) for r in rows] == [
        ("179", "179000", None),
        ("999999", None, None),
        ("38", None, "excluded"),
    ]


def test_k10_weighted_survey_values_are_all_accepted(con):
    (rows,) = one(
        con, "select count(*) from fct_observations where topic_code = 'trust_health_centres' and value is not null"
    )
    assert rows == 315


def test_noise_of_the_statistics_office_is_no_error(con):
    least, most, exact = one(
        con,
        """with triple as (
             select sum(value) filter (sex = 'women') + sum(value) filter (sex = 'men') - sum(value) filter (sex = 'total') as gap
             from fct_population where noise = 'ckm' group by area_code, period, age_group)
           select min(gap), max(gap), count(*) filter (gap = 0) from triple""",
    )
    assert (int(least), int(most), exact) == (-8, 7, 148)


def test_every_value_of_a_fact_has_a_delivery_or_a_set_of_them(con):
    for fact in (
        "fct_costs",
        "fct_staffing",
        "fct_readmissions",
        "fct_wait_times",
        "fct_observations",
        "fct_population",
    ):
        (without,) = one(
            con,
            f"""select count(*) from {fact} f left join (select distinct lineage_id from lineage) l using (lineage_id)
                where delivery_sha256 is null and l.lineage_id is null""",
        )
        assert without == 0, fact


def test_the_release_is_large_enough_and_says_what_it_is(con):
    (indicators,) = one(con, "select count(distinct indicator_id) from indicator_values where value is not null")
    (computed,) = one(
        con, "select count(*) from indicators where method not ilike '%as published%' and status = 'active'"
    )
    assert indicators >= 18
    assert computed >= 8
    assert con.execute("select distinct data_origin from indicator_values").fetchall() == [("real",)]


def test_no_nation_is_a_plain_mean(con):
    assert one(con, "select count(*) from indicators where aggregation = 'unweighted_mean'") == (0,)
    hidden = con.execute(
        "select distinct value_status from indicator_values where indicator_id like 'staff%' and area_level = 'nation'"
    ).fetchall()
    assert hidden in ([], [("not_applicable",)])
