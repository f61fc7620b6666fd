"""`vardlagret corrections`: how each stands against what is held now; a new one; one whose time has passed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.settings import corrections_folder
from orchestration.sources.corrections import Correction, CorrectionExpired, applied, load_corrections
from orchestration.warehouse.cells import cells_relation

if TYPE_CHECKING:
    from orchestration.home import Home
    from orchestration.ledger.ledger import Ledger
    from orchestration.sources.catalogue import Catalogue


class Standing:
    """Corrections against the cells that are current now. Nothing is written, and the warehouse is not opened."""

    def __init__(self, home: Home, ledger: Ledger, catalogue: Catalogue) -> None:
        self.home = home
        self.synthetic = home.origin == "synthetic"
        self.sources = {s.source_id: s for s in catalogue.sources}
        self.current = ledger.current_deliveries()

    def of(self, correction: Correction) -> tuple[str, str]:
        """`applied`, `rests` (its period, or its layout, is not delivered) or `expired`; and where, or why."""
        import duckdb

        if self.synthetic:
            return "rests", "a synthetic home is not corrected"
        source = self.sources.get(correction.source_id)
        if source is None or correction.layout_id not in {layout.layout_id for layout in source.layouts}:
            return (
                "expired",
                f"no such layout: {correction.source_id}/{correction.layout_id}. Delete {correction.entry}",
            )
        layout = source.layout(correction.layout_id)
        held = {
            d.delivery_sha256: d.file_name
            for d in self.current
            if (d.source_id, d.layout_id) == (correction.source_id, correction.layout_id)
        }
        files = [self.home.cells_file(source.source_id, layout.layout_id, sha256) for sha256 in held]
        if not files:
            return "rests", "nothing of this layout is held"
        with duckdb.connect() as connection:
            connection.execute("create table held (delivery_sha256 varchar, file varchar)")
            connection.executemany("insert into held values (?, ?)", list(held.items()))
            relation = (
                f"(select c.*, h.file from {cells_relation(layout, files)} as c join held as h using (delivery_sha256))"
            )
            try:
                rows = applied(connection, relation, [correction], layout.period.columns if layout.period else [])
            except CorrectionExpired as error:
                return "expired", str(error)
        if not rows:
            return "rests", "its period is not held"
        return "applied", "; ".join(f"{row[3]} line {row[4]}" for row in rows)


def listed(standing: Standing | None) -> dict[str, Any]:
    """The contract's `corrections`, with `state` and `detail` beside what each declares; unchecked without a home."""
    rows = []
    for correction in load_corrections():
        state, detail = standing.of(correction) if standing else ("unchecked", "there is no home to hold it against")
        rows.append(correction.model_dump(mode="json") | {"state": state, "detail": detail})
    return {"corrections": rows}


def add(home: Home, ledger: Ledger, catalogue: Catalogue, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Write a correction into the source's file, after it was seen to fit what is held.

    Raises `LookupError` where it fits nothing, its id is taken, or the source holds rows about persons; pydantic's
    `ValidationError` where it is not well formed.
    """
    correction = Correction.model_validate({**declared, "decided_on": declared.get("decided_on") or date.today()})
    source = next((s for s in catalogue.sources if s.source_id == correction.source_id), None)
    if source is not None and source.personal:
        raise LookupError(
            f"{correction.source_id} holds rows about persons, not corrected here: ask the owner for a delivery"
        )
    if correction.correction_id in {c.correction_id for c in load_corrections()}:
        raise LookupError(f"correction {correction.correction_id} exists: give another --id, or expire that one first")
    state, detail = Standing(home, ledger, catalogue).of(correction)
    if state != "applied":
        raise LookupError(f"nothing was written: {_without_entry(detail)}")
    file = corrections_folder() / f"{correction.source_id}.yml"
    before = file.read_text(encoding="utf-8").rstrip("\n") + "\n" if file.exists() else ""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before + _as_entry(correction), encoding="utf-8")
    return {"correction_id": correction.correction_id, "file": str(file), "applies_to": detail}


def expire(home: Home, ledger: Ledger, catalogue: Catalogue, correction_id: str, *, anyway: bool) -> dict[str, Any]:
    """Delete a correction's entry. Raises `LookupError` for an unknown one, and for one that still applies."""
    found = next((c for c in load_corrections() if c.correction_id == correction_id), None)
    if found is None:
        raise LookupError(f"no correction {correction_id}: `vardlagret corrections` lists them")
    state, detail = Standing(home, ledger, catalogue).of(found)
    if state != "expired" and not anyway:
        raise LookupError(f"correction {correction_id} {state} ({detail}): give --anyway to delete it all the same")
    file, (first, last) = Path(found.file), found.lines
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[: first - 1] + lines[last:]), encoding="utf-8")
    return {"correction_id": correction_id, "file": found.file, "deleted": "".join(lines[first - 1 : last])}


def print_added(answer: dict[str, Any]) -> None:
    print(
        f"{answer['correction_id']}: written to {answer['file']}; the next night applies it to {answer['applies_to']}"
    )


def print_expired(answer: dict[str, Any]) -> None:
    print(f"{answer['correction_id']}: deleted from {answer['file']}:\n{answer['deleted']}")


def _without_entry(detail: str) -> str:
    return re.sub(r"(: the owner has mended it)?\. Delete .*$", "", detail, flags=re.DOTALL)


def _as_entry(correction: Correction) -> str:
    import yaml

    content = {k: v for k, v in correction.model_dump().items() if v is not None and k not in ("file", "lines")}
    text = yaml.safe_dump([content], allow_unicode=True, sort_keys=False, width=118)
    return str(text)
