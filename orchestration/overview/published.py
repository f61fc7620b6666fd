"""The latest release as the night shift sees it: what it holds back, and how its tables grew or shrank."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from orchestration.overview import lights
from orchestration.releases.history import release_ids

_SHOWN = ("scope", "name", "source_id", "period", "action", "reason_code", "reason_sv", "reason_en", "since_release")


def withheld_entries(releases: Path, release: str) -> list[dict[str, str]]:
    """The release's list of what is withheld or carried forward; it holds no value and no count."""
    path = releases / release / "data" / "withheld.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: row[name] for name in _SHOWN} for row in csv.DictReader(file)]


def held_slices(entries: list[dict[str, str]]) -> set[tuple[str, str]]:
    """(source, period) of the fact slices among the entries."""
    return {(e["source_id"], e["period"]) for e in entries if e["scope"] == "fact_slice" and e["source_id"]}


def tables_compared(releases: Path, release: str) -> list[dict[str, Any]]:
    """Rows of each table of a release, and of the release before it where there is one."""
    known = release_ids(releases)
    place = known.index(release) if release in known else 0
    before = _rows(releases / known[place - 1]) if place else {}
    return [
        {"name": name, "rows": rows, "rows_before": before.get(name), "light": lights.of_rows(rows, before.get(name))}
        for name, rows in _rows(releases / release).items()
    ]


def _rows(folder: Path) -> dict[str, int]:
    try:
        package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        return {r["name"]: int(r["rows"]) for r in package["resources"] if r.get("rows") is not None}
    except (OSError, ValueError, KeyError):
        return {}
