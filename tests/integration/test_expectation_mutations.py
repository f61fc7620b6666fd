"""Each expectation can fail, by one wrong value or slice, and then no other does but those named beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from expectations.declarations import DATASETS, load
from expectations.engine import judge
from tests.support.mutations import MUTATIONS, Mutation, Removal
from tests.support.sound_facts import sound_warehouse

# Heby is in the sound baseline on purpose: the change is listed for information and is no fault.
LISTED = {("fct_population", "boundary_change")}
OUTCOME = {"critical": "failed", "warning": "warned", "info": "passed"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sound_warehouse(tmp_path_factory.mktemp("sound") / "warehouse.duckdb")


def failed(warehouse: Path, dataset: str, history: dict[str, int] | None = None) -> dict[str, int | None]:
    (verdict,) = judge(warehouse, [dataset], history=history)
    assert all(f.outcome != "broken" for f in verdict.findings), verdict.findings
    return {f.expectation: f.failed_rows for f in verdict.findings if f.outcome == "failed"}


def test_sound_facts_pass_with_their_lawful_oddities(sound: Path) -> None:
    verdicts = judge(sound)
    assert {v.dataset: v.outcome for v in verdicts} == dict.fromkeys(DATASETS, "passed")
    assert {(v.dataset, f.expectation) for v in verdicts for f in v.findings if f.outcome == "failed"} == LISTED


def test_no_expectation_is_without_a_mutation() -> None:
    declared = {(name, e.id) for name in DATASETS for e in load(name).expectations}
    assert declared - LISTED == {(m.dataset, m.expectation) for m in MUTATIONS}
    assert len(MUTATIONS) == len({(m.dataset, m.expectation) for m in MUTATIONS})


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.dataset}-{m.expectation}")
def test_one_value_flips_one_expectation(mutation: Mutation, sound: Path, tmp_path: Path) -> None:
    warehouse = shutil.copy(sound, tmp_path / "warehouse.duckdb")
    history = mutation.apply(warehouse)
    (verdict,) = judge(warehouse, [mutation.dataset], history=history)
    found = {f.expectation: f for f in verdict.findings if f.outcome != "passed"}
    if isinstance(mutation, Removal) and mutation.where == "true":
        # Nothing of a table without a row was judged: broken, before its least number of rows is asked for.
        assert ({n: f.outcome for n, f in found.items()}, verdict.outcome) == ({"table": "broken"}, "broken")
        return
    assert set(found) - {e for d, e in LISTED if d == mutation.dataset} == {mutation.expectation, *mutation.also}
    finding = found[mutation.expectation]
    # A critical finding of a few cells masks them, where the expectation says so, and the rest is published.
    (unit,) = (e.unit for e in load(mutation.dataset).expectations if e.id == mutation.expectation)
    lets_mask = unit != "slice" and finding.severity == "critical"
    assert finding.outcome == "failed" or (finding.outcome == "masked" and lets_mask)
    said = {"warned" if f.outcome == "masked" else OUTCOME[f.severity] for f in found.values()}
    assert verdict.outcome == next(o for o in ("failed", "warned", "passed") if o in said)
    if mutation.failed_rows is not None:
        assert finding.failed_rows == mutation.failed_rows
        assert finding.slices or finding.cell_slices


def test_boundary_change_is_listed_only_when_people_moved(sound: Path, tmp_path: Path) -> None:
    """The one expectation that the baseline does not pass: without Heby's two rows it does."""
    import duckdb

    warehouse = shutil.copy(sound, tmp_path / "warehouse.duckdb")
    assert "boundary_change" in failed(warehouse, "fct_population")
    con = duckdb.connect(str(warehouse))
    con.execute("delete from marts.fct_population where period = '2007' and area_code in ('03', '19', '00')")
    con.close()
    assert failed(warehouse, "fct_population") == {}
