"""Running a job in the home's own Dagster instance, in this process; and closing what a killed run left open.

Dagster is imported inside the functions: a night with nothing new does without it.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.operations.event_storage import kept_open
from orchestration.operations.machine import give_way
from orchestration.operations.stopping import stop_if_asked
from orchestration.settings import REPOSITORY
from orchestration.warehouse.windows import FIRST_PARTITION, Window

if TYPE_CHECKING:
    from dagster import DagsterInstance, JobDefinition

    from orchestration.home import Home
    from orchestration.operations.batches import Batch

#: The job over all assets. The job `nightly` calls the nightly, which runs parts of this one.
JOB = "build"


class JobFailed(Exception):
    """The job ended with a failed step; the message is the step's own error."""


def prepare_instance(home: Home) -> None:
    """Put the instance's settings into the home and name it to Dagster, dbt and their child processes."""
    home.dagster.mkdir(exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        shutil.copyfile(REPOSITORY / "dagster.yaml", settings)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["VARDLAGRET_HOME"] = str(home.path)
    os.environ["VARDLAGRET_WAREHOUSE"] = str(home.warehouse)
    os.environ["DBT_LOG_PATH"] = str(home.logs / "dbt")
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"


def close_dead_runs(instance: DagsterInstance, within: str | None = None) -> int:
    """Close runs that a killed process left started, and free their slots: else the next run waits for ever.

    Called with the home's lock held, so no run of this instance but `within` can be alive. Returns how many it closed.
    """
    from dagster import DagsterRunStatus, RunsFilter

    left_open = [DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING]
    runs = [run for run in instance.get_runs(RunsFilter(statuses=left_open)) if run.run_id != within]
    for run in runs:
        instance.report_run_failed(run, "closed: its process was no longer there when the next run began")
        if instance.event_log_storage.supports_global_concurrency_limits:
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(runs)


def close_dead_in_instance(home: Home) -> int:
    """`close_dead_runs` for whoever holds the home and launches nothing."""
    from dagster import DagsterInstance

    prepare_instance(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        return close_dead_runs(instance)


class Launch:
    """Runs of the job over parts of its assets, in the home's instance, under one `nightly_id`."""

    def __init__(self, home: Home, run_id: str, nightly_id: str, job: JobDefinition, instance: DagsterInstance) -> None:
        self._config = {"path": str(home.path), "run_id": run_id}
        self._tags = {"nightly_id": nightly_id, "vardlagret/run_id": run_id}
        self._job, self._instance = job, instance
        self._log = home.logs / f"{nightly_id}.log"

    def __call__(
        self,
        rooms: Iterable[str] = (),
        models: Iterable[tuple[str, str]] = (),
        *,
        without: Iterable[tuple[str, str]] = (),
        folder: Path | None = None,
        batch: Batch | None = None,
        built: str | None = None,
        reconcile: bool = False,
    ) -> None:
        """Execute the assets of some rooms and some models, less others. Raises `JobFailed`; `Stopped` if asked to.

        A batch gives its window of months to the run's partitions and to dbt; `built` is a month that is built already
        and stays so, for a batch without any.
        """
        from dagster import AssetKey

        inside, left_out, wanted = set(rooms), {AssetKey(list(m)) for m in without}, {AssetKey(list(m)) for m in models}
        keys = self._job.asset_layer.executable_asset_keys
        chosen = sorted(k for k in keys if (k.path[0] in inside and k not in left_out) or k in wanted)
        config = {**self._config, "folder": str(folder or ""), "reconcile": reconcile}
        config["batch"] = batch.as_text() if batch else ""
        try:
            result = self._job.execute_in_process(
                instance=self._instance,
                asset_selection=chosen,
                run_config={
                    "resources": {"home": {"config": config}},
                    "loggers": {"console": {"config": {"log_level": "WARNING"}}},
                },
                tags=self._tags | (partition_range(batch.window, built) if batch else {}),
                raise_on_error=False,
            )
        finally:
            # Asked within a step, Dagster raises an error of its own; between steps nothing.
            stop_if_asked()
        if not result.success:
            raise JobFailed(_first_failure(result, self._log))


@contextmanager
def launching(home: Home, *, run_id: str, nightly_id: str, within: str | None = None) -> Iterator[Launch]:
    """What launches a night's runs. What their steps print goes to `logs/<nightly_id>.log`.

    `within`: the run of this instance that the night itself is a step of; it is not closed as dead.
    """
    prepare_instance(home)
    give_way()
    log = home.logs / f"{nightly_id}.log"
    with log.open("a", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        logging.getLogger("dagster").setLevel(logging.WARNING)
        from dagster import DagsterInstance

        from orchestration.definitions import defs

        job = defs().resolve_job_def(JOB)
        with kept_open(), DagsterInstance.from_config(str(home.dagster)) as instance:
            close_dead_runs(instance, within)
            yield Launch(home, run_id, nightly_id, job, instance)


def partition_range(window: Window | None, built: str | None = None) -> dict[str, str]:
    """Dagster's tags for the partitions of a window, as far as there are such partitions.

    A run over monthly assets needs one: a window without any, or none at all, stands as a month that is `built`
    already; where there is none, as the first partition, for which nothing is delivered.
    """
    first = last = max(built or FIRST_PARTITION, FIRST_PARTITION)
    if window and window.last >= FIRST_PARTITION:
        first, last = max(window.first, FIRST_PARTITION), window.last
    return {
        "dagster/asset_partition_range_start": f"{first}-01",
        "dagster/asset_partition_range_end": f"{last}-01",
    }


def _first_failure(result: object, log: Path) -> str:
    for event in getattr(result, "all_events", []):
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause or error
            return f"{event.step_key}: {cause.message.strip()} (log: {log})"
    return f"the job failed outside its steps (log: {log})"
