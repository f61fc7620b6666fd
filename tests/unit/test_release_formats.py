"""The bytes of the published files for any value: whatever number or text goes in comes back, and many rows as few.

Single conventions, one case each, stand in test_formats.py.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.releases.contract import Table
from orchestration.releases.formats import ROW_GROUP, write_table

NUMBERS = Table("numbers", "numbers", (("n", "BIGINT"), ("value", "DECIMAL(28,12)")), ("n",), "N", "N")
TEXTS = Table("texts", "texts", (("n", "BIGINT"), ("text", "VARCHAR")), ("n",), "T", "T")
KINDS = (
    ("VARCHAR", "string"), ("INTEGER", "int32"), ("BIGINT", "int64"), ("BOOLEAN", "bool"), ("DATE", "date32[day]"),
    ("DECIMAL(28,12)", "decimal128(28, 12)"), ("DECIMAL(5,4)", "decimal128(5, 4)"),
    ("TIMESTAMP WITH TIME ZONE", "timestamp[us, tz=UTC]"),
)  # fmt: skip

# A published number: no sign on zero, no leading zero, no exponent, no zero at the end of a fraction.
PLAIN = re.compile(r"^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$")
numbers = st.decimals(min_value=-(10**16) + 1, max_value=10**16 - 1, places=12)
# Published text holds no NUL; an empty one is null in CSV.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def in_csv(folder: Path, table: Table, values: list) -> list[str]:
    """The second column of the CSV of these values, read by Python's own reader."""
    with duckdb.connect() as con:
        con.execute(f"create table {table.name} ({', '.join(f'{n} {k}' for n, k in table.columns)})")
        con.executemany(f"insert into {table.name} values (?, ?)", list(enumerate(values)))
        _, text = write_table(con, table, table.name, folder)
    rows = list(csv.reader(io.StringIO(text.read_bytes().decode(), newline=""), strict=True))
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(len(values))]
    return [row[1] for row in rows[1:]]


@many
@given(st.lists(numbers, min_size=1, max_size=30))
@example([Decimal("-0.000000000001"), Decimal("0E-12"), Decimal("-0E-12"), Decimal("1E+15"), Decimal("1.10")])
def test_any_number_is_written_plainly_and_comes_back(tmp_path: Path, values: list[Decimal]):
    # As text: DuckDB 1.5 takes the parameter Decimal("1E+15") for 1.
    written = in_csv(tmp_path, NUMBERS, [f"{value:f}" for value in values])
    assert [text for text in written if not PLAIN.match(text)] == []
    assert [Decimal(text) for text in written] == values


@many
@given(st.lists(texts, min_size=1, max_size=30))
@example([" leading", "trailing ", "\ttab", "'", '"', '""', ",", "\n", "\r\n", "\r", "NULL", "﻿", "1e5", "\\", "#"])
def test_any_text_comes_back(tmp_path: Path, values: list[str]):
    assert in_csv(tmp_path, TEXTS, values) == values


@pytest.mark.parametrize(("kind", "arrow"), KINDS)
def test_parquet_keeps_the_type(tmp_path: Path, kind: str, arrow: str):
    table = Table("t", "t", (("key", "VARCHAR"), ("value", kind)), ("key",), "T", "T")
    with duckdb.connect() as con:
        con.execute(f"create table t (key varchar, value {kind}); insert into t values ('a', null)")
        parquet, _ = write_table(con, table, "t", tmp_path)
    schema = pq.read_schema(parquet)
    assert (schema.names, str(schema.field("value").type)) == (["key", "value"], arrow)


def test_an_empty_table_has_a_heading_and_its_columns(tmp_path: Path):
    with duckdb.connect() as con:
        con.execute("create table numbers (n bigint, value decimal(28,12))")
        parquet, text = write_table(con, NUMBERS, "numbers", tmp_path)
    assert text.read_bytes() == b"n,value\n"
    assert pq.read_table(parquet).schema.equals(pa.schema([("n", pa.int64()), ("value", pa.decimal128(28, 12))]))


def test_more_rows_than_a_row_group_holds_are_the_same_bytes_however_they_lay(tmp_path: Path):
    """DuckDB fills a group up to its next vector of 2048 rows, hence a little more than a million."""
    found = set()
    for threads, order in ((1, "i"), (2, "hash(i)")):
        folder = tmp_path / str(threads)
        folder.mkdir()
        with duckdb.connect(config={"threads": threads}) as con:
            con.execute(
                "create table numbers as select i as n, (i / 7)::decimal(28,12) as value "
                f"from range({ROW_GROUP + 5000}) r(i) order by {order}"
            )
            paths = write_table(con, NUMBERS, "numbers", folder)
        found.add(tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths))
        file = pq.ParquetFile(paths[0])
        first, second = (file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups))
        assert ROW_GROUP <= first < ROW_GROUP + 2048
        assert first + second == ROW_GROUP + 5000
        assert file.read_row_group(1).column("n")[0].as_py() == first
    assert len(found) == 1
