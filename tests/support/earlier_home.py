"""A home as format 1 had it: the ledger's first schema, and no journal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from orchestration.ledger.file import statements

SCHEMA_1 = Path(__file__).with_name("ledger_schema_1.sql")


def as_format_1(home: Path) -> Path:
    """Write a home's ledger anew with the first schema, row by row, and take away what came later."""
    ledger = home / "ledger.sqlite"
    today = ledger.with_name("today.sqlite")
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    ledger.replace(today)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
        connection.execute("pragma journal_mode = wal")
        for statement in statements(SCHEMA_1.read_text(encoding="utf-8")):
            connection.execute(statement)
        connection.execute("attach ? as today", (str(today),))
        tables = [
            "receipts",
            "outcomes",
            "deliveries",
            "coverage",
            "records",
            "quarantine",
            "runs",
            "stages",
            "verdicts",
        ]
        for table in tables:
            order = "" if table == "coverage" else " order by rowid"
            names = ", ".join(row[1] for row in connection.execute(f"pragma main.table_info({table})"))
            connection.execute(f"insert into main.{table} ({names}) select {names} from today.{table}{order}")
        connection.execute("pragma user_version = 1")
    for left in home.glob("today.sqlite*"):
        left.unlink()
    (home / "raw" / "journal.jsonl").unlink()
    declared = json.loads((home / "home.json").read_text())
    (home / "home.json").write_text(json.dumps({**declared, "format": 1}))
    return home
