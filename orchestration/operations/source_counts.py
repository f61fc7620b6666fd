"""What the ledger knows of each source, for the table `sources` of a release."""

from __future__ import annotations

from collections import defaultdict

from orchestration.indicators.reference_tables import SourceCounts
from orchestration.ledger.ledger import CurrentDelivery, Ledger
from orchestration.ledger.records import Counts


def source_counts(ledger: Ledger) -> dict[str, SourceCounts]:
    """Counts by source over its current deliveries. Of a delivery only what is still current for something counts."""
    deliveries: dict[str, list[CurrentDelivery]] = defaultdict(list)
    records: dict[str, list[Counts]] = defaultdict(list)
    for delivery in ledger.current_deliveries():
        deliveries[delivery.source_id].append(delivery)
    for count in ledger.record_counts():
        records[count.source_id].append(count)
    return {source: _counts(deliveries[source], records[source]) for source in deliveries}


def _counts(deliveries: list[CurrentDelivery], records: list[Counts]) -> SourceCounts:
    # An export date comes from the delivery; two of one day are told apart by their hash, not by when they arrived.
    newest = max(deliveries, key=lambda d: (d.extracted_at or "", d.delivery_sha256))
    return SourceCounts(
        newest_delivery_sha256=newest.delivery_sha256,
        newest_extracted_at=newest.extracted_at,
        deliveries_current=len(deliveries),
        records_raw=sum(r.accepted + r.quarantined + r.duplicate for r in records),
        records_accepted=sum(r.accepted for r in records),
        records_quarantined=sum(r.quarantined for r in records),
        records_duplicate=sum(r.duplicate for r in records),
    )
