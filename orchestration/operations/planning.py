"""The planner: which months of which facts are to be built anew, and why. It changes nothing.

Compared are the ledger's record of what each month was built from, and what is current now. Where a month's deliveries
differ the cells decide whether its rows do; where only the deliveries' names differ the month's rows keep their values
and get their new provenance.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from orchestration.deliveries.scopes import Window as SentWindow
from orchestration.deliveries.scopes import window_in_name
from orchestration.home import Home
from orchestration.ledger.ledger import CurrentDelivery, Ledger
from orchestration.ledger.windows import Built, MonthState
from orchestration.settings import REPOSITORY
from orchestration.sources.catalogue import Catalogue
from orchestration.warehouse import cells as cells_module
from orchestration.warehouse.changes import Changes, compare, is_dated
from orchestration.warehouse.held import Held
from orchestration.warehouse.monthly import Manifest, MonthlyFact
from orchestration.warehouse.windows import OPEN, Window, is_month, ordinal, reached_by, runs, shifted

Only = Literal["failed", "missing", "stale"]
Reason = dict[str, Any]
ByMonth = dict[str, list[Reason]]
_CODES: dict[Only, set[str]] = {
    "failed": {"failed"},
    "missing": {"missing"},
    "stale": {"revision", "model", "definition", "look_ahead"},
}
# Deliveries named as reasons of one month.
_LISTED = 5
# What makes the lexical views over the cells, and the versions that run them.
_UNDER_ALL = ("lexical.py", "cells.py", "prepare.py")


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


@dataclass
class Planner:
    """Everything the plan is made from. `generation` is the warehouse's own, None where it may not be opened."""

    home: Home
    ledger: Ledger
    catalogue: Catalogue
    manifest: Manifest
    generation: str | None = None
    _past: dict[str, list[CurrentDelivery]] = field(default_factory=dict)

    def plan(self, asked: Asked = Asked()) -> Plan:
        """The months due, narrowed to what was asked for."""
        whole = [self._fact_plan(fact, asked) for fact in self.manifest.facts]
        chosen = [_narrowed(plan, asked) for plan in whole]
        left = [
            (before.fact.name, month)
            for before, after in zip(whole, chosen, strict=True)
            for month in sorted({*before.due, *before.provenance} - {*after.due, *after.provenance})
            # Every window replaces what has no month as well.
            if month != OPEN or not after.windows
        ]
        return Plan(tuple(chosen), tuple(left))

    def built(self, fact: MonthlyFact) -> dict[str, Built]:
        """What each known month would be built from now."""
        now = self._held(fact, self._current)
        months = {*now, OPEN, *(m for f, m in self._states if f == fact.name)}
        as_of = self.ledger.last_receipt()
        generation = self.generation or ""
        return {
            m: Built(_fingerprint(now.get(m, ())), self._models(fact), fact.definitions, generation, as_of)
            for m in months
        }

    @cached_property
    def _current(self) -> list[CurrentDelivery]:
        return self.ledger.current_deliveries()

    @cached_property
    def _states(self) -> dict[tuple[str, str], MonthState]:
        return self.ledger.month_states()

    @cached_property
    def _readers(self) -> dict[str, str]:
        return {d.delivery_sha256: d.reader_hash for d in self.ledger.deliveries()}

    def _fact_plan(self, fact: MonthlyFact, asked: Asked) -> FactPlan:
        now = self._held(fact, self._current)
        states = {month: state for (name, month), state in self._states.items() if name == fact.name}
        known = frozenset({*now, *states, OPEN})
        due: ByMonth = defaultdict(list)
        provenance: set[str] = set()
        moved: dict[str, list[str]] = defaultdict(list)
        for month in known:
            state = states.get(month)
            built = state.built if state and self._stands(state) else None
            due[month] += _standing(state)
            if built is None:
                if not due[month]:
                    due[month].append(_missing(now.get(month, ())))
                if month in now:
                    moved[""].append(month)
                continue
            if built.models != self._models(fact):
                due[month].append({"code": "model", "detail": f"{fact.name} or what it reads was changed"})
            if built.definitions != fact.definitions:
                due[month].append({"code": "definition", "detail": "a code list or definition was changed"})
            if built.inputs != _fingerprint(now.get(month, ())):
                moved[built.as_of].append(month)
        everything = bool(known) and all(due[month] for month in known)
        if not everything:
            for as_of, months in moved.items():
                self._compare(fact, as_of, months, now, known, due, provenance)
        for month in known:
            if asked.months and asked.only is None and asked.holds(month) and asked.concerns(fact):
                due[month].append({"code": "asked", "detail": "asked for"})
        told = {month: distinct(reasons) for month, reasons in sorted(due.items()) if reasons}
        return FactPlan(fact, told, frozenset(provenance - told.keys()), known)

    def _compare(
        self,
        fact: MonthlyFact,
        as_of: str,
        months: Sequence[str],
        now: Mapping[str, Sequence[Held]],
        known: Iterable[str],
        due: ByMonth,
        provenance: set[str],
    ) -> None:
        """Tell months that differ from those that do not, and what differs from what reaches into other months.

        `as_of` is the last receipt that was known when they were built, empty where they never were.
        """
        then = self._held(fact, self._past_deliveries(as_of)) if as_of else {}
        # What was current then can be told only as far as nothing was read anew or removed since.
        certain = {m for m in months if not as_of or self._was(fact, m) == _fingerprint(then.get(m, ()))}
        changed: set[str] = set(months) - certain
        for month in changed:
            due[month].append(_revision(now.get(month, ()), "what it was built from is not kept"))
        reached: set[str] = set()
        history = [h for held in now.values() for h in held]
        sources = {source for source, _ in fact.layouts}
        for source in (s for s in self.catalogue.sources if s.source_id in sources):
            before, after = (
                sorted(
                    {
                        h
                        for m in months
                        for h in side.get(m, ())
                        if h.source_id == source.source_id and (h.source_id, h.layout_id) not in fact.beside
                    }
                )
                for side in (then, now)
            )
            own = sorted(
                {h for h in history if h.source_id == source.source_id and is_dated(source, source.layout(h.layout_id))}
            )
            found = compare(
                source, before, after, self.home.cells, history=own,
                look_ahead_days=fact.look_ahead_days, look_back_months=fact.look_back_months,
            )  # fmt: skip
            if found.everything:
                changed |= set(known)
                for month in known:
                    due[month].append(_revision(now.get(month, ()), f"{source.source_id} was delivered anew"))
            changed |= found.months & set(months)
            reached |= found.reached
            self._say_revised(found, after, due, set(months))
        for month in sorted(m for m in changed if is_month(m)):
            for earlier in reached_by(month, fact.look_ahead_days):
                if earlier in known and earlier not in changed:
                    due[earlier].append(
                        {"code": "look_ahead", "detail": f"follow-up reaches into {month}", "month": month}
                    )
        for month in sorted(self._followed_on(fact, then, now, months, as_of) & set(known) - changed):
            due[month].append(
                {"code": "look_ahead", "detail": "follow-up that ended with the data goes on, or no more"}
            )
        for month in sorted(reached & set(known) - changed):
            if not due[month]:
                due[month].append({"code": "look_ahead", "detail": "an episode reaches into a changed month"})
        provenance |= set(months) - changed

    def _followed_on(
        self,
        fact: MonthlyFact,
        then: Mapping[str, Sequence[Held]],
        now: Mapping[str, Sequence[Held]],
        months: Sequence[str],
        as_of: str,
    ) -> set[str]:
        """Months whose follow-up ran out with the data, where a sender's data has now another end.

        Where a month was passed over, the next one delivered says that nothing more comes of the months before.
        """
        if not fact.look_ahead_days:
            return set()
        after = _covered(now)
        before = _covered(then) if as_of else {s: m - set(months) for s, m in after.items()}
        found: set[str] = set()
        for sender in {*before, *after}:
            was, told = before.get(sender, set()), after.get(sender, set())
            others = [was & told] if was & told else list(before.values())
            for month in (was ^ told) & set(months):
                for stable in others:
                    if last := max((m for m in stable if m < month), default=None):
                        found |= {last, *reached_by(shifted(last, 1), fact.look_ahead_days)}
        return found

    def _say_revised(self, found: Changes, after: Sequence[Held], due: ByMonth, months: set[str]) -> None:
        by_pair = {(h.scope_key, h.period_key): h for h in after}
        said: dict[str, set[str | None]] = defaultdict(set)
        for pair in sorted(found.pairs):
            held = by_pair.get(pair)
            month = pair[1] if is_month(pair[1]) else OPEN
            if month in months:
                said[month].add(held.delivery_sha256 if held else None)
        for month, deliveries in said.items():
            if any(r["code"] == "missing" for r in due[month]):
                continue
            listed = sorted(deliveries, key=str)
            for sha256 in listed[:_LISTED]:
                detail = (
                    f"rows differ in {self._file_name(sha256)}" if sha256 else "what was delivered is current no more"
                )
                due[month].append({"code": "revision", "detail": detail, "delivery_sha256": sha256})
            if more := len(listed) - _LISTED if len(listed) > _LISTED else 0:
                due[month].append({"code": "revision", "detail": f"rows differ in {more} more deliveries"})

    def _file_name(self, sha256: str) -> str:
        return next((d.file_name for d in self._current if d.delivery_sha256 == sha256), sha256[:12])

    def _was(self, fact: MonthlyFact, month: str) -> str | None:
        state = self._states.get((fact.name, month))
        return state.built.inputs if state and state.built else None

    def _past_deliveries(self, as_of: str) -> list[CurrentDelivery]:
        if as_of not in self._past:
            self._past[as_of] = self.ledger.current_deliveries(as_of)
        return self._past[as_of]

    def _stands(self, state: MonthState) -> bool:
        """Whether the month lies in the warehouse of today; without opening it only its absence can be told."""
        if state.built is None or not self.home.warehouse.exists():
            return False
        return self.generation is None or state.built.generation == self.generation

    def _models(self, fact: MonthlyFact) -> str:
        declared = sorted(f"{s} {self.catalogue.hashes.get(s, '')}" for s, _ in fact.layouts)
        return hashlib.sha256("\n".join([fact.code, *declared, _under_all()]).encode()).hexdigest()

    def _held(self, fact: MonthlyFact, deliveries: Iterable[CurrentDelivery]) -> dict[str, list[Held]]:
        """By month, what is current for it: dated records in theirs, those of a sending in every month it covers.

        What a sending tells of stays still open belongs to those; layouts without months belong to every month.
        """
        by_month: dict[str, set[Held]] = defaultdict(set)
        told_open: set[tuple[str, str]] = set()
        sent: list[tuple[SentWindow, Held]] = []
        everywhere: list[Held] = []
        for d in deliveries:
            if (d.source_id, d.layout_id) not in fact.layouts:
                continue
            source = next(s for s in self.catalogue.sources if s.source_id == d.source_id)
            layout = source.layout(d.layout_id)
            window = window_in_name(layout, d.file_name)
            reader = self._readers.get(d.delivery_sha256, "")
            for scope, period in d.coverage:
                held = Held(d.source_id, d.layout_id, scope, period, d.delivery_sha256, reader)
                if is_dated(source, layout):
                    by_month[held.month].add(held)
                    if window and held.period_key == OPEN:
                        told_open.add((held.sender, window.sending))
                elif window:
                    sent.append((window, held))
                else:
                    everywhere.append(held)
        for window, held in sent:
            months = [*window.months, OPEN] if (held.sender, window.sending) in told_open else window.months
            for month in months:
                by_month[month].add(held)
        for month in {*by_month, OPEN}:
            by_month[month].update(everywhere)
        return {month: sorted(held) for month, held in by_month.items()}


def _covered(held: Mapping[str, Sequence[Held]]) -> dict[str, set[str]]:
    """By sender (a scope without its layout), the months it has delivered."""
    found: dict[str, set[str]] = defaultdict(set)
    for month, several in held.items():
        for h in several:
            if is_month(h.period_key) and h.period_key == month:
                found[h.sender].add(month)
    return found


def _fingerprint(held: Iterable[Held]) -> str:
    lines = sorted(f"{h.scope_key} {h.period_key} {h.delivery_sha256} {h.reader_hash}" for h in held)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _under_all() -> str:
    """SHA-256 over the code of the lexical views and the locked versions that run them."""
    digest = hashlib.sha256()
    folder = Path(cells_module.__file__).parent
    for path in [*(folder / name for name in _UNDER_ALL), REPOSITORY / "requirements.lock"]:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def _standing(state: MonthState | None) -> list[Reason]:
    """Reasons that the ledger keeps: what was due before and is not built, or was cut short."""
    if state is None or state.outcome == "built":
        return []
    if state.outcome in ("failed", "building"):
        return [{"code": "failed", "detail": f"run {state.run_id} did not finish it"}]
    return list(state.reasons)


def _missing(held: Sequence[Held]) -> Reason:
    dated = [h.delivery_sha256 for h in held if is_month(h.period_key)]
    return {"code": "missing", "detail": "never built", "delivery_sha256": dated[-1] if dated else None}


def _revision(held: Sequence[Held], detail: str) -> Reason:
    return {"code": "revision", "detail": detail, "delivery_sha256": held[-1].delivery_sha256 if held else None}


def distinct(reasons: Iterable[Reason]) -> list[Reason]:
    """Each reason once, in order of first mention."""
    found: list[Reason] = []
    for reason in reasons:
        if reason not in found:
            found.append(reason)
    return found


def _narrowed(plan: FactPlan, asked: Asked) -> FactPlan:
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
