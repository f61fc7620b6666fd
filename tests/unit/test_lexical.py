"""The lexical contract: each declared form with a passing and a failing text, and no value changed in silence."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from orchestration.sources.model import Column, Delimited, Period, Series
from orchestration.warehouse.lexical import MONTHS_SV, typed_select

# One connection for all: opening one costs more than the query.
CONNECTION = duckdb.connect()


def judge(layout: Delimited, **texts: str | None) -> dict:
    """One record with these texts through the lexical view of the layout."""
    names = (
        dict.fromkeys(["fields_fault", "override_column", "override_status", "override_flag"])
        | {c.name: None for c in layout.columns}
        | texts
    )
    columns = ", ".join(f"?::varchar as {n}" for n in names)
    cells = f"(select 'd' as delivery_sha256, 'f' as file, 2::bigint as line, null::varchar as column_name, " \
            f"'' as extracted_at, '2026-12-31' as known_on, '' as recency, {columns})"  # fmt: skip
    query = typed_select(layout, "s", cells)
    result = CONNECTION.execute(query, list(names.values()))
    headings = [d[0] for d in result.description]
    return dict(zip(headings, result.fetchone(), strict=True))


def number_layout(**options) -> Delimited:
    return Delimited(
        layout_id="l", description="d", family="delimited", delimiter=";",
        columns=[Column(name="value", type="number", **options)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({}, "63,5", Decimal("63.5")),
        ({}, "0", Decimal(0)),
        ({}, "0,000000000001", Decimal("0.000000000001")),
        ({}, " 12 ", Decimal(12)),
        ({"decimal": "."}, "253.891158", Decimal("253.891158")),
        ({"negative": True}, "-177,0237108", Decimal("-177.0237108")),
        ({"exponent": True}, "1,5617E-05", Decimal("0.000015617")),
        ({"exponent": True}, "6,11141E-06", Decimal("0.00000611141")),
        ({"exponent": True}, "1,5E3", Decimal(1500)),
        ({"thousands": True, "integer": True}, "10 230 185", Decimal(10230185)),
        ({"thousands": True, "integer": True}, "10\u00a0498", Decimal(10498)),
        ({"thousands": True, "integer": True}, "10\u2009498", Decimal(10498)),
        ({"thousands": True, "integer": True}, "10\u202f498", Decimal(10498)),
        ({"thousands": True, "integer": True}, "724", Decimal(724)),
        ({"thousands": True, "integer": True}, "10498", Decimal(10498)),
    ],
)
def test_a_number_in_its_declared_form_keeps_its_value(options, text, value):
    row = judge(number_layout(**options), value=text)
    assert row["fault_code"] is None
    assert row["value_value"] == value
    assert row["value_status"] == "normal"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "63.5"),  # a decimal point in a comma column
        ({}, "1_000"),
        ({}, "0180"),
        ({}, "1,5617E-05"),  # an exponent nobody declared
        ({}, "2024-01-01"),
        ({}, "-1,5"),  # a sign nobody declared
        ({}, "1 000"),  # thousands nobody declared
        ({"exponent": True}, "1E40"),  # beyond DECIMAL(28,12)
        ({"integer": True}, "3,0"),
        ({"thousands": True}, "1 00"),
        ({"thousands": True}, "1234 567"),
        ({"thousands": True}, "1  000"),
        ({}, "12345678901234567"),
    ],
)
def test_a_number_in_another_form_is_quarantined_and_never_cast(options, text):
    row = judge(number_layout(**options), value=text)
    assert (row["fault_code"], row["fault_column"]) == ("R_NUMBER", "value")
    assert row["value_value"] is None


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({}, "0,123456789012", "0.123456789012"),
        ({"exponent": True}, "1,5E-11", "0.000000000015"),
        ({"exponent": True}, "1,5e-5", "0.000015"),
        ({"exponent": True, "decimal": "."}, "1.2e-05", "0.000012"),
        ({"exponent": True, "decimal": "."}, "5e-05", "0.00005"),
        ({"exponent": True, "decimal": "."}, "8.124e+2", "812.4"),
    ],
)
def test_a_number_of_up_to_twelve_decimals_is_exact(options, text, value):
    row = judge(number_layout(**options), value=text)
    assert (row["fault_code"] or "", row["value_value"]) == ("", Decimal(value))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "0,1234567890123"),
        ({"exponent": True}, "1,5E-20"),
        ({"decimal": "."}, "33.333333333333336"),
        ({"exponent": True, "decimal": "."}, "1e-13"),
    ],
)
def test_a_number_of_more_than_twelve_decimals_is_told_apart_from_no_number(options, text):
    row = judge(number_layout(**options), value=text)
    assert (row["fault_code"], row["fault_column"], row["value_value"]) == ("R_SCALE", "value", None)


@pytest.mark.parametrize("text", ["#DIV/0!", "#N/A", "#REF!", "=B2/B3"])
def test_an_error_or_a_formula_is_no_declared_marker(text):
    row = judge(number_layout(missing={"": "missing_at_source"}), value=text)
    assert (row["fault_code"], row["value_value"]) == ("R_MISSING_MARKER", None)


def test_a_declared_marker_keeps_its_kind_of_missing():
    layout = number_layout(missing={"UNK": "missing_at_source", "N": "not_reported", "": "not_applicable"})
    for text, status in {"UNK": "missing_at_source", "N": "not_reported", "": "not_applicable"}.items():
        row = judge(layout, value=text)
        assert (row["fault_code"], row["value_status"], row["value_value"]) == (None, status, None)


@pytest.mark.parametrize("text", ["..", "X", "N", "UNK", "", "-", "unk"])
def test_a_marker_nobody_declared_is_quarantined(text):
    declared = {"UNK": "missing_at_source"} if text != "UNK" else {}
    row = judge(number_layout(missing=declared), value=text)
    assert row["fault_code"] == "R_MISSING_MARKER"


def period_layout(*formats: str, columns: tuple[str, ...] = ("time",)) -> Delimited:
    return Delimited(
        layout_id="l", description="d", family="delimited", delimiter=";",
        columns=[Column(name=c) for c in columns], period=Period(columns=list(columns), formats=list(formats)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("form", "text", "period", "kind", "start", "end"),
    [
        ("year", "2016", "2016", "year", "2016-01-01", "2016-12-31"),
        ("year_range", "2013-2016", "2013/2016", "year_range", "2013-01-01", "2016-12-31"),
        ("half_year", "2017 H2", "2017-H2", "half_year", "2017-07-01", "2017-12-31"),
        ("half_year_sample", "2017 H1", "2017-H1", "sample", "2017-01-01", "2017-06-30"),
        ("year_month_sv", "2012 februari", "2012-02", "month", "2012-02-01", "2012-02-29"),
        ("month_year_sv", "Juli 2025", "2025-07", "month", "2025-07-01", "2025-07-31"),
        ("px_month", "2026M04", "2026-04", "month", "2026-04-01", "2026-04-30"),
        ("day_sv", "31 december 2018", "2018-12-31", "day", "2018-12-31", "2018-12-31"),
        ("day_sv", "1 januari 2018", "2018-01-01", "day", "2018-01-01", "2018-01-01"),
        ("last_day_of_year_before", "2025", "2024-12-31", "day", "2024-12-31", "2024-12-31"),
    ],
)
def test_a_period_in_its_declared_format(form, text, period, kind, start, end):
    row = judge(period_layout(form), time=text)
    assert row["fault_code"] is None
    assert (row["period"], row["period_type"]) == (period, kind)
    assert (str(row["period_start"]), str(row["period_end"])) == (start, end)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("px_month", "2026M13"),
        ("px_month", "2026M00"),
        ("year_month_sv", "2012 smarch"),
        ("month_year_sv", "2012 april"),
        ("half_year", "2017 H3"),
        ("year_range", "2016-2013"),
        ("year", "0216"),
        ("year", "2016 "[:3]),
        ("year", ""),
        ("day_sv", "31 februari 2018"),
        ("day_sv", "32 mars 2018"),
    ],
)
def test_an_impossible_period_is_quarantined(form, text):
    row = judge(period_layout(form), time=text)
    assert row["fault_code"] == "R_PERIOD"
    assert row["period"] is None


def test_every_swedish_month_is_known_in_both_orders():
    for number, name in enumerate(MONTHS_SV, start=1):
        row = judge(period_layout("year_month_sv", "month_year_sv"), time=f"{name.capitalize()} 2019")
        assert row["period"] == f"2019-{number:02d}"


def test_a_period_of_two_columns_is_joined_by_a_blank():
    row = judge(period_layout("month_year_sv", columns=("month", "year")), month="Maj", year="2026")
    assert row["period"] == "2026-05"


def test_an_undeclared_code_is_quarantined_unless_declared_as_unmapped():
    strict = Column(name="sex", type="code", codes={"Män": "men"})
    lenient = Column(name="sex", type="code", codes={"Män": "men"}, unknown="unmapped")

    def layout(column: Column) -> Delimited:
        return Delimited(layout_id="l", description="d", family="delimited", delimiter=";", columns=[column])

    assert judge(layout(strict), sex="Män")["sex_code"] == "men"
    assert judge(layout(strict), sex="Annat")["fault_code"] == "R_CODE"
    row = judge(layout(lenient), sex="Annat")
    assert (row["fault_code"], row["outside_reason"]) == (None, "undeclared sex")


def test_the_first_fault_in_column_order_is_named_and_fields_come_first():
    layout = Delimited(
        layout_id="l", description="d", family="delimited", delimiter=";",
        columns=[Column(name="a", type="number"), Column(name="b", type="number")],
    )  # fmt: skip
    assert judge(layout, a="x1", b="..")["fault_column"] == "a"
    assert judge(layout, a="1", b="..")["fault_column"] == "b"
    assert judge(layout, a="x1", b="2", fields_fault="fields: 1 of 2")["fault_code"] == "R_FIELDS"


def test_series_and_area_of_a_record():
    layout = Delimited(
        layout_id="l", description="d", family="delimited", delimiter=";",
        columns=[Column(name="kommun"), Column(name="lan"), Column(name="grp"), Column(name="service")],
        areas=[{"column": "kommun", "system": "municipality_name"}, {"column": "lan", "system": "county_name"}],
        series_columns=["grp", "service"],
        series=[Series(key=["A", "B"], fact="fct_costs", topic_code="ab", unit="x")],
    )  # fmt: skip
    row = judge(layout, kommun="", lan="Gotlands län", grp=" A ", service="B")
    assert (row["area_text"], row["area_system"], row["series_key"]) == ("Gotlands län", "county_name", "A|B")
    row = judge(layout, kommun="Gotland", lan="", grp="A", service="B")
    assert (row["area_text"], row["area_system"]) == ("Gotland", "municipality_name")


def zero_layout(zero: object) -> Delimited:
    numbers = [Column(name=n, type="number", negative=True, exponent=True) for n in ("value", "numerator")]
    return Delimited(
        layout_id="l", description="d", family="delimited", delimiter=";",
        columns=[Column(name="measure"), *numbers],
        series_columns=["measure"],
        series=[
            Series(key=["declared"], fact="fct_observations", topic_code="a", unit="x", zero=zero),
            Series(key=["plain"], fact="fct_observations", topic_code="b", unit="x"),
        ],
    )  # fmt: skip


@pytest.mark.shows("placeholder")
@pytest.mark.parametrize("text", ["0", " 0 ", "0,0", "0,000", "-0", "0E3"])
def test_a_zero_that_its_series_declares_is_missing(text):
    row = judge(zero_layout("not_reported"), measure=" declared ", value=text, numerator="0")
    assert (row["value_value"], row["value_status"]) == (None, "not_reported")
    assert (row["numerator_value"], row["numerator_status"]) == (0, "normal"), "of another column a 0 is a figure"
    assert (row["override_flag"], row["fault_code"]) == ("placeholder_removed", None)


@pytest.mark.parametrize(
    ("measure", "text", "value"),
    [("declared", "0,01", "0.01"), ("declared", "-0,5", "-0.5"), ("plain", "0", "0"), ("other", "0", "0")],
)
def test_another_number_or_series_keeps_its_value(measure, text, value):
    row = judge(zero_layout("not_reported"), measure=measure, value=text, numerator="1")
    assert (row["value_value"], row["value_status"]) == (Decimal(value), "normal")
    assert row["override_flag"] is None


def test_a_zero_in_another_form_stays_a_fault_and_one_that_a_correction_gives_stays_a_figure():
    layout = zero_layout({"value": "missing_at_source", "numerator": "not_reported"})
    assert judge(layout, measure="declared", value="00", numerator="1")["fault_code"] == "R_NUMBER"
    kept = judge(
        layout, measure="declared", value="0", numerator="1", override_column="value", override_flag="corrected"
    )
    assert (kept["value_value"], kept["override_flag"]) == (0, "corrected")
    both = judge(layout, measure="declared", value="1", numerator="0", override_column="value", override_flag="suspect")
    assert (both["value_value"], both["numerator_status"]) == (1, "not_reported")
    assert both["override_flag"] == "suspect|placeholder_removed"


def test_a_zero_is_declared_of_a_number_alone():
    with pytest.raises(ValueError, match="measure is no number column"):
        zero_layout({"measure": "not_reported"})


ANSWER = Delimited(
    layout_id="answer", description="d", family="delimited", delimiter=";", began=2000,
    columns=[Column(name="year"), Column(name="status"),
             Column(name="value", type="number", missing={"": "missing_at_source"}, status_column="status",
                    statuses={"Private": "suppressed_small_n"})],
    period=Period(columns=["year"], formats=["year"]),
)  # fmt: skip


@pytest.mark.shows("lived")
@pytest.mark.shows("status")
@pytest.mark.parametrize(
    ("year", "value", "status", "told"),
    [
        ("2026", "", "Private", ("suppressed_small_n", "", None)),
        ("2026", "", "", ("missing_at_source", "", None)),
        ("2000", "5", "", ("normal", "", None)),
        ("2026", "", "Secret", ("missing_at_source", "R_MISSING_MARKER", "status")),
        ("2026", "5", "Private", ("normal", "R_MISSING_MARKER", "status")),
        ("2027", "5", "", ("normal", "R_PERIOD", "year")),
        ("1999", "5", "", ("normal", "R_PERIOD", "year")),
    ],
)
def test_a_status_word_and_a_period_are_judged(
    year: str, value: str, status: str, told: tuple[str, str, str | None]
) -> None:
    got = judge(ANSWER, year=year, value=value, status=status)
    assert (got["value_status"], got["fault_code"] or "", got["fault_column"]) == told
