"""Checksums of a release: the lines of `sha256sum`, the hash of its content, and what differs from them."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHECKSUMS = "CHECKSUMS"


class ReleaseDamaged(LookupError):
    """What was published is not there as it was published: names the file, what rests on it, and the next step."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_sha256(folder: Path) -> str:
    """SHA-256 over the sorted lines `<sha256>  <path>` of everything under `data/`, each ended by a newline."""
    lines = sorted(checksum_lines(folder, folder / "data"))
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def checksum_lines(folder: Path, below: Path) -> list[str]:
    """One line per file below a folder, in the format of `sha256sum`, paths relative to the release."""
    files = sorted(p for p in below.rglob("*") if p.is_file() and p.name != CHECKSUMS)
    return [f"{sha256_of(p)}  {p.relative_to(folder).as_posix()}" for p in files]


def published_sums(folder: Path) -> dict[str, str]:
    """SHA-256 by path, as CHECKSUMS says.

    Raises:
        ReleaseDamaged: CHECKSUMS is missing or unreadable.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError):
        raise ReleaseDamaged(f"{CHECKSUMS} of release {folder.name} is missing or unreadable") from None


def differences(folder: Path) -> list[str]:
    """Files that differ from CHECKSUMS, are missing, or were added. A site built afterwards does not count."""
    try:
        listed = published_sums(folder)
    except ReleaseDamaged as error:
        return [str(error)]
    problems = []
    for path, digest in listed.items():
        file = folder / path
        if not file.is_file():
            problems.append(f"{path} is missing")
        elif sha256_of(file) != digest:
            problems.append(f"{path} was changed")
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    extra = sorted(p for p in there - listed.keys() - {CHECKSUMS} if not p.startswith("site/"))
    return problems + [f"{path} does not belong to the release" for path in extra]
