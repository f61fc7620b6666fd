"""dbt's own unit tests, run against a home's lexical views."""

from __future__ import annotations

from pathlib import Path

from orchestration.warehouse.dbt import run_dbt
from tests.support.built import Built


def test_unit_tests_of_the_models_pass(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    printed = run_dbt(home, "test", "--select", "test_type:unit", "--no-use-colors")
    assert "ERROR=0" in printed
    assert int(printed.split("PASS=")[1].split()[0]) >= 7
