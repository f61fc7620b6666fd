"""Batches: what one dbt run builds, and its record in the ledger before and after.

A batch replaces a window of months for some facts, or all of them with everything; `provenance` batches only bring the
names of newer deliveries to months whose rows are the same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestration.planning.plan import FactPlan, Plan
from orchestration.planning.planner import Planner
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.built_months import BuiltMonths, note, read
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.monthly import Manifest
from orchestration.warehouse.windows import CHUNK, FRESH, OPEN, Window, chunks, dbt_environment, is_month, runs

if TYPE_CHECKING:
    from orchestration.operations.stages import Night

_PROVENANCE = "delivery_sha256"


@dataclass(frozen=True)
class Batch:
    """One dbt run over months.

    Attributes:
        facts: whose monthly models are built.
        window: its months; None where only what has no month is replaced.
        kind: `months`, or `provenance` where only models that name deliveries are built.
        whole: without bounds, every table made anew.
        fresh: the tables are made anew from this window: their columns may have changed, the other months come next.
    """

    facts: tuple[str, ...]
    window: Window | None
    kind: str = "months"
    whole: bool = False
    fresh: bool = False

    @property
    def arguments(self) -> list[str]:
        """What dbt is told beside its selection and the window."""
        return ["--full-refresh"] if self.whole or self.fresh else []

    @property
    def environment(self) -> dict[str, str]:
        """The window as dbt's models read it; nothing where all months are built. A table may be made from one window
        alone where the others follow."""
        return {} if self.whole else dbt_environment(self.window) | ({FRESH: "1"} if self.fresh else {})

    @property
    def words(self) -> str:
        span = "no month" if self.window is None else f"{self.window.first} to {self.window.last}"
        return f"{', '.join(self.facts)}: {span}{', whole' if self.whole else ''}{_PROVENANCE_WORDS[self.kind]}"

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Batch:
        content = json.loads(text)
        window = Window(**content["window"]) if content["window"] else None
        return cls(**{**content, "facts": tuple(content["facts"]), "window": window})


_PROVENANCE_WORDS = {"months": "", "provenance": ", provenance only"}


def batches_of(plan: Plan, *, chunked: bool) -> list[Batch]:
    """The fewest batches that do a plan, oldest months first; facts with the same window share one.

    `chunked`: at most 24 months in one, and no batch without bounds, so that a long backfill goes on where it was cut.
    """
    made: dict[Batch, list[str]] = defaultdict(list)
    for planned in plan.facts:
        for batch in _of_fact(planned, chunked=chunked):
            made[batch].append(planned.fact.name)
    found = [replace(batch, facts=tuple(sorted(names))) for batch, names in made.items() if not batch.whole]
    if whole := [batch for batch in made if batch.whole]:
        spans = [batch.window for batch in whole if batch.window]
        span = Window(min(s.first for s in spans), max(s.last for s in spans)) if spans else None
        found.append(Batch(tuple(sorted(name for b in whole for name in made[b])), span, whole=True))
    return sorted(found, key=lambda b: (b.kind, not b.whole, not b.fresh, b.window or Window("0000-01", "0000-01")))


def _of_fact(planned: FactPlan, *, chunked: bool) -> Iterator[Batch]:
    months = [m for m in planned.known if is_month(m)]
    span = Window(min(months), max(months)) if months else None
    if planned.whole and (not chunked or span is None or len(span) <= CHUNK):
        yield Batch((), span, whole=True)
        return
    if planned.whole and span:
        yield from (Batch((), part, fresh=number == 0) for number, part in enumerate(chunks(span)))
        return
    windows = [part for window in planned.windows for part in (chunks(window) if chunked else [window])]
    yield from (Batch((), window) for window in windows)
    if OPEN in planned.due and not windows:
        yield Batch((), None)
    named = runs(m for m in planned.provenance if is_month(m))
    yield from (Batch((), window, "provenance") for window in named)
    if OPEN in planned.provenance and not windows and not named:
        yield Batch((), None, "provenance")


def selection(
    night: Night, manifest: Manifest, batch: Batch, built: Collection[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Schema and name of every model that a batch builds, with what its models read and is not monthly itself.

    `built`: what this run has built already. Of that only the monthly models are built again, for other months.
    """
    models = {m for f in manifest.facts if f.name in batch.facts for m in f.models}
    if batch.kind == "provenance":
        with open_warehouse(night.home.warehouse, read_only=True) as connection:
            rows = connection.execute(
                "select table_schema, table_name from information_schema.columns where column_name = ?", [_PROVENANCE]
            ).fetchall()
        naming = set(rows)
        models = {m for m in models if (manifest.nodes[m]["schema"], manifest.nodes[m]["alias"]) in naming}
    named = {n: (manifest.nodes[n]["schema"], manifest.nodes[n]["name"]) for n in models | manifest.upstream(models)}
    return sorted(name for n, name in named.items() if n in models or name not in built)


def planner(night: Night, manifest: Manifest, *, compare: bool = True) -> Planner:
    """The planner of a run that holds the home: it may open the warehouse, where one was prepared.

    compare: look whether each month lies in the warehouse as the ledger says.
    """
    from orchestration.warehouse.prepare import generation_of

    with open_warehouse(night.home.warehouse, read_only=True) as connection:
        generation = generation_of(connection)
        months = read(connection, manifest) if compare else BuiltMonths()
    return Planner(night.home, night.ledger, load_catalogue(), manifest, generation, months)


@contextmanager
def recorded(night: Night, manifest: Manifest, batch: Batch) -> Iterator[dict[str, Any]]:
    """Record a batch around its dbt run: its months are being built, then built, or failed where the block raises."""
    plans = planner(night, manifest, compare=False)
    facts = [f for f in manifest.facts if f.name in batch.facts]
    built = {(f.name, month): b for f in facts for month, b in plans.built(f).items() if _in(batch, month)}
    if batch.kind == "provenance":
        # A month whose rows are due to change as well is not built by this.
        states = night.ledger.month_states()
        built = {key: b for key, b in built.items() if key in states and states[key].outcome == "built"}
    months = {month for _, month in built}
    tables = {table for f in facts for table in f.tables}
    batch_id = night.ledger.start_batch(night.run_id, batch.facts, built, batch.kind)
    try:
        yield {"batch": batch_id, "kind": batch.kind, "months": sum(is_month(m) for m in months)}
        # The warehouse first: a run that dies in between leaves the months unfinished, and they are built again.
        with open_warehouse(night.home.warehouse) as connection:
            note(connection, manifest, batch_id, built, tables)
    except BaseException:
        night.ledger.end_batch(batch_id, None)
        raise
    night.ledger.end_batch(batch_id, built)


def _in(batch: Batch, month: str) -> bool:
    """What has no month is replaced by every batch."""
    if batch.whole or month == OPEN:
        return True
    return batch.window is not None and batch.window.first <= month <= batch.window.last
