"""What status says of a fact's months: missing between others, delivered and never built, not finished."""

from __future__ import annotations

from orchestration.ledger.windows import Built, MonthState
from orchestration.operations.months import Months, months_of

BUILT = Built("i", "m", "d", "g", "a")


def state(month: str, outcome: str = "built", built: Built | None = BUILT) -> MonthState:
    return MonthState("fct_wait_times", month, outcome, [], built, None, None, None)


def test_a_fact_without_months_has_none() -> None:
    assert months_of([], set()) == Months([], [])
    assert months_of([state("open")], set()) == Months([], [])


def test_what_is_built_or_only_due_anew_is_there() -> None:
    months = [state("2023-12"), state("2024-01", "due"), state("2024-02")]
    assert months_of(months, {"2023-12", "2024-01", "2024-02"}) == Months([], [])


def test_what_was_delivered_and_never_built_is_missing() -> None:
    months = [state("2023-12"), state("2024-01", "due", None)]
    assert months_of(months, {"2023-12", "2024-01", "2024-02"}).missing == ["2024-01", "2024-02"]


def test_a_gap_between_months_is_missing_across_the_year() -> None:
    assert months_of([state("2023-11"), state("2024-02")], {"2023-11", "2024-02"}).missing == ["2023-12", "2024-01"]


def test_what_a_run_did_not_finish_failed_and_is_not_missing_as_well() -> None:
    months = [state("2023-11"), state("2023-12", "failed", None), state("2024-01", "failed")]
    assert months_of(months, {"2023-11", "2023-12", "2024-01"}) == Months([], ["2023-12", "2024-01"])
