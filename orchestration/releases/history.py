"""The releases that were published, read from their own files."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.releases.checksums import ReleaseDamaged

WITHDRAWN = "withdrawn.json"
_ID = re.compile(r"^(\d{4}-\d{2}-\d{2})\.(\d+)$")


@dataclass(frozen=True)
class ReleaseSummary:
    """One line of the contract's `release list`."""

    id: str
    content_sha256: str
    published_at: str
    data_origin: str
    code_version: str
    indicators: int
    values: int
    withheld: int
    carried_forward: int
    accepted: int = 0
    restored_from: str | None = None
    withdrawn: dict[str, Any] | None = None


def release_ids(releases: Path) -> list[str]:
    """Ids of the published releases, oldest first. A folder that is still being built has another name."""
    found = [p.name for p in releases.iterdir() if p.is_dir() and _ID.match(p.name)] if releases.is_dir() else []
    return sorted(found, key=lambda name: (name[:10], int(name[11:])))


def list_releases(releases: Path) -> list[ReleaseSummary]:
    """Every published release, oldest first."""
    withdrawn = withdrawals(releases)
    return [_summary(releases / name, withdrawn) for name in release_ids(releases)]


def withdrawals(releases: Path) -> dict[str, dict[str, Any]]:
    """Notes on withdrawn releases, by release: `at, by, note`. They stand beside the releases, which do not change.

    Raises:
        ReleaseDamaged: the file is there and cannot be read.
    """
    file = releases / WITHDRAWN
    try:
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}
    except ValueError:
        raise ReleaseDamaged(f"{file} cannot be read; restore it from a backup of the home") from None


def latest_id(releases: Path) -> str | None:
    """The id of the release that `latest.json` points to; None before the first."""
    return latest["release"] if (latest := pointer(releases)) else None


def pointer(releases: Path) -> dict[str, str]:
    """What `latest.json` says; empty before the first release.

    Raises:
        ReleaseDamaged: it is there and does not say it.
    """
    file = releases / "latest.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {name: str(said[name]) for name in ("release", "checksums_sha256", "content_sha256")}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise ReleaseDamaged(
            f"{file} is no pointer to a release; remove it, and the next night points to the newest sound release"
        ) from None


def _summary(folder: Path, withdrawn: dict[str, dict[str, Any]]) -> ReleaseSummary:
    provenance = json.loads((folder / "provenance.json").read_text())
    rows = {r["name"]: r["rows"] for r in json.loads((folder / "datapackage.json").read_text())["resources"]}
    with (folder / "data" / "withheld.csv").open(encoding="utf-8", newline="") as file:
        actions = Counter(row["action"] for row in csv.DictReader(file))
    return ReleaseSummary(
        id=folder.name,
        content_sha256=provenance["content_sha256"],
        published_at=provenance["run"]["published_at"],
        data_origin=provenance["data_origin"],
        code_version=provenance["code_version"],
        indicators=rows["indicators"],
        values=rows["indicator_values"],
        withheld=actions["withheld"],
        carried_forward=actions["carried_forward"],
        accepted=actions["accepted"],
        restored_from=provenance.get("restored_from"),
        withdrawn=withdrawn.get(folder.name),
    )


def rows_of_latest(releases: Path) -> dict[str, int]:
    """Rows per table of the latest release; empty before the first."""
    name = latest_id(releases)
    if name is None or not (releases / name).is_dir():
        return {}
    package = json.loads((releases / name / "datapackage.json").read_text())
    return {r["name"]: r["rows"] for r in package["resources"]}
