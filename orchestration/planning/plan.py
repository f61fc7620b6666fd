"""A plan: months of facts that are due, each with its reasons, and what a person asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestration.ledger.windows import MonthState
from orchestration.warehouse.held import Held
from orchestration.warehouse.monthly import MonthlyFact
from orchestration.warehouse.windows import Window, is_month, ordinal, runs

Only = Literal["failed", "missing", "stale"]
Reason = dict[str, Any]
ByMonth = dict[str, list[Reason]]
_CODES: dict[Only, set[str]] = {
    "failed": {"failed"},
    "missing": {"missing"},
    "stale": {"revision", "model", "definition", "look_ahead"},
}


@dataclass(frozen=True)
class Asked:
    """What a person asks for: months from `first` to `last`, one source, or one kind of reason."""

    first: str | None = None
    last: str | None = None
    source: str | None = None
    only: Only | None = None

    @property
    def months(self) -> bool:
        return self.first is not None or self.last is not None

    def concerns(self, fact: MonthlyFact) -> bool:
        return self.source in (None, *(source for source, _ in fact.layouts))

    def holds(self, month: str) -> bool:
        """Whether a month lies between them; what has no month lies nowhere when months are asked for."""
        if not self.months:
            return True
        if not is_month(month):
            return False
        return (self.first is None or ordinal(month) >= ordinal(self.first)) and (
            self.last is None or ordinal(month) <= ordinal(self.last)
        )


@dataclass(frozen=True)
class FactPlan:
    """One fact's months: those due with their reasons, those that only get new provenance, and all that are known."""

    fact: MonthlyFact
    due: ByMonth
    provenance: frozenset[str]
    known: frozenset[str]

    @property
    def whole(self) -> bool:
        """Whether every month is due for a better reason than that it was asked for: one full build does it."""
        reasons = [self.due.get(month, []) for month in self.known]
        return bool(reasons) and all(any(r["code"] != "asked" for r in found) for found in reasons)

    @property
    def windows(self) -> list[Window]:
        return runs(month for month in self.due if is_month(month))


@dataclass(frozen=True)
class Plan:
    """What is to be done now (`facts`), and the months that stay due since they were not asked for (`left`)."""

    facts: tuple[FactPlan, ...]
    left: tuple[tuple[str, str], ...] = ()

    @property
    def nothing(self) -> bool:
        return not any(f.due or f.provenance for f in self.facts)


def standing(state: MonthState | None) -> list[Reason]:
    """Reasons that the ledger keeps: what was due before and is not built, or was cut short."""
    if state is None or state.outcome == "built":
        return []
    if state.outcome in ("failed", "building"):
        return [{"code": "failed", "detail": f"run {state.run_id} did not finish it"}]
    return list(state.reasons)


def missing(held: Sequence[Held]) -> Reason:
    dated = [h.delivery_sha256 for h in held if is_month(h.period_key)]
    return {"code": "missing", "detail": "never built", "delivery_sha256": dated[-1] if dated else None}


def revision(held: Sequence[Held], detail: str) -> Reason:
    return {"code": "revision", "detail": detail, "delivery_sha256": held[-1].delivery_sha256 if held else None}


def distinct(reasons: Iterable[Reason]) -> list[Reason]:
    """Each reason once, in order of first mention."""
    found: list[Reason] = []
    for reason in reasons:
        if reason not in found:
            found.append(reason)
    return found


def narrowed(plan: FactPlan, asked: Asked) -> FactPlan:
    """Of a fact's months those asked for, and the earlier ones whose follow-up reaches into them.

    Months that only need the names of newer deliveries come along: without them nothing could be published.
    """
    if not asked.concerns(plan.fact):
        return FactPlan(plan.fact, {}, plan.provenance, plan.known)
    if not asked.months and asked.only is None:
        return plan
    due: ByMonth = {}
    for month, reasons in plan.due.items():
        kept = [r for r in reasons if asked.only is None or r["code"] in _CODES[asked.only]]
        inside = asked.holds(month) or any(r["code"] == "look_ahead" and asked.holds(r.get("month", "")) for r in kept)
        if kept and inside:
            due[month] = kept
    return FactPlan(plan.fact, due, plan.provenance, plan.known)
