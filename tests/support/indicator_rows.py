"""Synthetic facts for the indicators, each chosen so that one rule of a view or of assembly shows in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from expectations.masks import make_tables
from tests.support.fact_tables import REGIONS, Row, areas, row, write

DELIVERY, OTHER = "a" * 64, "b" * 64
SHARED_SET = "Lsetoffacts"


def write_marts(path: Path) -> Path:
    """A warehouse whose facts hold the cases below, with the lineage they name."""
    write(
        path,
        {
            "marts.areas": areas(),
            "marts.fct_costs": list(costs()),
            "marts.fct_staffing": list(staffing()),
            "marts.fct_readmissions": list(readmissions()),
            "marts.fct_wait_times": list(waits()),
            "marts.fct_observations": list(observations()),
            "marts.fct_population": list(population()),
        },
    )
    with duckdb.connect(str(path)) as con:
        make_tables(con)
        # Beside the fact of avoidable stays stand its counts and limits; here nobody has any.
        con.execute(
            "create schema if not exists intermediate; create table intermediate.int_avoidable__rates (area_code varchar, "
            "area_level varchar, year integer, sex varchar, stays bigint, people bigint, standardised_low double, "
            "standardised_high double)"
        )
        # Of the contacts' months each region sent those that it has values of.
        con.execute(
            "create view intermediate.int_waits__deliveries as select distinct 'provider' as attribution, area_code, "
            "period_start as month from marts.fct_wait_times where period_type = 'month'"
        )
        con.execute("create table marts.lineage (lineage_id varchar, delivery_sha256 varchar, role varchar)")
        con.executemany(
            "insert into marts.lineage values (?, ?, 'input')", [(SHARED_SET, DELIVERY), (SHARED_SET, OTHER)]
        )
    return path


def fact(area: str, period: str, value: float | None, **more: Any) -> Row:
    """A row with a delivery; period type by the form of the period."""
    made = row(area, period[:4], value, delivery_sha256=DELIVERY)
    kind = "year" if len(period) == 4 else "month" if period[5] != "H" else "sample"
    return {**made, "period": period, "period_type": kind, **more}


def costs() -> Iterable[Row]:
    head = {"cost_concept": "net", "price_basis": "current", "measure": "cost_per_inhabitant_sek",
            "unit": "SEK_per_inhabitant", "denominator_kind": "population_31_december",
            "source_id": "skr_costs"}  # fmt: skip
    total = {**head, "service_level": "subtotal", "drug_scope": "excl_benefit_drugs", "value_flags": "derived"}
    for period, primary, whole in (("2015", 4000, 20000), ("2017", 4478.275850, 21000)):
        yield fact("00", period, primary, **total, service_code="primary_care") | {
            "delivery_sha256": None,
            "lineage_id": SHARED_SET,
        }
        yield fact("00", period, whole, **total, service_code="health_care_excl_dental_political")
    # A drug scope and a price basis that no indicator asks for.
    yield fact("00", "2017", 9, **{**total, "drug_scope": "incl_drugs"}, service_code="primary_care")
    yield fact("00", "2017", 8, **{**total, "price_basis": "fixed_2024"}, service_code="primary_care")
    home = {**head, "service_level": "leaf", "service_code": "pc_home_health_care"}
    parts = {
        "01": (100, "normal", 5, "normal"),
        "03": (-3, "normal", None, "not_applicable"),
        "04": (None, "not_applicable", None, "not_applicable"),
        "05": (90, "normal", None, "excluded"),
        "06": (90, "normal", None, "missing_at_source"),
    }
    for area, (cost, status, drugs, drug_status) in parts.items():
        yield fact(area, "2017", cost, **home, drug_scope="excl_drugs", value_status=status)
        yield fact(area, "2017", drugs, **home, drug_scope="requisition_drugs", value_status=drug_status)
        yield fact(area, "2017", 700, **home, drug_scope="benefit_drugs", value_status="normal")
    yield fact("03", "2015", -5, **home, drug_scope="excl_drugs")


def staffing() -> Iterable[Row]:
    head = {"sector": "all", "ownership": "all", "industry": "all", "sex": "total", "measure": "per_100000",
            "unit": "per_100000", "denominator_kind": "population", "source_id": "sos_staff"}  # fmt: skip
    for n, area in enumerate(REGIONS):
        yield fact(area, "2016", 400 + n, **head, profession_code="physician", area_level="county")
        yield fact(area, "2016", 1000 + n, **head, profession_code="nurse", area_level="county")
    yield fact("00", "2016", 1008, **head, profession_code="nurse")
    yield fact("01", "2016", 50, **{**head, "ownership": "private"}, profession_code="physician", area_level="county")


def readmissions() -> Iterable[Row]:
    head = {"sex": "total", "age_group": "65+", "diagnosis_set": "set", "follow_up_days": 30, "attribution": "unknown",
            "measure": "readmission_percent", "unit": "percent"}  # fmt: skip
    hsr = {**head, "method_code": "hsr2018_patients_30d", "source_id": "skr_hsr"}
    limits = {"ci_low": 9.6, "ci_high": 9.8, "ci_level": 0.95, "ci_method": "as_published"}
    yield fact("00", "2016", 9.7, **hsr, **limits, denominator=231293, value_flags="placeholder_removed")
    yield fact("23", "2016", None, **hsr, denominator=2964)
    yield fact("00", "2016", 231293, **{**hsr, "measure": "index_stay_count", "unit": "stays"})
    kolada = {**head, "method_code": "kolada_U79092", "source_id": "kolada"}
    for period, value in (("2018", 12.0), ("2019", 10.0), ("2024", 8.9)):
        yield fact("00", period, value, **kolada)
    yield fact("03", "2019", None, **kolada)
    yield fact("03", "2024", 16.0, **kolada)


def waits() -> Iterable[Row]:
    head = {"phase": "completed", "exclusion_set": "unknown", "attribution": "provider", "sex": "total",
            "age_group": "total", "measure": "within_percent", "unit": "percent",
            "guarantee_version": "0-7-90-90"}  # fmt: skip
    phone = {**head, "service_code": "primary_care", "contact_type": "phone", "guarantee_rule": "same_day"}
    calls = {**phone, "source_id": "varden_i_siffror"}
    yield fact("01", "2018-05", 33.4, **calls, numerator=242, denominator=724)
    yield fact("03", "2018-05", 65, **calls, numerator=65, denominator=100, value_flags="preliminary")
    yield fact("04", "2018-05", 50.0, **calls)
    yield fact("05", "2018-05", None, **calls)
    yield fact("06", "2018-05", 0.1, **calls, numerator=1, denominator=1000, value_flags="suspect")
    yield fact("01", "2017-05", 30, **calls, numerator=30, denominator=100)
    yield fact("05", "2018-06", None, **calls)
    for n, area in enumerate(REGIONS):
        yield fact(area, "2017-H2", 90, **calls, numerator=90 + n, denominator=100 + n)
        yield fact(area, "2018-H2", 80, **calls, numerator=80 + n, denominator=100 + n)
    for period, value in (("2021", 81), ("2023", 88), ("2024", 90)):
        flags = "break" if period == "2024" else ""
        yield fact(
            "00", period, value, **phone | {"guarantee_version": "0-3-90-90"}, source_id="kolada", value_flags=flags
        )
    visit = {**head, "contact_type": "first_visit", "guarantee_rule": "days_90", "source_id": "skr_hsr"}
    for period, within in (("2016", 15), ("2017", 18)):
        yield fact("09", period, 75, **visit, service_code="specialised_psychiatry", numerator=within, denominator=20)
    yield fact("00", "2017", 99, **visit, service_code="specialised_psychiatry", numerator=99, denominator=100)
    bup = {**head, "contact_type": "first_visit", "service_code": "child_psychiatry", "measure": "median_days",
           "unit": "days", "guarantee_rule": "none", "source_id": "sos_bup_waits"}  # fmt: skip
    for period, value in (("2025-06", 817), ("2026-06", 562)):
        yield fact("00", period, value, **bup)


def observations() -> Iterable[Row]:
    head = {"sex": "total", "age_group": "total"}
    named = {**head, "topic_code": "named_doctor_share", "measure": "named_doctor_share", "unit": "percent"}
    yield fact("00", "2025", 59, **named)
    yield fact("01", "2025", 72, **named)
    beds = {**head, "topic_code": "overcrowding_somatic", "measure": "overcrowding_somatic", "unit": "per_100_beds"}
    yield from (fact("01", "2017", v, **beds) for v in (3.6, 3.6))
    yield from (fact("03", "2017", v, **beds) for v in (5.0, 5.5))
    trust = {"age_group": "total", "topic_code": "trust_health_centres", "measure": "trust", "unit": "percent"}
    for sex in ("total", "women"):
        yield fact("01", "2011", 78.4, **trust, sex=sex)
        yield fact("01", "2015", 79.8, **trust, sex=sex)


def population() -> Iterable[Row]:
    """Ten people of each age 0 to 99 and ten of 100 and above; Västmanland (19) lacks one age."""
    head = {
        "measure": "population_count",
        "unit": "persons",
        "noise": "none",
        "source_id": "scb_population",
        "sex": "total",
    }
    for area in ("01", "03", "19"):
        for period in ("2000", "2007"):
            county = {**head, "area_level": "county"}
            for age in [*map(str, range(100)), "100+"]:
                if (area, age) != ("19", "70"):
                    yield fact(area, period, 10 + (period == "2007" and age == "80"), **county, age_group=age)
            yield fact(area, period, 1010 + (period == "2007"), **county, age_group="total")
            # A band from another delivery of the owner, which must not be counted beside the single years.
            yield fact(area, period, 5, **county, age_group="65+")
    yield fact("01", "2025", 500, **{**head, "noise": "ckm"}, area_level="county", age_group="total")
