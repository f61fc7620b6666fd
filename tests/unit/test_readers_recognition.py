"""A delivery is known by its headings, wherever they stand; a near one is refused with the difference."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from orchestration.sources.catalogue import load_catalogue
from tests.support.readable import read, refusal

CATALOGUE = load_catalogue()
COUNTIES = "county_code,county_name,county_name_short\n01,Stockholms län,Stockholm\n"
WAITS = (
    "Väntetider till barn- och ungdomspsykiatrin, Kontaktstatus: Genomförd, Fas: Första besök, "
    "Medianvärdet för väntetid, 50:e percentilen, Alla kön, Ålder: Alla åldrar\n"
    ";2025;2026\nRegion;December;Januari\nStockholm;30;16\nGotland;N;1,5\n"
    "Socialstyrelsens statistikdatabas 2026-08-24\n"
)
COST = "Huvudområde;Område;Delområde;Underkonto;År;Region;Värde"


def test_the_layout_with_most_columns_is_meant(tmp_path: Path) -> None:
    whole = "municipality_code,municipality_name,municipality_name_short,county_code,county_name,county_name_short\n"
    read_ = read(tmp_path, whole + "0180,Stockholms kommun,Stockholm,01,Stockholms län,Stockholm\n", CATALOGUE)
    assert read_.name == "scb_geography/municipality_county"
    assert read(tmp_path, COUNTIES, CATALOGUE).name == "scb_geography/counties"


@pytest.mark.parametrize("name", ["counties.csv", "Statistikdatabasen.xlsx", "data.json", "", "2025"])
def test_the_name_says_nothing(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, COUNTIES, CATALOGUE, name).name == "scb_geography/counties"


def test_a_fully_quoted_file_is_known(tmp_path: Path) -> None:
    quoted = "\n".join(";".join(f'"{f}"' for f in line.split(";")) for line in WAITS.splitlines()) + "\n"
    got = read(tmp_path, quoted, CATALOGUE)
    assert got.name == "sos_bup_waits/median_by_month"
    assert got.reading.records == got.counted == 4
    assert got.texts("region", "month", "year", "value")[3] == ("Gotland", "Januari", "2026", "1,5")


def test_headings_stand_anywhere_with_blanks_around_them_and_strangers_between(tmp_path: Path) -> None:
    moved = " county_name_short ,new,county_code,,county_name\nStockholm,x,01,,Stockholms län\n"
    got = read(tmp_path, moved, CATALOGUE)
    assert got.texts("county_code", "county_name", "county_name_short") == [("01", "Stockholms län", "Stockholm")]
    assert got.reading.unmapped_columns == ["new"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (COST.replace("Värde", "Belopp") + "\na;b;c;d;2017;e;1\n", ["skr_costs/pivot", "'Värde' is missing", "'Belopp' is not declared"]),
        (COST + ";Värde\na;b;c;d;2017;e;1;2\n", ["skr_costs/pivot", "'Värde' stands 2 times, declared 1"]),
        (WAITS.replace("December", "7").replace("Januari", "1"), ["sos_bup_waits/median_by_month", "no heading matches"]),
        (WAITS.replace("Väntetider till", "Köer till"), ["sos_bup_waits/median_by_month", "title is another"]),
        (WAITS.partition("\n")[2], ["sos_bup_waits/median_by_month", "title is missing"]),
        ('{"values": [{"kpi": "N1", "period": 2020, "values": [{"gender": "T", "value": 1}]}]}', ["kolada/data", "'municipality' is missing"]),
        ('{"id": ["Region"], "size": [1], "dimension": {"Region": {"category": {"index": ["00"]}}}, "value": [1]}', ["scb_population/json_stat", "'Tid' is missing"]),
    ],
    ids=["renamed", "twice", "no value heading", "other title", "no title", "kolada field", "dimension"],
)  # fmt: skip
def test_a_near_layout_is_named_with_the_difference(tmp_path: Path, content: str, words: list[str]) -> None:
    refused = refusal(tmp_path, content, CATALOGUE)
    assert refused.code == "F_LAYOUT"
    for word in words:
        assert word in refused.message


def test_a_heading_that_carries_values_and_is_not_declared_is_refused(tmp_path: Path) -> None:
    refused = refusal(tmp_path, WAITS.replace("December", "7"), CATALOGUE)
    assert refused.code == "F_DIMENSION"
    assert "'2025 7'" in refused.message


def test_the_text_of_a_record_is_not_repeated_in_a_refusal(tmp_path: Path) -> None:
    headless = WAITS.splitlines()
    del headless[2]
    refused = refusal(tmp_path, "\n".join(headless), CATALOGUE)
    assert refused.code == "F_LAYOUT"
    assert "Stockholm" not in refused.message


@pytest.mark.parametrize(
    "content",
    [
        "# Readings\n\nsome prose\n", "a;b;c\n1;2;3\n", '{"note": 1}', "[1, 2]", '{"values": [1, 2]}', '{"values": {"a": 1}}',
        "county_code,x,y\n1,2,3\n", '"', '"never closed\n1;2\n',
    ],
)  # fmt: skip
def test_what_is_near_nothing_is_unknown(tmp_path: Path, content: str) -> None:
    assert refusal(tmp_path, content, CATALOGUE).code == "F_UNKNOWN"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xef\xbb\xbf", b"\r\n \n", WAITS.splitlines()[0].encode(), "\n".join(WAITS.splitlines()[:2]).encode(),
        "\n".join(WAITS.splitlines()[:3]).encode(), COST.encode(), (COST + "\n;;;;;;\n").encode(), b'{"values": []}',
        b'{"values": [{"kpi": "a", "municipality": "b", "period": 1, "values": []}]}',
    ],
    ids=["no byte", "mark", "blank", "title", "part of heading", "title and heading", "heading", "blank records", "no object", "no entry"],
)  # fmt: skip
def test_nothing_below_the_heading_is_empty(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content, CATALOGUE).code == "F_EMPTY"


@pytest.mark.parametrize(
    "content", [COUNTIES.encode("latin-1"), COUNTIES.encode("utf-16"), COUNTIES.encode().decode("latin-1").encode()]
)
def test_bytes_of_another_encoding_or_of_two_are_refused_with_advice(tmp_path: Path, content: bytes) -> None:
    refused = refusal(tmp_path, content, CATALOGUE)
    assert refused.code == "F_ENCODING"
    assert "Ask" in refused.message
    assert refused.line is not None


def test_a_document_is_known_by_its_fields_and_not_by_others(tmp_path: Path) -> None:
    from orchestration.deliveries.reading import recognise

    path = tmp_path / "raw"
    path.write_text('{"apiVersion": "2", "maxDataCells": 5, "more": 1}')
    assert recognise(path, "x", CATALOGUE).layout.layout_id == "px_config"
    # PxWeb's metadata hold an empty list of values and tell of code lists; an answer with values is never a document.
    start = '{"version": "2.0", "class": "dataset", "id": ["Kon"], "dimension": {"Kon": {"extension": {"codelists": []}}}, "value": '
    path.write_text(start + "[]}")
    assert recognise(path, "x", CATALOGUE).layout.layout_id == "px_metadata"
    assert refusal(tmp_path, start + "[1]}", CATALOGUE).code == "F_LAYOUT"


@pytest.mark.parametrize("value", ["[]", "{}", "null"])
def test_an_answer_of_pxweb_without_a_value_is_empty_and_no_metadata(tmp_path: Path, value: str) -> None:
    content = f'{{"version": "2.0", "class": "dataset", "id": ["Kon"], "size": [1], "dimension": {{"Kon": {{"category": {{"index": {{"1": 0}}}}, "extension": {{"elimination": true}}}}}}, "value": {value}}}'
    assert refusal(tmp_path, content, CATALOGUE).code == "F_EMPTY"


def test_an_archive_that_is_no_workbook_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("counties.csv", COUNTIES)
    assert refusal(tmp_path, path.read_bytes(), CATALOGUE).code == "F_UNKNOWN"
