"""Is a release what it was when it was published? Every byte is read again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from orchestration.releases.build import content_sha256


@dataclass(frozen=True)
class Verification:
    """A release and what is wrong with it; sound where `problems` is empty."""

    release_id: str
    problems: list[str]


def verify(releases: Path, release_id: str = "latest") -> Verification:
    """Recompute checksums, content hash and the pointer. A site/ that was built afterwards is not part of the check."""
    pointer = json.loads((releases / "latest.json").read_text()) if (releases / "latest.json").exists() else {}
    name = pointer.get("release", "") if release_id == "latest" else release_id
    folder = releases / name
    if not name or not folder.is_dir():
        return Verification(name or "latest", [f"there is no release {name or 'yet'} in {releases}"])
    problems = _files(folder)
    if not problems:
        recorded = json.loads((folder / "provenance.json").read_text())["content_sha256"]
        content = content_sha256(folder)
        if content != recorded:
            problems.append(f"content_sha256 is {content[:12]}, provenance.json says {recorded[:12]}")
        if pointer.get("release") == name:
            problems += _pointer(pointer, folder, content)
    return Verification(name, problems)


def _files(folder: Path) -> list[str]:
    """Files that differ from CHECKSUMS, are missing, or were added."""
    listed: dict[str, str] = {}
    try:
        for line in (folder / "CHECKSUMS").read_text().splitlines():
            digest, path = line.split("  ", 1)
            listed[path] = digest
    except (FileNotFoundError, ValueError):
        return ["CHECKSUMS is missing or unreadable"]
    problems = []
    for path, digest in listed.items():
        file = folder / path
        if not file.is_file():
            problems.append(f"{path} is missing")
        elif _sha256(file) != digest:
            problems.append(f"{path} was changed")
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    extra = sorted(p for p in there - listed.keys() - {"CHECKSUMS"} if not p.startswith("site/"))
    return problems + [f"{path} does not belong to the release" for path in extra]


def _pointer(pointer: dict[str, str], folder: Path, content: str) -> list[str]:
    problems = []
    if pointer.get("checksums_sha256") != _sha256(folder / "CHECKSUMS"):
        problems.append("latest.json names other checksums")
    if pointer.get("content_sha256") != content:
        problems.append("latest.json names another content")
    return problems


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
