"""Windows in the ledger: due, building, built or failed; batches; and the same ledger from the journal."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestration.ledger.file import LedgerError
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.migration import differences, migrate, rebuild
from orchestration.ledger.windows import Built

FACT = "fct_readmissions"
BUILT = Built("in", "models", "definitions", "warehouse", "2026-01-01")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    (tmp_path / "raw").mkdir()
    return Ledger.open(tmp_path / "ledger.sqlite")


def outcomes(ledger: Ledger) -> dict[str, str]:
    return {month: state.outcome for (_, month), state in ledger.month_states().items()}


def pairs(*months: str) -> list[tuple[str, str]]:
    return [(FACT, month) for month in months]


def due(ledger: Ledger, *months: str) -> None:
    ledger.mark_due((FACT, month, [{"code": "revision"}]) for month in months)


def test_a_month_is_due_then_built(ledger: Ledger) -> None:
    due(ledger, "2024-01", "2024-02")
    batch = ledger.start_batch("run", [FACT], pairs("2024-01", "open"))
    assert outcomes(ledger) == {"2024-01": "building", "2024-02": "due", "open": "building"}
    ledger.end_batch(batch, {(FACT, "2024-01"): BUILT, (FACT, "open"): BUILT})
    assert outcomes(ledger) == {"2024-01": "built", "2024-02": "due", "open": "built"}
    state = ledger.month_states()[FACT, "2024-01"]
    assert (state.built, state.reasons, state.run_id) == (BUILT, [{"code": "revision"}], "run")
    (found,) = ledger.batches()
    assert (found.first, found.last, found.months, found.outcome) == ("2024-01", "2024-01", 1, "built")


def test_facts_of_one_batch_have_months_of_their_own(ledger: Ledger) -> None:
    both = {(FACT, "2024-01"): BUILT, ("fct_wait_times", "2024-02"): BUILT}
    ledger.end_batch(ledger.start_batch("run", [FACT, "fct_wait_times"], both), both)
    assert {key: s.outcome for key, s in ledger.month_states().items()} == dict.fromkeys(both, "built")


def test_a_failed_batch_fails_its_months_and_no_others(ledger: Ledger) -> None:
    due(ledger, "2024-01", "2024-02")
    ledger.end_batch(ledger.start_batch("run", [FACT], pairs("2024-01")), {(FACT, "2024-01"): BUILT})
    due(ledger, "2024-01")
    ledger.end_batch(ledger.start_batch("run", [FACT], pairs("2024-01")), None)
    assert outcomes(ledger) == {"2024-01": "failed", "2024-02": "due"}
    # What it was built from last stays known: changes are told against it.
    assert ledger.month_states()[FACT, "2024-01"].built == BUILT


def test_what_a_kill_left_building_has_failed(ledger: Ledger) -> None:
    due(ledger, "2024-01", "2024-02")
    ledger.start_batch("run", [FACT], pairs("2024-01"))
    assert ledger.close_dead_batches() == 1
    assert outcomes(ledger) == {"2024-01": "failed", "2024-02": "due"}
    assert ledger.batches()[0].outcome == "killed"
    assert ledger.close_dead_batches() == 0


def test_a_provenance_batch_leaves_the_state_of_its_months_until_it_ends(ledger: Ledger) -> None:
    due(ledger, "2024-01")
    ledger.end_batch(ledger.start_batch("run", [FACT], pairs("2024-01")), {(FACT, "2024-01"): BUILT})
    batch = ledger.start_batch("run", [FACT], pairs("2024-01"), "provenance")
    assert outcomes(ledger) == {"2024-01": "built"}
    later = Built("other", "models", "definitions", "warehouse", "2026-02-01")
    ledger.end_batch(batch, {(FACT, "2024-01"): later})
    assert ledger.month_states()[FACT, "2024-01"].built == later


def test_the_journal_gives_an_equal_ledger(ledger: Ledger) -> None:
    due(ledger, "2024-01", "2024-02")
    batch = ledger.start_batch("run", [FACT], pairs("2024-01"))
    ledger.keep()
    ledger.end_batch(batch, {(FACT, "2024-01"): BUILT})
    ledger.start_batch("run", [FACT], pairs("2024-02"))
    ledger.close()
    _, old = rebuild(ledger.path)
    assert old is not None
    assert differences(old, ledger.path) == {}


def test_a_ledger_of_schema_2_gets_its_tables_and_is_journalled(ledger: Ledger) -> None:
    """Schema 2 had neither windows nor batches; what it held stays."""
    run = ledger.start_run("nightly")
    ledger.close()
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.executescript("drop table windows; drop table batches; pragma user_version = 2;")
    with pytest.raises(LedgerError, match="doctor --migrate"):
        Ledger.open(ledger.path)
    migrate(ledger.path)
    with Ledger.open(ledger.path) as migrated:
        assert [r.run_id for r in migrated.runs()] == [run]
        migrated.end_batch(migrated.start_batch(run, [FACT], pairs("2024-01")), {(FACT, "2024-01"): BUILT})
    _, old = rebuild(ledger.path)
    assert old is not None
    assert differences(old, ledger.path) == {}
