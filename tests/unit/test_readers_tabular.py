"""Titles, heading rows, records, footers: every text as it stood, with the line it stood on."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources.catalogue import Catalogue
from orchestration.sources.model import Column, Delimited, ExtractedAt, Period, Unpivot
from tests.support.readable import SHA, catalogue_of, read, refusal


def plain(**more: Any) -> Delimited:
    columns = more.pop("columns", [Column(name="area"), Column(name="year"), Column(name="value")])
    return Delimited(
        layout_id="plain", description="d", family="delimited", delimiter=more.pop("delimiter", ";"), columns=columns,
        period=Period(columns=["year"], formats=["year"]) if any(c.name == "year" for c in columns) else None, **more,
    )  # fmt: skip


def wide(**more: Any) -> Delimited:
    """A title, two heading rows, values by year and sex, a footer with the day of the draw."""
    return plain(
        columns=[Column(name=n) for n in ("title", "scope", "area", "year", "sex", "value")],
        title=r"^Care, (?P<scope>\w+), by year$", heading_rows=2, footer=r"^Source \d{4}-\d{2}-\d{2}$",
        unpivot=Unpivot(heading=r"^(?P<year>\d{4}) (?P<sex>\w+)$", value="value"),
        extracted_at=ExtractedAt(footer=r"(\d{4}-\d{2}-\d{2})"), **more,
    )  # fmt: skip


PLAIN = catalogue_of(plain())
WIDE = catalogue_of(wide())
TABLE = "Care, all, by year;;\n\n;2016;2017\narea;women;men\nA;1;2\n;;\nB;;4\n\nSource 2019-04-07\n"


def test_text_is_kept_as_it_stands(tmp_path: Path) -> None:
    got = read(tmp_path, "area;year;value\n A ;2016;1,50 \n;2017;\n", PLAIN)
    assert got.texts("area", "year", "value") == [(" A ", "2016", "1,50 "), ("", "2017", "")]
    assert got.texts("delivery_sha256", "file", "line", "column_name", "fields_fault") == [
        (SHA, "delivery", 2, None, None),
        (SHA, "delivery", 3, None, None),
    ]


def test_a_wide_table_becomes_one_record_per_value(tmp_path: Path) -> None:
    got = read(tmp_path, TABLE, WIDE)
    assert got.texts("line", "column_name", "area", "scope", "year", "sex", "value") == [
        (5, "2016 women", "A", "all", "2016", "women", "1"),
        (5, "2017 men", "A", "all", "2017", "men", "2"),
        (7, "2016 women", "B", "all", "2016", "women", ""),
        (7, "2017 men", "B", "all", "2017", "men", "4"),
    ]
    assert {row["title"] for row in got.rows} == {"Care, all, by year"}
    assert got.reading.extracted_at == "2019-04-07"
    assert got.counted == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("final", [True, False])
def test_line_ends_and_byte_order_mark_change_nothing(tmp_path: Path, end: str, mark: str, final: bool) -> None:
    text = mark + (TABLE if final else TABLE.rstrip("\n")).replace("\n", end)
    got = read(tmp_path, text, WIDE)
    assert got.rows == read(tmp_path / "first", TABLE, WIDE).rows
    assert got.counted == 4


def test_a_newline_inside_quotes_ends_no_record_and_lines_are_physical(tmp_path: Path) -> None:
    text = 'area;"ye\nar";value\n"A;\n""b""";2016;1\n\nC;2017;2\n'
    layout = plain(columns=[Column(name="area"), Column(name="year", heading="ye ar"), Column(name="value")])
    got = read(tmp_path, text, catalogue_of(layout))
    assert got.texts("line", "area", "year") == [(3, 'A;\n"b"', "2016"), (6, "C", "2017")]
    assert got.counted == 2


def test_a_quote_inside_an_open_field_is_text(tmp_path: Path) -> None:
    got = read(tmp_path, 'area;year;value\nThe "old" one;2016;1\n5";2017;2\n"quoted";2018;3\n', PLAIN)
    assert got.texts("area") == [('The "old" one',), ('5"',), ("quoted",)]
    assert got.counted == 3


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (TABLE.replace("Source 2019-04-07\n", ""), "F_TRUNCATED", 7),
        (TABLE.replace("2019-04-07\n", "2019-0"), "F_TRUNCATED", 9),
        (TABLE + "C;5;6\n", "F_LAYOUT", 10),
        (TABLE.replace("men\n", "men;\n", 1).replace("2017", "2016").replace(";men", ";women"), "F_LAYOUT", None),
    ],
    ids=["no footer", "footer cut", "records after footer", "value heading twice"],
)
def test_a_footer_ends_the_file_and_a_heading_stands_once(tmp_path: Path, text: str, code: str, line: int) -> None:
    refused = refusal(tmp_path, text, WIDE)
    assert (refused.code, refused.line) == (code, line)


def test_a_missing_footer_is_named(tmp_path: Path) -> None:
    assert "Source" in refusal(tmp_path, TABLE.replace("Source 2019-04-07\n", ""), WIDE).message
    optional = catalogue_of(wide(footer_required=False))
    assert read(tmp_path, TABLE.replace("Source 2019-04-07\n", ""), optional).counted == 4


@pytest.mark.parametrize(
    ("ending", "refused"),
    [("B;2017", True), ('B;2017;"1', True), ("B;2017;1", False), ("B;2017;1\n", False), ("B;2017\n", False)],
)
def test_a_record_cut_at_the_end_of_the_file_is_found(tmp_path: Path, ending: str, refused: bool) -> None:
    text = "area;year;value\n" + 30 * "A;2016;1\n" + ending
    if refused:
        assert refusal(tmp_path, text, PLAIN).code == "F_TRUNCATED"
    else:
        assert read(tmp_path, text, PLAIN).reading.records == 31


@pytest.mark.shows("truncated")
def test_a_file_that_always_ends_with_a_newline_was_cut_without_one(tmp_path: Path) -> None:
    always = catalogue_of(plain(final_newline="always"))
    text = "area;year;value\nA;2016;1\nB;2017;12"
    assert refusal(tmp_path, text, always).code == "F_TRUNCATED"
    assert read(tmp_path, text + "\n", always).counted == 2


@pytest.mark.shows("harmless")
def test_a_declared_second_encoding_gives_the_same_records(tmp_path: Path) -> None:
    text = "area;year;value\nÅre;2016;1\nÖrebro – län;2017;12\n"
    catalogue = catalogue_of(plain(encodings=["utf-8", "windows-1252"]))
    first, second = (read(tmp_path, text.encode(e), catalogue) for e in ("utf-8", "windows-1252"))
    assert first.texts("area", "year", "value") == second.texts("area", "year", "value")
    assert second.texts("area") == [("Åre",), ("Örebro – län",)]
    assert second.counted == 2
    assert refusal(tmp_path, text.encode("windows-1252"), PLAIN).code == "F_ENCODING"


def test_text_after_a_closing_quote_is_refused(tmp_path: Path) -> None:
    refused = refusal(tmp_path, 'area;year;value\n"A"b;2016;1\n', PLAIN)
    assert (refused.code, refused.line) == ("F_FIELDS", 2)


def test_records_of_another_width_are_kept_and_marked(tmp_path: Path) -> None:
    text = "area;year;value\n" + 38 * "A;2016;1\n" + "B;2017\nC;2018;1;9\n"
    got = read(tmp_path, text, PLAIN)
    assert got.texts("area", "year", "value", "fields_fault")[37:] == [
        ("A", "2016", "1", None),
        ("B", "2017", None, "fields: 2 of 3"),
        ("C", "2018", "1", "fields: 4 of 3"),
    ]
    assert got.counted == 40
    assert refusal(tmp_path, text.replace(8 * "A;2016;1\n", "", 1), PLAIN).code == "F_FIELDS"


def test_every_value_of_a_short_row_is_marked(tmp_path: Path) -> None:
    rows = "".join(f"R{i};1;2\n" for i in range(30))
    got = read(tmp_path, TABLE.replace("A;1;2\n", rows + "S;1\n"), WIDE)
    assert [(r["value"], r["fields_fault"]) for r in got.rows if r["area"] == "S"] == [
        ("1", "fields: 2 of 3"),
        (None, "fields: 2 of 3"),
    ]


def test_a_repeated_heading_is_told_by_its_place(tmp_path: Path) -> None:
    twice = [Column(name="a", heading="x"), Column(name="b", heading="x", occurrence=2), Column(name="year")]
    got = read(tmp_path, "x;year;x\n1;2016;2\n", catalogue_of(plain(columns=twice)))
    assert got.texts("a", "b") == [("1", "2")]


def test_a_title_may_hold_the_delimiter(tmp_path: Path) -> None:
    layout = plain(title=r"^Costs, net, (?P<year>\d{4})$", delimiter=",")
    got = read(tmp_path, "Costs, net, 2016\narea,value\nA,1\n", catalogue_of(layout))
    assert got.texts("area", "year", "value", "line") == [("A", "2016", "1", 3)]


def test_what_only_the_name_says_must_stand_there(tmp_path: Path) -> None:
    named = catalogue_of(plain(file_name=r"(?P<year>20\d\d)"))
    assert read(tmp_path, "area;value\nA;1\n", named, "survey_2025.csv").texts("year") == [("2025",)]
    refused = refusal(tmp_path, "area;value\nA;1\n", named, "survey.csv")
    assert refused.code == "F_PERIOD"
    assert "year" in refused.message


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2019-03-27 13:24:46", "2019-03-27 13:25:13"], "2019-03-27T13:25:13"),
        (["2019-03-27 13:24", "2019-03-26"], "2019-03-27T13:24:00"),
        (["2019-03-27", ""], "2019-03-27"),
        (["no day", ""], None),
    ],
)
def test_the_newest_moment_of_the_draw_as_iso(tmp_path: Path, texts: list[str], expected: str | None) -> None:
    dated = catalogue_of(plain(extracted_at=ExtractedAt(column="value")))
    text = "area;year;value\n" + "".join(f"A;2016;{t}\n" for t in texts)
    assert read(tmp_path, text, dated).reading.extracted_at == expected


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (TABLE, None),
        (TABLE.replace("all", "syntetiska"), "synthetic"),
        (TABLE.replace("A;1", "Synthetic;1"), "synthetic"),
    ],
)
def test_data_that_call_themselves_synthetic_are(tmp_path: Path, text: str, origin: str | None) -> None:
    assert read(tmp_path, text, WIDE).reading.origin == origin


def test_scope_and_period_of_each_record(tmp_path: Path) -> None:
    text = "area;year;value\nA;2016;1\nA; 2017;2\nB;2016;3\n"

    def coverage(scope: str, selection: list[str], content: str = text) -> list[tuple[str, str]]:
        return list(read(tmp_path, content, catalogue_of(plain(selection=selection), scope=scope)).reading.coverage)

    assert coverage("source", ["area"]) == [("made/plain", "*")]
    assert coverage("period", []) == [("made/plain", "2016"), ("made/plain", "2017")]
    assert coverage("period", ["area"]) == [
        ("made/plain/A", "2016"),
        ("made/plain/A", "2017"),
        ("made/plain/B", "2016"),
    ]
    asked = coverage("query", ["area"])
    assert re.fullmatch(r"made/plain/[0-9a-f]+", asked[0][0])
    assert asked == coverage("query", ["area"], "area;year;value\nB;2020;1\nA;2019;2\n")
    assert asked != coverage("query", ["area"], "area;year;value\nA;2016;1\n")


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    assert read(tmp_path / "1", TABLE, WIDE).cells == read(tmp_path / "2", TABLE, WIDE).cells


# Every text but lone surrogates, what reads as encoded twice, and what is tidied: what nobody sees (controls, formats), other
# blanks, letters in parts (tests/e2e/cases/test_text_files.py shows what becomes of those).
SEEN = st.characters(
    exclude_categories=["Cs", "Cc", "Cf", "Zs"],
    include_characters=" \t\r\n",
    exclude_characters="Ã\u034f\u180e" + "".join(map(chr, range(0xFE00, 0xFE10))),
)
TEXT = st.text(SEEN, max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=12)


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, order=st.permutations([0, 1, 2]), all_quoted=st.booleans(), crlf=st.booleans())
def test_any_text_comes_back_as_it_was_written(
    tmp_path: Path, delimiter: str, rows: list[tuple[str, ...]], order: list[int], all_quoted: bool, crlf: bool
) -> None:
    catalogue: Catalogue = catalogue_of(plain(delimiter=delimiter))

    def field(text: str) -> str:
        needs = all_quoted or any(sign in text for sign in f'{delimiter}"\r\n')
        return '"' + text.replace('"', '""') + '"' if needs else text

    table = [("area", "year", "value"), *rows]
    text = "".join(delimiter.join(field(row[i]) for i in order) + ("\r\n" if crlf else "\n") for row in table)
    kept = [row for row in rows if any(t.strip() for t in row)]
    if not kept:
        assert refusal(tmp_path, text, catalogue).code == "F_EMPTY"
        return
    got = read(tmp_path, text, catalogue)
    assert got.texts("area", "year", "value") == kept
    assert got.counted == len(kept)
    lines = re.split("\r\n|\r|\n", text)
    for row, (area, _, _) in zip(got.rows, kept, strict=True):
        if re.fullmatch(r"\w+", area) and order[0] == 0:
            assert lines[row["line"] - 1].lstrip('"').startswith(area)
