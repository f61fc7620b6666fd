"""Months of monthly facts as status tells them: those that are missing, and those that a run did not finish.

From the ledger alone, by the deliveries that are current and what each month was built from; the planner, which
compares cells and knows the models, says more (`backfill plan`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from orchestration.ledger.ledger import CurrentDelivery
from orchestration.ledger.windows import MonthState
from orchestration.sources.catalogue import Catalogue
from orchestration.warehouse.changes import is_dated
from orchestration.warehouse.windows import is_month, shifted


@dataclass(frozen=True)
class Months:
    """`missing`: delivered and never built, or between others and not delivered. `failed`: a run did not finish it."""

    missing: list[str]
    failed: list[str]


def months_of(states: Iterable[MonthState], delivered: Collection[str]) -> Months:
    """A fact's months, from what the ledger says of each and the months that its sources have delivered."""
    known = {s.month: s for s in states if is_month(s.month)}
    failed = sorted(m for m, s in known.items() if s.outcome == "failed")
    built = {m for m, s in known.items() if s.built is not None}
    span = sorted({*delivered, *built})
    wanted = set(_from_to(span[0], span[-1])) if span else set()
    return Months(sorted(wanted - built - set(failed)), failed)


def delivered_months(current: Iterable[CurrentDelivery], catalogue: Catalogue) -> dict[str, set[str]]:
    """The months that each source's current deliveries hold, by source; only sources that are sent by the month."""
    found: dict[str, set[str]] = {}
    for delivery in current:
        source = next((s for s in catalogue.sources if s.source_id == delivery.source_id), None)
        if source is not None and is_dated(source, source.layout(delivery.layout_id)):
            months = {period for _, period in delivery.coverage if is_month(period)}
            found.setdefault(source.source_id, set()).update(months)
    return found


def _from_to(first: str, last: str) -> Iterable[str]:
    month = first
    while month <= last:
        yield month
        month = shifted(month, 1)
