"""Mutants of the real exports: none changes a value in silence, none loses a record without a word.

Each mutant is one real file with one thing broken. It must be refused whole with a code, or be read so that the second
counter agrees with the reader and every number that passes the lexical contract is the text that stands in the file.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.deliveries.reading import count_records, read_to_cells, recognise
from orchestration.deliveries.refusal import FILE_RULES, FileRefused
from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.model import Layout
from orchestration.warehouse.cells import cells_relation
from orchestration.warehouse.lexical import typed_select
from tests.known_answers.test_round_trip import back_to_text
from tests.real import DELIVERIES, needs_deliveries

pytestmark = [pytest.mark.deliveries, needs_deliveries]

FILES = {
    "varden_i_siffror/vardenisiffror_export_2019-03-27.csv": 13,
    "skr/kostnad_per_invanare_per_specialitet.csv": 6,
    "skr/halso_och_sjukvardsrapporten_2018_bilaga.csv": 6,
    "socialstyrelsen/personal_per_100000_2016.csv": 2,
    "socialstyrelsen/vantetider_bup_2026-08-24.csv": 5,
    "socialstyrelsen/Statistikdatabasen_10_antibiotics.csv": 5,
    "socialstyrelsen/regionenkat_2025_fast_lakarkontakt.csv": 2,
}
JSON_FILES = ["kolada/data_kld_data.json", "scb/TAB6471_data.json"]


@dataclass
class Sheet:
    """A delimited export as lines of fields; `value` is the place of a number, `body` the lines that hold records."""

    lines: list[list[str]]
    value: int
    body: range
    newline: str
    bom: bool

    def bytes(self, encoding: str = "utf-8") -> bytes:
        text = self.newline.join(";".join(line) for line in self.lines)
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode(encoding)

    def pick(self) -> list[str]:
        """A record with a number in it, the same one in every run."""
        chosen = [self.lines[i] for i in self.body if any(ch.isdigit() for ch in self.lines[i][self.value])]
        return random.Random(7).choice(chosen)


def sheet(path: Path, value: int) -> Sheet:
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [line.split(";") for line in text.split(newline)]
    width = max(len(line) for line in lines)
    full = [i for i, line in enumerate(lines) if len(line) == width]
    head = {"personal": 1, "vantetider": 2}.get(path.name.split("_")[0], 1)
    return Sheet(lines, value, range(full[0] + head, full[-1] + 1), newline, raw.startswith(b"\xef\xbb\xbf"))


def with_value(text: str) -> Callable[[Sheet], bytes]:
    def mutate(s: Sheet) -> bytes:
        s.pick()[s.value] = text
        return s.bytes()

    return mutate


def with_line(change: Callable[[list[str]], list[str]]) -> Callable[[Sheet], bytes]:
    def mutate(s: Sheet) -> bytes:
        line = s.pick()
        line[:] = change(list(line))
        return s.bytes()

    return mutate


def with_heading(change: Callable[[list[str]], list[str]]) -> Callable[[Sheet], bytes]:
    def mutate(s: Sheet) -> bytes:
        line = s.lines[s.body.start - 1]
        line[:] = change(list(line))
        return s.bytes()

    return mutate


def cut_in_the_last_record(s: Sheet) -> bytes:
    s.lines = s.lines[: s.body.stop]
    s.lines[-1] = s.lines[-1][:-1]
    return s.bytes()


def cut_at_a_records_end(s: Sheet) -> bytes:
    s.lines = s.lines[: s.body.start + len(s.body) // 2]
    return s.bytes()


def twice(s: Sheet) -> bytes:
    s.lines.insert(s.body.start, list(s.pick()))
    return s.bytes()


MUTATIONS: dict[str, Callable[[Sheet], bytes]] = {
    "decimal point": with_value("12.7"),
    "underscore": with_value("1_000"),
    "exponent": with_value("1,5E+03"),
    "tiny exponent": with_value("1,5E-30"),
    "date": with_value("2024-01-01"),
    "two dots": with_value(".."),
    "letter": with_value("X"),
    "blank in a number": with_value("1 23"),
    "leading zero": with_value("0180"),
    "too many decimals": with_value("0,1234567890123"),
    "too large": with_value("123456789012345678901"),
    "percent sign": with_value("12 %"),
    "empty": with_value(""),
    "infinity": with_value("inf"),
    "arabic digits": with_value("١٢"),
    "one field less": with_line(lambda line: line[:-1]),
    "one field more": with_line(lambda line: [*line, "extra"]),
    "shifted": with_line(lambda line: ["", *line[:-1]]),
    "open quote": with_line(lambda line: ['"' + line[0], *line[1:]]),
    "heading renamed": with_heading(lambda line: ["Annat", *line[1:]]),
    "heading twice": with_heading(lambda line: [line[1], *line[1:]]),
    "record twice": twice,
    "cut in the last record": cut_in_the_last_record,
    "cut at a record's end": cut_at_a_records_end,
    "latin-1": lambda s: s.bytes("latin-1") if s.newline != "?" else b"",
    "encoded twice": lambda s: s.bytes().decode("latin-1").encode("utf-8"),
    "other line ends": lambda s: Sheet(s.lines, s.value, s.body, "\n" if s.newline == "\r\n" else "\r\n", s.bom).bytes(),
    "other byte order mark": lambda s: Sheet(s.lines, s.value, s.body, s.newline, not s.bom).bytes(),
    "title only": lambda s: s.newline.join(";".join(line) for line in s.lines[: s.body.start]).encode(),
    "nothing": lambda s: b"",
}  # fmt: skip
JSON_MUTATIONS: dict[str, Callable[[str], str]] = {
    "cut": lambda t: t[: len(t) // 2],
    "comma decimal": lambda t: (
        t.replace(": 777.735791", ': "777,735791"')
        .replace("[245284,", '["245 284",')
        .replace("245284,", '"245 284",', 1)
    ),
    "a list for a number": lambda t: t.replace("777.735791", "[777]").replace("245284,", "[245284],", 1),
    "a value less": lambda t: t.replace("245284,", "", 1).replace('"gender": "T",', "", 1),
    "true": lambda t: t.replace("777.735791", "true").replace("245284,", "true,", 1),
    "NaN": lambda t: t.replace("777.735791", "NaN").replace("245284,", "NaN,", 1),
}


def mutants() -> Iterator[tuple[str, str]]:
    for file in FILES:
        for name in MUTATIONS:
            yield file, name
    for file in JSON_FILES:
        for name in JSON_MUTATIONS:
            yield file, name


def accepted_numbers(layout: Layout, source_id: str, cells: Path) -> Iterator[tuple[str, Decimal, str]]:
    """(column, value, text) of every number of a record without a fault."""
    columns = [c for c in layout.columns if c.type == "number"]
    relation = f"(select *, null as file, null as extracted_at, null as override_column, null as override_status, null as override_flag, null as known_on from {cells_relation(layout, [cells])})"
    with duckdb.connect() as connection:
        view = typed_select(layout, source_id, relation)
        for c in columns:
            for text, value in connection.execute(
                f"select trim({c.name}), {c.name}_value from ({view}) where fault_code is null and {c.name}_value is not null"
            ).fetchall():
                yield c.name, value, text


@pytest.mark.parametrize(("file", "mutation"), mutants())
def test_no_mutant_is_silent(
    file: str, mutation: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    assert DELIVERIES is not None
    original = DELIVERIES / file
    broken = tmp_path / original.name
    if file in FILES:
        try:
            broken.write_bytes(MUTATIONS[mutation](sheet(original, FILES[file])))
        except UnicodeEncodeError:
            pytest.skip("the file's letters are not in this encoding")
    else:
        changed = JSON_MUTATIONS[mutation](original.read_text())
        assert changed != original.read_text()
        broken.write_text(changed)
    catalogue = load_catalogue()
    cells = tmp_path / "cells.parquet"
    refused: FileRefused | None = None
    try:
        recognised = recognise(broken, broken.name, catalogue)
        reading = read_to_cells(broken, broken.name, "0" * 64, recognised, cells)
        counted = count_records(broken, recognised)
    except FileRefused as refusal:
        refused = refusal
    if refused is not None:
        assert refused.code in FILE_RULES
        assert refused.message
        assert not cells.exists()
        record_property("mutant", f"refused {refused.code}")
        return
    record_property("mutant", "read: every record counted, every accepted number is its text")
    assert reading.records == counted, "a record was lost without a word"
    changed_values = [
        (column, text, value)
        for column, value, text in accepted_numbers(recognised.layout, recognised.source.source_id, cells)
        if back_to_text(value, text, recognised.layout.column(column)) != text
    ]
    assert not changed_values[:3], "a value was changed in silence"


def test_there_are_enough_of_them() -> None:
    assert len(list(mutants())) >= 40
