"""Building a release: beside the others, checksums last, then one rename, then `latest.json`. Readers see old or new.

A release is made if and only if its content or its withheld list differs from the latest one's.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from orchestration.ledger.verdict import Verdict
from orchestration.releases import describe, durable
from orchestration.releases.content import Previous, check_tables, decisions, lay_out
from orchestration.releases.contract import TABLES
from orchestration.releases.formats import write_table
from orchestration.settings import TIME_ZONE

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition

BUILDING = ".building-"


@dataclass(frozen=True)
class RunInfo:
    """The run that builds. Goes into `provenance.json` under `run`, nowhere else."""

    run_id: str
    started_at: str | None = None


@dataclass(frozen=True)
class ReleaseResult:
    """Whether a release was made, which, and what was held back. Without one, `reason` says why none was due."""

    made: bool
    release_id: str | None
    content_sha256: str
    reason: str
    carried_forward: int = 0
    withheld: list[dict[str, Any]] = field(default_factory=list)


def make_release(
    releases: Path,
    con: duckdb.DuckDBPyConnection,
    verdicts: Iterable[Verdict],
    definitions: Iterable[Definition],
    *,
    run: RunInfo,
    now: datetime,
    code_version: str,
    data_origin: str,
    progress: Callable[[str], None] = lambda _: None,
) -> ReleaseResult:
    """Publish what the gate lets through.

    Args:
        con: the warehouse; temporary tables are made, nothing of it is changed.
        now: when the run started; its Swedish date names the release.

    Raises:
        ContractBroken: a table has not the contract's columns; nothing was published.
    """
    releases.mkdir(parents=True, exist_ok=True)
    for leftover in releases.glob(f"{BUILDING}*"):
        durable.remove(leftover)
    check_tables(con)
    judged = list(verdicts)
    known = list(definitions)
    previous = Previous.latest(releases)
    decided = decisions(con, judged, known, previous)
    withheld = lay_out(con, decided, previous)
    folder = releases / f"{BUILDING}{secrets.token_hex(6)}"
    data = folder / "data"
    data.mkdir(parents=True)
    for table in TABLES:
        progress(f"release: {table.name}")
        for path in write_table(con, table, f"release_{table.name}", data):
            durable.sync_file(path)
    content = content_sha256(folder)
    if previous and content == json.loads((releases / "latest.json").read_text())["content_sha256"]:
        durable.remove(folder)
        return ReleaseResult(False, previous.release_id, content, "nothing has changed since the latest release")
    release_id = free_id(releases, now)
    carried = sum(row["action"] == "carried_forward" for row in withheld)
    durable.write(folder / "datapackage.json", describe.datapackage(con, release_id, data_origin))
    durable.write(
        folder / "provenance.json",
        describe.provenance(con, release_id, content, code_version, data_origin, known, run, now),
    )
    durable.write(folder / "quality.json", describe.quality(judged, decided, withheld))
    _close(folder)
    durable.rename(folder, releases / release_id)
    point_to(releases, release_id, content)
    return ReleaseResult(True, release_id, content, "content has changed", carried, withheld)


def content_sha256(folder: Path) -> str:
    """SHA-256 over the sorted lines `<sha256>  <path>` of everything under `data/`, each ended by a newline."""
    lines = sorted(checksum_lines(folder, folder / "data"))
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def checksum_lines(folder: Path, below: Path) -> list[str]:
    """One line per file below a folder, in the format of `sha256sum`, paths relative to the release."""
    files = sorted(p for p in below.rglob("*") if p.is_file() and p.name != "CHECKSUMS")
    return [f"{_sha256(p)}  {p.relative_to(folder).as_posix()}" for p in files]


def free_id(releases: Path, now: datetime) -> str:
    """`YYYY-MM-DD.N`: the Swedish date and the smallest free number."""
    day = now.astimezone(ZoneInfo(TIME_ZONE)).date().isoformat()
    number = 1
    while (releases / f"{day}.{number}").exists():
        number += 1
    return f"{day}.{number}"


def point_to(releases: Path, release_id: str, content: str) -> None:
    """Replace `latest.json` by one rename."""
    pointer = {
        "release": release_id,
        "checksums_sha256": _sha256(releases / release_id / "CHECKSUMS"),
        "content_sha256": content,
    }
    temporary = releases / f".latest-{secrets.token_hex(4)}"
    durable.write(temporary, (json.dumps(pointer, indent=2) + "\n").encode())
    temporary.chmod(0o644)
    durable.rename(temporary, releases / "latest.json")


def _close(folder: Path) -> None:
    """Checksums over everything, read-only files, durable names."""
    lines = sorted(checksum_lines(folder, folder), key=lambda line: line[66:])
    durable.write(folder / "CHECKSUMS", "".join(f"{line}\n" for line in lines).encode())
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o444)
    folder.chmod(0o755)
    durable.sync_folder(folder / "data")
    durable.sync_folder(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
