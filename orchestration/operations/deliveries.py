"""What is held, now or as on a date; and which cells nothing needs any more."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.deliveries.scopes import window_in_name
from orchestration.home import Home
from orchestration.ledger.ledger import CurrentDelivery, Ledger
from orchestration.settings import TIME_ZONE
from orchestration.sources.catalogue import Catalogue
from orchestration.warehouse.changes import is_dated


def held(
    ledger: Ledger,
    catalogue: Catalogue,
    source_id: str | None = None,
    as_of: str | None = None,
    period: str | None = None,
) -> dict[str, Any]:
    """Deliveries that are current for something, or were at `as_of`, with the periods each one was current for.

    With `period` only those current for it, as a record's period key writes it (`2016`, `2023-05`): also what was sent
    for several months together, such as diagnoses, where the sending covers that month.
    """
    until = moment(as_of) if as_of else None
    found = []
    for d in ledger.current_deliveries(until):
        pairs = [pair for pair in d.coverage if period is None or _concerns(catalogue, d, pair[1], period)]
        if source_id in (None, d.source_id) and pairs:
            found.append((d, pairs))
    return {
        "as_of": until,
        "period": period,
        "deliveries": [
            {
                "source_id": d.source_id,
                "layout_id": d.layout_id,
                "file": d.file_name,
                "delivery_sha256": d.delivery_sha256,
                "extracted_at": d.extracted_at,
                "received_at": d.received_at,
                "scopes": sorted({scope for scope, _ in pairs}),
                "periods": sorted({key for _, key in pairs}),
            }
            for d, pairs in found
        ],
    }


def _concerns(catalogue: Catalogue, delivery: CurrentDelivery, key: str, period: str) -> bool:
    """Whether records under a period key are of the period: by name, or in a sending without dates by its months."""
    if key == period:
        return True
    source = next((s for s in catalogue.sources if s.source_id == delivery.source_id), None)
    if source is None or is_dated(source, layout := source.layout(delivery.layout_id)):
        return False
    window = window_in_name(layout, delivery.file_name)
    return window is not None and period in window.months


def moment(text: str) -> str:
    """A date (its last moment in Sweden) or a moment as the ledger writes it: UTC with microseconds.

    Raises `LookupError` for what is neither.
    """
    try:
        if len(text) == 10:
            local = datetime.combine(date.fromisoformat(text), time.max, ZoneInfo(TIME_ZONE))
        else:
            local = datetime.fromisoformat(text)
            local = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(TIME_ZONE))
    except ValueError:
        raise LookupError(f"--as-of {text}: give a date (2026-03-01) or a moment (2026-03-01T12:00)") from None
    return local.astimezone(UTC).isoformat(timespec="microseconds")


def superseded_cells(home: Home, ledger: Ledger) -> list[Path]:
    """Files of cells whose delivery is current for nothing."""
    current = {d.delivery_sha256 for d in ledger.current_deliveries()}
    return sorted(p for p in home.cells.rglob("*.parquet") if p.stem not in current)
