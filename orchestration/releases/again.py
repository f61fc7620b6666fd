"""An earlier release published again, byte for byte under a new id; and notes on releases that were withdrawn.

A release never changes: a note on it stands beside it, in `withdrawn.json`, replaced whole by one rename.
"""

from __future__ import annotations

import json
import platform
import secrets
import shutil
from datetime import datetime
from pathlib import Path

from orchestration.releases import durable
from orchestration.releases.build import BUILDING, POINTING, close, free_id, point_to
from orchestration.releases.checksums import ReleaseDamaged
from orchestration.releases.describe import as_document
from orchestration.releases.history import WITHDRAWN, latest_id, pointer, release_ids, withdrawals
from orchestration.releases.verify import verify


class NothingToRestore(LookupError):
    """There is no release to put in the latest one's place, or it is that already."""


def restore(releases: Path, release_id: str, *, run_id: str, by: str, reason: str, now: datetime) -> str:
    """Publish the data of an earlier release again, and return the new id.

    Raises:
        NothingToRestore: there is no such release, it was withdrawn, or the latest has its content.
        ReleaseDamaged: it is not what was published; nothing was published.
    """
    if release_id not in release_ids(releases):
        raise NothingToRestore(f"there is no release {release_id}; `vardlagret release list` names them")
    if release_id in withdrawals(releases):
        raise NothingToRestore(f"release {release_id} was withdrawn: choose one that was not")
    if problems := verify(releases, release_id).problems:
        raise ReleaseDamaged(f"release {release_id} is damaged ({problems[0]}): it cannot be published again")
    old = releases / release_id
    provenance = json.loads((old / "provenance.json").read_text(encoding="utf-8"))
    content = str(provenance["content_sha256"])
    if pointer(releases).get("content_sha256") == content:
        raise NothingToRestore(f"the latest release has the content of {release_id} already")
    new_id = free_id(releases, now)
    folder = releases / f"{BUILDING}{secrets.token_hex(6)}"
    shutil.copytree(old, folder, ignore=shutil.ignore_patterns("site", "CHECKSUMS"))
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    run = {"run_id": run_id, "started_at": now.isoformat(), "published_at": datetime.now(now.tzinfo).isoformat(),
           "host": platform.node(), "accepted": [], "holds": [], "restored_by": by, "restored_why": reason}  # fmt: skip
    told = {"release": new_id, "previous_release": latest_id(releases), "restored_from": release_id}
    durable.write(folder / "datapackage.json", as_document(package | {"version": new_id}))
    durable.write(folder / "provenance.json", as_document(provenance | told | {"run": run}))
    for path in folder.rglob("*"):
        if path.is_file():
            durable.sync_file(path)
    close(folder)
    durable.rename(folder, releases / new_id)
    point_to(releases, new_id, content)
    return new_id


def before(releases: Path, release_id: str) -> str:
    """The newest release before one that was not withdrawn and has another content. Raises `NothingToRestore`."""
    gone = withdrawals(releases)
    own = _content(releases, release_id)
    ids = release_ids(releases)
    for earlier in reversed(ids[: ids.index(release_id)]):
        if earlier not in gone and _content(releases, earlier) != own:
            return earlier
    raise NothingToRestore(
        f"there is no earlier release to put in the place of {release_id}: hold publication, take in the right "
        "delivery, and publish the next night instead"
    )


def note_withdrawal(releases: Path, release_id: str, *, by: str, reason: str, at: str) -> None:
    """Note that a release was withdrawn; one that has a note keeps it."""
    notes = withdrawals(releases)
    notes.setdefault(release_id, {"at": at, "by": by, "note": reason})
    temporary = releases / f"{POINTING}{secrets.token_hex(4)}"
    durable.write(temporary, as_document(notes))
    temporary.chmod(0o644)
    durable.rename(temporary, releases / WITHDRAWN)


def _content(releases: Path, release_id: str) -> str:
    return str(json.loads((releases / release_id / "provenance.json").read_text(encoding="utf-8"))["content_sha256"])
