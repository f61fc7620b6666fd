"""Which months a region's main providers have not sent, and which months follow from it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import jinja2
import pytest

from orchestration.ledger.ledger import CurrentDelivery
from orchestration.planning.silence import reached, silences
from orchestration.settings import REPOSITORY
from orchestration.warehouse.windows import months_between

MODEL = REPOSITORY / "dbt_project/models/intermediate/stays/int_stays__silent.sql"
YEAR = months_between("2024-01", "2024-12")


def sent(provider: str, months: Iterable[str], records: int = 100) -> list[CurrentDelivery]:
    scope = f"patient_register/stays/{provider}"
    return [
        CurrentDelivery(
            f"{provider}{m}", "patient_register", "stays_2024", "", None, "", ((scope, m),), True, (records,)
        )
        for m in months
    ]


def by_the_model(deliveries: list[CurrentDelivery]) -> set[tuple[str, str]]:
    """What the model itself says, of its own SQL."""
    with duckdb.connect() as con:
        con.execute(
            "create table deliveries (source_id varchar, layout_id varchar, scope_key varchar, period_key varchar, records int)"
        )
        for d in deliveries:
            for (scope, period), records in zip(d.coverage, d.records, strict=True):
                con.execute(
                    "insert into deliveries values (?, ?, ?, ?, ?)", [d.source_id, d.layout_id, scope, period, records]
                )
        text = jinja2.Template(Path(MODEL).read_text(encoding="utf-8"))
        sql = text.render(source=lambda *_: "deliveries", config=lambda **_: "")
        return {
            (region, month)
            for region, month in con.execute(
                f"select provider_region, strftime(month, '%Y-%m') from ({sql}) where is_main"
            ).fetchall()
        }


CASES = {
    "nobody is silent": (sent("01", YEAR) + sent("12", YEAR), set()),
    "a county stops and its private clinic goes on": (
        sent("01", YEAR[:7]) + sent("01801-301", YEAR, 3) + sent("12", YEAR),
        {("01", m) for m in YEAR[7:]},
    ),
    "a hole in the middle": (sent("12", [*YEAR[:4], *YEAR[5:]]) + sent("01", YEAR), {("12", YEAR[4])}),
    "all end together": (sent("12", YEAR[:9]) + sent("01", YEAR[:9]), set()),
    "who begins later was not silent before": (sent("12", YEAR[5:]) + sent("01", YEAR), set()),
    "a clinic of 5 percent is missed": (
        sent("01", YEAR, 95) + sent("01801-301", YEAR[:10], 5),
        {("01", m) for m in YEAR[10:]},
    ),
    "a clinic of less is not": (sent("01", YEAR, 96) + sent("01801-301", YEAR[:10], 4), set()),
    "a large clinic that closed is expected for a year": (
        sent("01", months_between("2022-01", "2024-12"), 90) + sent("01801-301", ["2022-01", "2022-02"], 90),
        {("01", m) for m in months_between("2022-03", "2023-02")},
    ),
    "an empty month that was sent is none": (sent("12", YEAR[:5]) + sent("12", YEAR[5:], 0) + sent("01", YEAR), set()),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_sent_decides_in_the_planner_and_in_the_model(case: str) -> None:
    deliveries, expected = CASES[case]
    assert silences(deliveries) == expected
    assert by_the_model(deliveries) == expected


def test_months_that_are_followed_into_a_month_opened_or_closed_are_due() -> None:
    assert reached({("12", "2024-03")}, set(), 30) == {"2024-01", "2024-02", "2024-03"}
    assert reached(set(), {("12", "2024-01")}, 30) == {"2023-12", "2024-01"}
    assert reached({("12", "2024-03")}, {("12", "2024-03")}, 30) == set()


def test_a_month_thought_away_is_nobodys() -> None:
    deliveries = sent("01", YEAR[:7]) + sent("12", YEAR[:8])
    assert silences(deliveries) == {("01", "2024-08")}
    assert silences(deliveries, without={"2024-08"}) == set()
