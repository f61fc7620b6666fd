"""Quarantine again: what a mended rule, alias or layout lets through now, what stays refused, which periods rebuild."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.records import RefusedFile
from orchestration.operations.nightly import run_nightly
from orchestration.operations.recording import hold_with_ledger
from orchestration.operations.stages import Progress
from orchestration.sources.catalogue import load_catalogue

Place = tuple[str, str, str, int, str | None, str]


def retry(home: Home, *, wait_seconds: float | None, progress: Progress) -> dict[str, Any]:
    """Examine refused files anew from their kept bytes, rebuild, and compare the quarantine before and after.

    A file refused by its name cannot be retried: its bytes were never kept. One that is not what its manifest says is
    not tried either: the sender mends file or manifest. An unrecognised file is tried where a layout is declared now.
    """
    with hold_with_ledger(home, "retry", wait_seconds) as ledger:
        before = _places(ledger)
        refused = [f for f in ledger.refused_files() if f.delivery_sha256 and f.code != "F_MANIFEST"]
        refused += [f for f in ledger.refused_files("unrecognised") if f.delivery_sha256 and _is_declared(home, f)]
        files = take_in_again(home, ledger, [(f.delivery_sha256 or "", f.file_name) for f in refused], progress)
    night = run_nightly(home.path, wait_seconds=wait_seconds, progress=progress)
    with Ledger.open(home.ledger, read_only=True) as ledger:
        after = _places(ledger)
    released = before.keys() - after.keys()
    return {
        "files": files,
        "records": {
            "released": _by_rule(released),
            "still_refused": _by_rule(before.keys() & after.keys()),
            "newly_refused": _by_rule(after.keys() - before.keys()),
        },
        "periods": sorted({p for place in released if (p := before[place])}),
        "release": night.release,
        "exit": night.exit,
        "error": night.error,
    }


def _is_declared(home: Home, file: RefusedFile) -> bool:
    """Whether a layout is declared, or near, by now; without it the file stays unrecognised and gets no new receipt."""
    from orchestration.deliveries.reading import recognise
    from orchestration.deliveries.refusal import FileRefused

    try:
        recognise(home.raw_file(file.delivery_sha256 or ""), file.file_name, load_catalogue())
    except FileRefused as refusal:
        return refusal.code != "F_UNKNOWN"
    return True


def take_in_again(
    home: Home, ledger: Ledger, refused: list[tuple[str, str]], progress: Progress
) -> list[dict[str, Any]]:
    """Hand refused bytes over once more under their own names."""
    from orchestration.deliveries.take_in import take_in

    outcomes = []
    with tempfile.TemporaryDirectory(dir=home.quarantine) as folder:
        for number, (sha256, name) in enumerate(refused):
            place = Path(folder) / str(number)
            place.mkdir()
            shutil.copyfile(home.raw_file(sha256), place / name)
            taken = take_in(home, ledger, load_catalogue(), [place / name], via="ingest", named=True, progress=progress)
            outcomes += [
                {"file": f.file_name, "outcome": f.outcome, "code": f.code, "message": f.message} for f in taken.files
            ]
    return outcomes


def _places(ledger: Ledger) -> dict[Place, str | None]:
    """Every refused record's place, with its period."""
    found = {}
    for delivery in {i.delivery_sha256: i for i in ledger.quarantine_items()}.values():
        for p in ledger.quarantine_places(delivery.delivery_sha256):
            found[delivery.source_id, delivery.delivery_sha256, delivery.file, p.line, p.column_name, p.code] = p.period
    return found


def _by_rule(places: set[Place]) -> dict[str, int]:
    return dict(sorted(Counter(f"{place[0]} {place[5]}" for place in places).items()))
