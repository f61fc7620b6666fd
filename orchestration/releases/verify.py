"""Is a release what it was when it was published? Every byte is read again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from orchestration.releases.checksums import CHECKSUMS, ReleaseDamaged, content_sha256, differences, sha256_of
from orchestration.releases.history import pointer


@dataclass(frozen=True)
class Verification:
    """A release and what is wrong with it; sound where `problems` is empty."""

    release_id: str
    problems: list[str]


def verify(releases: Path, release_id: str = "latest") -> Verification:
    """Recompute checksums, content hash and the pointer, and read every table's columns and number of rows.

    A site/ that was built afterwards is not part of the check.
    """
    try:
        latest = pointer(releases)
    except ReleaseDamaged as error:
        return Verification(release_id, [str(error)])
    name = latest.get("release", "") if release_id == "latest" else release_id
    folder = releases / name
    if not name or folder.parent != releases or not folder.is_dir():
        return Verification(name or "latest", [f"there is no release {name or 'yet'} in {releases}"])
    problems = differences(folder)
    if not problems:
        try:
            content = content_sha256(folder)
            problems = _content(folder, content) + _tables(folder)
        except (OSError, ValueError, KeyError) as error:
            return Verification(name, [f"a description is unreadable: {type(error).__name__} {error}"])
        if latest.get("release") == name:
            problems += _pointer(latest, folder, content)
    return Verification(name, problems)


def _content(folder: Path, content: str) -> list[str]:
    recorded = json.loads((folder / "provenance.json").read_text())["content_sha256"]
    return [] if content == recorded else [f"content_sha256 is {content[:12]}, provenance.json says {recorded[:12]}"]


def _tables(folder: Path) -> list[str]:
    """Tables that cannot be read, or are not as datapackage.json describes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    problems = []
    for table in json.loads((folder / "datapackage.json").read_text())["resources"]:
        named = [field["name"] for field in table["schema"]["fields"]]
        try:
            file = pq.ParquetFile(folder / table["parquet"])
            with (folder / table["path"]).open(encoding="utf-8") as text:
                heading = text.readline().rstrip("\n").split(",")
        except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
            problems.append(f"{table['name']} cannot be read: {type(error).__name__}")
            continue
        if file.metadata.num_rows != table["rows"]:
            problems.append(f"{table['parquet']} has {file.metadata.num_rows} rows, described are {table['rows']}")
        if file.schema_arrow.names != named or heading != named:
            problems.append(f"{table['name']} has other columns than datapackage.json describes")
    return problems


def _pointer(latest: dict[str, str], folder: Path, content: str) -> list[str]:
    problems = []
    if latest["checksums_sha256"] != sha256_of(folder / CHECKSUMS):
        problems.append("latest.json names other checksums")
    if latest["content_sha256"] != content:
        problems.append("latest.json names another content")
    return problems
