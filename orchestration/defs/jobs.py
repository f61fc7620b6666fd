"""The nightly job and its hour."""

from __future__ import annotations

import dagster as dg

from orchestration.settings import NIGHTLY_AT, TIME_ZONE

NIGHTLY = "nightly"


@dg.definitions
def jobs() -> dg.Definitions:
    nightly = dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(include_sources=False),
        description="Take in, transform, judge, publish. The command `vardlagret nightly` runs the same job.",
    )
    schedule = dg.ScheduleDefinition(
        name="nightly",
        job=nightly,
        cron_schedule=f"{NIGHTLY_AT.minute} {NIGHTLY_AT.hour} * * *",
        execution_timezone=TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Every night at {NIGHTLY_AT:%H:%M} Swedish time.",
    )
    return dg.Definitions(jobs=[nightly], schedules=[schedule])
