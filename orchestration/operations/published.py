"""What was published, read from the releases alone."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import Any

from orchestration.home import Home


def releases(home: Home) -> dict[str, Any]:
    """The contract's `release list`, without its head."""
    from orchestration.releases.history import list_releases

    return {"latest": _latest(home), "releases": [asdict(r) for r in list_releases(home.releases)]}


def release_contents(home: Home, release: str) -> dict[str, Any]:
    """Rows per table, withheld entries and verdicts of one release. Raises `LookupError` when there is none such."""
    folder = home.releases / named(home, release)
    withheld = _rows(folder / "data" / "withheld.csv")
    quality = json.loads((folder / "quality.json").read_text())
    tables = {r["name"]: r.get("rows") for r in json.loads((folder / "datapackage.json").read_text())["resources"]}
    return {"release": folder.name, "tables": tables, "withheld": withheld, "quality": quality}


def verified(home: Home, release: str) -> dict[str, Any]:
    """Checksums of a release, recomputed."""
    from orchestration.releases.verify import verify

    found = verify(home.releases, named(home, release))
    return {"release": found.release_id, "ok": not found.problems, "problems": list(found.problems)}


def compared(
    home: Home, older: str | None, newer: str, *, indicator: str | None, area: str | None, limit: int
) -> dict[str, Any]:
    """What changed between two releases; `older` is the one before the newer, when None. At most `limit` values.

    Raises `LookupError` for a release that does not exist, or that has none before it; `ReleaseDamaged`.
    """
    from orchestration.releases.diff import diff
    from orchestration.releases.history import release_ids

    newer = named(home, newer)
    if older is None:
        before = release_ids(home.releases)
        place = before.index(newer)
        if place == 0:
            raise LookupError(f"{newer} is the first release: there is none before it to compare with")
        older = before[place - 1]
    found = asdict(diff(home.releases, named(home, older), newer, indicator=indicator, area=area))
    changes = found.pop("changes")
    return {**found, "changes_total": len(changes), "changes": changes[:limit] if limit else changes}


def named(home: Home, release: str) -> str:
    """The id of a release that exists; `latest` is one. Raises `LookupError`."""
    name = _latest(home) if release == "latest" else release
    if name is None:
        raise LookupError(
            f"nothing has been released in {home.path}; `vardlagret --home {home.path} nightly` publishes"
        )
    if not (home.releases / name).is_dir():
        raise LookupError(f"there is no release {name}; see `vardlagret --home {home.path} release list`")
    return name


def _latest(home: Home) -> str | None:
    from orchestration.releases.history import latest_id

    return latest_id(home.releases)


def _rows(path: Any) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
