"""The home as a Dagster resource: steps reach ledger, warehouse and releases through it and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg


class WarehouseHome(dg.ConfigurableResource):
    """`path` is the home; `folder` a folder of deliveries to take in beside the landing; `run_id` the ledger's run.

    Without `run_id` (a run started from the web page) the step takes the home's lock itself and the ledger names the
    run after Dagster's. `batch` is the window of months that a nightly or backfill builds, as text; without it the
    months are the run's partitions. `reconcile`: the run brings staging up to date whole, so no record may be missing.
    """

    path: str = ""
    folder: str = ""
    run_id: str = ""
    batch: str = ""
    reconcile: bool = False

    @property
    def root(self) -> Path:
        from orchestration.settings import Settings

        return Settings.read(self.path or None).home

    @contextmanager
    def night(self, context: dg.AssetExecutionContext) -> Iterator:
        from orchestration.operations.recording import joined_night

        with joined_night(self.root, self.run_id, f"dagster-{context.run.run_id[:8]}", context.log.info) as night:
            yield night


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={"home": WarehouseHome()})
