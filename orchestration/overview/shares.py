"""Quarantine by owner: the share of an owner's records that was refused, against the same share on earlier nights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Any

from orchestration.ledger.records import RecordCount
from orchestration.ledger.runs import Run
from orchestration.overview import lights
from orchestration.sources.catalogue import Catalogue

_Counts = dict[str, tuple[int, int]]


def quarantine_shares(counts: Iterable[RecordCount], runs: list[Run], catalogue: Catalogue) -> list[dict[str, Any]]:
    """One entry per owner with records: `percent` in quarantine now, `usual_percent` (median), over how many nights.

    The history is of nights that built something, each with its own counts (`runs`, newest first; the newest of them
    made what stands now and is not held against itself).
    """
    owners = {s.source_id: s.owner for s in catalogue.sources}
    refused: Counter[str] = Counter()
    records: Counter[str] = Counter()
    for count in counts:
        owner = owners.get(count.source_id, count.source_id)
        refused[owner] += count.quarantined
        records[owner] += count.accepted + count.quarantined + count.duplicate
    past = [_by_owner(r, owners) for r in runs if r.built and (r.summary or {}).get("sources")][1:]
    return [_entry(o, refused[o], records[o], [night[o] for night in past if o in night]) for o in sorted(records)]


def _entry(owner: str, refused: int, records: int, past: list[tuple[int, int]]) -> dict[str, Any]:
    earlier = [_percent(*night) for night in past]
    percent = _percent(refused, records)
    return {
        "owner": owner,
        "records_raw": records,
        "quarantined": refused,
        "percent": percent,
        "usual_percent": median(earlier) if earlier else None,
        "nights": len(earlier),
        "light": lights.of_share(percent, earlier),
    }


def _by_owner(run: Run, owners: dict[str, str]) -> _Counts:
    found: _Counts = {}
    for source, counts in (run.summary or {})["sources"].items():
        refused, records = found.get(owners.get(source, source), (0, 0))
        found[owners.get(source, source)] = (refused + counts["quarantined"], records + counts["records_raw"])
    return found


def _percent(refused: int, records: int) -> float:
    return round(100 * refused / records, 3) if records else 0.0
