"""What is held, now or as on a date; and which cells nothing needs any more."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.settings import TIME_ZONE


def held(ledger: Ledger, source_id: str | None = None, as_of: str | None = None) -> dict[str, Any]:
    """Deliveries that are current for something, or were at `as_of`, with the periods each one was current for."""
    until = moment(as_of) if as_of else None
    found = [d for d in ledger.current_deliveries(until) if source_id in (None, d.source_id)]
    return {
        "as_of": until,
        "deliveries": [
            {
                "source_id": d.source_id,
                "layout_id": d.layout_id,
                "file": d.file_name,
                "delivery_sha256": d.delivery_sha256,
                "extracted_at": d.extracted_at,
                "received_at": d.received_at,
                "scopes": sorted({scope for scope, _ in d.coverage}),
                "periods": list(d.period_keys),
            }
            for d in found
        ],
    }


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
