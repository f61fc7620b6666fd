"""The bytes of the published files, against the contract's conventions."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.releases.contract import Table
from orchestration.releases.formats import write_table

TABLE = Table(
    "t", "t",
    (("code", "VARCHAR"), ("text", "VARCHAR"), ("number", "DECIMAL(28,12)"), ("level", "DECIMAL(5,4)"), ("n", "BIGINT"),
     ("yes", "BOOLEAN"), ("day", "DATE"), ("moment", "TIMESTAMP WITH TIME ZONE")),
    ("code",), "T", "T",
)  # fmt: skip


def written(folder: Path, *values: str, threads: int = 2, order: str = "") -> tuple[bytes, bytes]:
    """The bytes of both files of a table with these rows (SQL)."""
    with duckdb.connect(config={"threads": threads}) as con:
        con.execute("set timezone = 'Europe/Stockholm'")
        con.execute(f"create table t ({', '.join(f'{n} {k}' for n, k in TABLE.columns)})")
        con.execute(f"insert into t select * from (values {', '.join(values)}) {order}")
        parquet, text = write_table(con, TABLE, "t", folder)
    return parquet.read_bytes(), text.read_bytes()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.500000000000", "0.5"), ("100.000000000000", "100"), ("-0.000000000000", "0"), ("0", "0"), ("1200", "1200"),
        ("0.000015617000", "0.000015617"), ("-177.0237108", "-177.0237108"), ("-0.5", "-0.5"),
        ("0.000000000001", "0.000000000001"), ("9999999999999999.999999999999", "9999999999999999.999999999999"),
        ("1000000000000000", "1000000000000000"), ("-10", "-10"),
    ],
)  # fmt: skip
def test_decimals_without_exponent_or_trailing_zeroes(tmp_path: Path, number: str, text: str):
    _, found = written(tmp_path, f"('a', 'b', {number}::decimal(28,12), null, null, null, null, null)")
    assert found.decode().splitlines()[1] == f"a,b,{text},,,,,"


def test_every_type_as_the_contract_writes_it(tmp_path: Path):
    _, found = written(
        tmp_path,
        "('0180', 'Å, \"Ö\"', 12.50, 0.95, 9007199254740993, true, date '2024-05-01', timestamptz '2024-05-01 02:00:00+02')",
    )
    assert (
        found
        == (
            "code,text,number,level,n,yes,day,moment\n"
            '0180,"Å, ""Ö""",12.5,0.95,9007199254740993,true,2024-05-01,2024-05-01T00:00:00Z\n'
        ).encode()
    )


def test_empty_is_null_and_no_bom_and_only_line_feeds(tmp_path: Path):
    _, found = written(
        tmp_path, "('a', '', 1, null, null, false, null, null)", "('b', null, null, null, 0, null, null, null)"
    )
    assert found.startswith(b"code,")
    assert b"\r" not in found
    assert found.decode().splitlines()[1:] == ["a,,1,,,false,,", "b,,,,0,,,"]


@pytest.mark.parametrize(
    "text", ["two\nlines", 'a "quoted" word', "a,b", " blanks ", "#sharp", "null", "cr\rhere", "åäö|é"]
)
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str):
    quoted = text.replace("'", "''")
    _, found = written(tmp_path, f"('a', '{quoted}', 1, null, null, null, null, null)")
    rows = list(csv.reader(io.StringIO(found.decode(), newline="")))
    assert rows[1][1] == text


def test_rows_stand_in_the_order_of_the_key_and_bytes_depend_on_rows_alone(tmp_path: Path):
    rows = [f"('{n:05d}', 'x', {n}.5, null, {n}, null, null, null)" for n in range(4000)]
    found = set()
    for k, (threads, order) in enumerate([(1, ""), (2, "order by hash(col0)"), (2, "order by col0 desc")]):
        folder = tmp_path / str(k)
        folder.mkdir()
        found.add(written(folder, *rows, threads=threads, order=order))
    ((_, text),) = found
    codes = [line.split(",")[0] for line in text.decode().splitlines()[1:]]
    assert codes == sorted(codes)


def test_parquet_has_the_same_columns_and_rows_in_zstd(tmp_path: Path):
    written(
        tmp_path,
        "('b', 'x', 1.5, 0.95, 2, true, date '2024-01-01', null)",
        "('a', null, null, null, null, null, null, null)",
    )
    file = pq.ParquetFile(tmp_path / "t.parquet")
    assert file.schema_arrow.names == [name for name, _ in TABLE.columns]
    assert str(file.schema_arrow.field("number").type) == "decimal128(28, 12)"
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.read().column("code").to_pylist() == ["a", "b"]
