"""What the ledger says of files and deliveries, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Via = Literal["ingest", "landing"]
Outcome = Literal["loaded", "duplicate", "refused", "unrecognised", "document"]
Judgement = Literal["accepted", "document", "refused", "unrecognised"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Arrival:
    """One file that was handed over, and how it was judged; `judgement` is None when judging it raised.

    `extracted_at` is given where this arrival dates its bytes otherwise than the delivery itself does.
    """

    file_name: str
    via: Via
    judgement: Judgement | None
    delivery_sha256: str | None = None
    bytes: int | None = None
    extracted_at: str | None = None
    manifest: str | None = None
    arrival: str | None = None
    code: str | None = None
    message: str | None = None
    source_id: str | None = None
    layout_id: str | None = None


@dataclass(frozen=True)
class Receipt:
    """An arrival on record. `outcome` is None while the file has not been judged."""

    receipt_id: int
    received_at: str
    file_name: str
    delivery_sha256: str | None
    outcome: Outcome | None
    code: str | None
    message: str | None
    source_id: str | None
    layout_id: str | None


@dataclass(frozen=True)
class Covered:
    """A scope and period that a delivery replaces, and how many of its records lie there.

    `told_until`: of records that lie in no month yet, the last month that the delivery tells of; empty of all others.
    """

    scope_key: str
    period_key: str
    records: int
    told_until: str = ""


@dataclass(frozen=True)
class Delivery:
    """Recognised bytes and how they were read. `records_raw` is the second counter's, `records_read` the reader's."""

    delivery_sha256: str
    source_id: str
    layout_id: str
    file_name: str
    bytes: int
    extracted_at: str | None
    origin: Literal["real", "synthetic"]
    records_raw: int
    records_read: int
    unmapped: tuple[str, ...]
    cells_path: str | None
    reader_hash: str
    read_at: str = ""


@dataclass(frozen=True)
class Purge:
    """A delivery whose bytes and cells were removed on purpose: when, by whom, and why."""

    delivery_sha256: str
    at: str
    by: str
    reason: str


@dataclass(frozen=True)
class CurrentDelivery:
    """A delivery that is current for at least one (scope_key, period_key); `received_at` is of the deciding receipt.

    `whole`: nothing that it covers has been replaced by another. `records`: how many of its records lie in each pair of
    `coverage`, in the same order.
    """

    delivery_sha256: str
    source_id: str
    layout_id: str
    file_name: str
    extracted_at: str | None
    received_at: str
    coverage: tuple[Pair, ...]
    whole: bool
    records: tuple[int, ...]

    @property
    def period_keys(self) -> tuple[str, ...]:
        return tuple(sorted({period for _, period in self.coverage}))
