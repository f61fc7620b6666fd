"""Record counts, the index of quarantine, and verdicts: the latest replaces, and everything returns as it was given."""

from __future__ import annotations

import pytest

from orchestration.ledger.ledger import Covered, Delivery, Ledger
from orchestration.ledger.records import QuarantineItem, QuarantinePlace
from orchestration.ledger.verdict import Finding, Verdict
from orchestration.warehouse.reconcile import QuarantinedRecord, RecordCounts


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for sha, records in (("A", 10), ("B", 4)):
        delivery = Delivery(sha, "s", "l", f"{sha}.csv", 1, None, "real", records, records, ("odd",), "x", "h")
        ledger.write_delivery(delivery, [Covered("s/l", sha, records)])
    return ledger


def test_counts_are_replaced_whole_and_totalled(ledger):
    ledger.replace_record_counts("run-1", [RecordCounts("A", "s", 9, 1, 0, 2), RecordCounts("gone", "s", 1, 0, 0, 0)])
    ledger.replace_record_counts("run-2", [RecordCounts("A", "s", 8, 1, 1, 2), RecordCounts("B", "s", 4, 0, 0, 0)])
    assert [(c.delivery_sha256, c.records_raw, c.accepted, c.unmapped) for c in ledger.record_counts()] == [
        ("A", 10, 8, 2),
        ("B", 4, 4, 0),
    ]
    totals = ledger.quarantine_totals()
    assert totals == {"records_raw": 14, "accepted": 12, "quarantined": 1, "duplicate": 1, "files_refused": 0}


def test_quarantine_is_listed_by_rule_and_shown_by_place(ledger):
    def record(sha: str, line: int, code: str = "R_NUMBER", period: str | None = "2016") -> QuarantinedRecord:
        return QuarantinedRecord(sha, "s", "l", f"{sha}.csv", line, "value", code, period)

    ledger.replace_quarantine([record("gone", 1)])
    ledger.replace_quarantine([record("A", 9), record("A", 3), record("A", 5, "R_AREA", None), record("B", 2)])
    assert ledger.quarantine_items("s") == [
        QuarantineItem("s", "l", "A", "A.csv", "R_AREA", None, 1, 5),
        QuarantineItem("s", "l", "A", "A.csv", "R_NUMBER", "2016", 2, 3),
        QuarantineItem("s", "l", "B", "B.csv", "R_NUMBER", "2016", 1, 2),
    ]
    assert ledger.quarantine_items("other") == []
    assert ledger.quarantine_places("A", "R_NUMBER") == [
        QuarantinePlace(3, "value", "R_NUMBER", "2016"),
        QuarantinePlace(9, "value", "R_NUMBER", "2016"),
    ]
    assert [p.line for p in ledger.quarantine_places("A")] == [3, 5, 9]


def test_a_delivery_returns_as_it_was_written(ledger):
    delivery = ledger.delivery("A")
    assert (delivery.records_raw, delivery.unmapped, delivery.file_name) == (10, ("odd",), "A.csv")
    assert delivery.read_at.endswith("+00:00")
    assert ledger.coverage_of("A") == [Covered("s/l", "A", 10)]
    assert [d.delivery_sha256 for d in ledger.deliveries()] == ["A", "B"]
    assert ledger.delivery("none") is None


def test_the_latest_verdict_of_each_dataset_is_kept_apart_from_the_run(ledger):
    finding = Finding("e1", "critical", "failed", "shares above 100 %", 3, (("s", "2016"), ("s", "2017")))
    old = [Verdict("fct_costs", "f1", "1", "failed", (finding,)), Verdict("areas", "f1", "1", "passed")]
    ledger.add_verdicts("run-1", old)
    broken = Verdict("fct_costs", "f2", "1", "broken", (Finding("suite", "critical", "broken", "no suite"),))
    ledger.add_verdicts("run-2", [broken])
    assert ledger.latest_verdicts() == [old[1], broken]
    assert ledger.verdicts_of("run-1") == [old[1], old[0]]
    ledger.add_verdicts("run-2", [Verdict("fct_costs", "f3", "1", "passed")])
    assert [v.outcome for v in ledger.verdicts_of("run-2")] == ["passed"]


def test_a_verdict_of_another_kind_is_no_verdict():
    with pytest.raises(ValueError, match="must be one of"):
        Verdict("fct_costs", "f", "1", "unknown")
