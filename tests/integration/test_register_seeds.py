"""A method that names an empty or unknown set, or looks further than the models do, stops the build."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from orchestration.warehouse.dbt import DbtFailed, run_dbt

SEEDS = ("seed_readmission_methods", "seed_diagnosis_sets")


def test_an_empty_set_an_unknown_set_and_a_window_out_of_reach_fail(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open()
    run_dbt(home.path, "build", "--select", *SEEDS)
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute(
            """delete from seeds.seed_diagnosis_sets where diagnosis_set in ('acute_chronic_65', 'avoidable_20');
               insert into seeds.seed_diagnosis_sets (diagnosis_set, version, code_prefix, status, source)
                 select 'twice', version, 'I50', 'owner', 'here' from range(1, 3) as versions (version);
               update seeds.seed_readmission_methods set return_set = 'no_such_set' where method_code = 'nhs';
               update seeds.seed_readmission_methods set window_last = 31 where method_code = 'cihi_like'"""
        )
    with pytest.raises(DbtFailed) as failed:
        run_dbt(home.path, "test", "--select", *SEEDS)
    for test in (
        "set_has_codes_seed_readmission_methods_index_set",
        "set_has_codes_seed_readmission_methods_return_set",
    ):
        assert f"Failure in test {test}" in str(failed.value)
    for test in (
        "holds_set_seed_diagnosis_sets_diagnosis_set__avoidable_20",
        "one_version_seed_diagnosis_sets_diagnosis_set",
    ):
        assert f"Failure in test {test}" in str(failed.value)
    assert "Failure in test within_reach_seed_readmission_methods_window_last" in str(failed.value)
