"""One file on its way in: keep the bytes, recognise them, compare with manifest and origin, read. Gives a judgement.

Receipts and outcomes are `take_in`'s matter. A refusal is a judgement; any other exception is a fault of ours.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.deliveries.cells import Desk, check_origin, read_delivery, still_read
from orchestration.deliveries.identity import captured, identity
from orchestration.deliveries.manifest import Manifest, manifest_path, read_manifest
from orchestration.deliveries.periods import periods_in
from orchestration.deliveries.readers.records import as_iso
from orchestration.deliveries.refusal import FileRefused
from orchestration.deliveries.store import keep_as, store
from orchestration.home import Origin
from orchestration.ledger.entries import Arrival, Delivery, Judgement

if TYPE_CHECKING:
    from orchestration.deliveries.reading import Recognised


class NotExamined(Exception):
    """Examining a file raised what is no refusal. The bytes are kept; `arrival` is what is known of them."""

    def __init__(self, arrival: Arrival, cause: Exception) -> None:
        self.arrival = arrival
        # Only the cause's kind: its words may quote the file.
        super().__init__(
            f"{arrival.file_name} could not be examined ({type(cause).__name__}): a fault of program or machine "
            f"and not of the file; its bytes are kept as {arrival.delivery_sha256} and are examined again next time"
        )


def examine(desk: Desk, path: Path, arrival: Arrival, as_of: str | None = None) -> tuple[Arrival, int | None]:
    """Judge one file, whose name and way in stand in `arrival`. Returns it completed, and its number of records.

    Raises `NotExamined` once the bytes are kept, `OSError` before that.
    """
    try:
        sha256, size = store(path, desk.home)
    except FileRefused as refusal:
        return _refused(arrival, refusal), None
    # A moment with an offset is dated in UTC, as the exports' own are.
    arrival = replace(
        arrival, delivery_sha256=sha256, bytes=size, extracted_at=(as_iso(as_of) or as_of) if as_of else None
    )
    try:
        _check_purged(desk, sha256)
        recognised = desk.reader.recognise(desk.home.raw_file(sha256), arrival.file_name, desk.catalogue)
        own = identity(sha256, size, recognised.layout, arrival.file_name, desk.ledger.delivery(sha256))
        if own != sha256:
            _check_purged(desk, own)
            keep_as(desk.home, sha256, own)
            arrival = replace(arrival, delivery_sha256=own)
        return _examine_bytes(desk, own, size, sha256, manifest_path(path), recognised, arrival)
    except FileRefused as refusal:
        return _refused(arrival, refusal), None
    except Exception as error:
        raise NotExamined(arrival, error) from error


def _check_purged(desk: Desk, sha256: str) -> None:
    """Raise `FileRefused` (F_PURGED) where this delivery was removed on purpose; its bytes are removed again then."""
    if purge := desk.ledger.purged(sha256):
        desk.home.raw_file(sha256).unlink(missing_ok=True)
        raise FileRefused(
            "F_PURGED",
            f"these bytes were removed on {purge.at[:10]} by {purge.by} ({purge.reason}): hand over another export",
        )


def _examine_bytes(
    desk: Desk, sha256: str, size: int, of_bytes: str, beside: Path | None, recognised: Recognised, arrival: Arrival
) -> tuple[Arrival, int | None]:
    """Judge a delivery by its id, which differs from the hash `of_bytes` where its name tells it from another one."""
    file_name = arrival.file_name
    source_id, layout_id = recognised.source.source_id, recognised.layout.layout_id
    arrival = replace(arrival, source_id=source_id, layout_id=layout_id)
    try:
        manifest = read_manifest(beside) if beside else None
        if manifest:
            arrival = replace(arrival, manifest=manifest.text)
            manifest.check_bytes(size, of_bytes)
        origin = _told_origin(file_name, manifest)
        check_origin(desk.home, file_name, origin)
        if recognised.layout.family == "document":
            document = _document(desk, sha256, size, file_name, source_id, layout_id, origin)
            desk.ledger.write_delivery(document, [])
            desk.home.set_origin(origin)
            return replace(arrival, judgement="document"), None
        known = desk.ledger.delivery(sha256)
        if known is None or not still_read(desk, known, source_id, layout_id):
            known = read_delivery(desk, sha256, size, file_name, recognised, origin, manifest)
        else:
            check_origin(desk.home, file_name, known.origin)
            if manifest:
                manifest.check_records(known.records_raw)
                if manifest.periods is not None and known.cells_path:
                    manifest.check_periods(periods_in(recognised.layout, desk.home.cells / known.cells_path))
        if known.file_name != file_name:
            arrival = _under_another_name(desk, arrival, known, recognised)
    except FileRefused as refusal:
        return _refused(arrival, refusal), None
    desk.home.set_origin(known.origin)
    if manifest is None and (warning := _shrunk(desk, known, recognised)):
        arrival = replace(arrival, code="W_SHRUNK", message=warning)
    return replace(arrival, judgement="accepted"), known.records_raw


def _refused(arrival: Arrival, refusal: FileRefused) -> Arrival:
    where = f"line {refusal.line}: " if refusal.line is not None else ""
    judgement: Judgement = "unrecognised" if refusal.code == "F_UNKNOWN" else "refused"
    return replace(arrival, judgement=judgement, code=refusal.code, message=where + refusal.message)


def _told_origin(file_name: str, manifest: Manifest | None) -> Origin:
    told = "synthetic" in file_name.lower() or (manifest is not None and manifest.data_origin == "synthetic")
    return "synthetic" if told else "real"


def _under_another_name(desk: Desk, arrival: Arrival, known: Delivery, recognised: Recognised) -> Arrival:
    """Known bytes under a new name, where the name is part of what is read: the same content and perhaps a later date.

    Raises `FileRefused` (F_PERIOD) when the names contradict each other, for then one of them is wrong.
    """
    layout = recognised.layout
    if layout.file_name:
        first, now = (captured(layout, n) for n in (known.file_name, arrival.file_name))
        if first != now:
            raise FileRefused(
                "F_PERIOD",
                f"the same bytes were received as {known.file_name} ({_words(first)}); as {arrival.file_name} they "
                f"would mean {_words(now)}: ask the sender which name is right",
            )
    if not layout.extracted_at.file_name or arrival.extracted_at is not None:
        return arrival
    scratch = desk.home.cells / f".{known.delivery_sha256}.parquet"
    try:
        raw = desk.home.raw_file(known.delivery_sha256)
        reading = desk.reader.read_to_cells(raw, arrival.file_name, known.delivery_sha256, recognised, scratch)
    finally:
        scratch.unlink(missing_ok=True)
    return replace(arrival, extracted_at=reading.extracted_at)


def _shrunk(desk: Desk, known: Delivery, recognised: Recognised) -> str | None:
    """What to say of a delivery with far fewer records than the one it follows; None where there is nothing to say.

    A file cut at a record's end reads as whole. Where no manifest and no footer tells, only the delivery before does.
    """
    if getattr(recognised.layout, "footer", None):
        return None
    least = 1 - recognised.source.shrinks_by_percent / 100
    before = desk.current_before
    shrunk = [
        (now.period_key, old.records, now.records)
        for now in desk.ledger.coverage_of(known.delivery_sha256)
        if (old := before.get((now.scope_key, now.period_key)))
        and now.told_until >= old.told_until
        and now.records < least * old.records
    ]
    if not shrunk:
        return None
    period, held, now = max(shrunk, key=lambda found: found[1] - found[2])
    where = "" if period == "*" else f" of {period}"
    more = f", and fewer in {len(shrunk) - 1} more periods" if shrunk[1:] else ""
    return (
        f"{now} records{where}, where the delivery before held {held}{more}: ask the owner whether the file is whole; "
        "if it is not, the whole file replaces it"
    )


def _words(said: dict[str, str]) -> str:
    return ", ".join(f"{k} {v}" for k, v in said.items()) or "nothing"


def _document(
    desk: Desk, sha256: str, size: int, file_name: str, source_id: str, layout_id: str, origin: Origin
) -> Delivery:
    return Delivery(
        delivery_sha256=sha256,
        source_id=source_id,
        layout_id=layout_id,
        file_name=file_name,
        bytes=size,
        extracted_at=None,
        origin=origin,
        records_raw=0,
        records_read=0,
        unmapped=(),
        cells_path=None,
        reader_hash=desk.reader_hash(source_id),
    )
