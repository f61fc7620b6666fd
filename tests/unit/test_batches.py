"""From a plan to batches: shared windows, chunks, full builds, provenance."""

from __future__ import annotations

import pytest

from orchestration.operations.batches import Batch, batches_of
from orchestration.planning.plan import FactPlan, Plan, Reason
from orchestration.warehouse.monthly import MonthlyFact
from orchestration.warehouse.windows import OPEN, Window, months_between

REVISION: Reason = {"code": "revision", "detail": "rows differ"}
ASKED: Reason = {"code": "asked", "detail": "asked for"}
YEARS = months_between("2020-01", "2024-12")


def planned(
    name: str = "fct_a",
    due: dict[str, list[Reason]] | None = None,
    provenance: set[str] | None = None,
    known: tuple[str, ...] = YEARS,
) -> FactPlan:
    fact = MonthlyFact(name, frozenset(), (), frozenset(), frozenset(), 30, 0, (), "", "")
    return FactPlan(fact, due or {}, frozenset(provenance or ()), frozenset({*known, OPEN}))


def months(first: str, last: str, reason: Reason = REVISION) -> dict[str, list[Reason]]:
    return {month: [reason] for month in months_between(first, last)}


def told(plan: Plan, chunked: bool = False) -> list[tuple]:
    return [
        (b.facts, b.window and (b.window.first, b.window.last), b.kind, b.whole, b.fresh)
        for b in batches_of(plan, chunked=chunked)
    ]


def test_each_contiguous_window_is_a_batch_oldest_first() -> None:
    plan = Plan((planned(due={**months("2024-03", "2024-04"), **months("2023-12", "2024-01")}),))
    assert told(plan) == [
        (("fct_a",), ("2023-12", "2024-01"), "months", False, False),
        (("fct_a",), ("2024-03", "2024-04"), "months", False, False),
    ]


def test_facts_with_the_same_window_share_a_batch() -> None:
    plan = Plan((planned("fct_a", months("2024-01", "2024-03")), planned("fct_b", months("2024-01", "2024-03"))))
    assert told(plan) == [(("fct_a", "fct_b"), ("2024-01", "2024-03"), "months", False, False)]


def test_every_month_due_is_one_full_build_over_all_such_facts() -> None:
    both = {**months("2020-01", "2024-12"), OPEN: [REVISION]}
    few = months_between("2023-01", "2023-02")
    other = planned("fct_b", {**{m: [REVISION] for m in few}, OPEN: [REVISION]}, known=few)
    assert told(Plan((planned(due=both), other))) == [
        (("fct_a", "fct_b"), ("2020-01", "2024-12"), "months", True, False)
    ]


def test_a_backfill_of_every_month_begins_the_tables_anew_and_goes_on_by_24_months() -> None:
    plan = Plan((planned(due={**months("2020-01", "2024-12"), OPEN: [REVISION]}),))
    assert told(plan, chunked=True) == [
        (("fct_a",), ("2020-01", "2021-12"), "months", False, True),
        (("fct_a",), ("2022-01", "2023-12"), "months", False, False),
        (("fct_a",), ("2024-01", "2024-12"), "months", False, False),
    ]


def test_months_that_were_only_asked_for_keep_their_tables() -> None:
    plan = Plan((planned(due={**months("2020-01", "2024-12", ASKED), OPEN: [ASKED]}),))
    assert [batch[3:] for batch in told(plan, chunked=True)] == [(False, False)] * 3


def test_what_has_no_month_is_built_with_any_window_or_alone() -> None:
    assert told(Plan((planned(due={OPEN: [REVISION]}),))) == [(("fct_a",), None, "months", False, False)]
    assert len(told(Plan((planned(due={OPEN: [REVISION], **months("2024-01", "2024-01")}),)))) == 1


def test_provenance_comes_last_and_apart() -> None:
    plan = Plan((planned(due=months("2024-03", "2024-03"), provenance={"2024-01", "2024-02", OPEN}),))
    assert told(plan) == [
        (("fct_a",), ("2024-03", "2024-03"), "months", False, False),
        (("fct_a",), ("2024-01", "2024-02"), "provenance", False, False),
    ]


def test_nothing_due_is_no_batch() -> None:
    assert batches_of(Plan((planned(),)), chunked=False) == []


@pytest.mark.parametrize(
    ("batch", "arguments", "bounds"),
    [
        (Batch(("f",), Window("2024-02", "2024-03")), [], ["2024-02-01", "2024-04-01"]),
        (
            Batch(("f",), Window("2024-12", "2024-12"), fresh=True),
            ["--full-refresh"],
            ["2024-12-01", "2025-01-01", "1"],
        ),
        (Batch(("f",), Window("2013-01", "2024-12"), whole=True), ["--full-refresh"], []),
        (Batch(("f",), None), [], ["0001-01-01", "0001-01-01"]),
    ],
)
def test_what_dbt_is_told(batch: Batch, arguments: list[str], bounds: list[str]) -> None:
    assert batch.arguments == arguments
    assert list(batch.environment.values()) == bounds
    assert Batch.from_text(batch.as_text()) == batch
