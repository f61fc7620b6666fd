"""The nightly job and its hour."""

from __future__ import annotations

import dagster as dg

from orchestration.settings import TIME_ZONE

NIGHTLY = "nightly"


@dg.definitions
def jobs() -> dg.Definitions:
    nightly = dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(include_sources=False),
        description="Take in, transform, judge, publish. The command `vardlagret nightly` runs the same job.",
    )
    # 03:30 exists once in every night: clocks go from 02 to 03 in March and from 03 to 02 in October.
    schedule = dg.ScheduleDefinition(
        name="nightly",
        job=nightly,
        cron_schedule="30 3 * * *",
        execution_timezone=TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Every night at 03:30 Swedish time.",
    )
    return dg.Definitions(jobs=[nightly], schedules=[schedule])
