"""Running a job in the home's own Dagster instance, in this process; and closing what a killed run left open.

Dagster is imported inside the functions: a night with nothing new does without it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import REPOSITORY

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from orchestration.home import Home

JOB = "nightly"


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


def close_dead_runs(instance: DagsterInstance) -> int:
    """Close runs that a killed process left started, and free their slots: else the next run waits for ever.

    Called with the home's lock held, so no run of this instance can be alive. Returns how many were closed.
    """
    from dagster import DagsterRunStatus, RunsFilter

    left_open = [DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING]
    runs = instance.get_runs(RunsFilter(statuses=left_open))
    for run in runs:
        instance.report_run_failed(run, "closed: its process was no longer there when the next run began")
        if instance.event_log_storage.supports_global_concurrency_limits:
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(runs)


def run_job(home: Home, *, run_id: str, nightly_id: str, folder: Path | None) -> None:
    """Execute the nightly job. What steps print goes to `logs/<nightly_id>.log`. Raises `JobFailed`."""
    import contextlib
    import logging

    prepare_instance(home)
    log = home.logs / f"{nightly_id}.log"
    with log.open("a", encoding="utf-8") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        logging.getLogger("dagster").setLevel(logging.WARNING)
        from dagster import DagsterInstance

        from orchestration.definitions import defs

        job = defs().resolve_job_def(JOB)
        with DagsterInstance.from_config(str(home.dagster)) as instance:
            close_dead_runs(instance)
            config = {"path": str(home.path), "folder": str(folder or ""), "run_id": run_id}
            result = job.execute_in_process(
                instance=instance,
                run_config={
                    "resources": {"home": {"config": config}},
                    "loggers": {"console": {"config": {"log_level": "WARNING"}}},
                },
                tags={"nightly_id": nightly_id, "vardlagret/run_id": run_id},
                raise_on_error=False,
            )
            if not result.success:
                raise JobFailed(_first_failure(result, log))


def _first_failure(result: object, log: Path) -> str:
    for event in getattr(result, "all_events", []):
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause or error
            return f"{event.step_key}: {cause.message.strip()} (log: {log})"
    return f"the job failed outside its steps (log: {log})"
