"""Text as owners send it: letters, capitals and characters that look the same are read the same."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import duckdb
import pytest

from orchestration.deliveries.readers.text import may_be_untidy, tidy_cell, tidy_sql
from orchestration.operations.quarantine import harmless
from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.model import Column, Delimited
from tests.support.readable import catalogue_of, read, refusal

REAL = load_catalogue()
LAYOUT = Delimited(
    layout_id="table", description="d", family="delimited", delimiter=";",
    columns=[
        Column(name="id", heading="Kontakt", pattern=r"^\S+$"), Column(name="region", heading="Län"),
        Column(name="value", heading="Värde", type="number"),
    ],
)  # fmt: skip
CATALOGUE = catalogue_of(LAYOUT)
PLAIN = "Kontakt;Län;Värde\na1;Örebro län;1,5\na2;Skåne län;2\n"


@pytest.mark.shows("letters")
@pytest.mark.shows("invisible")
@pytest.mark.parametrize(
    "sent",
    [
        unicodedata.normalize("NFD", PLAIN),
        "sep=;\n" + PLAIN,
        "\ufeffsep=;\r\n" + PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("Kontakt;Län;Värde", "KONTAKT;LÄN;VÄRDE"),
        PLAIN.replace("a1", "a1\u200b").replace("Örebro ", "\u2060Örebro\u00a0"),
        PLAIN.replace("a1", "a\u00ad1\u202e").replace("Kontakt", "\u200eKontakt"),
        PLAIN.replace("a2", "a2\u00a0").replace("Län", "\u00a0Län"),
    ],
)
def test_what_looks_the_same_is_read_the_same(tmp_path: Path, sent: str) -> None:
    got = read(tmp_path, sent, CATALOGUE)
    cells = [tuple((t or "").strip() for t in row) for row in got.texts("id", "region", "value")]
    assert cells == [("a1", "Örebro län", "1,5"), ("a2", "Skåne län", "2")]
    assert got.counted == got.reading.records == 2


def test_a_heading_that_two_could_mean_stays_and_the_file_is_refused(tmp_path: Path) -> None:
    refused = refusal(tmp_path, PLAIN.replace("Kontakt;Län;Värde", "VÄRDE;Län;värde"), CATALOGUE)
    assert refused.code in ("F_LAYOUT", "F_UNKNOWN")


def test_the_line_below_a_separator_line_keeps_its_number(tmp_path: Path) -> None:
    assert [row["line"] for row in read(tmp_path, "sep=;\n" + PLAIN, CATALOGUE).rows] == [3, 4]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_wide_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    refused = refusal(tmp_path, PLAIN.encode(encoding), REAL)
    assert (refused.code, encoding[:6].upper() in refused.message) == ("F_ENCODING", True)


ODD = ["a\u200b", "\ufeffa", "A\u030a", "5\u00ad9", "5\u00ad\u00ad9", "a\u00adb", "\u00ad", "a\u00a0b", "a\x00\x02", "\u202ea\u2069",
       "12\u00ad", "\u200d5\u00ad9", "Örebro", "a\tb"]  # fmt: skip


@pytest.mark.parametrize("pattern", [None, r"^\S+$", "^\\d+(?:[\u00ad-]\\d+)?$"])
def test_both_readers_tidy_a_cell_alike(pattern: str | None) -> None:
    column = Column(name="c", pattern=pattern)
    for text in ODD:
        (shown,) = duckdb.execute(f"select {tidy_sql(column, '?::varchar')}", [text]).fetchone() or ("",)
        assert shown == tidy_cell(column, text), repr(text)
        if shown != text:
            assert may_be_untidy(text.encode())


def test_a_large_file_is_read_in_bulk_alike(tmp_path: Path) -> None:
    rows = "".join(f"id{n}{chr(0x200B) if n == 7 else ''};Örebro län;1\n" for n in range(20_000))
    got = read(tmp_path, "Kontakt;Län;Värde\n" + rows, CATALOGUE)
    assert got.rows[7]["id"] == "id7"
    assert got.counted == got.reading.records == 20_000


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "@SUM(1+9)", "+1+cmd", "-2+3", "\t=1", "\r=1", " =1"])
def test_a_text_like_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-12,5", "+3.5", "1 000", "-1,5E-05", "12.5", "Örebro", "", None])
def test_a_number_or_a_plain_text_is_exported_as_it_stands(text: str | None) -> None:
    assert harmless(text) == text
