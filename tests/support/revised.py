"""A small yearly delivery once more, a month later and with another value in it."""

from __future__ import annotations

from pathlib import Path


def revised(file: Path, folder: Path) -> Path:
    """Write `synthetic_vantetider_bup_2026-08-24.csv` as of September into a folder, which is made; returns the file."""
    lines = file.read_text().splitlines(keepends=True)
    lines[3] = lines[3].rsplit(";", 1)[0] + ";99\n"
    later = folder / file.name.replace("08-24", "09-24")
    assert later.name != file.name
    folder.mkdir(exist_ok=True)
    later.write_text("".join(lines))
    return later
