"""Sound synthetic rows for every judged dataset, with the lawful oddities that no rule may fire on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.support.fact_tables import REGIONS, Row, areas, by_region, edges, row, write
from tests.support.remembered import SOURCE, remembered, with_nation

YEARS = ("2014", "2015", "2016", "2017")
MONTHS = tuple(f"2025-{m:02d}" for m in range(7, 13))


def sound_warehouse(path: Path) -> Path:
    """Write a warehouse in which every expectation passes."""
    return write(
        path,
        {
            "marts.fct_costs": costs(),
            "marts.fct_staffing": staffing(),
            "marts.fct_readmissions": readmissions(),
            "marts.fct_wait_times": wait_times(),
            "marts.fct_observations": observations(),
            "marts.fct_population": population(),
            "published.indicator_values": indicator_values(),
            "marts.areas": areas(),
        },
    )


def _sexes(rows: Iterable[Row], women: float, men: float) -> Iterable[Row]:
    """Each row for both sexes together, with women and men that much above and below it."""
    for whole in rows:
        yield {**whole, "sex": "total"}
        for sex, step in (("women", women), ("men", men)):
            yield {**whole, "sex": sex, "value": whole["value"] + step}


def _counts(rows: Iterable[Row]) -> Iterable[Row]:
    for whole in rows:
        women = int(whole["value"] * 0.51)
        for sex, value in (("women", women), ("men", int(whole["value"]) - women), ("total", int(whole["value"]))):
            yield {**whole, "sex": sex, "value": value}


def costs() -> list[Row]:
    key = {"cost_concept": "net", "price_basis": "current", "denominator_kind": "population_31_december"}
    head = {**key, "measure": "cost_per_inhabitant_sek", "unit": "SEK_per_inhabitant", "drug_scope": "excl_drugs"}
    leaf = {**head, "service_level": "leaf"}
    made = [
        *by_region(YEARS, 2000, **leaf, service_code="pc_general_practice"),
        *by_region(YEARS, 4400, **{**head, "drug_scope": "excl_benefit_drugs"}, service_level="subtotal",
                   service_code="primary_care"),
        *by_region(YEARS, 9000, **head, service_level="subtotal", service_code="somatic_care"),
        *by_region(YEARS, 30, **{**key, "measure": "share_of_total_percent", "unit": "percent"},
                   service_level="subtotal", service_code="primary_care", drug_scope="excl_benefit_drugs"),
        *edges({**leaf, "service_code": "pc_nursing"}, 300, 5),
        *remembered(2000, sexes=False, **head, service_level="subtotal", service_code="psychiatric_care"),
        row("05", "2016", 2040, **leaf, service_code="pc_general_practice") | {"source_id": "second"},
    ]  # fmt: skip
    # Legitimate: negative net cost, a true zero, a leaf whose account moved, a service that few regions have.
    odd = {**leaf, "service_code": "pc_other"}
    for area, values in (("04", (120, 130, -177, 0)), ("13", (512.8, 60.4, 62.4, 64.9)), ("01", (400, 410, 420, 430))):
        made += [row(area, year, value, **odd) for year, value in zip(YEARS, values, strict=True)]
    made += [row("00", year, 13.949, **odd) for year in YEARS]
    made.append(row("06", "2016", 0.000015617, **{**leaf, "service_code": "pc_inpatient"}))
    return made


def staffing() -> list[Row]:
    head = {"sector": "all", "ownership": "all", "industry": "all", "denominator_kind": "population"}
    rate = {**head, "measure": "per_100000", "unit": "per_100000", "sex": "total"}
    return [
        *by_region(("2015", "2016"), 450, **rate, profession_code="physician"),
        *by_region(("2015", "2016"), 1300, **rate, profession_code="nurse"),
        *with_nation(_counts(by_region(("2016",), 900, nation=False, **head, measure="head_count", unit="persons",
                                        profession_code="physician"))),
        *_sexes(by_region(("2016",), 40, **head, measure="share_percent", unit="percent",
                          profession_code="psychologist"), 8, -8),
        *edges({**head, "measure": "fte", "unit": "fte", "sex": "total", "profession_code": "nurse"}, 800, 5),
        *remembered(100, **head, measure="per_100000", unit="per_100000", profession_code="psychologist"),
        row("05", "2016", 454, **rate, profession_code="physician") | {"source_id": "second"},
    ]  # fmt: skip


def readmissions() -> list[Row]:
    head = {"age_group": "65+", "method_code": "method_a", "diagnosis_set": "set_a", "follow_up_days": 30}
    head |= {"attribution": "residence"}
    percent = {**head, "measure": "readmission_percent", "unit": "percent", "numerator": 100, "denominator": 1000}
    limits = {"ci_low": 5, "ci_high": 16, "ci_level": 0.95, "ci_method": "as_published"}
    count = {**head, "measure": "index_stay_count", "unit": "stays"}
    made = [
        *_sexes(by_region(YEARS, 10, **percent, **limits), 2, -2),
        *remembered(9, **{**percent, "method_code": "method_b"}),
        row("05", "2016", 10.1, **percent, sex="total") | {"source_id": "second"},
    ]
    for one in made:
        one.update(numerator=round(1000 * one["value"]), denominator=100_000)
    return [
        *made,
        *with_nation(_counts(by_region(("2014", "2015"), 1000, nation=False, **count))),
        # Legitimate: a small municipality without a readmission.
        row("0111", "2016", 0, **{**percent, "numerator": 0, "denominator": 7}, sex="total"),
        row("0111", "2016", 0, **{**count, "measure": "readmission_count"}, sex="total"),
        *(row("0111", year, 1000, **count, sex="total") for year in YEARS),
        *edges({**percent, "method_code": "method_c", "sex": "total", "numerator": None, "denominator": None}, 11, 5),
    ]


def wait_times() -> list[Row]:
    head = {"phase": "completed", "exclusion_set": "none", "attribution": "provider", "age_group": "total"}
    head |= {"guarantee_version": "2019", "guarantee_rule": "none"}
    share = {**head, "measure": "within_percent", "unit": "percent", "service_code": "primary_care"}
    phone = {**share, "contact_type": "phone", "sex": "total"}
    days = {**head, "measure": "median_days", "unit": "days", "service_code": "bup", "contact_type": "first_visit"}
    number = {**head, "unit": "contacts", "service_code": "primary_care", "contact_type": "assessment"}
    made = [
        *by_region(MONTHS, 45, **phone, denominator=1000),
        *remembered(20, **share, contact_type="assessment"),
        row("05", "2025-08", 45.3, **phone) | {"source_id": "second"},
        *_sexes(by_region(("2025",), 60, **share, contact_type="assessment"), 4, -4),
        *_sexes(by_region(MONTHS, 20, **days), 2, -2),
        *by_region(MONTHS, 60, nation=False, **{**days, "measure": "p90_days"}, sex="total"),
        *with_nation(_counts(by_region(("2025",), 1000, nation=False, **number, measure="total_count"))),
        *by_region(("2025",), 700, nation=False, **number, measure="within_count", sex="total"),
        *edges(phone, 80, 9),
    ]
    # Counted from contacts: an interval in which nobody waits has no row.
    waits = {**number, "source_id": "wait_contacts", "phase": "waiting", "sex": "total"}
    for month in MONTHS:
        made += [row("05", month, 30, **waits, measure="total_count")]
        made += [row("05", month, n, **waits, measure="waiting_count", wait_interval=i) for i, n in (("0-30", 18), ("61-90", 12))]  # fmt: skip
    # Legitimate: a region far above the nation, and volumes that rise and fall by fifty times.
    queue = {**days, "service_code": "bup_queue", "sex": "total"}
    for m, (month, value) in enumerate(zip(MONTHS, (111, 102, 98, 136, 96, 64), strict=True)):
        made += [
            row(area, month, value if area == "04" else 15 + n + 3 * ((n + m) % 2), **queue)
            for n, area in enumerate(REGIONS)
        ]
        made.append(row("00", month, 20, **queue))
    calls = {**number, "contact_type": "phone", "measure": "total_count", "sex": "total"}
    made += [row("19", m, v, **calls) for m, v in zip(MONTHS, (67801, 1385, 73354, 76489, 1803, 1821), strict=True)]
    return made


def observations() -> list[Row]:
    head = {"age_group": "total"}
    trust = {**head, "topic_code": "trust", "measure": "trust", "unit": "percent"}
    care = {**head, "topic_code": "care_days", "measure": "care_days", "unit": "per_1000"}
    named = {**head, "topic_code": "named_doctor_count", "measure": "named_doctor_count", "unit": "persons"}
    drugs = {**head, "topic_code": "drugs", "measure": "drugs", "unit": "per_1000", "sex": "total"}
    made = [
        *_sexes(by_region(YEARS, 45, **trust), 4, -4),
        *_sexes(by_region(YEARS, 900, **care, nation=False), 60, -60),
        *by_region(YEARS, 30, **drugs),
        *with_nation(_counts(by_region(("2016",), 90000, nation=False, **named))),
        row("05", "2016", 30, **{**named, "topic_code": "named_doctor_share", "unit": "percent"}, sex="total")
        | {"measure": "named_doctor_share"},
        *remembered(100, **{**care, "topic_code": "remembered"}),
        *by_region(
            YEARS, 4000, **{**drugs, "topic_code": "elderly", "measure": "elderly", "unit": "SEK_per_inhabitant"}
        ),
        row("05", "2015", 30.2, **drugs) | {"source_id": "second"},
        *edges({**trust, "topic_code": "trust_of_few", "sex": "total"}, 60, 8),
    ]
    # Legitimate: a standardised total a little below both sexes, a true zero, a tiny rate, noise of 8 persons.
    for sex, value in (("women", 897.3), ("men", 890.2), ("total", 881.0)):
        made.append(row("10", "2011", value, **care, sex=sex))
    for year, value in (("2011", 0.000041), ("2012", 0), ("2013", 0.000015617)):
        made.append(row("00", year, value, **{**drugs, "age_group": "90+"}))
    for sex, value in (("women", 501), ("men", 507), ("total", 1000)):
        made.append(row("0112", "2016", value, **named, sex=sex))
    return made


def population() -> list[Row]:
    head = {"measure": "population_count", "unit": "persons", "noise": "none"}
    made: list[Row] = []
    for period, noise in (("2005", "none"), ("2006", "none"), ("2007", "none"), ("2025", "ckm")):
        for age, level in (("total", 300000), ("0-9", 30000)):
            whole = {"women": 0, "men": 0, "total": 0}
            for area in REGIONS:
                moved = {"03": 15558, "19": -12902}.get(area, 0) if period == "2007" and age == "total" else 0
                women = level // 2 + moved // 2
                men = level // 2 + moved - moved // 2
                noisy = 8 if noise == "ckm" and area == "10" else 0
                for sex, value in (("women", women), ("men", men), ("total", women + men - noisy)):
                    whole[sex] += value
                    made.append(row(area, period, value, **{**head, "noise": noise}, age_group=age, sex=sex))
            made += [row("00", period, v, **{**head, "noise": noise}, age_group=age, sex=s) for s, v in whole.items()]
    # Legitimate: nobody of 100 years or more in a small municipality.
    made += [row("0112", y, v, **head, age_group="100+", sex="total") for y, v in (("2005", 3), ("2006", 0))]
    # Parts that no sex is given for: a municipality of its own, and 21 regions that make the nation.
    old = {**head, "age_group": "65+", "sex": "total"}
    made += [row("0112", y, 2000, **old) for y in ("2005", "2006", "2007")]
    made += [row(area, "2006", 60000, **old) for area in REGIONS] + [row("00", "2006", 21 * 60000, **old)]
    made += remembered(100_000, whole=True, **head, age_group="total")
    made.append(row("05", "2006", 60300, **old) | {"source_id": "second"})
    # Sixty single years of age, the open group and the total that they make up.
    ages = {**head, "sex": "women", "source_id": "ages"}
    made += [row("0113", "2005", 100 + n, **ages, age_group=str(n)) for n in range(60)]
    made += [row("0113", "2005", v, **ages, age_group=a) for a, v in (("60+", 500), ("total", 6000 + 59 * 30 + 500))]
    return [*made, *edges({**head, "age_group": "0-9", "sex": "women"}, 20000, 2)]


def indicator_values() -> list[Row]:
    head = {"definition_version": 1, "age_group": "total", "quality_grade": "A", "aggregation": "ratio_of_sums"}
    head |= {"coverage_n": 21, "coverage_expected": 21, "data_origin": "synthetic"}
    share = {**head, "indicator_id": "phone", "unit": "percent", "ci_low": 10, "ci_high": 90}
    rate = {**head, "indicator_id": "avoidable", "unit": "per_100000"}
    made = [
        *_sexes(by_region(YEARS, 45, **share), 4, -4),
        *_sexes(by_region(YEARS, 600, **rate), 40, -40),
        *by_region(YEARS, 4400, **head, indicator_id="cost", unit="SEK_per_inhabitant", sex="total"),
        *({**r, "indicator_id": SOURCE} for r in remembered(100, **{**rate, "indicator_id": SOURCE})),
        *_counts(by_region(("2016",), 5000, nation=False, **head, indicator_id="listed", unit="persons")),
    ]
    for area, value in (("03", 50), ("04", 52), ("05", 55)):
        change = {"reference_period": "2013", "reference_value": 48, "change_abs": value - 48}
        made.append(row(area, "2016", value, **share, **change, change_pct=100 * (value - 48) / 48, sex="total"))
        made[-1].update(indicator_id="followed", ci_low=None, ci_high=None)
    partial = {"coverage_n": 17, "value_flags": "derived|partial_coverage"}
    made.append(row("00", "2016", 51, **{**share, "indicator_id": "survey"}, sex="total") | partial)
    made.append(row("0112", "2016", None, **head, indicator_id="hidden", unit="percent", sex="total"))
    made[-1].update(value_status="suppressed_small_n")
    for edge in edges({**head, "unit": "percent", "sex": "total"}, 60, 9):
        made.append({**edge, "indicator_id": edge["source_id"]})
    dropped = ("source_id", "delivery_sha256", "period_start", "period_end", "measure")
    return [{k: v for k, v in r.items() if k not in dropped} for r in made]
