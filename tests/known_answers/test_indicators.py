"""Indicators on the real exports against figures known by hand or published by the owners."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.indicators.catalogue import load_definitions
from tests.real import needs_deliveries

pytestmark = [pytest.mark.deliveries, needs_deliveries]


@pytest.fixture(scope="module")
def con(real_warehouse: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of all real exports, read only, with `published` assembled."""
    with duckdb.connect(str(getattr(real_warehouse, "warehouse", real_warehouse)), read_only=True) as connection:
        yield connection


def one(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = con.execute(sql).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def of(indicator: str, **key: str) -> str:
    """A FROM clause of one indicator's values."""
    where = " and ".join([f"indicator_id = '{indicator}'", *(f"{k} = '{v}'" for k, v in key.items())])
    return f"from published.indicator_values where {where}"


def test_primary_care_net_cost_of_the_nation_in_2017(con: duckdb.DuckDBPyConnection) -> None:
    """K1: 4439.224438 net and 39.051412 on requisition; benefit drugs (about 760) are not added."""
    assert float(
        one(con, f"select value {of('primary_care_net_cost', area_code='00', period='2017')}")
    ) == pytest.approx(4478.275850, abs=5e-7)


def test_the_nation_without_gotland_stands_apart(con: duckdb.DuckDBPyConnection) -> None:
    """K2: Gotland's implied share of the population, from 0.587 % in 2014 to 0.579 % in 2017."""
    for period, expected in (("2014", 0.587390), ("2015", 0.582590), ("2016", 0.580311), ("2017", 0.578988)):
        cost = {
            area: float(one(con, f"select value {of('primary_care_net_cost', area_code=area, period=period)}"))
            for area in ("00", "00X09", "09")
        }
        share = 100 * (cost["00"] - cost["00X09"]) / (cost["09"] - cost["00X09"])
        assert share == pytest.approx(expected, abs=5e-6)


def test_home_health_care_is_what_sets_the_two_totals_apart(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        f"""
        select w.value - l.value, coalesce(h.value, 0)
        from (select * {of("primary_care_net_cost")}) as w
        join (select * {of("primary_care_net_cost_excl_home_care")}) as l using (area_code, period)
        join (select * {of("primary_care_home_health_care_net_cost")}) as h using (area_code, period)
        """
    ).fetchall()
    assert len(rows) == 92
    assert all(difference == home for difference, home in rows)


def test_primary_cares_share_of_cost_in_2015_as_published(con: duckdb.DuckDBPyConnection) -> None:
    """K3: 21 regions and the nation within 0.0615 points; the greatest difference is Kalmar, 19.6615 against 19.6."""
    compared = con.execute(
        f"""
        select v.area_code, abs(v.value - s.share_net_percent), v.value
        from (select * {of("primary_care_share_of_cost", period="2015")}) as v
        join seeds.seed_published_shares_2015 as s using (area_code, area_level, period)
        order by 2 desc
        """
    ).fetchall()
    assert len(compared) == 22
    area, greatest, value = compared[0]
    assert (area, round(float(greatest), 4), round(float(value), 4)) == ("08", 0.0615, 19.6615)


def test_readmissions_of_2016_keep_what_the_owner_withholds(con: duckdb.DuckDBPyConnection) -> None:
    """K4: 20 regions with 228 329 patients, the nation with 231 293; the difference is Jämtland's and stays missing."""
    regions = of("readmissions_hsr2018_30d", area_level="region")
    assert one(con, f"select count(value), sum(denominator), count(numerator) {regions}") == (20, 228_329, 0)
    assert one(con, f"select value, denominator {of('readmissions_hsr2018_30d', area_code='00')}") == (
        Decimal("9.7"),
        231_293,
    )
    assert one(con, f"select value_status, value, denominator {of('readmissions_hsr2018_30d', area_code='23')}") == (
        "missing_at_source",
        None,
        None,
    )


def test_intervals_of_readmissions_are_the_owners(con: duckdb.DuckDBPyConnection) -> None:
    """K5: shown as published."""
    methods = f"select distinct ci_method {of('readmissions_hsr2018_30d')} and value is not null"
    assert con.execute(methods).fetchall() == [("as_published",)]
    assert one(con, f"select ci_low, ci_high {of('readmissions_hsr2018_30d', area_code='00')}") == (
        Decimal("9.6"),
        Decimal("9.8"),
    )


def test_two_readmission_measures_of_one_title_meet_nowhere(con: duckdb.DuckDBPyConnection) -> None:
    """K6: no value of one has a reference of the other, and no period holds both."""
    both = con.execute(
        "select period from published.indicator_values where indicator_id in "
        "('readmissions_hsr2018_30d', 'readmissions_kolada_u79092') group by period "
        "having count(distinct indicator_id) > 1"
    ).fetchall()
    assert both == []
    earliest = f"select min(reference_period) {of('readmissions_kolada_u79092')}"
    assert one(con, earliest) == "2019"


def test_bup_medians_are_the_owners_and_never_averaged(con: duckdb.DuckDBPyConnection) -> None:
    """K7: ten values not reported; July 2025 pooled 28, mean of the 20 medians 31.8."""
    unreported = of("bup_first_visit_median_days", value_status="not_reported")
    missing = con.execute(f"select area_code, count(*) {unreported} group by 1 order by 1").fetchall()
    assert missing == [("10", 2), ("22", 1), ("25", 7)]
    july = of("bup_first_visit_median_days", period="2025-07")
    assert one(con, f"select value {july} and area_code = '00'") == 28
    assert float(one(con, f"select avg(value) {july} and area_level = 'region'")) == pytest.approx(31.8)


def test_shares_of_older_people_rest_on_the_published_population(con: duckdb.DuckDBPyConnection) -> None:
    """K8, and M3's standard population of 2015: 501 650 people of 80 and above among 9 851 017."""
    older = of("population_share_80_plus", area_code="00", sex="total", period="2015")
    assert one(con, f"select numerator, denominator, coverage_n {older}") == (501_650, 9_851_017, 21)
    first = of("population_share_65_plus", area_code="00", sex="total", period="2000")
    assert one(con, f"select denominator {first}") == 8_882_792
    moved = con.execute(
        f"select distinct area_code {of('population_share_65_plus')} and value_flags like '%break%' order by 1"
    ).fetchall()
    assert moved == [("03",), ("19",)]


def test_named_doctor_has_no_plain_mean_for_a_nation(con: duckdb.DuckDBPyConnection) -> None:
    """K9: the survey prints 59, the plain mean of 17 shares (59.41)."""
    assert one(con, f"select value, value_status {of('named_doctor_share', area_code='00')}") == (
        None,
        "not_applicable",
    )
    count, mean = one(con, f"select count(value), avg(value) {of('named_doctor_share', area_level='region')}")
    assert count == 17
    assert float(mean) == pytest.approx(59.411765, abs=5e-7)


@pytest.mark.parametrize(
    ("indicator", "regions"),
    [
        ("doctor_visit_7d_primary_care", 21),
        ("first_visit_90d_specialised", 21),
        ("first_visit_90d_psychiatry", 21),
        ("first_visit_90d_orthopaedics", 21),
        ("first_visit_90d_gynaecology", 21),
        ("first_visit_90d_cardiology", 20),
        ("operation_90d_specialised", 21),
        ("operation_90d_orthopaedics", 21),
        ("operation_90d_cardiology", 19),
    ],
)
def test_the_ratio_of_sums_is_the_owners_nation(con: duckdb.DuckDBPyConnection, indicator: str, regions: int) -> None:
    """Numerators and denominators of the regions add up to those the owner prints for the nation.

    The owner's rows are found through Stockholm's counts, so the test does not repeat the indicator's conditions.
    """
    nation = con.execute(
        f"""
        select v.coverage_n, v.numerator - f.numerator, v.denominator - f.denominator, abs(v.value - f.value) <= 0.05
        from (select * {of(indicator, area_code="00")}) as v
        join (select f.*, i.indicator_id from marts.fct_wait_times as f
              join published.indicator_values as i on i.indicator_id = '{indicator}' and i.area_code = '01'
                and i.numerator = f.numerator and i.denominator = f.denominator and i.period = f.period
              where f.area_code = '01') as stockholm on stockholm.period = v.period
        join marts.fct_wait_times as f on f.area_code = '00' and f.period = v.period
          and f.service_code = stockholm.service_code and f.contact_type = stockholm.contact_type
        """
    ).fetchall()
    assert nation == [(regions, 0, 0, True)]
    flags = one(con, f"select value_flags {of(indicator, area_code='00')}")
    assert ("partial_coverage" in flags) == (regions < 21)


def test_the_monthly_telephone_nation_is_always_partial(con: duckdb.DuckDBPyConnection) -> None:
    nations = con.execute(
        f"select coverage_n, coverage_expected, value_flags, quality_grade, change_pct "
        f"{of('phone_answered_monthly', area_code='00')}"
    ).fetchall()
    assert len(nations) == 80
    assert {n for n, *_ in nations} == {3, 4, 5, 6, 7}
    assert {tuple(rest) for _, *rest in nations} == {(21, "derived|partial_coverage", "C", None)}


def test_kolada_telephone_values_and_their_break(con: duckdb.DuckDBPyConnection) -> None:
    """N79179: 83.2 in 2021 and 87.0 in 2024, where a new source begins: points, no percentage."""
    assert one(con, f"select value {of('phone_answered_year', area_code='00', period='2021')}") == Decimal("83.2")
    row = one(
        con,
        f"select value, value_flags, change_abs, change_pct {of('phone_answered_year', area_code='00', period='2024')}",
    )
    # Some of the 21 regions are not among the delivered ones.
    assert row == (87, "break|partial_coverage", Decimal("3.8"), None)


def test_every_indicator_but_k10_has_values_and_every_value_its_deliveries(con: duckdb.DuckDBPyConnection) -> None:
    """No real delivery holds registers of stays or contacts."""
    statuses = con.execute("select indicator_id, status from published.indicators where status <> 'active'").fetchall()
    registers = [d.indicator_id for d in load_definitions() if d.indicator_id.split("_register")[0] != d.indicator_id]
    assert len(registers) == 9
    assert sorted(statuses) == sorted((i, "no_data") for i in ["readmissions_sos_k10", *registers])
    assert one(con, "select count(*) from published.indicators") == len(load_definitions()) >= 24
    unnamed = (
        "select count(*) from published.indicator_values where lineage_id is null or lineage_id not in "
        "(select lineage_id from published.lineage)"
    )
    assert one(con, unnamed) == 0


def test_no_two_records_of_one_key_disagree(con: duckdb.DuckDBPyConnection) -> None:
    assert one(con, "select count(*) from published.indicator_values where value_status = 'excluded'") == 0
