"""The journal: every change of the ledger once more, as lines of JSON in `raw/`; from it the ledger can be made anew.

A trigger notes which row changed (`unwritten`); `write` appends those rows to the journal and forgets the notes, inside
one transaction, so that a kill leaves at worst lines that stand twice, and those say the same. The journal is durable
before anything is removed that only a receipt vouches for. Like the ledger it never holds a value of a delivery.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

from orchestration.ledger.entries import Covered

# Tables kept row by row, with their keys; rows that hang on a row (`coverage`) go with it.
BY_ROW: dict[str, tuple[str, ...]] = {
    "receipts": ("receipt_id",),
    "outcomes": ("outcome_id",),
    "deliveries": ("delivery_sha256",),
    "purges": ("delivery_sha256",),
    "runs": ("run_id",),
    "stages": ("stage_id",),
    "verdicts": ("run_id", "dataset"),
    "windows": ("dataset", "month"),
    "batches": ("batch_id",),
    "incidents": ("incident_id",),
    "holds": ("hold_id",),
    "acceptances": ("acceptance_id",),
}
# Tables that every build writes anew: kept whole, and only when they differ from what was kept last.
WHOLE = ("records", "quarantine")
_SEPARATOR = "\x1f"


class JournalDamaged(Exception):
    """A line of the journal that cannot be read: names the file and the line."""


def triggers() -> Iterator[str]:
    """SQL that makes SQLite note every changed row."""
    for table, key in BY_ROW.items():
        for event, row in (("insert", "new"), ("update", "new"), ("delete", "old")):
            text = f" || '{_SEPARATOR}' || ".join(f"{row}.{column}" for column in key)
            yield (
                f"create trigger {table}_{event} after {event} on {table} begin "
                f"insert into unwritten (name, key) values ('{table}', {text}); end"
            )
    for table in WHOLE:
        for event in ("insert", "delete"):
            yield (
                f"create trigger {table}_{event} after {event} on {table} "
                f"when not exists (select 1 from unwritten where name = '{table}') begin "
                f"insert into unwritten (name, key) values ('{table}', '*'); end"
            )


def note_everything(connection: sqlite3.Connection) -> None:
    """Note every row that there is, in the order in which rows came: for a ledger that had no journal."""
    for table, key in BY_ROW.items():
        text = f" || '{_SEPARATOR}' || ".join(key)
        connection.execute(f"insert into unwritten (name, key) select '{table}', {text} from {table} order by rowid")
    for table in WHOLE:
        connection.execute("insert into unwritten (name, key) values (?, '*')", (table,))


def write(connection: sqlite3.Connection, path: Path) -> None:
    """Append the noted rows to the journal, durably, and forget the notes. The caller holds a transaction."""
    noted = connection.execute("select name, key, min(seq) as seq from unwritten group by 1, 2 order by 3").fetchall()
    if not noted:
        return
    lines = [line for name, key, _ in noted if (line := _line(connection, name, key)) is not None]
    _append(path, lines)
    connection.execute("delete from unwritten")


def _line(connection: sqlite3.Connection, name: str, key: str) -> str | None:
    if name in WHOLE:
        rows = [dict(row) for row in connection.execute(f"select * from {name}")]
        content = json.dumps({"table": name, "rows": rows}, ensure_ascii=False)
        digest = hashlib.sha256(content.encode()).hexdigest()
        kept = connection.execute("select sha256 from kept where name = ?", (name,)).fetchone()
        if kept and kept[0] == digest:
            return None
        connection.execute("insert or replace into kept values (?, ?)", (name, digest))
        return content
    named = dict(zip(BY_ROW[name], key.split(_SEPARATOR), strict=True))
    where = " and ".join(f"{column} = ?" for column in named)
    row = connection.execute(f"select * from {name} where {where}", tuple(named.values())).fetchone()
    if row is None:
        return json.dumps({"table": name, "gone": named}, ensure_ascii=False)
    event: dict[str, Any] = {"table": name, "row": dict(row)}
    if name == "deliveries":
        covered = connection.execute(
            "select scope_key, period_key, records, told_until from coverage where delivery_sha256 = ? order by 1, 2",
            (key,),
        )
        event["coverage"] = [list(row) for row in covered]
    return json.dumps(event, ensure_ascii=False)


def _append(path: Path, lines: Iterable[str]) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        # What a kill left of a line is cut off: its rows are noted still.
        while end and (file.seek(end - 1), file.read(1))[1] != b"\n":
            end -= 1
        file.truncate(end)
        file.seek(end)
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())


def replay(connection: sqlite3.Connection, path: Path) -> int:
    """Bring the rows of a journal into an empty ledger, and return how many lines it had. Raises `JournalDamaged`.

    A last line without its end is passed over: it was never acknowledged.
    """
    number = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                number -= 1
                break
            try:
                _apply(connection, json.loads(line))
            except (ValueError, KeyError, TypeError, sqlite3.Error) as error:
                raise JournalDamaged(f"{path} line {number}: {error}") from error
    connection.execute("delete from unwritten")
    return number


def _apply(connection: sqlite3.Connection, event: dict[str, Any]) -> None:
    table = event["table"]
    if table in WHOLE:
        connection.execute(f"delete from {table}")
        for row in event["rows"]:
            _insert(connection, table, row)
        digest = hashlib.sha256(json.dumps(event, ensure_ascii=False).encode()).hexdigest()
        connection.execute("insert or replace into kept values (?, ?)", (table, digest))
        return
    key = BY_ROW[table]
    if "gone" in event:
        where = " and ".join(f"{column} = ?" for column in key)
        connection.execute(f"delete from {table} where {where}", tuple(event["gone"][column] for column in key))
        return
    _insert(connection, table, event["row"], key)
    if table == "deliveries":
        sha256 = event["row"]["delivery_sha256"]
        connection.execute("delete from coverage where delivery_sha256 = ?", (sha256,))
        # Before version 5 of the ledger a line did not say the last of the four.
        for covered in (Covered(*row) for row in event["coverage"]):
            connection.execute("insert into coverage values (?, ?, ?, ?, ?)", (sha256, *astuple(covered)))


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any], key: tuple[str, ...] = ()) -> None:
    """Insert a row, or change the one of its key in its place: the order of rows stays that of their coming."""
    names = list(row)
    changed = ", ".join(f"{n} = excluded.{n}" for n in names if n not in key)
    upsert = f" on conflict ({', '.join(key)}) do update set {changed}" if key else ""
    marks = ", ".join("?" for _ in names)
    connection.execute(f"insert into {table} ({', '.join(names)}) values ({marks}){upsert}", tuple(row.values()))
