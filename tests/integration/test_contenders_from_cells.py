"""The SQL by hand that starts from the cells counts what our models count, on the example's deliveries with their defects."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import registers
from benchmarks.contenders import contacts_by_hand, stays_by_hand
from benchmarks.measured import canonical_hash
from tests.support.built import Built


@pytest.mark.parametrize(
    ("counts", "source", "files", "line"),
    [
        (stays_by_hand.counts, "patient_register", registers.STAY_FILES, registers.READMISSION_LINE),
        (contacts_by_hand.counts, "wait_contacts", registers.CONTACT_FILES, registers.WAIT_LINE),
    ],
    ids=["stays", "contacts"],
)
def test_the_same_counts_by_one_hash(
    counts, source: str, files: dict, line: str, example_home: Built, tmp_path: Path
) -> None:
    with duckdb.connect(str(example_home.warehouse), read_only=True) as connection:
        for name, sql in files.items():
            connection.execute(f"copy ({sql}) to '{tmp_path / name}.parquet'")
    (tmp_path / "cells.txt").write_text(str(example_home.home / "cells" / source))
    duckdb.from_df(counts(tmp_path)).write_parquet(str(tmp_path / "by_hand.parquet"))
    rows = duckdb.sql(f"select count(*), sum(n) from read_parquet('{tmp_path}/ours.parquet')").fetchone()
    assert rows is not None
    assert rows[0] > 100
    assert canonical_hash(tmp_path / "by_hand.parquet", line) == canonical_hash(tmp_path / "ours.parquet", line)
