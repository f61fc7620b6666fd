"""The job over all assets, and the nightly with its hour."""

import dagster as dg

from orchestration.settings import NIGHTLY_AT, TIME_ZONE, Settings

NIGHTLY = "nightly"
BUILD = "build"
#: How often the night waits anew for a home that another run holds, an hour each time.
RETRIES = 2


class NightOf(dg.Config):
    """`path` is the home; without it that of the environment."""

    path: str = ""


@dg.definitions
def jobs() -> dg.Definitions:
    build = dg.define_asset_job(
        BUILD,
        selection=dg.AssetSelection.all(include_sources=False),
        description="Everything. The nightly runs parts of it; monthly assets need their months.",
    )

    @dg.op(name="night")
    def night(context: dg.OpExecutionContext, config: NightOf) -> None:
        """The night as the command `vardlagret nightly` runs it: its runs stand beside this one, under its id.

        It holds the home by itself. A home that another run holds is tried again; what the night failed of is not.
        """
        from orchestration.ledger.lock import HomeLocked
        from orchestration.operations import recording
        from orchestration.operations.nightly import run_nightly

        root = Settings.read(config.path or None).home
        wait = recording.LOCK_WAIT_SECONDS
        try:
            result = run_nightly(root, wait_seconds=wait, progress=context.log.info, within=context.run.run_id)
        except HomeLocked as locked:
            raise dg.RetryRequested(max_retries=RETRIES) from locked
        context.instance.add_run_tags(context.run.run_id, {"nightly_id": result.nightly_id})
        if result.error:
            raise dg.Failure(f"{result.error}; next: {result.next_command}", allow_retries=False)

    @dg.job(name=NIGHTLY, description="Take in, plan, transform, judge, publish. The same as `vardlagret nightly`.")
    def nightly() -> None:
        night()

    schedule = dg.ScheduleDefinition(
        name="nightly",
        job=nightly,
        cron_schedule=f"{NIGHTLY_AT.minute} {NIGHTLY_AT.hour} * * *",
        execution_timezone=TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Every night at {NIGHTLY_AT:%H:%M} Swedish time.",
    )
    return dg.Definitions(jobs=[build, nightly], schedules=[schedule])
