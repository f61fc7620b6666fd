"""The campaign's own judgement: a wrong value that nobody tells of is found, and what is told is not called silent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.releases.contract import FACTS, INDICATOR_VALUES
from tests.injections.compare import Release, compared
from tests.injections.outcome import outcome

KEY = {"area_level": "region", "period_type": "year", "sex": "total", "age_group": "total", "unit": "percent"}
Cell = dict[str, Any]


def cell(value: float | None, area: str = "01", period: str = "2024", **more: Any) -> Cell:
    status = "normal" if value is not None else "not_reported"
    return {**KEY, "indicator_id": "phone", "area_code": area, "period": period, "value": value,
            "value_status": status, "value_flags": "", "quality_grade": "B", **more}  # fmt: skip


def release(home: Path, *cells: Cell, withheld: bool = False, warned: bool = False) -> Path:
    """A home with one release of these indicator values; returns the home."""
    folder = home / "releases" / "2026-12-01.1"
    (folder / "data").mkdir(parents=True)
    with duckdb.connect() as con:
        for table in (*FACTS, INDICATOR_VALUES):
            columns = ", ".join(f"null::{kind} as {name}" for name, kind in table.columns)
            con.execute(f"create table {table.name} as select {columns} limit 0")
            for row in cells if table is INDICATOR_VALUES else ():
                marks = ", ".join("?" for _ in row)
                con.execute(f"insert into {table.name} ({', '.join(row)}) values ({marks})", list(row.values()))
            con.execute(f"copy {table.name} to '{folder / 'data' / table.name}.parquet'")
        con.execute("create table withheld (name varchar, source_id varchar, period varchar)")
        if withheld:
            con.execute("insert into withheld values ('phone', null, '2024')")
        con.execute(f"copy withheld to '{folder / 'data' / 'withheld'}.parquet'")
        con.execute("create table indicators as select 'phone' as indicator_id, 'kolada' as source_ids")
        con.execute(f"copy indicators to '{folder / 'data' / 'indicators'}.parquet'")
    finding = {"severity": "warning", "outcome": "failed", "slices": [["phone", "2024"]]}
    verdicts = [{"dataset": "indicator_values", "not_passed": [finding] if warned else []}]
    (folder / "quality.json").write_text(json.dumps({"verdicts": verdicts}))
    (home / "releases" / "latest.json").write_text(json.dumps({"release": folder.name}))
    return home


def answers(exit_code: int = 0, incidents: tuple[str, ...] = (), **night: Any) -> dict[str, Any]:
    stands = [{"id": name, "code": name.split(":")[0], "what": ""} for name in incidents]
    return {
        "night": {"exit_code": exit_code, "files": [], "withheld": [], "sources": {}, **night},
        "status": {"publish": {"light": "green"}, "incidents": stands},
    }


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """The home before the update, with 2023 alone, and the one after the sound update: 80 percent in 2024."""
    return (
        release(tmp_path / "before", cell(79, period="2023")),
        release(tmp_path / "sound", cell(79, period="2023"), cell(80)),
    )


def judged(
    homes: tuple[Path, Path], tmp_path: Path, *cells: Cell, night: dict[str, Any] | None = None, **more: Any
) -> str:
    before, sound = homes
    home = release(tmp_path / "fault", *cells, **more)
    return outcome(home, night or answers(), sound, answers(), before).effect


OLD = cell(79, period="2023")


def test_a_moved_value_that_nobody_tells_of_is_silent(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD, cell(8)) == "SILENT"


def test_a_move_within_the_stated_precision_is_no_effect(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD, cell(80.04)) == "no effect"


def test_a_key_that_neither_release_had_is_wrong(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD, cell(80), cell(80, period="2034")) == "SILENT"


def test_a_key_that_vanishes_is_silent_unless_the_release_says_why(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, cell(80)) == "SILENT"


@pytest.mark.parametrize(
    ("more", "effect"),
    [
        ({"value_flags": "suspect"}, "flagged"),
        ({"value_flags": "derived"}, "SILENT"),
        ({"quality_grade": "C"}, "flagged"),
    ],
)
def test_what_the_cell_says(homes: tuple[Path, Path], tmp_path: Path, more: dict[str, str], effect: str) -> None:
    assert judged(homes, tmp_path, OLD, cell(8, **more)) == effect


def test_a_value_that_stays_as_it_was_published_is_not_wrong(homes: tuple[Path, Path], tmp_path: Path) -> None:
    withheld = answers(3, withheld=[{"name": "phone", "checks": "jump"}])
    assert judged(homes, tmp_path, OLD, night=withheld, withheld=True) == "withheld"


def test_a_value_that_is_not_published_is_left_out(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD) == "left out"


def test_a_cell_that_says_that_it_is_withheld_is(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD, cell(None, value_status="withheld")) == "withheld"


def test_a_warning_on_the_slice_is_told_of_by_its_name(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD, cell(8), warned=True) == "warning"


def test_an_incident_counts_where_the_sound_update_has_none(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD, cell(8), night=answers(incidents=("headline_moved:phone",))) == "incident"


def test_a_refused_file_leaves_what_was_published(homes: tuple[Path, Path], tmp_path: Path) -> None:
    night = answers(files=[{"code": "F_DIMENSION", "source_id": "kolada"}])
    assert judged(homes, tmp_path, OLD, night=night) == "refused"


def test_no_release_is_held(homes: tuple[Path, Path], tmp_path: Path) -> None:
    assert judged(homes, tmp_path, OLD, night=answers(4)) == "held"


def test_cells_are_judged_for_the_named_owners_alone(homes: tuple[Path, Path], tmp_path: Path) -> None:
    found = release(tmp_path / "fault", OLD, cell(8))
    sound = Release(homes[1] / "releases" / "2026-12-01.1")
    home = Release(found / "releases" / "2026-12-01.1")
    assert compared(sound, home, None, ("phone",)).silent == 1
    assert compared(sound, home, None, ("another",)).silent == 0
