"""Receipts, their outcomes, what was read from each delivery, and which delivery is current for what.

Here stands the rule of revisions: for each scope and period the accepted receipt with the greatest export date, then
the latest arrival, decides. So an owner may retract (A, B, A again), and an older export that arrives late replaces
nothing. Of records without a month, such as stays still open, the delivery that tells of the latest month decides
first: a corrected old month knows less of them than what came of later months. Arrivals are numbered by a moment that
only grows, whatever the clock does.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple

from orchestration.ledger.clock import now, now_after
from orchestration.ledger.entries import Arrival, Covered, CurrentDelivery, Delivery, Outcome, Pair, Receipt
from orchestration.ledger.file import LedgerFile

# For each scope and period, the delivery with the greatest (told_until, extracted_at, received_at) of an accepted
# receipt, as known at a moment. Of each delivery only its best receipt can win, so the ranking is of deliveries,
# however often they were received.
_CURRENT = """current_coverage as (
  with best as (
    select delivery_sha256, extracted_at, received_at
    from (
      select *, row_number() over (
        partition by delivery_sha256 order by extracted_at desc, received_at desc
      ) as place
      from accepted_receipts where received_at <= :until
    )
    where place = 1
  )
  select scope_key, period_key, delivery_sha256, received_at, records, told_until
  from (
    select c.*, b.received_at, row_number() over (
      partition by c.scope_key, c.period_key order by c.told_until desc, b.extracted_at desc, b.received_at desc
    ) as place
    from coverage as c
    join best as b using (delivery_sha256)
  )
  where place = 1
)"""
_ALWAYS = "9999"


class History(LedgerFile):
    """The part of the ledger about deliveries."""

    def write_delivery(self, delivery: Delivery, coverage: Iterable[Covered]) -> None:
        """Record how bytes were read, in place of any earlier reading of the same bytes."""
        with self.transaction() as connection:
            connection.execute("delete from deliveries where delivery_sha256 = ?", (delivery.delivery_sha256,))
            connection.execute(
                "insert into deliveries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    delivery.delivery_sha256, delivery.source_id, delivery.layout_id, delivery.file_name,
                    delivery.bytes, delivery.extracted_at, delivery.origin, delivery.records_raw,
                    delivery.records_read, json.dumps(delivery.unmapped, ensure_ascii=False), delivery.cells_path,
                    delivery.reader_hash, now(),
                ),
            )  # fmt: skip
            connection.executemany(
                "insert into coverage values (?, ?, ?, ?, ?)",
                [(delivery.delivery_sha256, *astuple(c)) for c in coverage],
            )

    def withdraw_reading(self, delivery_sha256: str, reader_hash: str, code: str, message: str) -> None:
        """Say that a delivery that was read once is refused by the reader of today: it is current for nothing."""
        with self.transaction() as connection:
            connection.execute("delete from coverage where delivery_sha256 = ?", (delivery_sha256,))
            connection.execute(
                "update deliveries set cells_path = null, reader_hash = ?, read_at = ? where delivery_sha256 = ?",
                (reader_hash, now(), delivery_sha256),
            )
            connection.execute(
                """insert into outcomes (receipt_id, at, outcome, code, message, source_id, layout_id)
                   select a.receipt_id, ?, 'refused', ?, ?, d.source_id, d.layout_id
                   from accepted_receipts as a join deliveries as d using (delivery_sha256)
                   where delivery_sha256 = ? order by a.received_at desc limit 1""",
                (now(), code, message, delivery_sha256),
            )

    def restore_reading(self, delivery_sha256: str) -> None:
        """Accept again the receipts of a delivery whose reading had been withdrawn and that is read again."""
        with self.transaction() as connection:
            connection.execute(
                """insert into outcomes (receipt_id, at, outcome, message, source_id, layout_id)
                   select r.receipt_id, ?, 'loaded', 'read again by a newer reader', d.source_id, d.layout_id
                   from receipts as r join deliveries as d using (delivery_sha256)
                   where delivery_sha256 = ?
                     and (select outcome from outcomes as o where o.receipt_id = r.receipt_id
                          order by outcome_id desc limit 1) = 'refused'
                     and exists (select 1 from outcomes as o where o.receipt_id = r.receipt_id
                                 and o.outcome in ('loaded', 'duplicate'))""",
                (now(), delivery_sha256),
            )

    def record_arrivals(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Give every arrival its receipt and, unless its judging raised, its outcome: all in one transaction.

        Accepted bytes are `loaded` when they are new, or when this call made them current again for anything; else
        `duplicate`. A receipt left without an outcome by an earlier call is replaced when its bytes come again.
        """
        receipt_ids = []
        with self.transaction() as connection:
            known = {r["delivery_sha256"] for r in connection.execute("select delivery_sha256 from accepted_receipts")}
            before = self._current_pairs(connection)
            (last,) = connection.execute("select max(received_at) from receipts").fetchone()
            for arrival in arrivals:
                last = now_after(last)
                receipt_ids.append(_insert(connection, arrival, last))
            after = self._current_pairs(connection)
            for arrival, receipt_id in zip(arrivals, receipt_ids, strict=True):
                sha256 = arrival.delivery_sha256
                if arrival.judgement != "accepted" or sha256 is None:
                    continue
                if sha256 not in known:
                    _settle(connection, receipt_id, "loaded", None)
                elif after[sha256] - before[sha256]:
                    _settle(connection, receipt_id, "loaded", "received again: these bytes are current again")
                known.add(sha256)
                before[sha256] = after[sha256]
        self.keep()
        written = {r.receipt_id: r for r in self._receipts("r.receipt_id >= ?", min(receipt_ids, default=0))}
        return [written[i] for i in receipt_ids]

    def receipt_of_arrival(self, arrival: str) -> Receipt | None:
        """The receipt, with an outcome, that this very file in the landing already has."""
        found = [r for r in self._receipts("r.arrival = ?", arrival) if r.outcome is not None]
        return found[-1] if found else None

    def receipts(self) -> list[Receipt]:
        """Every receipt with its last outcome, in order of arrival."""
        return self._receipts("?", 1)

    def delivery(self, delivery_sha256: str) -> Delivery | None:
        found = self.row("select * from deliveries where delivery_sha256 = ?", (delivery_sha256,))
        return _delivery(found) if found else None

    def deliveries(self) -> list[Delivery]:
        """Every recognised delivery, current or not, by source, layout and hash."""
        return [
            _delivery(r) for r in self.rows("select * from deliveries order by source_id, layout_id, delivery_sha256")
        ]

    def coverage_of(self, delivery_sha256: str) -> list[Covered]:
        """What a delivery replaces where it is current, in order of scope and period."""
        rows = self.rows(
            "select scope_key, period_key, records, told_until from coverage where delivery_sha256 = ? order by 1, 2",
            (delivery_sha256,),
        )
        return [Covered(*row) for row in rows]

    def current_deliveries(self, until: str | None = None) -> list[CurrentDelivery]:
        """Every delivery that is current for something, by source, layout and hash, with what it is current for.

        `until` (RFC 3339, UTC) asks what was current then: later receipts play no part.
        """
        rows = self.rows(
            f"""with {_CURRENT} select d.delivery_sha256, d.source_id, d.layout_id, d.file_name,
                 coalesce(d.extracted_at, (
                   select nullif(a.extracted_at, '') from accepted_receipts as a
                   where a.delivery_sha256 = d.delivery_sha256 order by a.received_at limit 1)) as extracted_at,
                 c.received_at, c.scope_key, c.period_key, c.records,
                 (select count(*) from coverage as o where o.delivery_sha256 = d.delivery_sha256) as covered
               from current_coverage as c join deliveries as d using (delivery_sha256)
               order by d.source_id, d.layout_id, d.delivery_sha256, c.scope_key, c.period_key""",
            {"until": until or _ALWAYS},
        )
        by_delivery: dict[str, list[sqlite3.Row]] = defaultdict(list)
        for row in rows:
            by_delivery[row["delivery_sha256"]].append(row)
        return [
            CurrentDelivery(
                delivery_sha256=sha256,
                source_id=held[0]["source_id"],
                layout_id=held[0]["layout_id"],
                file_name=held[0]["file_name"],
                extracted_at=held[0]["extracted_at"],
                received_at=max(row["received_at"] for row in held),
                coverage=tuple((row["scope_key"], row["period_key"]) for row in held),
                whole=len(held) == held[0]["covered"],
                records=tuple(row["records"] for row in held),
            )
            for sha256, held in by_delivery.items()
        ]

    def current_coverage(self) -> dict[Pair, Covered]:
        """For each scope and period, what the delivery that is current for it holds there."""
        rows = self.rows(
            f"with {_CURRENT} select scope_key, period_key, records, told_until from current_coverage",
            {"until": _ALWAYS},
        )
        return {(scope, period): Covered(scope, period, *more) for scope, period, *more in rows}

    def records_expected(self) -> dict[str, int]:
        """For each current delivery the records that a build must account for.

        That is the second counter's number, less what lies in scopes and periods that a newer delivery has replaced.
        """
        rows = self.rows(
            f"""with {_CURRENT}, current as materialized (select * from current_coverage)
               select d.delivery_sha256, d.records_raw - (
                 select coalesce(sum(c.records), 0) from coverage as c
                 where c.delivery_sha256 = d.delivery_sha256 and not exists (
                   select 1 from current as k where k.delivery_sha256 = c.delivery_sha256
                     and k.scope_key = c.scope_key and k.period_key = c.period_key))
               from deliveries as d where d.delivery_sha256 in (select delivery_sha256 from current)""",
            {"until": _ALWAYS},
        )
        return {row[0]: row[1] for row in rows}

    def _current_pairs(self, connection: sqlite3.Connection) -> dict[str, set[Pair]]:
        pairs: dict[str, set[Pair]] = defaultdict(set)
        query = f"with {_CURRENT} select delivery_sha256, scope_key, period_key from current_coverage"
        for row in connection.execute(query, {"until": _ALWAYS}):
            pairs[row["delivery_sha256"]].add((row["scope_key"], row["period_key"]))
        return pairs

    def _receipts(self, condition: str, parameter: object) -> list[Receipt]:
        rows = self.rows(
            f"""select r.receipt_id, r.received_at, r.file_name, r.delivery_sha256,
                  o.outcome, o.code, o.message, o.source_id, o.layout_id
                from receipts as r
                left join outcomes as o on o.outcome_id = (
                  select max(outcome_id) from outcomes where receipt_id = r.receipt_id)
                where {condition} order by r.received_at""",
            (parameter,),
        )
        return [Receipt(*row) for row in rows]


def _insert(connection: sqlite3.Connection, arrival: Arrival, received_at: str) -> int:
    """The receipt, and its outcome; an accepted one stands as `duplicate` until the current set is known."""
    connection.execute(
        """delete from receipts where delivery_sha256 is ? and file_name = ? and via = ?
           and not exists (select 1 from outcomes as o where o.receipt_id = receipts.receipt_id)""",
        (arrival.delivery_sha256, arrival.file_name, arrival.via),
    )
    cursor = connection.execute(
        """insert into receipts (received_at, file_name, via, delivery_sha256, bytes, extracted_at, manifest, arrival)
           values (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            received_at, arrival.file_name, arrival.via, arrival.delivery_sha256, arrival.bytes,
            arrival.extracted_at, arrival.manifest, arrival.arrival,
        ),
    )  # fmt: skip
    receipt_id = cursor.lastrowid
    assert receipt_id is not None
    if arrival.judgement is not None:
        outcome = "duplicate" if arrival.judgement == "accepted" else arrival.judgement
        connection.execute(
            """insert into outcomes (receipt_id, at, outcome, code, message, source_id, layout_id)
               values (?, ?, ?, ?, ?, ?, ?)""",
            (receipt_id, received_at, outcome, arrival.code, arrival.message, arrival.source_id, arrival.layout_id),
        )
    return receipt_id


def _settle(connection: sqlite3.Connection, receipt_id: int, outcome: Outcome, message: str | None) -> None:
    connection.execute(
        "update outcomes set outcome = ?, message = coalesce(?, message) where receipt_id = ?",
        (outcome, message, receipt_id),
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(**{**dict(row), "unmapped": tuple(json.loads(row["unmapped"]))})
