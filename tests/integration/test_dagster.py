"""The Dagster code location: what it defines, and that the workspace loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
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
