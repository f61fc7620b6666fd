"""Taking files in: every file that was handed over gets a receipt and an outcome, whatever becomes of it.

Bytes and cells are written file by file and may be written again. The ledger gets all receipts and outcomes of a call
in one transaction at its end, so a call that is killed has either happened or not, and the same call again finds no
trace that would change its outcomes. The caller holds the home's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.deliveries.cells import Desk, Reader, standard_reader
from orchestration.deliveries.examine import NotExamined, examine
from orchestration.deliveries.landing import arrival_mark, in_order, landing_files
from orchestration.deliveries.manifest import is_manifest, manifest_path
from orchestration.deliveries.reread import reread_stale
from orchestration.deliveries.store import FileChanging, clear_leftovers, printable
from orchestration.home import Home
from orchestration.ledger.entries import Arrival, Outcome, Receipt, Via

if TYPE_CHECKING:
    from orchestration.ledger.ledger import Ledger
    from orchestration.sources.catalogue import Catalogue

__all__ = ["FileResult", "TakeIn", "landing_files", "take_in"]


@dataclass(frozen=True)
class FileResult:
    """What became of one file. `records` is the second counter's number, for what was accepted.

    `informative`: nobody need act on it, since it came with a whole folder (a file of another origin, or unrecognised).
    """

    file_name: str
    delivery_sha256: str | None
    outcome: Outcome
    code: str | None = None
    message: str | None = None
    source_id: str | None = None
    layout_id: str | None = None
    records: int | None = None
    informative: bool = False


@dataclass(frozen=True)
class TakeIn:
    """One result per attempted file, in order of arrival; and what a changed reader read anew or refuses now."""

    files: tuple[FileResult, ...] = ()
    reread: int = 0
    withdrawn: tuple[FileResult, ...] = ()

    @property
    def attempted(self) -> int:
        return len(self.files)

    @property
    def loaded(self) -> int:
        return self._of("loaded")

    @property
    def duplicate(self) -> int:
        return self._of("duplicate")

    @property
    def refused(self) -> int:
        return self._of("refused")

    @property
    def unrecognised(self) -> int:
        return self._of("unrecognised")

    @property
    def documents(self) -> int:
        return self._of("document")

    @property
    def exit_code(self) -> int:
        """As the contract says of `ingest`: 1 for an unrecognised file named alone, 3 for a refused one, else 0."""
        demanding = {f.outcome for f in (*self.files, *self.withdrawn) if not f.informative}
        return 1 if "unrecognised" in demanding else 3 if "refused" in demanding else 0

    def _of(self, outcome: Outcome) -> int:
        return sum(f.outcome == outcome for f in self.files)

    def counts(self) -> dict[str, int]:
        names = ("attempted", "loaded", "duplicate", "refused", "unrecognised", "documents", "reread")
        return {name: getattr(self, name) for name in names} | {"withdrawn": len(self.withdrawn)}

    def __add__(self, other: TakeIn) -> TakeIn:
        return TakeIn(self.files + other.files, self.reread + other.reread, self.withdrawn + other.withdrawn)


def _quiet(_: str) -> None:
    return None


def take_in(
    home: Home,
    ledger: Ledger,
    catalogue: Catalogue,
    paths: Sequence[Path],
    *,
    via: Via,
    named: bool,
    as_of: str | None = None,
    progress: Callable[[str], None] = _quiet,
    reader: Reader | None = None,
) -> TakeIn:
    """Take files in, in order of their names. Hidden, `.part` and manifest files are passed over.

    Args:
        via: from `landing` a file is removed once its receipt is durable; from elsewhere nothing is removed.
        named: the files were named one by one; then hidden ones count too, and every refusal demands attention.
        as_of: dates the exports (ISO 8601) in place of what they say themselves.
        progress: called with a line per file.
        reader: reads the deliveries; `orchestration.deliveries.reading` when None.

    Raises:
        NotExamined: examining a file raised what is no refusal. All receipts up to and with this file are durable; the
            cause is chained, and its bytes are examined again when the same call is made again.
        FileChanging: a named file is still being written.
    """
    desk = Desk(home, ledger, catalogue, reader or standard_reader())
    clear_leftovers(home)
    reread = reread_stale(desk, progress)
    call = _Call(desk, via, named, progress)
    try:
        for path in in_order(paths):
            if named or not (path.name.startswith(".") or path.name.endswith(".part")):
                call.take(path, as_of)
    finally:
        files = call.settle()
    withdrawn = tuple(
        FileResult(d.file_name, d.delivery_sha256, "refused", r.code, r.message, d.source_id, d.layout_id)
        for d, r in reread
        if r is not None
    )
    return TakeIn(tuple(files), reread=len(reread), withdrawn=withdrawn)


@dataclass
class _Call:
    """The files of one call: examined one by one, settled in the ledger together."""

    desk: Desk
    via: Via
    named: bool
    progress: Callable[[str], None]
    arrivals: list[Arrival] = field(default_factory=list)
    places: list[tuple[list[tuple[Path, str | None]], int | None]] = field(default_factory=list)
    earlier: list[FileResult] = field(default_factory=list)

    def take(self, path: Path, as_of: str | None) -> None:
        if is_manifest(path):
            return
        beside = manifest_path(path)
        files = _marked(path, beside)
        mark = files[0][1] if self.via == "landing" else None
        before = self.desk.ledger.receipt_of_arrival(mark) if mark else None
        if before is not None:
            self._already_here(path, before)
            return
        blank = Arrival(printable(path.name), self.via, None, arrival=mark)
        try:
            arrival, records = examine(self.desk, path, blank, as_of)
        except NotExamined as fault:
            self.arrivals.append(fault.arrival)
            raise
        except FileChanging:
            if self.named:
                raise
            self.progress(f"still being written, left for the next time: {blank.file_name}")
            return
        self.arrivals.append(arrival)
        self.places.append((files, records))
        self.progress(f"{arrival.judgement}: {arrival.file_name}" + (f" ({arrival.code})" if arrival.code else ""))

    def settle(self) -> list[FileResult]:
        """Make all receipts and outcomes durable, then clear the landing of what is kept."""
        receipts = self.desk.ledger.record_arrivals(self.arrivals) if self.arrivals else []
        results = []
        for receipt, (files, records) in zip(receipts, self.places, strict=False):
            if self.via == "landing" and receipt.delivery_sha256 is not None:
                _clear(files)
            results.append(self._result(receipt, records))
        return self.earlier + results

    def _already_here(self, path: Path, before: Receipt) -> None:
        """This very file has its receipt: an earlier call died before clearing the landing, or its name is refused."""
        if before.delivery_sha256 is not None:
            _clear(_marked(path, manifest_path(path)))
        else:
            self.earlier.append(self._result(before, None))

    def _result(self, receipt: Receipt, records: int | None) -> FileResult:
        assert receipt.outcome is not None
        return FileResult(
            file_name=receipt.file_name,
            delivery_sha256=receipt.delivery_sha256,
            outcome=receipt.outcome,
            code=receipt.code,
            message=receipt.message,
            source_id=receipt.source_id,
            layout_id=receipt.layout_id,
            records=records,
            informative=not self.named and (receipt.outcome == "unrecognised" or receipt.code == "F_ORIGIN"),
        )


def _marked(*paths: Path | None) -> list[tuple[Path, str | None]]:
    return [(path, arrival_mark(path)) for path in paths if path]


def _clear(files: list[tuple[Path, str | None]]) -> None:
    """Remove files from the landing, but none that was replaced or rewritten since it was marked."""
    for path, mark in files:
        if mark and arrival_mark(path) == mark:
            path.unlink()
