"""Answers of Kolada's API, synthetic, as small as a test needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def kolada_answer(path: Path, values: Mapping[tuple[str, str, int], float | None], gender: str = "T") -> Path:
    """Write values by (indicator, area, year) as one answer of the values endpoint. `synthetic` stands in the name."""
    assert "synthetic" in path.name
    records = [
        {"kpi": kpi, "municipality": area, "period": year,
         "values": [{"gender": gender, "count": 1, "status": "", "value": value, "isdeleted": False}]}
        for (kpi, area, year), value in values.items()
    ]  # fmt: skip
    envelope = {"values": records, "count": len(records), "next_url": None, "previous_url": None}
    path.write_text(json.dumps(envelope), encoding="utf-8")
    return path
