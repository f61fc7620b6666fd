"""The planner: which months of which facts are to be built anew, and why. It changes nothing.

Compared are the ledger's record of what each month was built from, and what is current now. Where a month's deliveries
differ the cells decide whether its rows do; where only the deliveries' names differ the month's rows keep their values
and get their new provenance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from orchestration.home import Home
from orchestration.ledger.ledger import CurrentDelivery, Ledger
from orchestration.ledger.windows import Built, MonthState
from orchestration.planning.months import Months, covered, fingerprint
from orchestration.planning.plan import (
    Asked,
    ByMonth,
    FactPlan,
    Plan,
    distinct,
    missing,
    narrowed,
    revision,
    standing,
)
from orchestration.planning.silence import reached as silence_reached
from orchestration.planning.silence import silences
from orchestration.sources.catalogue import Catalogue
from orchestration.warehouse.built_months import BuiltMonths
from orchestration.warehouse.changes import Changes, compare, is_dated
from orchestration.warehouse.held import Held
from orchestration.warehouse.monthly import Manifest, MonthlyFact
from orchestration.warehouse.windows import OPEN, is_month, reached_by, shifted

# Deliveries named as reasons of one month.
_LISTED = 5


@dataclass
class Planner:
    """Everything the plan is made from. `generation` and `warehouse` are what the warehouse says of itself: None and
    nothing where it may not be opened."""

    home: Home
    ledger: Ledger
    catalogue: Catalogue
    manifest: Manifest
    generation: str | None = None
    warehouse: BuiltMonths = field(default_factory=BuiltMonths)
    _past: dict[str, list[CurrentDelivery]] = field(default_factory=dict)

    def plan(self, asked: Asked = Asked()) -> Plan:
        """The months due, narrowed to what was asked for."""
        whole = [self._fact_plan(fact, asked) for fact in self.manifest.facts]
        chosen = [narrowed(plan, asked) for plan in whole]
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
        now = self._months.held(fact, self._current)
        months = {*now, OPEN, *(m for f, m in self._states if f == fact.name)}
        as_of = self.ledger.last_receipt()
        generation = self.generation or ""
        return {
            m: Built(fingerprint(now.get(m, ())), self._months.models(fact), fact.definitions, generation, as_of)
            for m in months
        }

    @cached_property
    def _current(self) -> list[CurrentDelivery]:
        return self.ledger.current_deliveries()

    @cached_property
    def _states(self) -> dict[tuple[str, str], MonthState]:
        return self.ledger.month_states()

    @cached_property
    def _months(self) -> Months:
        return Months(self.catalogue, {d.delivery_sha256: d.reader_hash for d in self.ledger.deliveries()})

    def _fact_plan(self, fact: MonthlyFact, asked: Asked) -> FactPlan:
        now = self._months.held(fact, self._current)
        states = {month: state for (name, month), state in self._states.items() if name == fact.name}
        known = frozenset({*now, *states, OPEN})
        due: ByMonth = defaultdict(list)
        provenance: set[str] = set()
        moved: dict[str, list[str]] = defaultdict(list)
        for month in known:
            state = states.get(month)
            built = state.built if state and self._stands(state) else None
            due[month] += standing(state)
            if built is None:
                if not due[month]:
                    due[month].append(missing(now.get(month, ())))
                if month in now:
                    moved[""].append(month)
                continue
            if state and (why := self.warehouse.differs(fact.name, month, state.batch_id, fact.tables)):
                due[month].append({"code": "missing", "detail": why})
            if built.models != self._months.models(fact):
                due[month].append({"code": "model", "detail": f"{fact.name} or what it reads was changed"})
            if built.definitions != fact.definitions:
                due[month].append({"code": "definition", "detail": "a code list or definition was changed"})
            if built.inputs != fingerprint(now.get(month, ())):
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
        then = self._months.held(fact, self._past_deliveries(as_of)) if as_of else {}
        # What was current then can be told only as far as nothing was read anew or removed since.
        certain = {m for m in months if not as_of or self._was(fact, m) == fingerprint(then.get(m, ()))}
        changed: set[str] = set(months) - certain
        for month in changed:
            due[month].append(revision(now.get(month, ()), "what it was built from is not kept"))
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
                    due[month].append(revision(now.get(month, ()), f"{source.source_id} was delivered anew"))
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
        for month in sorted(self._silence_reaches(fact, months, as_of) & set(known) - changed):
            due[month].append({"code": "look_ahead", "detail": "a region's follow-up is interrupted, or no more"})
        for month in sorted(reached & set(known) - changed):
            if not due[month]:
                due[month].append({"code": "look_ahead", "detail": "an episode reaches into a changed month"})
        provenance |= set(months) - changed

    def _silence_reaches(self, fact: MonthlyFact, months: Sequence[str], as_of: str) -> set[str]:
        """Months whose follow-up meets a month that a main provider has sent by now and had not, or the reverse."""
        if not fact.look_ahead_days:
            return set()
        before = silences(self._past_deliveries(as_of)) if as_of else silences(self._current, without=set(months))
        return silence_reached(before, silences(self._current), fact.look_ahead_days)

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
        after = covered(now)
        before = covered(then) if as_of else {s: m - set(months) for s, m in after.items()}
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
