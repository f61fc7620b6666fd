"""Building a release: beside the others, checksums last, then one rename, then `latest.json`. Readers see old or new.

A release is made if and only if its content or its withheld list differs from the latest one's.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from orchestration.ledger.verdict import Verdict
from orchestration.releases import describe, durable
from orchestration.releases.checksums import CHECKSUMS, checksum_lines, content_sha256, differences, sha256_of
from orchestration.releases.content import (
    Previous,
    anything_to_publish,
    check_tables,
    decisions,
    lay_out,
    previous_values,
    standing,
)
from orchestration.releases.contract import TABLES
from orchestration.releases.formats import write_table
from orchestration.releases.headlines import Limit, Movement, moved
from orchestration.releases.history import latest_id, pointer, release_ids
from orchestration.settings import TIME_ZONE

if TYPE_CHECKING:
    import duckdb

    from orchestration.indicators.definition import Definition
    from orchestration.ledger.acceptances import Acceptance
    from orchestration.ledger.holds import Hold

BUILDING, POINTING = ".building-", ".latest-"


@dataclass(frozen=True)
class RunInfo:
    """The run that builds. Goes into `provenance.json` under `run`, nowhere else.

    accepted: failed checks that somebody let through, ever. holds: those lifted since the release before.
    """

    run_id: str
    started_at: str | None = None
    accepted: tuple[Acceptance, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True)
class ReleaseResult:
    """Whether a release was made, which, and what was held back. `due` and not `made`: there was nothing to publish.

    Without a new release, `release_id` is the latest one's and `reason` says why none was made.
    """

    made: bool
    release_id: str | None
    content_sha256: str
    reason: str
    due: bool = False
    carried_forward: int = 0
    held: bool = False
    moved: list[Movement] = field(default_factory=list)
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
    limits: Iterable[Limit] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> ReleaseResult:
    """Publish what the gate lets through.

    Args:
        con: the warehouse; temporary tables are made, nothing of it is changed.
        now: when the run started; its Swedish date names the release.
        limits: how far national headlines may move; one that moves further waits for an acknowledgement.

    Raises:
        ContractBroken: a table is not as the contract says; nothing was published.
        ReleaseDamaged: the latest release is not as it was published; nothing was published.
        ValueError: a definition's disclosure rule is unknown; nothing was published.
    """
    releases.mkdir(parents=True, exist_ok=True)
    _tidy(releases, progress)
    check_tables(con)
    judged = list(verdicts)
    known = list(definitions)
    previous = Previous.latest(releases)
    release_id = free_id(releases, now)
    limits = tuple(limits)
    decided = decisions(con, judged, known, previous, run.accepted, {limit.indicator_id for limit in limits})
    withheld = lay_out(con, decided, previous, known, release_id)
    carried = sum(row["action"] == "carried_forward" for row in withheld)
    if waiting := moved(con, previous_values(previous), limits, run.accepted):
        reason = f"{len(waiting)} national headlines moved further than declared, and nobody has acknowledged them"
        latest = previous.release_id if previous else None
        return ReleaseResult(False, latest, "", reason, True, carried, held=True, moved=waiting, withheld=withheld)
    if not anything_to_publish(con):
        latest = previous.release_id if previous else None
        reason = "everything is withheld" if withheld else "there is nothing to publish"
        return ReleaseResult(False, latest, "", reason, bool(withheld or previous), carried, withheld=withheld)
    folder = releases / f"{BUILDING}{secrets.token_hex(6)}"
    data = folder / "data"
    data.mkdir(parents=True)
    for table in TABLES:
        progress(f"release: {table.name}")
        for path in write_table(con, table, f"release_{table.name}", data):
            durable.sync_file(path)
    content = content_sha256(folder)
    if previous and content == pointer(releases)["content_sha256"]:
        durable.remove(folder)
        reason = "nothing has changed since the latest release"
        return ReleaseResult(False, previous.release_id, content, reason, False, carried, withheld=withheld)
    durable.write(folder / "datapackage.json", describe.datapackage(con, release_id, data_origin))
    durable.write(
        folder / "provenance.json",
        describe.provenance(
            con,
            release_id,
            previous.release_id if previous else None,
            content,
            code_version,
            data_origin,
            known,
            replace(run, accepted=tuple(standing(con, run.accepted))),
            now,
        ),
    )
    durable.write(folder / "quality.json", describe.quality(judged, decided, withheld))
    close(folder)
    durable.rename(folder, releases / release_id)
    point_to(releases, release_id, content)
    return ReleaseResult(True, release_id, content, "content has changed", True, carried, withheld=withheld)


def _tidy(releases: Path, progress: Callable[[str], None]) -> None:
    """Clear up after a killed build: its half folder goes; a release that only lacked the pointer gets it.

    The rename is what makes a release: after it, the folder is whole and readers may have seen it.
    """
    for leftover in (*releases.glob(f"{BUILDING}*"), *releases.glob(f"{POINTING}*")):
        durable.remove(leftover)
    pointed = newest = latest_id(releases)
    # More than one follows only where the pointer was lost; each is the successor of one.
    for release_id in release_ids(releases):
        if release_id != pointed and _follows(releases / release_id, newest) and not differences(releases / release_id):
            newest = release_id
    if newest and newest != pointed:
        progress(f"release: {newest} becomes the latest, which an interrupted run did not come to")
        point_to(releases, newest, content_sha256(releases / newest))


def _follows(folder: Path, latest: str | None) -> bool:
    """Whether this release was built when `latest` was the latest one."""
    try:
        return bool(json.loads((folder / "provenance.json").read_text())["previous_release"] == latest)
    except (OSError, ValueError, KeyError):
        return False


def free_id(releases: Path, now: datetime) -> str:
    """`YYYY-MM-DD.N`: the Swedish date and the smallest free number."""
    day = now.astimezone(ZoneInfo(TIME_ZONE)).date().isoformat()
    number = 1
    while (releases / f"{day}.{number}").exists():
        number += 1
    return f"{day}.{number}"


def point_to(releases: Path, release_id: str, content: str) -> None:
    """Replace `latest.json` by one rename."""
    said = {
        "release": release_id,
        "checksums_sha256": sha256_of(releases / release_id / CHECKSUMS),
        "content_sha256": content,
    }
    temporary = releases / f"{POINTING}{secrets.token_hex(4)}"
    durable.write(temporary, (json.dumps(said, indent=2) + "\n").encode())
    temporary.chmod(0o644)
    durable.rename(temporary, releases / "latest.json")


def close(folder: Path) -> None:
    """Checksums over everything, read-only files, durable names."""
    lines = sorted(checksum_lines(folder, folder), key=lambda line: line[66:])
    durable.write(folder / CHECKSUMS, "".join(f"{line}\n" for line in lines).encode())
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o444)
    folder.chmod(0o755)
    durable.sync_folder(folder / "data")
    durable.sync_folder(folder)
