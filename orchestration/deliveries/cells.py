"""From raw bytes to cells on disk and their row in the ledger, and whether those cells are still what would be written.

Everything here may be repeated and killed: cells are replaced whole, and the row that vouches for them comes last.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from orchestration.deliveries.ceilings import RuleCounter, check_ceiling
from orchestration.deliveries.manifest import Manifest
from orchestration.deliveries.periods import periods_in
from orchestration.deliveries.pseudonyms import key_of
from orchestration.deliveries.refusal import FileRefused
from orchestration.deliveries.scopes import told_until, window_in_name
from orchestration.home import Home, Origin
from orchestration.ledger.entries import Covered, Delivery, Pair

if TYPE_CHECKING:
    from orchestration.deliveries.reading import Reading, Recognised
    from orchestration.ledger.ledger import Ledger
    from orchestration.sources.catalogue import Catalogue

_FOLDER = Path(__file__).parent
# Modules beside the readers that have no say in what the cells hold.
_NO_READERS = {
    "ceilings.py",
    "cells.py",
    "examine.py",
    "identity.py",
    "landing.py",
    "manifest.py",
    "reread.py",
    "store.py",
    "take_in.py",
}


class Reader(Protocol):
    """What reads deliveries; the module `orchestration.deliveries.reading` is one."""

    def recognise(self, path: Path, file_name: str, catalogue: Catalogue) -> Recognised:
        """Which declared layout this is. Raises `FileRefused`."""

    def read_to_cells(
        self, path: Path, file_name: str, delivery_sha256: str, recognised: Recognised, target: Path
    ) -> Reading:
        """Write the cells whole or not at all. Raises `FileRefused`."""

    def count_records(self, path: Path, recognised: Recognised) -> int:
        """Count the records without the reader."""


@dataclass(frozen=True)
class Desk:
    """What reading a delivery needs: where it is kept, what is declared, and what reads."""

    home: Home
    ledger: Ledger
    catalogue: Catalogue
    reader: Reader

    def reader_hash(self, source_id: str) -> str:
        """Of the source's declaration, of the code that reads, and of the pseudonyms' key: when it differs, raw is
        read anew."""
        declaration = self.catalogue.hashes.get(source_id, "not declared")
        declared = [source for source in self.catalogue.sources if source.source_id == source_id]
        key = key_of(self.home, declared[0]) if declared else ""
        return hashlib.sha256(f"{declaration} {self._code_hash} {key}".encode()).hexdigest()

    @cached_property
    def current_before(self) -> dict[Pair, Covered]:
        """What the deliveries held that were current when this call began, by scope and period."""
        return self.ledger.current_coverage()

    @cached_property
    def rules(self) -> RuleCounter:
        return RuleCounter()

    @cached_property
    def _code_hash(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(p for p in _FOLDER.rglob("*.py") if p.name not in _NO_READERS):
            digest.update(f"{path.relative_to(_FOLDER).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def standard_reader() -> Reader:
    from orchestration.deliveries import reading

    return cast("Reader", reading)


def read_delivery(
    desk: Desk,
    sha256: str,
    size: int,
    file_name: str,
    recognised: Recognised,
    origin: Origin,
    manifest: Manifest | None,
) -> Delivery:
    """Read raw bytes into cells, count them again, and record how. Raises `FileRefused`; no cells are left then."""
    source_id, layout_id = recognised.source.source_id, recognised.layout.layout_id
    raw = desk.home.raw_file(sha256)
    target = desk.home.cells_file(source_id, layout_id, sha256)
    _owner_only(desk.home.cells, target.parent)
    try:
        reading = desk.reader.read_to_cells(raw, file_name, sha256, recognised, target)
        if reading.origin == "synthetic":
            origin = "synthetic"
        check_origin(desk.home, file_name, origin)
        records_raw = desk.reader.count_records(raw, recognised)
        if manifest:
            manifest.check_records(records_raw)
            if manifest.periods is not None:
                manifest.check_periods(periods_in(recognised.layout, target))
        # Another reader than ours need not write the cells of the lexical contract.
        if desk.reader is standard_reader() and not desk.ledger.delivery_accepted(sha256):
            check_ceiling(desk.rules, source_id, recognised.layout, target, sha256)
    except FileRefused:
        target.unlink(missing_ok=True)
        raise
    if sum(reading.coverage.values()) != reading.records:
        # Such records would never be current, and so lost in silence.
        raise RuntimeError(f"the reading of {sha256} names no scope and period for some of its records")
    delivery = Delivery(
        delivery_sha256=sha256,
        source_id=source_id,
        layout_id=layout_id,
        file_name=file_name,
        bytes=size,
        extracted_at=reading.extracted_at,
        origin=origin,
        records_raw=records_raw,
        records_read=reading.records,
        unmapped=tuple(reading.unmapped_columns),
        cells_path=target.relative_to(desk.home.cells).as_posix(),
        reader_hash=desk.reader_hash(source_id),
    )
    window = window_in_name(recognised.layout, file_name)
    covered = [Covered(*pair, n, told_until(window, pair[1])) for pair, n in reading.coverage.items()]
    desk.ledger.write_delivery(delivery, covered)
    return delivery


def still_read(desk: Desk, known: Delivery, source_id: str, layout_id: str) -> bool:
    """Whether the cells on disk are what the reader and the declaration of today would write."""
    return (
        (known.source_id, known.layout_id) == (source_id, layout_id)
        and known.reader_hash == desk.reader_hash(source_id)
        and known.cells_path is not None
        and (desk.home.cells / known.cells_path).exists()
    )


def check_origin(home: Home, file_name: str, origin: Origin) -> None:
    """Raise `FileRefused` (F_ORIGIN) for a synthetic file in a real home, or the reverse."""
    settled = home.origin
    if settled is not None and settled != origin:
        raise FileRefused(
            "F_ORIGIN", f"{file_name} is {origin}, this home holds {settled} deliveries: take it into another home"
        )


def _owner_only(top: Path, folder: Path) -> None:
    """Make the folders on the way with 0700: `mkdir(parents=True)` gives the parents another mode."""
    inner = folder.relative_to(top)
    for path in [*reversed(inner.parents), inner]:
        (top / path).mkdir(mode=0o700, exist_ok=True)
