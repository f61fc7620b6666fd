"""Reading raw anew when a reader or a declaration has changed, so that every cell in use comes from today's reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.deliveries.cells import Desk, read_delivery, still_read
from orchestration.deliveries.refusal import FileRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestration.ledger.ledger import Delivery


def reread_stale(desk: Desk, progress: Callable[[str], None]) -> list[tuple[Delivery, FileRefused | None]]:
    """Read anew what is current, or was until an earlier reader refused it, and was read by another reader.

    A delivery that today's reader refuses is current for nothing any more, and its last receipt says why; a superseded
    one may take its place and is read anew in turn. Returns each delivery with its refusal, or None.
    """
    done: list[tuple[Delivery, FileRefused | None]] = []
    tried: set[str] = set()
    while stale := [d for d in _stale(desk) if d.delivery_sha256 not in tried]:
        for delivery in stale:
            progress(f"reading anew: {delivery.file_name}")
            tried.add(delivery.delivery_sha256)
            done.append((delivery, _reread(desk, delivery)))
    return done


def _stale(desk: Desk) -> list[Delivery]:
    current = {d.delivery_sha256 for d in desk.ledger.current_deliveries()}
    documents = {(s.source_id, x.layout_id) for s, x in desk.catalogue.layouts() if x.family == "document"}
    return [
        d
        for d in desk.ledger.deliveries()
        if (d.delivery_sha256 in current and not still_read(desk, d, d.source_id, d.layout_id))
        or (
            d.cells_path is None
            and (d.source_id, d.layout_id) not in documents
            and d.reader_hash != desk.reader_hash(d.source_id)
        )
    ]


def _reread(desk: Desk, delivery: Delivery) -> FileRefused | None:
    raw = desk.home.raw_file(delivery.delivery_sha256)
    try:
        recognised = desk.reader.recognise(raw, delivery.file_name, desk.catalogue)
        if recognised.layout.family == "document":
            raise FileRefused("F_UNKNOWN", "its layout is declared as a document now, which is kept and not read")
        fresh = read_delivery(
            desk, delivery.delivery_sha256, delivery.bytes, delivery.file_name, recognised, delivery.origin, None
        )
    except FileRefused as refusal:
        desk.ledger.withdraw_reading(
            delivery.delivery_sha256, desk.reader_hash(delivery.source_id), refusal.code, refusal.message
        )
        return refusal
    if delivery.cells_path is not None and fresh.cells_path != delivery.cells_path:
        (desk.home.cells / delivery.cells_path).unlink(missing_ok=True)
    desk.ledger.restore_reading(delivery.delivery_sha256)
    return None
