"""The home as a Dagster resource: steps reach ledger, warehouse and releases through it and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr


class WarehouseHome(dg.ConfigurableResource):
    """`path` is the home; `folder` a folder of deliveries to take in beside the landing; `run_id` the ledger's run.

    Without `run_id` (a run started on the web page or by `dagster`) the run holds the home itself, from before its
    first step, when it has no slot of the pool yet that another run could wait for, to after its last; the ledger
    names it after Dagster's. `batch` is the window of months that a nightly or backfill builds, as text; without it
    the months are the run's partitions. `reconcile`: the run brings staging up to date whole, so no record may be
    missing.
    """

    path: str = ""
    folder: str = ""
    run_id: str = ""
    batch: str = ""
    reconcile: bool = False
    _own: ExitStack = PrivateAttr(default_factory=ExitStack)
    _own_night: Any = PrivateAttr(default=None)
    _failure: BaseException | None = PrivateAttr(default=None)

    @property
    def root(self) -> Path:
        from orchestration.settings import Settings

        return Settings.read(self.path or None).home

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        from orchestration.operations.recording import own_night

        if not self.run_id and context.run_id:
            log = context.log.info if context.log else print
            run = own_night(self.root, f"dagster-{context.run_id[:8]}", log)
            self._own_night = self._own.enter_context(run)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        failure = self._failure
        self._own.__exit__(type(failure) if failure else None, failure, failure.__traceback__ if failure else None)

    @contextmanager
    def night(self, context: dg.AssetExecutionContext) -> Iterator:
        """The night that a step belongs to: the command's that launched its run, or the run's own."""
        from orchestration.operations.recording import joined_night

        if self.run_id:
            with joined_night(self.root, self.run_id, context.log.info) as night:
                yield night
            return
        try:
            yield self._own_night
        except BaseException as failure:
            self._failure = failure
            raise


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={"home": WarehouseHome()})
