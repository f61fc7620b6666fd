"""The readmission models against the brute force: 2 000 random worlds in one warehouse, row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from orchestration.warehouse.dbt import run_dbt
from tests.oracle.episodes import Joins
from tests.oracle.readmissions import PRESETS
from tests.oracle.worlds import shifted, world, years_in_hospital
from tests.support.readmissions_by_windows import run_by_windows
from tests.support.register_worlds import (
    counted,
    disagreements,
    expected,
    read_counts,
    read_index,
    story,
    write_worlds,
)

WORLDS = 2000
MODELS = (
    "int_episodes__spells", "int_episodes__joined", "int_episodes__episodes", "int_readmissions__index",
    "int_readmissions__monthly",
)  # fmt: skip
WINDOWED = ("int_episodes__joined", "int_episodes__spells", "int_readmissions__monthly", "int_avoidable__stays")
SEEDS = ("seed_readmission_methods", "seed_diagnosis_sets")


def test_the_models_agree_with_the_brute_force(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open()
    # Every twentieth world lies 28 years later, and must give the same.
    worlds = [world(n) if n % 20 else shifted(world(n)) for n in range(WORLDS)]
    write_worlds(home.warehouse, worlds)
    run_dbt(home.path, "seed", "--select", *SEEDS)
    run_dbt(home.path, "run", "--select", *MODELS)
    models, judged = read_index(home.warehouse), expected(worlds)
    assert read_counts(home.warehouse) == counted(judged)
    assert {key[0] for key in judged} == {m.method_code for m in PRESETS}
    differing = disagreements(judged, models)
    if differing:
        _, site, person, *_ = differing[0].split()
        stays = story(next(w for w in worlds if w.stays[0].site == site), person)
        kinds = Counter(line.split()[0] for line in differing)
        pytest.fail(f"{len(differing)} of {len(judged)} rows differ {dict(kinds)}\n" + "\n".join(differing[:10]) + f"\n{stays}")  # fmt: skip


def test_the_union_of_windows_is_the_full_build(tmp_path: Path) -> None:
    """Windows of one month and of many give the tables of one build of all months; later ones first, which are read ahead."""
    home = Home(tmp_path / "home").create_or_open()
    worlds = [world(n) if n % 20 else shifted(world(n)) for n in range(100)]
    write_worlds(home.warehouse, [*worlds, years_in_hospital(100)])
    run_dbt(home.path, "seed", "--select", *SEEDS)
    run_dbt(home.path, "run", "--select", *WINDOWED, "int_episodes__episodes")
    whole = {name: _rows(home.warehouse, name) for name in WINDOWED}
    with duckdb.connect(str(home.warehouse)) as con:
        for name in WINDOWED:
            con.execute(f"drop table intermediate.{name}")
    # Of the later windows' persons some were in hospital on every day of the year before, and have stays before it.
    bounds = ["0001-01-01", "2022-06-01", "2023-02-01", "2024-03-01", "2024-06-01", "9999-12-31"]
    for start, end in reversed(list(pairwise(bounds))):
        given = f"{{window_start: '{start}', window_end: '{end}'}}"
        run_dbt(home.path, "run", "--select", *WINDOWED, "--vars", given)
    for name in WINDOWED:
        assert whole[name]
        assert _rows(home.warehouse, name) == whole[name], name


def _rows(warehouse: Path, name: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return con.execute(f"select * from intermediate.{name} order by all").fetchall()


def test_plain_sql_agrees_with_the_brute_force(tmp_path: Path) -> None:
    """The harness sees agreement: SQL written for it alone gives every row of 150 worlds."""
    warehouse = tmp_path / "w.duckdb"
    worlds = [world(n) if n % 20 else shifted(world(n)) for n in range(150)]
    stays = write_worlds(warehouse, worlds)
    assert stays == sum(len(w.stays) for w in worlds) > 20_000
    run_by_windows(warehouse, PRESETS)
    judged = expected(worlds)
    assert len(judged) > 40_000
    assert disagreements(judged, read_index(warehouse)) == []


#: How the SQL is bent, by preset.
BENT = {
    "the last day no longer counts": {m.method_code: {"last_day_counts": False} for m in PRESETS},
    "transfers are not joined": {m.method_code: {"joins": replace(m.joins, transfer_days=None)} for m in PRESETS},
    "follow-up need not be complete": {m.method_code: {"run_out": False} for m in PRESETS},
    "planned returns count": {m.method_code: {"planned_rule": "all"} for m in PRESETS},
    "same-day stays are joined in spells": {"all_cause": {"joins": Joins(True)}, "nhs": {"joins": Joins(True)}},
}


@pytest.mark.parametrize("name", BENT)
def test_the_harness_sees_a_bent_rule(name: str, tmp_path: Path) -> None:
    """Every preset whose SQL is bent is found out, and no other."""
    warehouse = tmp_path / "w.duckdb"
    worlds = [world(n) for n in range(30)]
    write_worlds(warehouse, worlds)
    run_by_windows(warehouse, tuple(replace(m, **BENT[name].get(m.method_code, {})) for m in PRESETS))
    differing = Counter(line.split()[0] for line in disagreements(expected(worlds), read_index(warehouse)))
    assert set(differing) == set(BENT[name])
    assert min(differing.values()) >= 5, differing
