"""The journal: every row of the ledger once more, in their order, whatever was killed in between."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestration.ledger.entries import Arrival, Covered, Delivery
from orchestration.ledger.file import LedgerError
from orchestration.ledger.journal import JournalDamaged
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.migration import differences, migrate, rebuild
from orchestration.ledger.verdict import Verdict
from orchestration.warehouse.reconcile import QuarantinedRecord, RecordCounts


def delivery(sha256: str, records: int = 3) -> Delivery:
    return Delivery(sha256, "alpha", "plain", f"{sha256}.csv", 10, None, "real", records, records, ("x",), "a", "hash")


def lived(path: Path) -> Path:
    """A ledger with something of everything, changed and changed again."""
    (path / "raw").mkdir(parents=True)
    ledger_path = path / "ledger.sqlite"
    with Ledger.open(ledger_path) as ledger:
        run = ledger.start_run("nightly")
        ledger.enter_stage(run, "take_in")
        for sha256 in ("aa", "bb"):
            ledger.write_delivery(delivery(sha256), [Covered("s", "2020", 2), Covered("s", sha256, 1, "2024-04")])
            ledger.record_arrivals([Arrival(f"{sha256}.csv", "ingest", "accepted", sha256, 10, source_id="alpha")])
        ledger.record_arrivals(
            [Arrival("odd.csv", "ingest", "refused", "cc", 1, code="F_EMPTY", message="holds »nothing«")]
        )
        ledger.record_arrivals([Arrival("later.csv", "ingest", None, "dd", 1)])
        ledger.leave_stage(run, "take_in", "done", {"n": 1})
        for n in (1, 2):
            ledger.replace_record_counts(run, [RecordCounts("aa", "alpha", n, 0, 0, 0)])
            ledger.replace_quarantine(
                [QuarantinedRecord("aa", "alpha", "plain", "aa.csv", n, None, "R_AREA", "2020")] * n
            )
        ledger.add_verdicts(run, [Verdict("fct_costs", "f", "1", "passed", ())])
        ledger.add_verdicts(run, [Verdict("fct_costs", "g", "1", "warned", ())])
        ledger.end_run(run, exit_code=0, fingerprint="f")
    with Ledger.open(ledger_path) as ledger:
        ledger.record_arrivals([Arrival("later.csv", "ingest", "accepted", "dd", 1)])
        ledger.write_delivery(delivery("aa", 5), [Covered("s", "2021", 5)])
        ledger.withdraw_reading("bb", "new", "F_LAYOUT", "no longer")
        ledger.purge("aa", "me", "sent by mistake")
        ledger.join_run("later", "dagster")
        ledger.open_incident("disk_low:red", "disk_low", "2026-01-01", "2026-01-01")
        ledger.quiet_incident("disk_low:red", "me", "2026-01-02", None)
        ledger.hold_publication("me", "asked for")
        ledger.lift_hold("you", "settled")
    return ledger_path


def test_ledgers_replaced_in_the_same_second_are_all_kept(tmp_path: Path) -> None:
    path = lived(tmp_path)
    replaced = [rebuild(path)[1] for _ in range(3)]
    assert len(set(replaced)) == 3
    assert all(old is not None and old.exists() for old in replaced)


def test_the_ledger_made_anew_equals_the_one_it_replaces(tmp_path: Path) -> None:
    path = lived(tmp_path)
    lines, old = rebuild(path)
    assert lines > 15
    assert old is not None
    assert differences(old, path) == {}
    with Ledger.open(path, read_only=True) as ledger:
        assert [r.file_name for r in ledger.receipts()] == ["aa.csv", "bb.csv", "odd.csv", "later.csv"]
        assert ledger.purged("aa")
        assert ledger.quarantine_totals()["files_refused"] == 2


def test_a_ledger_made_anew_goes_on_like_the_old_one(tmp_path: Path) -> None:
    path = lived(tmp_path)
    rebuild(path)
    with Ledger.open(path) as ledger:
        ledger.record_arrivals([Arrival("new.csv", "ingest", "refused", "ee", 1, code="F_EMPTY")])
    _, old = rebuild(path)
    assert old is not None
    assert differences(old, path) == {}


def test_a_lost_ledger_is_made_anew_from_the_journal_alone(tmp_path: Path) -> None:
    path = lived(tmp_path)
    kept = tmp_path / "kept.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("vacuum into ?", (str(kept),))
    path.unlink()
    assert rebuild(path)[1] is None
    # Rows of a vacuumed copy stand in the same order.
    assert differences(kept, path) == {}


def test_what_a_kill_left_of_a_line_is_cut_off_and_written_again(tmp_path: Path) -> None:
    path = lived(tmp_path)
    journal = tmp_path / "raw" / "journal.jsonl"
    whole = journal.read_bytes()
    # Killed while the last change was being appended: half a line stands there, and its row is noted still.
    with Ledger.open(path) as ledger:
        ledger.record_arrivals([Arrival("new.csv", "ingest", "refused", "ee", 1, code="F_EMPTY")])
    added = journal.read_bytes()[len(whole) :]
    journal.write_bytes(whole + added[: len(added) // 3])
    with sqlite3.connect(path) as connection:
        connection.execute("insert into unwritten (name, key) select 'receipts', max(receipt_id) from receipts")
        connection.execute("insert into unwritten (name, key) select 'outcomes', max(outcome_id) from outcomes")
    Ledger.open(path).close()
    assert all(json.loads(line) for line in journal.read_text().splitlines())
    _, old = rebuild(path)
    assert old is not None
    assert differences(old, path) == {}


def test_an_unchanged_build_adds_no_line(tmp_path: Path) -> None:
    path = lived(tmp_path)
    journal = tmp_path / "raw" / "journal.jsonl"
    refused = QuarantinedRecord("zz", "alpha", "plain", "zz.csv", 1, None, "R_AREA", "2020")
    with Ledger.open(path) as ledger:
        ledger.replace_quarantine([refused])
    before = journal.read_bytes()
    with Ledger.open(path) as ledger:
        ledger.replace_quarantine([refused])
    assert journal.read_bytes() == before


def test_a_damaged_line_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    path = lived(tmp_path)
    journal = tmp_path / "raw" / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([*lines[:3], "{broken\n", *lines[3:]]))
    before = path.read_bytes()
    with pytest.raises(JournalDamaged, match="line 4"):
        rebuild(path)
    assert path.read_bytes() == before


def test_without_a_journal_nothing_is_made(tmp_path: Path) -> None:
    path = lived(tmp_path)
    (tmp_path / "raw" / "journal.jsonl").unlink()
    with pytest.raises(LedgerError, match="no journal"):
        rebuild(path)
    assert path.exists()


def test_the_journal_is_its_owners_alone(tmp_path: Path) -> None:
    lived(tmp_path)
    assert (tmp_path / "raw" / "journal.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_ledger_of_schema_2_gets_what_it_lacks_and_keeps_its_journal(tmp_path: Path) -> None:
    path = lived(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in ("incidents", "holds"):
            connection.execute(f"drop table {table}")
        connection.execute("pragma user_version = 2")
    with pytest.raises(LedgerError, match="doctor --migrate"):
        Ledger.open(path)
    before = (tmp_path / "raw" / "journal.jsonl").read_bytes()
    migrate(path)
    migrate(path)
    assert (tmp_path / "raw" / "journal.jsonl").read_bytes() == before
    with Ledger.open(path) as ledger:
        ledger.hold_publication("me", "again")
    assert b'"table": "holds"' in (tmp_path / "raw" / "journal.jsonl").read_bytes()[len(before) :]


def test_a_journal_and_a_ledger_from_before_schema_5_are_brought_to_it(tmp_path: Path) -> None:
    """A line told scope, period and records of each coverage, and the table had no other column."""
    path = lived(tmp_path)
    with Ledger.open(path) as ledger:
        ledger.write_delivery(delivery("ff"), [Covered("s", "open", 3, "2024-04")])
    lines = path.parent / "raw" / "journal.jsonl"
    events = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    for event in events:
        if "coverage" in event:
            event["coverage"] = [row[:3] for row in event["coverage"]]
    lines.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("alter table coverage drop column told_until")
        connection.execute("pragma user_version = 4")
    for _ in range(2):
        migrate(path)
    _, old = rebuild(path)
    assert old is not None
    assert differences(old, path) == {}
    with Ledger.open(path) as ledger:
        assert ledger.coverage_of("ff") == [Covered("s", "open", 3)], "until it is read anew"
        ledger.write_delivery(delivery("ee"), [Covered("s", "open", 3, "2024-12")])
        assert ledger.coverage_of("ee") == [Covered("s", "open", 3, "2024-12")]
