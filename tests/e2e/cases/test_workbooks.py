"""Workbooks as owners send them: what a cell or a sheet shows is what is read, or the record is quarantined."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from orchestration.sources.catalogue import load_catalogue
from tests.support.readable import read, refusal

CATALOGUE = load_catalogue()
HEADING = ["Månad", "Läkemedel", "Region", "Kön", "Ålder", "Expedieringar/1000 invånare"]
FOOTER = "Socialstyrelsens statistikdatabas (syntetiska data) 2026-07-01"
DRUG = "A07EB Antiallergika, exkl. kortikosteroider"


def fill(sheet: Any, values: list[Any], month: str = "Maj 2024") -> None:
    sheet.append(["Läkemedelsstatistik"])
    sheet.append(HEADING)
    for region, value in zip(["Riket", "Stockholms län", "Uppsala län", "Skåne län"], values, strict=False):
        sheet.append([month, DRUG, region, "Båda könen", "0-85+", value])
    sheet.append([FOOTER])


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def book(values: list[Any], change: Callable[[Any], None] = lambda sheet: None) -> bytes:
    made = openpyxl.Workbook()
    fill(made.active, values)
    change(made.active)
    return saved(made)


def values(folder: Path, content: bytes) -> list[str | None]:
    got = read(folder, content, CATALOGUE, "synthetic_statdb.xlsx")
    assert got.counted == got.reading.records
    return [row["value"] for row in got.rows]


@pytest.mark.shows("error cell")
def test_errors_and_formulas_without_a_result_are_texts_and_never_missing(tmp_path: Path) -> None:
    assert values(tmp_path, book([0.41, "#DIV/0!", "#N/A", 0.55])) == ["0.41", "#DIV/0!", "#N/A", "0.55"]
    assert values(tmp_path, book([0.41, "#REF!", "=1/0", None])) == ["0.41", "#REF!", "=1/0", ""]


def test_small_numbers_are_plain_decimals(tmp_path: Path) -> None:
    assert values(tmp_path, book([0.00005, 100 / 3, 0.25, 3])) == ["0.00005", "33.33333333333334", "0.25", "3"]


@pytest.mark.shows("percent")
def test_a_percent_is_read_as_it_is_shown(tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        sheet["F3"].number_format = "0.0%"
        sheet["F4"].number_format = '0.0" %"'

    assert values(tmp_path, book([0.417, 0.5], change)) == ["41.7 %", "0.5"]


@pytest.mark.shows("percent")
def test_a_merged_label_covers_its_span_and_a_merged_number_is_none(tmp_path: Path) -> None:
    def label(sheet: Any) -> None:
        sheet.merge_cells("A3:A4")

    rows = read(tmp_path, book([1, 2], label), CATALOGUE).rows
    assert [(r["month"], r["value"]) for r in rows] == [("Maj 2024", "1"), ("Maj 2024", "2")]
    assert values(tmp_path, book([1.5, 2.5], lambda s: s.merge_cells("F3:F4"))) == ["merged: 1.5"] * 2


@pytest.mark.shows("sheet")
@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_never_read(tmp_path: Path, state: str) -> None:
    made = openpyxl.Workbook()
    fill(made.active, [9.99, 9.98])
    fill(made.create_sheet("Tabell"), [1.11, 1.12])
    made.worksheets[0].sheet_state = state
    made.active = 1
    assert values(tmp_path, saved(made)) == ["1.11", "1.12"]


@pytest.mark.shows("sheet")
def test_an_information_sheet_first_is_passed_over(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.append(["Om statistiken"])
    fill(made.create_sheet("Tabell & mer"), [1.11, 1.12])
    assert values(tmp_path, saved(made)) == ["1.11", "1.12"]


@pytest.mark.shows("sheets")
def test_two_sheets_that_fit_are_refused_by_name_unless_they_are_the_same(tmp_path: Path) -> None:
    for second, same in (([1.11], True), ([2.22], False)):
        made = openpyxl.Workbook()
        made.active.title = "Ett"
        fill(made.active, [1.11])
        fill(made.create_sheet("Två"), second)
        if same:
            assert values(tmp_path, saved(made)) == ["1.11"]
        else:
            refused = refusal(tmp_path, saved(made), CATALOGUE)
            assert (refused.code, "'Ett', 'Två'" in refused.message) == ("F_LAYOUT", True)


@pytest.mark.shows("sheets")
def test_a_workbook_whose_sheets_are_all_hidden_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO(book([1.11]))
    with zipfile.ZipFile(content) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'state="visible"', b'state="hidden"')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)
    refused = refusal(tmp_path, out.getvalue(), CATALOGUE)
    assert (refused.code, "hidden" in refused.message) == ("F_LAYOUT", True)


def test_where_no_sheet_fits_the_sheets_are_named(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.title = "Info"
    made.active.append(["Om statistiken"])
    refused = refusal(tmp_path, saved(made), CATALOGUE)
    assert (refused.code, "'Info'" in refused.message) == ("F_UNKNOWN", True)


@pytest.mark.parametrize("epoch", ["1900", "1904"])
def test_a_date_in_a_number_column_is_no_number_in_either_date_system(tmp_path: Path, epoch: str) -> None:
    import datetime as dt

    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904 if epoch == "1904" else CALENDAR_WINDOWS_1900
    fill(made.active, [0.41, dt.date(2024, 5, 1)])
    assert values(tmp_path, saved(made))[1] == "2024-05-01"


@pytest.mark.shows("kind")
@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("lasmig.pdf", b"%PDF-1.7 synthetic", "PDF"),
        ("personal.csv.gz", b"\x1f\x8b\x08\x00synthetic", "gzip"),
        ("~$tabell.xlsx", b"\x05Anna" + b" " * 150, "lock file"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00", "7z"),
        ("a.rtf", rb"{\rtf1 synthetic}", "RTF"),
        ("tabell.xls", b"<!DOCTYPE html><html><table></table></html>", "HTML"),
    ],
)
def test_a_file_of_another_kind_is_named_for_what_it_is(tmp_path: Path, name: str, content: bytes, word: str) -> None:
    refused = refusal(tmp_path, content, CATALOGUE, name)
    assert (refused.code, word in refused.message) == ("F_UNKNOWN", True)


@pytest.mark.shows("kind")
def test_archives_of_other_kinds_are_named(tmp_path: Path) -> None:
    for entry, word in (("word/document.xml", "Word"), ("xl/workbook.bin", "xlsb"), ("a.csv", "archive")):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(entry, "synthetic")
        refused = refusal(tmp_path, out.getvalue(), CATALOGUE)
        assert (refused.code, word in refused.message) == ("F_UNKNOWN", True)
