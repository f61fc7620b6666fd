"""The measured sections of `docs/reliability.md`: each stands between two marks, and the command that measured writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def write_section(page: Path, name: str, text: str) -> None:
    """Put a text between `<!-- name -->` and `<!-- /name -->`. Raises `ValueError` where the page has no such marks."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page} has no section {name}: it stands between {begin.strip()} and {end}")
    page.write_text(before + begin + text.strip() + "\n" + end + after, encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
