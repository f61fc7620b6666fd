"""Reconciliation as the latest build left it: records counted in each file against records accounted for."""

from __future__ import annotations

from typing import Any

from orchestration.ledger.ledger import Ledger


def reconciled(ledger: Ledger) -> dict[str, Any]:
    """Per current delivery the second counter's number and what became of the records; what no declaration names.

    `records_raw` leaves out what lies in periods that a newer delivery has replaced. `ok` is whether all deliveries
    balance.
    """
    expected = ledger.records_expected()
    names = {d.delivery_sha256: d for d in ledger.deliveries()}
    counts = {c.delivery_sha256: c for c in ledger.record_counts()}
    deliveries = []
    for sha256, records in sorted(
        expected.items(), key=lambda item: (names[item[0]].source_id, names[item[0]].file_name)
    ):
        count = counts.get(sha256)
        parts = {k: getattr(count, k) if count else 0 for k in ("accepted", "quarantined", "duplicate", "unmapped")}
        balanced = records == parts["accepted"] + parts["quarantined"] + parts["duplicate"]
        deliveries.append(
            {
                "source_id": names[sha256].source_id,
                "delivery_sha256": sha256,
                "file": names[sha256].file_name,
                "records_raw": records,
                **parts,
                "balanced": balanced,
            }
        )
    headings = [
        {"source_id": names[s].source_id, "file": names[s].file_name, "heading": heading}
        for s in expected
        for heading in names[s].unmapped
    ]
    return {
        "ok": all(d["balanced"] for d in deliveries),
        "deliveries": deliveries,
        "unmapped": _unmapped(ledger),
        "unmapped_headings": headings,
    }


def _unmapped(ledger: Ledger) -> list[dict[str, Any]]:
    """Series without a declaration, from the newest run that reconciled."""
    for run in ledger.builds():
        for stage in reversed(ledger.stages_of(run.run_id)):
            if stage["name"] == "reconcile" and stage["outcome"] == "done":
                return stage["detail"].get("unmapped", [])
    return []
