"""A delivery read again: from its raw bytes, by the reader of today, into cells that are compared with those held.

Of a delimited file the physical line is fetched besides, without the reader, and the cell's text must stand in it.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.deliveries.identity import named_identity
from orchestration.deliveries.reading import count_records, read_to_cells, recognise
from orchestration.explain.records import Record
from orchestration.releases.checksums import sha256_of
from orchestration.sources.corrections import Correction, corrected_cells
from orchestration.sources.model import Layout
from orchestration.sql import named_rows, quoted
from orchestration.warehouse.cells import cells_relation
from orchestration.warehouse.lexical import typed_select

if TYPE_CHECKING:
    from orchestration.home import Home
    from orchestration.ledger.entries import Delivery
    from orchestration.ledger.ledger import Ledger
    from orchestration.sources.catalogue import Catalogue

# A quoted field may go on over line ends; so many lines from its beginning are looked at.
_LINES = 20


@dataclass(frozen=True)
class Cell:
    """One cell as read again. `value`, `status`: typed anew, after corrections. `raw_line`: None in other formats."""

    text: str | None
    held_text: str | None
    value: Any
    status: str | None
    heading: str
    raw_line: str | None
    correction_id: str | None

    @property
    def same_text(self) -> bool:
        """The text is that of the cells the warehouse was built from, and stands in the raw line."""
        in_raw = self.raw_line is None or not self.text or self.text.replace('"', '""') in self.raw_line
        return self.text == self.held_text and in_raw


@dataclass
class Reread:
    """A delivery read again: whether its bytes are those of its name, how many records differ from the cells held."""

    delivery: Delivery
    received_at: str | None
    bytes_are_sound: bool
    records: int
    counted: int
    differing: int
    personal: bool
    cells: dict[tuple[int, str | None, str], Cell] = field(default_factory=dict)


class Raw:
    """Reads deliveries of one home again, each once."""

    def __init__(self, home: Home, ledger: Ledger, catalogue: Catalogue, corrections: list[Correction]) -> None:
        self._home, self._catalogue, self._corrections = home, catalogue, corrections
        self._deliveries = {d.delivery_sha256: d for d in ledger.deliveries()}
        self._received = {r.delivery_sha256: r.received_at for r in ledger.receipts() if r.delivery_sha256}

    def read(self, sha256: str, records: Iterable[Record]) -> Reread:
        """Read one delivery again, and the cells of these records of it.

        Raises `LookupError` where the delivery or its bytes are gone, `FileRefused` where it can no longer be read.
        """
        delivery = self._deliveries.get(sha256)
        path = self._home.raw_file(sha256)
        if delivery is None or not path.exists():
            raise LookupError(
                f"delivery {sha256[:12]} is not in the raw store any longer; see `vardlagret --home {self._home.path} "
                "delivery list --purged`"
            )
        source = self._catalogue[delivery.source_id]
        layout = source.layout(delivery.layout_id)
        with self._read_anew(delivery, path) as (cells, count, counted):
            reread = Reread(
                delivery,
                self._received.get(sha256),
                bytes_are_sound=sha256 in (found := sha256_of(path), named_identity(found, layout, delivery.file_name)),
                records=count,
                counted=counted,
                differing=0,
                personal=source.personal,
            )
            held = self._home.cells_file(delivery.source_id, layout.layout_id, sha256)
            with _connected() as connection:
                if held.exists():
                    reread.differing = _differing(connection, cells, held)
                if not source.personal:
                    reread.cells = self._cells(connection, layout, delivery, cells, held, list(records))
        return reread

    @contextmanager
    def _read_anew(self, delivery: Delivery, path: Path) -> Iterator[tuple[Path, int, int]]:
        """Cells of today's reader in a folder of the home that goes when done: they may hold persons' rows."""
        recognised = recognise(path, delivery.file_name, self._catalogue)
        with tempfile.TemporaryDirectory(dir=self._home.quarantine) as folder:
            target = Path(folder) / f"{delivery.delivery_sha256}.parquet"
            reading = read_to_cells(path, delivery.file_name, delivery.delivery_sha256, recognised, target)
            yield target, reading.records, count_records(path, recognised)

    def _cells(
        self, connection: Any, layout: Layout, delivery: Delivery, cells: Path, held: Path, records: list[Record]
    ) -> dict[tuple[int, str | None, str], Cell]:
        own = [c for c in self._corrections if (c.source_id, c.layout_id) == (delivery.source_id, layout.layout_id)]
        named = f"{quoted(delivery.file_name)} as file, '' as extracted_at, null::varchar as known_on, '' as recency"
        texts = f"(select *, {named} from {cells_relation(layout, [cells])})"
        typed = typed_select(layout, delivery.source_id, corrected_cells(texts, own))
        wanted = sorted({r.line for r in records})
        before = (
            _by_place(connection, f"select * from {cells_relation(layout, [held])}", wanted) if held.exists() else {}
        )
        read = _by_place(connection, f"select * from {texts}", wanted)
        values = _by_place(connection, f"select * from ({typed})", wanted)
        lines = _raw_lines(self._home.raw_file(delivery.delivery_sha256), layout, wanted)
        found = {}
        for record in records:
            place = (record.line, record.column_name)
            for name in record.numbers:
                if place not in read:
                    continue
                value = values.get(place, {})
                found[(*place, name)] = Cell(
                    text=read[place].get(name),
                    held_text=before.get(place, read[place]).get(name),
                    value=value.get(f"{name}_value"),
                    status=value.get(f"{name}_status"),
                    heading=record.column_name or layout.column(name).heading_text,
                    raw_line=lines.get(record.line),
                    correction_id=value.get("correction_id"),
                )
        return found


@contextmanager
def _connected() -> Iterator[Any]:
    import duckdb

    with duckdb.connect() as connection:
        yield connection


def _differing(connection: Any, one: Path, other: Path) -> int:
    """Records that stand in one file of cells and not in the other, both ways."""
    a, b = (f"(select * from read_parquet({quoted(str(path))}))" for path in (one, other))
    (count,) = connection.execute(
        f"select (select count(*) from (from {a} except all from {b})) "
        f"+ (select count(*) from (from {b} except all from {a}))"
    ).fetchone()
    return int(count)


def _by_place(connection: Any, select: str, lines: list[int]) -> dict[tuple[int, str | None], dict[str, Any]]:
    answer = connection.execute(f"select * from ({select}) where list_contains(?, line)", [lines])
    return {(row["line"], row["column_name"]): row for row in named_rows(answer)}


def _raw_lines(path: Path, layout: Layout, wanted: list[int]) -> dict[int, str]:
    """The physical lines at which records begin, with those that follow in the file; only of delimited text."""
    if layout.family != "delimited" or not wanted:
        return {}
    for encoding in layout.encodings:
        try:
            with path.open(encoding=encoding, newline=None) as file:
                return _picked(file, wanted)
        except UnicodeDecodeError:
            continue
    return {}


def _picked(lines: Iterable[str], wanted: list[int]) -> dict[int, str]:
    chosen: set[int] = set(wanted)
    picked: dict[int, str] = {}
    for number, line in zip(itertools.count(1), lines):
        for first in [n for n in picked if number < n + _LINES and picked[n].count('"') % 2]:
            picked[first] += line
        if number in chosen:
            picked[number] = line
    return {number: text.rstrip("\r\n") for number, text in picked.items()}
