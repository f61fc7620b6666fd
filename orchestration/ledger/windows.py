"""Months of monthly facts: from what each was built, which are due, and the batches that built them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.ledger.clock import now, seconds_between
from orchestration.ledger.file import LedgerFile

Reasons = list[dict[str, Any]]


@dataclass(frozen=True)
class Built:
    """From what a month is built: fingerprints of deliveries, models, definitions; the warehouse; the last receipt."""

    inputs: str
    models: str
    definitions: str
    generation: str
    as_of: str


@dataclass(frozen=True)
class MonthState:
    """A month of a fact. `built` is of the last time it was built, None where it never was."""

    dataset: str
    month: str
    outcome: str
    reasons: Reasons
    built: Built | None
    built_at: str | None
    batch_id: str | None
    run_id: str | None


@dataclass(frozen=True)
class Batch:
    """One dbt run over a window. `outcome` is None while it runs; `first` None where it held no month."""

    batch_id: str
    run_id: str
    datasets: tuple[str, ...]
    first: str | None
    last: str | None
    months: int
    kind: str
    started_at: str
    ended_at: str | None
    seconds: float | None
    outcome: str | None


class Windows(LedgerFile):
    """The part of the ledger about windows of months."""

    def month_states(self) -> dict[tuple[str, str], MonthState]:
        """Every month that was ever planned or built, by fact and month."""
        rows = self.rows("select * from windows order by dataset, month")
        return {(row["dataset"], row["month"]): _state(row) for row in rows}

    def batches(self, limit: int = 1000) -> list[Batch]:
        """The newest batches, newest first."""
        rows = self.rows("select * from batches order by started_at desc, rowid desc limit ?", (limit,))
        return [Batch(**{**dict(row), "datasets": tuple(json.loads(row["datasets"]))}) for row in rows]

    def last_receipt(self) -> str:
        """The moment of the newest receipt, empty where there is none."""
        found = self.row("select coalesce(max(received_at), '') as at from receipts")
        return found["at"] if found else ""

    def mark_due(self, due: Iterable[tuple[str, str, Reasons]]) -> None:
        """Say which months are to be built, and why, before any is: a run that is cut short loses none of them."""
        with self.transaction() as connection:
            connection.executemany(
                """insert into windows (dataset, month, outcome, reasons) values (?, ?, 'due', ?)
                   on conflict (dataset, month) do update set outcome = 'due', reasons = excluded.reasons""",
                [(dataset, month, json.dumps(reasons, ensure_ascii=False)) for dataset, month, reasons in due],
            )

    def start_batch(
        self, run_id: str, datasets: Sequence[str], months: Iterable[tuple[str, str]], kind: str = "months"
    ) -> str:
        """Open a batch and say that its months, of each fact, are being built; `provenance` leaves their state."""
        batch_id = f"batch-{secrets.token_hex(6)}"
        pairs = sorted(months)
        dated = {month for _, month in pairs if month != "open"}
        with self.transaction() as connection:
            connection.execute(
                """insert into batches (batch_id, run_id, datasets, first, last, months, kind, started_at)
                   values (?, ?, ?, ?, ?, ?, ?, ?)""",
                (batch_id, run_id, json.dumps(sorted(datasets)), min(dated, default=None), max(dated, default=None),
                 len(dated), kind, now()),
            )  # fmt: skip
            if kind == "months":
                connection.executemany(
                    """insert into windows (dataset, month, outcome, reasons, batch_id, run_id)
                       values (?, ?, 'building', '[]', ?, ?)
                       on conflict (dataset, month) do update set outcome = 'building',
                         batch_id = excluded.batch_id, run_id = excluded.run_id""",
                    [(dataset, month, batch_id, run_id) for dataset, month in pairs],
                )
        return batch_id

    def end_batch(self, batch_id: str, built: Mapping[tuple[str, str], Built] | None) -> None:
        """Close a batch with what its months were built from; None where it failed, and its months with it."""
        at = now()
        with self.transaction() as connection:
            (started,) = connection.execute("select started_at from batches where batch_id = ?", (batch_id,)).fetchone()
            connection.execute(
                "update batches set ended_at = ?, seconds = ?, outcome = ? where batch_id = ?",
                (at, seconds_between(started, at), "failed" if built is None else "built", batch_id),
            )
            connection.execute(
                "update windows set outcome = 'failed' where batch_id = ? and outcome = 'building'", (batch_id,)
            )
            connection.executemany(
                """update windows set outcome = 'built', inputs = ?, models = ?, definitions = ?, generation = ?,
                     as_of = ?, built_at = ?, batch_id = ?, run_id = (select run_id from batches where batch_id = ?)
                   where dataset = ? and month = ?""",
                [
                    (b.inputs, b.models, b.definitions, b.generation, b.as_of, at, batch_id, batch_id, dataset, month)
                    for (dataset, month), b in (built or {}).items()
                ],
            )

    def fail_months(self) -> None:
        """Say that no month can be relied on: all are built again by the next run."""
        with self.transaction() as connection:
            connection.execute("update windows set outcome = 'failed' where outcome = 'built'")

    def close_dead_batches(self) -> int:
        """Close batches that a killed run left open, and say that their months failed. The caller holds the home."""
        with self.transaction() as connection:
            closed = connection.execute(
                "update batches set outcome = 'killed', ended_at = ? where outcome is null", (now(),)
            ).rowcount
            connection.execute("update windows set outcome = 'failed' where outcome = 'building'")
        return closed


def _state(row: sqlite3.Row) -> MonthState:
    built = None
    if row["built_at"] is not None:
        built = Built(row["inputs"], row["models"], row["definitions"], row["generation"], row["as_of"])
    return MonthState(
        row["dataset"], row["month"], row["outcome"], json.loads(row["reasons"]), built, row["built_at"],
        row["batch_id"], row["run_id"],
    )  # fmt: skip
