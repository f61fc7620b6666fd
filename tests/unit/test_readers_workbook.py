"""Workbooks: weighed before they are unpacked, then read as text from the first sheet."""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from orchestration.deliveries.readers import workbook
from orchestration.sources.model import Column, ExtractedAt, Unpivot, Workbook
from tests.support.readable import catalogue_of, read, refusal

LAYOUT = Workbook(
    layout_id="book", description="d", family="xlsx", title="^Care.*$", footer=r"^Source \d{4}-\d{2}-\d{2}$",
    columns=[Column(name=n) for n in ("title", "area", "year", "value")],
    unpivot=Unpivot(heading=r"^(?P<year>\d{4})$", value="value"), extracted_at=ExtractedAt(footer=r"(\d{4}.*)"),
    unpacked_limit_mb=1,
)  # fmt: skip
CATALOGUE = catalogue_of(LAYOUT)
ROWS: list[list[object]] = [
    ["Care by year"], [], ["area", 2016, "2017"], ["A & B", 12, 12.5], [None, None, None], ["C", True, None],
    ["D", dt.date(2020, 2, 1), 1e-5], ["Source 2025-04-06"],
]  # fmt: skip


def book(rows: list[list[object]] | None = None) -> bytes:
    """A workbook with the rows in its first sheet, and another sheet behind it."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in ROWS if rows is None else rows:
        sheet.append(row)
    made.create_sheet("back").append(["something else"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def repacked(content: bytes, change: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(n for n in change if n not in old.namelist())]:
            new.writestr(name, change[name] if name in change else old.read(name))
    return out.getvalue()


def test_numbers_are_shortest_text_and_dates_iso(tmp_path: Path) -> None:
    got = read(tmp_path, book(), CATALOGUE)
    assert got.texts("line", "area", "year", "value") == [
        (4, "A & B", "2016", "12"),
        (4, "A & B", "2017", "12.5"),
        (6, "C", "2016", "true"),
        (6, "C", "2017", ""),
        (7, "D", "2016", "2020-02-01"),
        (7, "D", "2017", "0.00001"),
    ]
    assert got.counted == 6
    assert got.reading.extracted_at == "2025-04-06"
    assert {row["title"] for row in got.rows} == {"Care by year"}


def test_the_sheet_shown_first_is_read_whatever_its_number(tmp_path: Path) -> None:
    content = book()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        one, two, rels = map(
            archive.read, ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/_rels/workbook.xml.rels")
        )
    swapped = rels.replace(b"sheet1", b"sheet0").replace(b"sheet2", b"sheet1").replace(b"sheet0", b"sheet2")
    changed = {
        "xl/worksheets/sheet1.xml": two, "xl/worksheets/sheet2.xml": one, "xl/_rels/workbook.xml.rels": swapped,
    }  # fmt: skip
    got = read(tmp_path, repacked(content, changed), CATALOGUE)
    assert got.reading.records == got.counted == 6


def test_rows_that_close_themselves_are_counted_as_nothing(tmp_path: Path) -> None:
    content = book()
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    emptied = re.sub(
        rb'<row r="5">.*?</row>|<row r="4">', lambda m: b'<row r="5"/>' if b"/row" in m[0] else m[0], sheet
    )
    emptied = emptied.replace(b'<row r="3"', b'<row r="2"/><row r="3"')
    assert emptied != sheet
    got = read(tmp_path, repacked(content, {"xl/worksheets/sheet1.xml": emptied}), CATALOGUE)
    assert got.reading.records == got.counted == 6


@pytest.mark.parametrize(
    ("rows", "code", "word"),
    [
        ([], "F_EMPTY", "nothing"),
        (ROWS[:3], "F_EMPTY", "no record"),
        (ROWS[:-1], "F_TRUNCATED", "footer"),
        ([["Care by year"], ["region", 2016], ["A", 1]], "F_LAYOUT", "'area' is missing"),
        ([["Costs by year"], *ROWS[2:]], "F_LAYOUT", "title is another"),
        ([["x", "y"], ["1", "2"]], "F_UNKNOWN", "no declared layout"),
    ],
)  # fmt: skip
def test_a_sheet_that_is_not_the_layout_is_refused(
    tmp_path: Path, rows: list[list[object]], code: str, word: str
) -> None:
    refused = refusal(tmp_path, book(rows), CATALOGUE)
    assert refused.code == code
    assert word in refused.message


def test_an_archive_beyond_the_declared_size_or_ratio_is_refused(tmp_path: Path) -> None:
    # Text that packs about ten to one, so that the size alone is too great.
    large = "".join(f"{n:x}" for n in range(400_000)).encode()
    by_size = refusal(tmp_path, repacked(book(), {"xl/big.xml": large}), CATALOGUE)
    by_ratio = refusal(tmp_path, repacked(book(), {"xl/big.xml": b" " * 900_000}), CATALOGUE)
    assert (by_size.code, by_ratio.code) == ("F_BOMB", "F_BOMB")
    assert "limit 1 MB" in by_size.message


def test_an_entry_that_lies_about_its_size_is_refused_before_the_workbook_is_opened(tmp_path: Path) -> None:
    content = bytearray(repacked(book(), {"xl/big.xml": b"ab" * 300_000}))
    at = content.rindex(b"xl/big.xml") - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    assert refusal(tmp_path, bytes(content), CATALOGUE).code == "F_TRUNCATED"


def test_one_cell_in_the_farthest_corner_is_refused(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet["A1"] = "Care"
    sheet["XFD1048576"] = 1
    out = io.BytesIO()
    made.save(out)
    refused = refusal(tmp_path, out.getvalue(), CATALOGUE)
    assert refused.code == "F_BOMB"
    assert "1048576 rows and 16384 columns" in refused.message


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "xl/../../x", "xl\\..\\x"])
def test_an_archive_that_names_a_path_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, repacked(book(), {name: b"x"}), CATALOGUE).code == "F_NAME"


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO(book())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("xl/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert refusal(tmp_path, out.getvalue(), CATALOGUE).code == "F_NAME"


@pytest.mark.parametrize("part", [0.3, 0.95])
def test_a_cut_archive_is_truncated(tmp_path: Path, part: float) -> None:
    content = book()
    assert refusal(tmp_path, content[: int(len(content) * part)], CATALOGUE).code == "F_TRUNCATED"


def test_the_real_limits_let_ordinary_workbooks_through(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(book())
    workbook.weigh(path)
