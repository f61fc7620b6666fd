"""The Dagster code location: what it defines, and that the workspace loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.settings import REPOSITORY
from orchestration.sources.catalogue import load_catalogue
from tests.support.built import Built
from tests.support.command import environment


@pytest.fixture(scope="module")
def definitions(example_home: Built) -> Iterator:
    before = os.environ.get("VARDLAGRET_HOME")
    os.environ["VARDLAGRET_HOME"] = str(example_home.home)
    from orchestration.definitions import defs

    yield defs()
    os.environ.pop("VARDLAGRET_HOME")
    if before is not None:
        os.environ["VARDLAGRET_HOME"] = before


def keys(definitions) -> set[str]:
    return {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}


def test_the_graph_reads_from_landing_to_release(definitions) -> None:
    rooms = {key.split("/")[0] for key in keys(definitions)}
    assert rooms == {
        "landing", "cells", "declared", "seeds", "staging", "intermediate", "marts", "indicators", "published", "checks", "release",
    }  # fmt: skip


def test_every_layout_with_records_is_an_asset_with_its_staging_model(definitions) -> None:
    wanted = {
        f"{source.source_id}__{layout.layout_id}"
        for source, layout in load_catalogue().layouts()
        if layout.family != "document"
    }
    found = keys(definitions)
    assert {f"cells/{name}" for name in wanted} <= found
    assert {f"staging/stg_{name}" for name in wanted} == {key for key in found if key.startswith("staging/")}


def test_the_release_depends_on_the_verdicts_and_they_on_every_fact(definitions) -> None:
    import dagster as dg

    graph = definitions.resolve_asset_graph()
    upstream = {key.to_user_string() for key in graph.get(dg.AssetKey(["checks", "verdicts"])).parent_keys}
    assert {f"marts/{f}" for f in ("fct_costs", "fct_staffing", "fct_readmissions", "fct_wait_times")} <= upstream
    release = {key.to_user_string() for key in graph.get(dg.AssetKey(["release", "release"])).parent_keys}
    assert "checks/verdicts" in release


def test_every_judged_table_shows_its_verdict_as_a_check(definitions) -> None:
    from expectations.declarations import DATASETS

    shown = {
        key.asset_key.path[-1]
        for key in definitions.resolve_asset_graph().asset_check_keys
        if key.name == "expectations"
    }
    assert shown == set(DATASETS)


def test_assets_say_what_they_are_and_whose(definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        if key.path[0] in ("landing", "cells", "marts", "published", "checks", "release"):
            assert node.description, key
            assert node.owners, key


def test_the_schedule_is_at_half_past_three_swedish_time(definitions) -> None:
    """An hour that exists once in every night: clocks go from 02 to 03 in March and from 03 to 02 in October."""
    schedule = definitions.resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 3 * * *", "Europe/Stockholm")
    assert schedule.job_name == "nightly"


@pytest.mark.parametrize(
    ("start", "due"),
    [
        # The clock goes forward on the 29th, from 02 to 03: 03:30 is one hour earlier by UTC from that night on.
        ("2026-03-27T12:00", ["2026-03-28T02:30", "2026-03-29T01:30", "2026-03-30T01:30"]),
        # It goes back on the 25th, from 03 to 02: 03:30 comes once, although 02:30 comes twice.
        ("2026-10-23T12:00", ["2026-10-24T01:30", "2026-10-25T02:30", "2026-10-26T02:30"]),
        ("2028-02-27T12:00", ["2028-02-28T02:30", "2028-02-29T02:30", "2028-03-01T02:30"]),
        ("2027-02-27T12:00", ["2027-02-28T02:30", "2027-03-01T02:30", "2027-03-02T02:30"]),
    ],
)
def test_the_schedule_s_own_moments_across_clock_changes_and_leap_day(definitions, start: str, due: list[str]) -> None:
    """As the daemon asks the schedule; each moment starts one night, of that Swedish date."""
    import dagster as dg
    from dagster._utils.schedules import schedule_execution_time_iterator

    from orchestration.operations.recording import new_nightly_id

    schedule = definitions.resolve_schedule_def("nightly")
    since = datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()
    # What the daemon's loop goes through; there is no public name for it.
    moments = schedule_execution_time_iterator(since, schedule.cron_schedule, schedule.execution_timezone)
    found = [next(moments) for _ in due]
    assert [m.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") for m in found] == due
    for moment in found:
        with dg.build_schedule_context(scheduled_execution_time=moment) as context:
            (request,) = schedule.evaluate_tick(context).run_requests
        assert request.job_name in (None, "nightly")
        assert new_nightly_id(moment) == f"nightly-{moment:%Y%m%d}T033000"


def test_after_three_nights_off_one_night_is_started(example_home: Built) -> None:
    """The daemon asks how many missed moments it starts runs for; the landing holds what came meanwhile."""
    import dagster as dg

    with dg.DagsterInstance.from_config(str(example_home.home / "dagster")) as instance:
        assert instance.scheduler.max_catchup_runs == 1


def test_monthly_models_have_months_from_2013_and_nothing_else_has_partitions(definitions, example_home: Built) -> None:
    import dagster as dg

    from orchestration.warehouse.monthly import Manifest

    manifest = Manifest.read(example_home.home / "dagster" / "dbt_target" / "manifest.json")
    monthly = {f"{manifest.nodes[m]['schema']}/{manifest.nodes[m]['name']}" for m in manifest.monthly}
    assert monthly
    graph = definitions.resolve_asset_graph()
    found = {k.to_user_string(): graph.get(k).partitions_def for k in graph.get_all_asset_keys()}
    assert {key for key, partitions in found.items() if partitions} == monthly
    for key in monthly:
        assert isinstance(found[key], dg.MonthlyPartitionsDefinition)
        assert found[key].get_first_partition_key() == "2013-01-01"
        assert graph.get(dg.AssetKey(key.split("/"))).backfill_policy == dg.BackfillPolicy.single_run()


def test_the_schedule_s_job_needs_no_partition(definitions) -> None:
    """A job over assets with months cannot run without a range; the nightly finds its months itself."""
    assert definitions.resolve_job_def("nightly").partitions_def is None
    assert definitions.resolve_job_def("build").partitions_def is not None


def test_the_schedule_s_job_is_the_night_of_the_command(
    definitions, example_home: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    from orchestration.ledger.ledger import Ledger

    home = example_home.copy(tmp_path / "home")
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    for name in ("VARDLAGRET_HOME", "VARDLAGRET_WAREHOUSE", "DAGSTER_HOME", "DBT_LOG_PATH"):
        # The night sets these for its child processes; what they were comes back after the test.
        monkeypatch.setenv(name, os.environ.get(name, ""))
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        config = {"ops": {"night": {"config": {"path": str(home)}}}}
        done = definitions.resolve_job_def("nightly").execute_in_process(instance=instance, run_config=config)
        assert done.success
        run = instance.get_run_by_id(done.run_id)
    with Ledger.open(home / "ledger.sqlite", read_only=True) as ledger:
        (night, *_) = ledger.runs(limit=1)
    assert run is not None
    assert (night.kind, night.exit) == ("nightly", 0)
    assert run.tags["nightly_id"] == night.nightly_id


def test_the_night_tries_a_held_home_again_and_nothing_else(
    definitions, example_home: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can pass is tried a bounded number of times; a night that failed of what it was given is not."""
    import dagster as dg

    from orchestration.defs.jobs import RETRIES
    from orchestration.home import Home
    from orchestration.ledger.lock import hold
    from orchestration.operations import recording

    home = Home(tmp_path / "home").create_or_open()
    job, config = definitions.resolve_job_def("nightly"), {"ops": {"night": {"config": {"path": str(home.path)}}}}
    monkeypatch.setattr(recording, "LOCK_WAIT_SECONDS", 0.0)
    with dg.DagsterInstance.ephemeral() as instance:
        with hold(home, run_id="another", who="test"):
            held = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
        retried = [e for e in held.all_events if e.event_type == dg.DagsterEventType.STEP_RESTARTED]
        assert (held.success, len(retried)) == (False, RETRIES)

        def fails(*_: object, **__: object) -> recording.NightlyResult:
            return recording.NightlyResult("n", exit=4, error="a correction has expired", next_command="nightly")

        monkeypatch.setattr("orchestration.operations.nightly.run_nightly", fails)
        failed = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
    assert not failed.success
    assert not [e for e in failed.all_events if e.event_type == dg.DagsterEventType.STEP_RESTARTED]


def test_the_months_in_dagster_are_those_that_the_ledger_says_are_built(example_home: Built) -> None:
    import dagster as dg

    from orchestration.ledger.ledger import Ledger
    from orchestration.warehouse.monthly import Manifest
    from orchestration.warehouse.windows import is_month

    manifest = Manifest.read(example_home.home / "dagster" / "dbt_target" / "manifest.json")
    with Ledger.open(example_home.home / "ledger.sqlite", read_only=True) as ledger:
        built = {m for (_, m), state in ledger.month_states().items() if state.outcome == "built" and is_month(m)}
    with dg.DagsterInstance.from_config(str(example_home.home / "dagster")) as instance:
        for model in manifest.monthly:
            key = dg.AssetKey([manifest.nodes[model]["schema"], manifest.nodes[model]["name"]])
            assert instance.get_materialized_partitions(key) == {f"{m}-01" for m in built}, key


def test_the_workspace_loads(example_home: Built) -> None:
    command = [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", "workspace.yaml"]
    variables = {
        **environment(),
        "VARDLAGRET_HOME": str(example_home.home),
        "DAGSTER_HOME": str(example_home.home / "dagster"),
    }
    done = subprocess.run(
        command, cwd=REPOSITORY, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
