"""dbt in this process: its own unit tests, run against a home's lexical views, and what a command leaves behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from orchestration.warehouse.dbt import DbtFailed, environment, run_dbt
from tests.support.built import Built


def test_unit_tests_of_the_models_pass(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    printed = run_dbt(home, "test", "--select", "test_type:unit")
    assert "ERROR=0" in printed
    assert int(printed.split("PASS=")[1].split()[0]) >= 7


def test_a_command_leaves_the_warehouse_closed_and_the_process_as_it_was(tmp_path: Path) -> None:
    """Also one that fails: its error is told, and the next command and the next reader find the warehouse free."""
    home = Home(tmp_path / "home").create_or_open()

    def process() -> tuple:
        return dict(os.environ), Path.cwd(), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    before = process()
    run_dbt(home.path, "seed", "--select", "seed_readmission_methods")
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("update seeds.seed_readmission_methods set window_last = 31 where method_code = 'nhs'")
    with pytest.raises(DbtFailed, match="within_reach_seed_readmission_methods_window_last"):
        run_dbt(home.path, "test", "--select", "seed_readmission_methods")
    with duckdb.connect(str(home.warehouse), read_only=True, config={"threads": 1}) as con:
        assert con.execute("select count(*) from seeds.seed_readmission_methods").fetchall() == [(4,)]
    assert process() == before


def test_a_command_that_dbt_does_not_know_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open()
    with pytest.raises(DbtFailed, match="no_such_option"):
        run_dbt(home.path, "run", "--no_such_option")


@pytest.mark.parametrize("inherited", [{"DBT_FULL_REFRESH": "true"}, {"DBT_TARGET": ""}, {"DBT_TARGET": "elsewhere"},
                                       {"DBT_VARS": "{window_start: 2024-01-01}"}, {"DBT_ENGINE_FULL_REFRESH": "1"}])  # fmt: skip
def test_what_the_environment_says_to_dbt_is_not_heard(
    inherited: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forgotten variable would drop every month outside the window, or build into another file."""
    home = Home(tmp_path / "home").create_or_open()
    for name, value in inherited.items():
        monkeypatch.setenv(name, value)
    assert not inherited.keys() & environment(home.path).keys()
    run_dbt(home.path, "seed", "--select", "seed_readmission_methods")
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        assert con.execute("select count(*) from seeds.seed_readmission_methods").fetchall() == [(4,)]
    assert inherited.items() <= os.environ.items()


def test_a_monthly_table_is_made_again_from_all_months_or_not_at_all(
    example_home: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = example_home.copy(tmp_path / "home")
    model = ("build", "--select", "int_stays__stays", "--exclude-resource-type", "unit_test", "--full-refresh")

    def rows() -> int:
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
            return con.execute("select count(*) from intermediate.int_stays__stays").fetchall()[0][0]

    whole = rows()
    monkeypatch.setenv("VARDLAGRET_WINDOW_START", "2024-03-01")
    monkeypatch.setenv("VARDLAGRET_WINDOW_END", "2024-04-01")
    with pytest.raises(
        DbtFailed, match="int_stays__stays holds months, and a full refresh of 2024-03-01 to 2024-04-01"
    ):
        run_dbt(home, *model)
    assert rows() == whole
    monkeypatch.delenv("VARDLAGRET_WINDOW_START")
    monkeypatch.delenv("VARDLAGRET_WINDOW_END")
    run_dbt(home, *model)
    assert rows() == whole
