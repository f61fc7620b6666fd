"""The corrections ledger: what it changes, what it leaves, and when it stops the night."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.corrections import Correction, CorrectionExpired, applied, corrected_cells, load_corrections

COLUMNS = "delivery_sha256, file, line, region_code, question, year, value"


def cells(*rows: tuple) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table cells (delivery_sha256 varchar, file varchar, line bigint, region_code varchar, question varchar, "
        "year varchar, value varchar)"
    )
    connection.executemany("insert into cells values ('d', 'f.csv', ?, ?, ?, ?, ?)", rows)
    return connection


def correction(**changes: object) -> Correction:
    content = {
        "correction_id": "kalmar",
        "source_id": "s",
        "layout_id": "l",
        "record": {"region_code": "08", "question": "q36", "year": "2025"},
        "column_name": "value",
        "wrong_value": "179",
        "right_value": "179000",
        "reason": "r",
        "evidence": "e",
        "decided_by": "d",
        "decided_on": date(2026, 11, 23),
    }
    return Correction.model_validate(content | changes)


KALMAR = (8, "08", "q36", "2025", "179")
OTHER = (9, "09", "q36", "2025", "179")


def test_only_the_named_record_is_changed_and_the_raw_text_stays() -> None:
    con = cells(KALMAR, OTHER)
    rows = con.execute(
        f"select line, value, correction_id, override_flag from {corrected_cells('cells', [correction()])} order by line"
    ).fetchall()
    assert rows == [(8, "179000", "kalmar", "corrected"), (9, "179", None, None)]
    assert con.execute("select value from cells where line = 8").fetchone() == ("179",)


def test_an_exclusion_gives_a_status_and_a_flag_leaves_the_value() -> None:
    con = cells(KALMAR, OTHER)
    excluded = correction(right_value=None, value_status_after="excluded")
    suspect = correction(correction_id="g", record={"region_code": "09"}, right_value=None, flag="suspect")
    rows = con.execute(
        f"select line, value, override_status, override_flag from {corrected_cells('cells', [excluded, suspect])} order by line"
    ).fetchall()
    assert rows == [(8, "179", "excluded", None), (9, "179", None, "suspect")]


def test_it_is_listed_with_its_place() -> None:
    (row,) = applied(cells(KALMAR), "cells", [correction()], ["year"])
    assert row[:8] == ("kalmar", "s", "d", "f.csv", 8, "value", "179", "179000")


def test_a_correction_whose_wrong_value_is_gone_names_what_to_delete() -> None:
    con = cells((8, "08", "q36", "2025", "179000"))
    with pytest.raises(CorrectionExpired, match="- correction_id: kalmar") as caught:
        applied(con, "cells", [correction(file="corrections/s.yml", lines=(3, 13))], ["year"])
    assert "f.csv line 8" in str(caught.value)
    assert "Delete lines 3 to 13 of corrections/s.yml" in str(caught.value)
    assert applied(con, "cells", [], ["year"]) == [], "with the entry deleted the night goes on"


def test_a_correction_that_matches_nothing_in_a_delivered_period_stops_the_night() -> None:
    with pytest.raises(CorrectionExpired, match="matches no record"):
        applied(cells(OTHER), "cells", [correction()], ["year"])


def test_a_correction_of_a_period_that_is_not_delivered_rests() -> None:
    assert applied(cells((8, "08", "q36", "2026", "180")), "cells", [correction()], ["year"]) == []


@pytest.mark.parametrize("changes", [{"right_value": None}, {"flag": "suspect"}, {"value_status_after": "excluded"}])
def test_exactly_one_effect(changes: dict) -> None:
    with pytest.raises(ValidationError, match="one of them"):
        correction(**changes)


def test_declared_corrections_fit_declared_layouts() -> None:
    catalogue = load_catalogue()
    declared = load_corrections()
    assert len(declared) >= 3
    for c in declared:
        layout = catalogue[c.source_id].layout(c.layout_id)
        assert not catalogue[c.source_id].personal
        for name in (c.column_name, *c.record):
            layout.column(name)


def test_the_folder_is_named_by_source(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("- {correction_id: a}\n")
    with pytest.raises(ValidationError):
        load_corrections(tmp_path)
