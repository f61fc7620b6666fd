"""Sensors: a night is started when whole files lie in the landing; the watch looks every five minutes."""

import hashlib
import time

import dagster as dg

from orchestration.defs.jobs import NIGHTLY
from orchestration.settings import Settings

#: The tag of a run by the files that it was started for.
FILES = "vardlagret/files"
#: Runs asked for in all for the same files, and the pause before the second one; each later pause is twice as long.
ATTEMPTS = 5
PAUSE_SECONDS = 300.0


def _ended(instance: dg.DagsterInstance, files: str) -> list[float]:
    """When the runs for these files ended. Files without a receipt after them were not taken in.

    Dagster asks for no run whose key it has seen, whatever became of the run: so the key counts these.
    """
    over = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    records = instance.get_run_records(dg.RunsFilter(tags={FILES: files}, statuses=over))
    return [r.end_time or r.update_timestamp.timestamp() for r in records]


@dg.definitions
def sensors() -> dg.Definitions:
    @dg.sensor(
        name="landing",
        job_name=NIGHTLY,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts the nightly when whole files lie in the landing; half-copied ones are left alone.",
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from orchestration.deliveries.landing import arrival_mark, landing_files
        from orchestration.home import Home, HomeError
        from orchestration.ledger.ledger import Ledger
        from orchestration.ledger.lock import holder

        try:
            home = Home(Settings.read().home).open()
        except HomeError as error:
            return dg.SkipReason(str(error))
        if held := holder(home):
            return dg.SkipReason(f"{held.who}, run {held.run_id}, holds the home since {held.since}")
        marks = [mark for path in landing_files(home) if (mark := arrival_mark(path))]
        if home.ledger.exists():
            # A file that is refused by its name has its receipt and stays where it lies: it starts no second night.
            with Ledger.open(home.ledger, read_only=True) as ledger:
                marks = [mark for mark in marks if ledger.receipt_of_arrival(mark) is None]
        if not marks:
            return dg.SkipReason(f"no whole file lies in {home.landing} without a receipt")
        key = hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()[:16]
        ended = _ended(context.instance, key)
        if len(ended) >= ATTEMPTS:
            return dg.SkipReason(f"{len(ended)} runs ended without a receipt for these files: see `vardlagret status`")
        if ended and (left := PAUSE_SECONDS * 2 ** (len(ended) - 1) - (time.time() - max(ended))) > 0:
            return dg.SkipReason(f"run {len(ended)} ended without a receipt for these files; the next in {left:.0f} s")
        run_key = f"landing-{key}-{len(ended) + 1}"
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=run_key, tags={FILES: key})])

    @dg.sensor(
        name="watch",
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Looks as `vardlagret watch` does: closes runs that died, tells of incidents, once each. Keep the "
        "timer outside all the same: a daemon that is down tells nobody.",
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        from orchestration.home import Home, HomeError
        from orchestration.operations.watching import watched

        try:
            found = watched(Home(Settings.read().home).open())
        except HomeError as error:
            return dg.SkipReason(str(error))
        if found["failed"]:
            raise dg.Failure(f"not taken by {', '.join(found['failed'])}; the next look tries what nobody took")
        standing = ", ".join(i["id"] for i in found["incidents"]) or "no incident"
        return dg.SkipReason(f"{standing}; {len(found['opened'])} new, {len(found['cleared'])} cleared")

    return dg.Definitions(sensors=[landing, watch])
