"""Months that a region's main providers have not sent while others have: what follow-up breaks off at.

The same reading of the deliveries as the model int_stays__silent, for the planner: where a delivery opens or closes
such a month, the months whose follow-up reaches into it are due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from orchestration.ledger.ledger import CurrentDelivery
from orchestration.warehouse.windows import is_month, months_between, reached_by, shifted

SOURCE = "patient_register"
#: A provider with this share of what its region's providers send in a usual month is a main one.
MAIN_SHARE = 0.05
#: A provider that is no county is expected for so many months after its last sending.
EXPECTED_MONTHS = 12

#: Region (county code) and month, `2024-05`.
Silence = tuple[str, str]


def silences(deliveries: Iterable[CurrentDelivery], without: Collection[str] = ()) -> set[Silence]:
    """Regions' months without one of their main providers. `without`: months to be thought of as not sent by anyone."""
    sent: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for d in deliveries:
        if d.source_id != SOURCE:
            continue
        for (scope, period), records in zip(d.coverage, d.records, strict=True):
            kind, _, provider = scope.removeprefix(f"{SOURCE}/").partition("/")
            if kind == "stays" and is_month(period) and period not in without:
                sent[provider][period] += records
    last = max((m for months in sent.values() for m in months), default="")
    usual = {provider: sum(months.values()) / len(months) for provider, months in sent.items()}
    of_region: dict[str, float] = defaultdict(float)
    for provider, mean in usual.items():
        of_region[provider[:2]] += mean
    return {
        (provider[:2], month)
        for provider, months in sent.items()
        if usual[provider] >= MAIN_SHARE * of_region[provider[:2]]
        for month in _unsent(provider, months, last)
    }


def _unsent(provider: str, months: Collection[str], last: str) -> Iterable[str]:
    latest = ""
    for month in months_between(min(months), last):
        if month in months:
            latest = month
        elif len(provider) == 2 or month <= shifted(latest, EXPECTED_MONTHS):
            yield month


def reached(before: set[Silence], after: set[Silence], look_ahead_days: int) -> set[str]:
    """Months whose discharges are followed into a month that one of the two calls silent and the other does not."""
    changed = {month for _, month in before ^ after}
    return changed | {earlier for month in changed for earlier in reached_by(month, look_ahead_days)}
