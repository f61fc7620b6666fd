"""The example deliveries have the layouts of the real exports: headings, BOM, line ends, titles, footers, numerals.

Compared byte for byte where the owner writes the same every time, by shape where a value stands (each run of digits is
one `9`): a number format that no real file has cannot slip in.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.example.places import sample
from orchestration.example.write import FILES, ExampleReport, write_example
from tests.real import DELIVERIES, needs_deliveries

pytestmark = [pytest.mark.deliveries, needs_deliveries]

VIS = "varden_i_siffror/vardenisiffror_export_2019-03-27.csv"
COSTS = "skr/kostnad_per_invanare_per_specialitet.csv"
REPORT = "skr/halso_och_sjukvardsrapporten_2018_bilaga.csv"
STAFF = "socialstyrelsen/personal_per_100000_2016.csv"
WAITS = "socialstyrelsen/vantetider_bup_2026-08-24.csv"
SURVEY = "socialstyrelsen/regionenkat_2025_fast_lakarkontakt.csv"
DRUGS = "socialstyrelsen/Statistikdatabasen_10_antibiotics.csv"
WORKBOOK = "socialstyrelsen/Statistikdatabasen_2025-allergy.xlsx"
TABLE = "scb/folkmangd_lan_kommun_2018.csv"
AGES = "scb/sweden_population_county_age_sex_2000_2015.csv"
MEMBERS = "kolada/skr_kommungrupp_membership.csv"
JSON_STAT = "scb/TAB6471_data.json"
KOLADA_REGIONS = "kolada/data_regions_slice_reconstructed.json"
FOOTER = re.compile(rb"\nSocialstyrelsens statistikdatabas \d{4}-\d{2}-\d{2}\n?$")


@dataclass(frozen=True)
class Layout:
    """Physical lines that are the same in both files at the head, the delimiter, and lines at the foot."""

    head: int
    delimiter: str = ";"
    foot: int = 0


DELIMITED = {
    VIS: Layout(1),
    COSTS: Layout(1),
    REPORT: Layout(1),
    STAFF: Layout(2, foot=1),
    WAITS: Layout(3, foot=1),
    SURVEY: Layout(1),
    DRUGS: Layout(1, foot=1),
    TABLE: Layout(9, foot=2),
    AGES: Layout(1, ","),
    MEMBERS: Layout(1, ","),
    "geography/counties.csv": Layout(1, ","),
    "geography/municipalities.csv": Layout(1, ","),
    "geography/municipality_county.csv": Layout(1, ","),
}
# Columns that hold a value, by position.
VALUES = {
    VIS: range(13, 18),
    COSTS: [6],
    REPORT: range(6, 13),
    STAFF: [2],
    WAITS: range(1, 13),
    SURVEY: range(2, 5),
    DRUGS: [5],
    TABLE: range(3, 32),
    AGES: [0, 3, 4],
}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> ExampleReport:
    return write_example(tmp_path_factory.mktemp("example") / "deliveries")


def _real(path: str) -> bytes:
    assert DELIVERIES is not None
    return (DELIVERIES / path).read_bytes()


def _ours(example: ExampleReport, path: str) -> bytes:
    folder, name = path.rsplit("/", 1)
    return (example.target / folder / f"synthetic_{name}").read_bytes()


def _records(content: bytes, layout: Layout, without: set[int] = frozenset()) -> list[list[str]]:
    """Fields of the rows between head and foot; physical lines in `without` are left out."""
    lines = content.decode("utf-8-sig").splitlines()
    body = [line for number, line in enumerate(lines, start=1) if number > layout.head and number not in without]
    return list(csv.reader(body[: len(body) - layout.foot], delimiter=layout.delimiter))


def _planted(example: ExampleReport, path: str) -> set[int]:
    return {d.line for d in example.defects if d.line and d.file.replace("synthetic_", "") == path}


def _both(example: ExampleReport, path: str) -> tuple[list[list[str]], list[list[str]]]:
    layout = DELIMITED[path]
    return _records(_real(path), layout), _records(_ours(example, path), layout, _planted(example, path))


@pytest.mark.parametrize("path", DELIMITED)
def test_head_bom_and_line_ends_are_the_owners(example: ExampleReport, path: str) -> None:
    real, ours = _real(path), _ours(example, path)
    head = DELIMITED[path].head
    assert real.splitlines(keepends=True)[:head] == ours.splitlines(keepends=True)[:head]
    assert real.startswith(b"\xef\xbb\xbf") == ours.startswith(b"\xef\xbb\xbf")
    for end in (b"\r\n", b"\n"):
        assert (real.count(end) == 0) == (ours.count(end) == 0)
    crlf = real.count(b"\r\n") > 0
    assert ours.count(b"\r") == (ours.count(b"\r\n") if crlf else 0)
    assert not crlf or ours.count(b"\n") - ours.count(b"\r\n") == real.count(b"\n") - real.count(b"\r\n")
    assert real.endswith(b"\n") == ours.endswith(b"\n")


@pytest.mark.parametrize("path", [STAFF, WAITS, DRUGS])
def test_footer_has_the_owners_pattern(example: ExampleReport, path: str) -> None:
    assert FOOTER.search(_real(path))
    assert FOOTER.search(_ours(example, path))


def test_the_population_table_ends_as_the_owners(example: ExampleReport) -> None:
    assert _real(TABLE).splitlines(keepends=True)[-2:] == _ours(example, TABLE).splitlines(keepends=True)[-2:]


@pytest.mark.parametrize("path", DELIMITED)
def test_every_row_has_as_many_fields(example: ExampleReport, path: str) -> None:
    real, ours = _both(example, path)
    assert {len(row) for row in ours} == {len(row) for row in real}


@pytest.mark.parametrize("path", VALUES)
def test_values_have_a_shape_that_the_owner_writes(example: ExampleReport, path: str) -> None:
    real, ours = _both(example, path)
    # The months of the waits are one column turned on its side.
    columns = [list(VALUES[path])] if path == WAITS else [[column] for column in VALUES[path]]
    for side in columns:
        shapes = [{_shape(row[column]) for row in rows for column in side} for rows in (real, ours)]
        assert shapes[1] <= shapes[0], f"column {side}"


def _shape(text: str) -> str:
    """`10 498` becomes `9 9`, `62,45` becomes `9,99`: digits after the comma are counted up to three."""
    return re.sub(r"(,?)(\d+)", lambda m: m[1] + "9" * (min(len(m[2]), 3) if m[1] else 1), text)


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        (VIS, (0, 2, 3, 4, 10, 11, 12, 18, 19, 20, 21, 22, 23)),
        (COSTS, (0, 1, 2, 3, 4)),
        (REPORT, (0, 1, 2, 5, 13, 14, 15, 16, 18)),
        (STAFF, (0,)),
        (DRUGS, (1, 2, 3, 4)),
        (AGES, (0, 1, 2)),
        (TABLE, (0, 1, 2)),
    ],
)
def test_labels_are_the_owners_in_the_same_combinations(
    example: ExampleReport, path: str, columns: tuple[int, ...]
) -> None:
    real, ours = ({tuple(row[c] for c in columns) for row in rows} for rows in _both(example, path))
    if path == VIS:
        # A row of the export differs in coverage where its value is missing; such a row may be of any time of day.
        assert ours <= real
        assert {row[4] for row in ours} == {row[4] for row in real}
    elif path == COSTS:
        assert {row[:4] for row in ours} == {row[:4] for row in real}
        assert {row[4] for row in ours} == {row[4] for row in real}
    elif path == REPORT:
        # Which region's value is missing may differ, not which reasons there are.
        assert {row[:-1] for row in ours} == {row[:-1] for row in real}
        assert {row[-1] for row in ours} == {row[-1] for row in real}
    else:
        assert ours == real


@pytest.mark.parametrize(
    ("path", "column", "code"), [(COSTS, 5, None), (REPORT, 3, 4), (VIS, 9, 7), (STAFF, 1, None), (WAITS, 0, None)]
)
def test_areas_are_the_owners_and_the_municipalities_by_full_name(
    example: ExampleReport, path: str, column: int, code: int | None
) -> None:
    real, ours = _both(example, path)
    unknown = {d.value for d in example.defects if d.rule == "R_AREA"}
    every_line = _records(_ours(example, path), DELIMITED[path])
    names = {row[column] for row in every_line} - unknown
    municipal = {name for name in names if name.endswith(" kommun")}
    assert names - municipal == {row[column] for row in real}
    assert municipal == {m.full_name for m in sample()}
    if code is not None:
        codes = {(row[column], row[code]) for row in ours}
        padded = path == REPORT
        expected = {(m.full_name, m.code if padded else str(int(m.code))) for m in sample()}
        assert codes == expected | {(row[column], row[code]) for row in real}


def test_rows_of_the_cost_table_stand_in_the_owners_order(example: ExampleReport) -> None:
    real, ours = _both(example, COSTS)
    services = [list(dict.fromkeys(tuple(row[:4]) for row in rows)) for rows in (real, ours)]
    assert services[1] == services[0]
    full = ("Hälso- och sjukvård", "Primärvård", "Barnhälsovård", "Nettokostnad exkl läkemedel", "2014")
    orders = [
        [row[5] for row in rows if tuple(row[:5]) == full and not row[5].endswith("kommun")] for rows in (real, ours)
    ]
    assert orders[1] == orders[0]


def test_units_of_the_export(example: ExampleReport) -> None:
    _, ours = _both(example, VIS)
    kinds = {(row[8], len(row[6]) <= 2, row[7].startswith(row[6])) for row in ours}
    assert kinds == {("Län", True, True), ("Kommun", True, True)}
    assert {row[7] for row in ours if row[9] == "Gotlands kommun"} == {"980"}


def test_code_lists_are_the_owners_byte_for_byte(example: ExampleReport) -> None:
    """Facts and not values: they are not invented."""
    for path in (MEMBERS, *(path for path in DELIMITED if path.startswith("geography/")), "kolada/municipality.json"):
        assert _ours(example, path) == _real(path)


def _skeleton(value: object) -> object:
    """Keys in order and kinds of values; of a list, the kinds of its items, each once."""
    if isinstance(value, dict):
        return [(key, _skeleton(item)) for key, item in value.items()]
    if isinstance(value, list):
        return sorted({json.dumps(_skeleton(item)) for item in value})
    return type(value).__name__


@pytest.mark.parametrize(
    ("path", "indent"),
    [
        (JSON_STAT, 2),
        ("kolada/kpi_health_subset.json", 1),
        ("kolada/municipality_groups_named.json", 0),
        ("kolada/municipality.json", 0),
    ],
)
def test_json_is_printed_as_the_owner_prints_it(example: ExampleReport, path: str, indent: int) -> None:
    """The real file is its own content printed so; ours has the same keys in the same order, printed so."""
    for content in (_real(path), _ours(example, path)):
        assert json.dumps(json.loads(content), ensure_ascii=False, indent=indent).encode() == content
    real, ours = json.loads(_real(path)), json.loads(_ours(example, path))
    if path.startswith("kolada/kpi"):
        assert {tuple(item) for item in ours.pop("values")} == {tuple(item) for item in real.pop("values")}
    assert _skeleton(ours) == _skeleton(real)


def test_json_stat_has_the_owners_dimensions(example: ExampleReport) -> None:
    real, ours = json.loads(_real(JSON_STAT)), json.loads(_ours(example, JSON_STAT))
    assert ours["id"] == real["id"]
    assert ours["size"] == real["size"]
    for name in real["id"]:
        assert ours["dimension"][name]["category"] == real["dimension"][name]["category"]
    assert ours["extension"]["px"] == {**real["extension"]["px"], "official-statistics": False}


@pytest.mark.parametrize("name", ["data_regions", "data_municipalities", "data_population"])
def test_kolada_values_have_the_owners_envelope(example: ExampleReport, name: str) -> None:
    real, ours = _real(KOLADA_REGIONS), (example.target / f"kolada/synthetic_{name}.json").read_bytes()
    for content in (real, ours):
        assert json.dumps(json.loads(content), ensure_ascii=False, indent=0).encode() == content
    theirs, mine = json.loads(real), json.loads(ours)
    assert list(mine) == list(theirs)
    assert {tuple(item) for item in mine["values"]} == {tuple(item) for item in theirs["values"]}
    assert {tuple(v) for i in mine["values"] for v in i["values"]} == {
        tuple(v) for i in theirs["values"] for v in i["values"]
    }


def test_kolada_key_figures_are_titled_as_the_owner_titles_them(example: ExampleReport) -> None:
    path = "kolada/kpi_health_subset.json"
    fields = ("id", "title", "is_divided_by_gender", "municipality_type")
    real = {tuple(item[f] for f in fields) for item in json.loads(_real(path))["values"]}
    ours = {tuple(item[f] for f in fields) for item in json.loads(_ours(example, path))["values"]}
    assert ours <= real
    groups = "kolada/municipality_groups_named.json"
    titles = {(item["id"], item["title"]) for item in json.loads(_real(groups))["values"]}
    assert {(item["id"], item["title"]) for item in json.loads(_ours(example, groups))["values"]} <= titles


def _sheet(content: bytes) -> list[list[tuple[str, str]]]:
    """Kind and text of each cell by row."""
    xml = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    rows = re.findall(r"<x:row>(.*?)</x:row>", xml)
    return [re.findall(r'<x:c s="\d+" t="(\w+)"><x:v>(.*?)</x:v></x:c>', row) for row in rows]


def test_the_workbook_has_the_owners_rows_and_cells(example: ExampleReport) -> None:
    real, ours = _sheet(_real(WORKBOOK)), _sheet(_ours(example, WORKBOOK))
    assert ours[:2] == real[:2]
    assert {tuple(kind for kind, _ in row) for row in ours[2:-1]} == {
        tuple(kind for kind, _ in row) for row in real[2:-1]
    }
    assert len(real[-1]) == len(ours[-1]) == 1
    for rows in (real, ours):
        assert re.fullmatch(r"Socialstyrelsens statistikdatabas \d{4}-\d{2}-\d{2}", rows[-1][0][1])
        assert all(re.fullmatch(r"\d+\.\d\d", row[5][1]) for row in rows[2:-1])
    for column in (1, 2, 3, 4):
        assert {row[column][1] for row in ours[2:-1]} == {row[column][1] for row in real[2:-1]}
    names = [set(zipfile.ZipFile(io.BytesIO(c)).namelist()) for c in (_real(WORKBOOK), _ours(example, WORKBOOK))]
    assert names[1] - names[0] == {"docProps/core.xml"}
    assert names[0] <= names[1]


def test_the_workbook_opens_in_two_spreadsheet_readers(example: ExampleReport) -> None:
    import openpyxl
    import python_calamine

    content = io.BytesIO(_ours(example, WORKBOOK))
    sheet = openpyxl.load_workbook(content).active
    assert sheet is not None
    assert isinstance(sheet.cell(3, 6).value, int | float)
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(_ours(example, WORKBOOK))).get_sheet_by_index(0)
    assert [row[0] for row in rows.to_python()][:3] == [sheet.cell(line, 1).value for line in (1, 2, 3)]


def test_every_example_file_but_kolada_values_has_a_real_one() -> None:
    assert DELIVERIES is not None
    for path in FILES:
        plain = DELIVERIES / path.replace("synthetic_", "")
        assert plain.is_file() or Path(path).name.startswith("synthetic_data_")
