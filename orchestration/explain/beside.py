"""What stands beside the chain: cells, deliveries, corrections, what was left out, what the checks said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.explain.facts import Chain
from orchestration.explain.indicators import Parts
from orchestration.explain.raw import Reread
from orchestration.explain.records import Record
from orchestration.explain.registers import excluded_stays, told
from orchestration.releases.contract import INDICATOR_VALUES, Table
from orchestration.sql import named_rows
from orchestration.text import shape

NATION = ("nation", "total")

if TYPE_CHECKING:
    import duckdb

    from orchestration.ledger.verdict import Verdict


def cells_of(chain: Chain) -> list[dict[str, Any]] | dict[str, Any]:
    """Every cell with its text, or of row-level sources how many records the deliveries hold, and nothing else."""
    rows = [r for r in chain.rereads.values() if r.personal]
    if rows:
        return {"count": told(sum(r.records for r in rows)), "personal": True}
    found: dict[tuple[Record, str], dict[str, Any]] = {}
    for node in chain.nodes.values():
        for record in node.records:
            for number in record.numbers:
                cell = chain.cell(record, number)
                if cell is None or (record, number) in found:
                    continue
                text = shape(cell.text) if node.hidden else cell.text
                found[record, number] = {
                    "delivery_sha256": record.delivery_sha256,
                    "file": chain.rereads[record.delivery_sha256].delivery.file_name,
                    "line": record.line,
                    "column": cell.heading,
                    "text": text,
                    "raw_line": None if node.hidden else cell.raw_line,
                    "equal": cell.same_text,
                    "correction_id": cell.correction_id,
                }
    return list(found.values())


def delivery_of(reread: Reread) -> dict[str, Any]:
    """A delivery as it was read again: its bytes, its records, and how many differ from the cells held."""
    d = reread.delivery
    return {
        "delivery_sha256": d.delivery_sha256,
        "source_id": d.source_id,
        "layout_id": d.layout_id,
        "file": d.file_name,
        "received_at": reread.received_at,
        "records": told(reread.records) if reread.personal else reread.records,
        "bytes_are_sound": reread.bytes_are_sound,
        "records_differing": reread.differing,
        "equal": reread.bytes_are_sound
        and reread.differing == 0
        and reread.records == reread.counted == d.records_read,
    }


def corrections_of(con: duckdb.DuckDBPyConnection, chain: Chain) -> list[dict[str, Any]]:
    """The corrections that changed one of these cells."""
    cells = [(r, n) for node in chain.nodes.values() for r in node.records for n in r.numbers]
    known = {c.correction_id for r, n in cells if (c := chain.cell(r, n)) and c.correction_id}
    answer = con.execute(
        "select * from declared.corrections where correction_id in (select unnest(?::varchar[])) order by all",
        [sorted(known)],
    )
    return [{name: _text(value) for name, value in row.items()} for row in named_rows(answer)]


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def exclusions_of(
    con: duckdb.DuckDBPyConnection, chain: Chain, parts: Parts | None, personal: set[str]
) -> list[dict[str, Any]]:
    """What was left out: areas of a nation, and stays that are no index of a readmission's method."""
    found = [{"reason": reason, "count": n} for reason, n in (parts.left_out if parts else {}).items()]
    stays = [n for n in chain.nodes.values() if n.fact == "fct_readmissions" and n.row["source_id"] in personal]
    # Counts of a part would tell, beside those of the whole, of the parts that are too small to be told.
    if len(stays) == 1 and not stays[0].hidden and (stays[0].row["area_level"], stays[0].row["sex"]) == NATION:
        found += excluded_stays(con, stays[0].row)
    return found


def checks_of(verdicts: list[Verdict], chain: Chain, table: Table, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What the expectations said of the datasets on the way; those about other slices only are left out."""
    slices: dict[str, set[tuple[str, str]]] = {}
    for node in chain.nodes.values():
        slices.setdefault(node.fact, set()).add((node.row["source_id"], node.row["period"]))
    if table is INDICATOR_VALUES:
        slices[INDICATOR_VALUES.name] = {(row["indicator_id"], row["period"])}
    return [
        {"suite": v.dataset, "expectation": f.expectation, "outcome": f.outcome}
        for v in verdicts
        if v.dataset in slices
        for f in v.findings
        if f.outcome == "passed" or not f.slices or slices[v.dataset].intersection(f.slices)
    ]
