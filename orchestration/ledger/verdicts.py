"""Verdicts on record: each run's, and the latest of every dataset."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict

from orchestration.ledger.clock import now
from orchestration.ledger.file import LedgerFile
from orchestration.ledger.verdict import Finding, Verdict


class Verdicts(LedgerFile):
    """The part of the ledger about expectations."""

    def add_verdicts(self, run_id: str, verdicts: Iterable[Verdict]) -> None:
        """Record a run's verdicts; a dataset judged again in the same run keeps the later one."""
        at = now()
        with self.transaction() as connection:
            connection.executemany(
                "insert or replace into verdicts values (?, ?, ?, ?, ?, ?, ?)",
                [
                    (run_id, v.dataset, v.data_fingerprint, v.suite_version, v.outcome,
                     json.dumps([asdict(f) for f in v.findings], ensure_ascii=False), at)
                    for v in verdicts
                ],
            )  # fmt: skip

    def latest_verdicts(self) -> list[Verdict]:
        """The newest verdict of every dataset that was ever judged, by name."""
        rows = self.rows(
            """select * from (
                 select *, row_number() over (partition by dataset order by at desc, rowid desc) as place from verdicts)
               where place = 1 order by dataset"""
        )
        return [_verdict(row) for row in rows]

    def verdicts_of(self, run_id: str) -> list[Verdict]:
        """A run's verdicts, by dataset."""
        return [_verdict(r) for r in self.rows("select * from verdicts where run_id = ? order by dataset", (run_id,))]


def _verdict(row: sqlite3.Row) -> Verdict:
    findings = tuple(
        Finding(**{**f, **{name: tuple((s, p) for s, p in f.get(name, ())) for name in ("slices", "cell_slices")}})
        for f in json.loads(row["findings"])
    )
    return Verdict(row["dataset"], row["data_fingerprint"], row["suite_version"], row["outcome"], findings)
