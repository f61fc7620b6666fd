"""The dbt step of a run: which months it builds, what dbt is told, and what the ledger says of it before and after."""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from orchestration.operations.batches import Batch, recorded
from orchestration.operations.building import mark
from orchestration.operations.stages import Night, declare_stage, reconcile_stage
from orchestration.planning.plan import Asked
from orchestration.warehouse.monthly import Manifest
from orchestration.warehouse.windows import FRESH, Window, dbt_environment


class Months(Protocol):
    """A range of partition keys, each the first day of a month."""

    @property
    def start(self) -> str: ...
    @property
    def end(self) -> str: ...


class Told(Protocol):
    """What the run was told: a batch as text, by a nightly or backfill."""

    run_id: str
    batch: str
    reconcile: bool


@contextmanager
def dbt_step(
    night: Night, manifest_path: Path, selected: Set[tuple[str, ...]], months: Months | None, told: Told
) -> Iterator[list[str]]:
    """Hand out dbt's arguments; record the batch around the block, and reconcile after it where that is due.

    A run of partitions that a person started (`dagster`, the web page) is a batch as well: of the facts whose monthly
    models are all among the selected.
    """
    manifest = Manifest.read(manifest_path)
    batch = Batch.from_text(told.batch) if told.batch else None
    if batch is None and months is not None:
        batch = _started_by_hand(night, manifest, selected, Window(months.start[:7], months.end[:7]))
    with night.stage("dbt") as detail, _told(batch) as arguments:
        if batch is None or not batch.facts:
            yield arguments
        else:
            with recorded(night, manifest, batch) as record:
                detail |= record
                yield arguments
    if told.reconcile or (not told.run_id and _whole_staging(manifest, selected)):
        reconcile_stage(night)


@contextmanager
def _told(batch: Batch | None) -> Iterator[list[str]]:
    """dbt's arguments for a batch; for the block its window, and no other, stands in the environment."""
    before = {name: os.environ.pop(name, None) for name in (*dbt_environment(None), FRESH)}
    os.environ.update(batch.environment if batch else {})
    try:
        yield batch.arguments if batch else []
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _started_by_hand(night: Night, manifest: Manifest, selected: Set[tuple[str, ...]], window: Window) -> Batch:
    """The batch of a run of partitions. What is due by now is noted first: this run may build only a part of it."""
    declare_stage(night)
    mark(night, manifest, Asked())
    whole = [f.name for f in manifest.facts if set(f.tables) <= set(selected)]
    return Batch(tuple(whole), window)


def _whole_staging(manifest: Manifest, selected: Set[tuple[str, ...]]) -> bool:
    """Whether all staging is brought up to date, so that no record may be missing."""
    staging = {(n["schema"], n["name"]) for n in manifest.nodes.values() if n.get("schema") == "staging"}
    return bool(staging) and staging <= set(selected)
