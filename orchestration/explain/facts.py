"""Fact rows followed down to cells: what each is made of, and whether that gives the value that the warehouse holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from orchestration.explain.links import Link, children_of, summed_records
from orchestration.explain.raw import Cell, Raw, Reread
from orchestration.explain.records import BY_NAME, Record, records_of
from orchestration.explain.registers import recounted
from orchestration.sql import named_rows
from orchestration.text import plain

if TYPE_CHECKING:
    import duckdb

    from orchestration.sources.catalogue import Catalogue

Name = tuple[str, int]
How = Literal["record", "records", "rows", "register", "absent", "refused", "unknown"]
# What a computed value may differ by from one that was computed in another order: relative, or of 1.
_CLOSE = 1e-9
_COUNTS_ZERO = ("normal", "not_applicable")


@dataclass
class Comparison:
    """One step of the chain held against the next. `found` and `expected` are null where they may not be shown."""

    what: str
    equal: bool
    found: str | None = None
    expected: str | None = None


@dataclass
class Node:
    """One fact row: its columns, how it was made, and from which rows or records."""

    fact: str
    row: dict[str, Any]
    how: How = "unknown"
    formula: str = ""
    link: Link | None = None
    children: list[list[Name]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    published: dict[str, Any] | None = None
    hidden: bool = False

    @property
    def key(self) -> dict[str, str]:
        row = self.row
        return {c: str(row[c]) for c in BY_NAME[self.fact].key if row[c] is not None}


class Chain:
    """Every fact row that an answer rests on, by fact and rowid, and every delivery that was read again."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalogue: Catalogue, raw: Raw) -> None:
        self._con, self._catalogue, self._raw = con, catalogue, raw
        self.nodes: dict[Name, Node] = {}
        self.rereads: dict[str, Reread] = {}

    def follow(self, fact: str, rowids: Iterable[int]) -> None:
        """Find what these rows are made of, and what that is made of, down to records."""
        new = sorted({rowid for rowid in rowids if (fact, rowid) not in self.nodes})
        if not new:
            return
        rows = rows_by_id(self._con, fact, new)
        for row in rows:
            self.nodes[fact, row["rowid"]] = Node(fact, row)
        linked = children_of(self._con, fact, rows)
        below: dict[str, set[int]] = defaultdict(set)
        for rowid, (link, groups) in linked.items():
            node = self.nodes[fact, rowid]
            node.how, node.formula, node.link = "rows", link.formula, link
            for child, ids in zip(link.children, groups, strict=True):
                node.children.append([(child.fact, i) for i in ids])
                below[child.fact] |= set(ids)
        self._find_records(fact, [row for row in rows if row["rowid"] not in linked])
        for name, wanted in below.items():
            self.follow(name, wanted)

    def _find_records(self, fact: str, rows: list[dict[str, Any]]) -> None:
        registers = [r for r in rows if self._catalogue[r["source_id"]].personal]
        for row in registers:
            self.nodes[fact, row["rowid"]].how = "register"
        plain = [r for r in rows if not self._catalogue[r["source_id"]].personal]
        summed = summed_records(self._con, plain) if fact == "fct_population" else {}
        direct = records_of(self._con, self._catalogue, fact, [r for r in plain if r["rowid"] not in summed])
        for rowid, records in (summed | direct).items():
            node = self.nodes[fact, rowid]
            node.records = records
            if rowid in summed:
                node.how, node.formula = "records", "sum of the records of women and men by single year"
            elif records:
                node.how, node.formula = "record", "as the owner gives it"
            elif node.row["value_status"] == "not_applicable":
                node.how, node.formula = "absent", "the area reported the period and has no such row"
            elif node.row["value_status"] == "excluded":
                node.how, node.formula = "refused", "its record is in quarantine"

    def deliveries_of(self, node: Node) -> list[str]:
        """The deliveries behind a fact row, in order."""
        if node.row["delivery_sha256"]:
            return [node.row["delivery_sha256"]]
        rows = self._con.execute(
            "select distinct delivery_sha256 from marts.lineage where lineage_id = ? order by 1",
            [node.row["lineage_id"]],
        ).fetchall()
        return [row[0] for row in rows]

    def compare(self) -> None:
        """Read every delivery again and hold each row against what it is made of."""
        wanted: dict[str, list[Record]] = defaultdict(list)
        for node in self.nodes.values():
            for record in node.records:
                wanted[record.delivery_sha256].append(record)
            if node.how == "register":
                for sha256 in self.deliveries_of(node):
                    wanted[sha256] += []
        for sha256, records in wanted.items():
            self.rereads[sha256] = self._raw.read(sha256, records)
        for node in self.nodes.values():
            node.comparisons = self._compared(node)

    def cell(self, record: Record, number: str) -> Cell | None:
        """A record's cell as read again; None where the record is no longer read from its bytes."""
        return self.rereads[record.delivery_sha256].cells.get((record.line, record.column_name, number))

    def _compared(self, node: Node) -> list[Comparison]:
        row = node.row
        match node.how:
            case "record" if len(node.records) == 1:
                return self._against_cell(node, node.records[0])
            case "records" if node.records:
                cells = [self.cell(record, "value") for record in node.records]
                total = sum((c.value for c in cells if c is not None and c.value is not None), Decimal(0))
                alike = all(c is not None and c.same_text for c in cells)
                return [
                    Comparison(f"the text of {len(cells)} cells", alike),
                    _values("sum of the cells", row["value"], total),
                ]
            case "rows":
                return [self._against_rows(node)]
            case "register":
                return self._against_register(node)
            case "absent" | "refused":
                return [Comparison(node.formula, row["value"] is None)]
        return [Comparison(f"{len(node.records)} records fit the row, expected 1", False)]

    def _against_cell(self, node: Node, record: Record) -> list[Comparison]:
        found = []
        for number in record.numbers:
            cell = self.cell(record, number)
            if cell is None:
                return [Comparison(f"line {record.line} is not read from the raw bytes any longer", False)]
            found.append(Comparison(f"cell {cell.heading!r}: its text", cell.same_text, cell.text, cell.held_text))
            column = number if number in ("numerator", "denominator", "ci_low", "ci_high") else "value"
            column = "value" if node.row["measure"] == "index_stay_count" else column
            found.append(_values(f"cell {cell.heading!r}: its value", node.row[column], cell.value))
            if column == "value":
                found.append(
                    Comparison(
                        "its status", cell.status == node.row["value_status"], node.row["value_status"], cell.status
                    )
                )
        return found

    def _against_rows(self, node: Node) -> Comparison:
        assert node.link is not None
        groups = [[self.nodes[name].row for name in group] for group in node.children]
        below = [row for group in groups for row in group]
        if node.row["value"] is None:
            unsound = any(row["value_status"] not in _COUNTS_ZERO or row["value"] is None for row in below)
            return Comparison(f"{node.formula}: an input has no value", unsound)
        values = [row["value"] for row in below] if len(groups) == 1 else [g[0]["value"] if g else None for g in groups]
        return _values(node.formula, node.row["value"], node.link.compute(values))

    def _against_register(self, node: Node) -> list[Comparison]:
        counted = recounted(self._con, node.fact, node.row)
        if counted is None:
            return [Comparison(f"nothing says how {node.row['measure']} is counted again", False)]
        node.formula, value = counted
        if node.row["value_status"] != "normal":
            return []
        return [_values("counted again from the rows", node.row["value"], value)]


def rows_by_id(con: duckdb.DuckDBPyConnection, fact: str, rowids: list[int]) -> list[dict[str, Any]]:
    """Rows of a fact in the warehouse, with their rowid."""
    answer = con.execute(
        f"select rowid, * from marts.{fact} where rowid in (select unnest(?::bigint[])) order by rowid", [rowids]
    )
    return named_rows(answer)


def _values(what: str, found: Any, expected: Any) -> Comparison:
    return Comparison(what, same(found, expected), written(found), written(expected))


def same(one: Any, other: Any) -> bool:
    """Equal to the last decimal where both are decimals or whole, else as far as floating point goes."""
    if one is None or other is None:
        return one is other
    if not isinstance(one, float) and not isinstance(other, float) and Decimal(one) == Decimal(other):
        return True
    return abs(float(one) - float(other)) <= _CLOSE * max(1.0, abs(float(other)))


def written(value: Any) -> str | None:
    """A number as text without trailing zeros."""
    if value is None:
        return None
    return plain(Decimal(repr(value) if isinstance(value, float) else value))
