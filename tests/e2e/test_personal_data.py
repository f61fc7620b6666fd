"""No person id, as delivered or as pseudonym, stands outside the folders of row-level data after a whole night."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.support.built import Built
from tests.support.receivers import Mailbox
from tests.support.shift import Shift, copy_of_the_code

# Where rows of persons may lie: readable by their owner only.
ROW_LEVEL = ("raw", "cells", "quarantine", "warehouse.duckdb", "warehouse.duckdb.wal")
_WORDS = re.compile(rb"[0-9A-Za-z]+")


@pytest.fixture(scope="session")
def person_ids(example_home: Built) -> set[bytes]:
    """Every person id of the example's register as the files spell it, and every pseudonym in the cells."""
    ids: set[bytes] = set()
    delivered = example_home.home.with_name("example-deliveries") / "register"
    for file in delivered.glob("PAR_VARDTILLFALLEN_*.txt"):
        ids |= {line.split(b";")[1] for line in file.read_bytes().splitlines()}
    cells = example_home.home / "cells" / "patient_register"
    for layout in ("stays_2013", "stays_2024"):
        told = duckdb.sql(f"select distinct person_id from read_parquet('{cells / layout}/*.parquet')").fetchall()
        ids |= {pseudonym.encode() for (pseudonym,) in told if pseudonym}
    assert len(ids) > 10_000
    return ids


def words_in(path: Path) -> Iterator[bytes]:
    """The runs of letters and digits in a file; of Parquet, which is compressed, in its values."""
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            columns = connection.execute(f"describe from read_parquet('{path}')").fetchall()
            text = ", ".join(f'"{name}"::varchar' for name, kind, *_ in columns if kind in ("VARCHAR", "BIGINT"))
            if text:
                rows = connection.execute(f"select concat_ws(' ', {text}) from read_parquet('{path}')").fetchall()
                for (row,) in rows:
                    yield from _WORDS.findall(row.encode())
    else:
        yield from _WORDS.findall(path.read_bytes())


def found_in(home: Path, ids: set[bytes]) -> list[str]:
    """The files outside the row-level folders that hold an id; names, never the ids."""
    outside = (p for p in home.rglob("*") if p.is_file() and p.relative_to(home).parts[0] not in ROW_LEVEL)
    return sorted(str(p.relative_to(home)) for p in outside if not ids.isdisjoint(words_in(p)))


def test_no_person_id_outside_the_row_level_folders(example_home: Built, person_ids: set[bytes]) -> None:
    """Logs, the ledger, Dagster's storage, dbt's artifacts, pages of the checks, releases."""
    looked_at = {p.relative_to(example_home.home).parts[0] for p in example_home.home.rglob("*") if p.is_file()}
    assert {"ledger.sqlite", "dagster", "logs", "docs", "releases"} <= looked_at
    assert found_in(example_home.home, person_ids) == []


def test_a_night_that_fails_over_a_row_of_a_person_tells_no_id(
    example_home: Built, person_ids: set[bytes], tmp_path: Path
) -> None:
    """DuckDB quotes the value that it cannot cast; neither Dagster, the ledger, dbt's log nor the page repeats it."""
    code = copy_of_the_code(tmp_path / "code")
    model = code / "dbt_project" / "models" / "intermediate" / "stays" / "int_stays__stays.sql"
    text = model.read_text(encoding="utf-8")
    assert text.count("  r.person_key,\n") == 1
    model.write_text(text.replace("  r.person_key,\n", "  cast(r.person_key as integer) as person_key,\n"), "utf-8")
    shift = Shift(example_home.copy(tmp_path / "home"), code, [], [], Mailbox())
    said = shift.run("nightly", "--quiet", expect={4})
    log = (shift.home / "logs" / "dbt" / "dbt.log").read_text(encoding="utf-8")
    assert "Conversion Error: Could not convert string '" in log, "the night failed over it"
    (tmp_path / "home" / "logs" / "said").write_text(said.stdout + said.stderr)
    assert found_in(shift.home, person_ids) == []


def test_the_search_finds_an_id_that_is_there(tmp_path: Path, person_ids: set[bytes]) -> None:
    some = sorted(person_ids)[len(person_ids) // 2].decode()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "night.log").write_text(f"failed at key='{some}'\n")
    (tmp_path / "releases").mkdir()
    duckdb.sql(f"copy (select 'total' as sex, '{some}' as note) to '{tmp_path}/releases/fact.parquet'")
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "cell.txt").write_text(some)
    assert found_in(tmp_path, person_ids) == ["logs/night.log", "releases/fact.parquet"]


def test_row_level_data_is_read_by_its_owner_only(example_home: Built) -> None:
    for name in ("raw", "cells", "warehouse.duckdb"):
        mode = stat.S_IMODE((example_home.home / name).stat().st_mode)
        assert mode & 0o077 == 0, f"{name} has mode {mode:o}"
