"""What became of the records of the current deliveries, by the latest build; and what was refused. Never a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from orchestration.ledger.file import LedgerFile


class RecordCount(Protocol):
    """Records of one delivery by outcome; `unmapped` of the accepted feed no fact."""

    @property
    def delivery_sha256(self) -> str: ...
    @property
    def source_id(self) -> str: ...
    @property
    def accepted(self) -> int: ...
    @property
    def quarantined(self) -> int: ...
    @property
    def duplicate(self) -> int: ...
    @property
    def unmapped(self) -> int: ...


class RefusedRecord(Protocol):
    """One refused record's place and rule."""

    @property
    def delivery_sha256(self) -> str: ...
    @property
    def source_id(self) -> str: ...
    @property
    def layout_id(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column_name(self) -> str | None: ...
    @property
    def code(self) -> str: ...
    @property
    def period(self) -> str | None: ...


@dataclass(frozen=True)
class Counts:
    """One delivery's records: `records_raw` by the second counter, the others by the latest build."""

    delivery_sha256: str
    source_id: str
    records_raw: int
    accepted: int
    quarantined: int
    duplicate: int
    unmapped: int


@dataclass(frozen=True)
class QuarantineItem:
    """Refused records of one delivery, file, rule and period."""

    source_id: str
    layout_id: str
    delivery_sha256: str
    file: str
    code: str
    period: str | None
    count: int
    first_line: int


@dataclass(frozen=True)
class QuarantinePlace:
    """One refused record."""

    line: int
    column_name: str | None
    code: str
    period: str | None


@dataclass(frozen=True)
class RefusedFile:
    """A file whose last arrival was refused. `delivery_sha256` is None when its name forbade taking the bytes."""

    file_name: str
    delivery_sha256: str | None
    source_id: str | None
    code: str
    message: str
    received_at: str


class Records(LedgerFile):
    """The part of the ledger about records."""

    def replace_record_counts(self, run_id: str, counts: Iterable[RecordCount]) -> None:
        """Put the latest build's counts in place of all earlier ones."""
        with self.transaction() as connection:
            connection.execute("delete from records")
            connection.executemany(
                "insert into records values (?, ?, ?, ?, ?, ?, ?)",
                (
                    (c.delivery_sha256, c.source_id, c.accepted, c.quarantined, c.duplicate, c.unmapped, run_id)
                    for c in counts
                ),
            )

    def replace_quarantine(self, records: Iterable[RefusedRecord]) -> None:
        """Put the latest build's index of refused records in place of the earlier one."""
        with self.transaction() as connection:
            connection.execute("delete from quarantine")
            connection.executemany(
                "insert into quarantine values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (r.delivery_sha256, r.source_id, r.layout_id, r.file, r.line, r.column_name, r.code, r.period)
                    for r in records
                ),
            )

    def record_counts(self) -> list[Counts]:
        """Counts of every delivery in the latest build, by source and hash."""
        rows = self.rows(
            """select delivery_sha256, r.source_id, coalesce(d.records_raw, 0), r.accepted, r.quarantined, r.duplicate,
                 r.unmapped
               from records as r left join deliveries as d using (delivery_sha256) order by 2, 1"""
        )
        return [Counts(*row) for row in rows]

    def quarantine_totals(self) -> dict[str, int]:
        """`records_raw, accepted, quarantined, duplicate, files_refused` over the latest build."""
        counts = self.record_counts()
        totals = {
            n: sum(getattr(c, n) for c in counts) for n in ("records_raw", "accepted", "quarantined", "duplicate")
        }
        return {**totals, "files_refused": len(self.refused_files())}

    def quarantine_items(self, source_id: str | None = None) -> list[QuarantineItem]:
        """Refused records counted by delivery, file, rule and period, in that order."""
        rows = self.rows(
            """select source_id, layout_id, delivery_sha256, file, code, period, count(*), min(line) from quarantine
               where ? is null or source_id = ?
               group by source_id, layout_id, delivery_sha256, file, code, period order by 1, 2, 4, 3, 5, 6""",
            (source_id, source_id),
        )
        return [QuarantineItem(*row) for row in rows]

    def quarantine_places(self, delivery_sha256: str, code: str | None = None) -> list[QuarantinePlace]:
        """Every refused record of a delivery in order of its line; only one rule's where `code` is given."""
        rows = self.rows(
            """select line, column_name, code, period from quarantine
               where delivery_sha256 = ? and (? is null or code = ?) order by line, column_name, code""",
            (delivery_sha256, code, code),
        )
        return [QuarantinePlace(*row) for row in rows]

    def refused_files(self, outcome: Literal["refused", "unrecognised"] = "refused") -> list[RefusedFile]:
        """Files whose last arrival had this outcome, oldest first.

        A file is gone from here when its bytes were accepted since then, or others of its source under its name.
        """
        rows = self.rows(
            """with judged as (
                 select r.receipt_id, r.received_at, r.file_name, r.delivery_sha256, o.outcome, o.code, o.message,
                   o.source_id, row_number() over (
                     partition by coalesce(case when r.bytes = 0 then null else r.delivery_sha256 end, r.file_name)
                     order by r.received_at desc, o.outcome_id desc) as place
                 from receipts as r join outcomes as o using (receipt_id))
               select file_name, delivery_sha256, source_id, code, message, received_at from judged
               where place = 1 and outcome = ? and not exists (
                 select 1 from receipts as r join outcomes as o using (receipt_id)
                 where r.file_name = judged.file_name and r.received_at > judged.received_at
                   and (judged.source_id is null or o.source_id = judged.source_id)
                   and o.outcome in ('loaded', 'duplicate'))
               order by received_at""",
            (outcome,),
        )
        return [RefusedFile(*row) for row in rows]
