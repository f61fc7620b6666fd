"""JSON: every number as the text in the file, the cube by dimension id, Kolada's objects one by one."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.deliveries.readers.records import as_iso
from orchestration.sources.model import Column, ExtractedAt, JsonStat, KoladaList, KoladaValues
from tests.support.readable import catalogue_of, read, refusal

CUBE = JsonStat(
    layout_id="cube", description="d", family="jsonstat", extracted_at=ExtractedAt(field="updated"),
    columns=[Column(name=n) for n in ("area", "sex", "tableid", "status", "value")],
)  # fmt: skip
VALUES = KoladaValues(
    layout_id="values", description="d", family="kolada_values",
    columns=[Column(name=n) for n in ("kpi", "municipality", "period", "gender", "isdeleted", "value")],
)  # fmt: skip
SHORT = KoladaList(
    layout_id="short", description="d", family="kolada_list", columns=[Column(name="id"), Column(name="title")]
)
LONG = KoladaList(
    layout_id="long", description="d", family="kolada_list",
    columns=[Column(name="id"), Column(name="title"), Column(name="members"), Column(name="note", required=False)],
)  # fmt: skip
CATALOGUE = catalogue_of(CUBE, VALUES, SHORT, LONG)

AREAS, SEXES = ["00", "01", "02"], ["1", "2"]
TEXTS = ["10", "1.50", "-3", "1e3", None, "0.10000000000000000001"]
STATUS = [None, None, "p", None, "..", None]


def cube(*, turned: bool = False, sparse: bool = False, listed: bool = False, **more: Any) -> str:
    """The same six cells, their dimensions in either order, dense or sparse, their categories listed or numbered."""
    codes = {"area": AREAS, "sex": SEXES}
    ids = ["sex", "area"] if turned else ["area", "sex"]
    held = dict(zip(itertools.product(AREAS, SEXES), zip(TEXTS, STATUS, strict=True), strict=True))
    cells = [held[(c[1], c[0]) if turned else c] for c in itertools.product(*(codes[i] for i in ids))]
    marks = {f"@{n}@": text for n, (text, _) in enumerate(cells)}
    values: Any = list(marks)
    statuses: Any = [s for _, s in cells]
    if sparse:
        values = {str(n): f"@{n}@" for n, (text, _) in enumerate(cells) if text is not None}
        statuses = {str(n): s for n, s in enumerate(statuses) if s}

    def index(i: str) -> Any:
        # The order of the object's members means nothing, the numbers do.
        return codes[i] if listed else {code: place for place, code in reversed(list(enumerate(codes[i])))}

    text = json.dumps(
        {
            "class": "dataset", "label": "Care", "source": "O", "updated": "2026-06-08T06:00:00Z", "id": ids,
            "size": [len(codes[i]) for i in ids], "dimension": {i: {"category": {"index": index(i)}} for i in ids},
            "value": values, "status": statuses, "extension": {"px": {"tableid": "TAB1"}}, **more,
        }
    )  # fmt: skip
    for mark, number in marks.items():
        text = text.replace(f'"{mark}"', "null" if number is None else number)
    return text


EXPECTED = {
    (area, sex, "TAB1", status or "", text or "")
    for (area, sex), text, status in zip(itertools.product(AREAS, SEXES), TEXTS, STATUS, strict=True)
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_a_cube_reads_the_same_however_it_is_written(tmp_path: Path, turned: bool, sparse: bool, listed: bool) -> None:
    got = read(tmp_path, cube(turned=turned, sparse=sparse, listed=listed), CATALOGUE)
    assert set(got.texts("area", "sex", "tableid", "status", "value")) == EXPECTED
    assert [row["line"] for row in got.rows] == [1, 2, 3, 4, 5, 6]
    assert got.counted == 6
    assert got.reading.extracted_at == "2026-06-08T06:00:00"


def test_one_status_for_all_cells_and_an_undeclared_dimension(tmp_path: Path) -> None:
    assert {t for (t,) in read(tmp_path, cube(status="e"), CATALOGUE).texts("status")} == {"e"}
    wider = json.loads(cube(), parse_float=str)
    wider["id"].append("extra")
    wider["size"].append(1)
    wider["dimension"]["extra"] = {"category": {"label": {"x": "a lone category has no index"}}}
    assert read(tmp_path, json.dumps(wider), CATALOGUE).reading.unmapped_columns == ["extra"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-03-01T07:30:00+02:00", "2025-03-01T05:30:00"),
        ("2025-03-01T00:30:00.123+0100", "2025-02-28T23:30:00"),
        ("2025-12-31 20:00 -05", "2026-01-01T01:00:00"),
        ("2025-03-01T06:00:00Z", "2025-03-01T06:00:00"),
        ("2025-03-01T06:00:00", "2025-03-01T06:00:00"),
        ("2025-03-01", "2025-03-01"),
    ],
)
def test_offsets_of_time_count(text: str, instant: str) -> None:
    assert as_iso(text) == instant


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value": [1, 2, 3]}, "F_TRUNCATED"),
        ({"size": [3, 3]}, "F_LAYOUT"),
        ({"size": []}, "F_LAYOUT"),
        ({"dimension": {"area": {}, "sex": {}}}, "F_LAYOUT"),
        ({"dimension": {i: {"category": {"index": ["1", "1"]}} for i in ("area", "sex")}, "size": [2, 2]}, "F_LAYOUT"),
        ({"value": {"6": 1}}, "F_LAYOUT"),
        ({"value": {"no": 1}}, "F_LAYOUT"),
        ({"value": [None] * 6}, "F_EMPTY"),
        ({"value": {}}, "F_EMPTY"),
        ({"status": ["p"]}, "F_TRUNCATED"),
    ],
)  # fmt: skip
def test_a_cube_that_does_not_hold_together_is_refused(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    assert refusal(tmp_path, cube(**change), CATALOGUE).code == code


def test_a_cube_of_more_cells_than_memory_is_refused_before_it_is_laid_out(tmp_path: Path) -> None:
    many = {"category": {"index": [str(n) for n in range(5000)]}}
    bomb = cube(dimension={"area": many, "sex": many}, size=[5000, 5000], value={"0": 1}, status=None)
    assert refusal(tmp_path, bomb, CATALOGUE).code == "F_BOMB"


KOLADA = """{"count": 2, "values": [
 {"kpi": "N1", "municipality": "0180", "period": 2020, "values": []},
 {"values": [{"gender": "K", "value": 1.50, "isdeleted": false, "new": 1}, {"value": null, "gender": "M", "isdeleted": true}],
  "period": 2021, "municipality": "0180", "kpi": "N\\u0031"}]}"""


def test_one_record_per_entry_with_the_texts_of_its_object(tmp_path: Path) -> None:
    got = read(tmp_path, KOLADA, CATALOGUE)
    assert got.texts("line", "kpi", "municipality", "period", "gender", "isdeleted", "value") == [
        (1, "N1", "0180", "2021", "K", "false", "1.50"),
        (2, "N1", "0180", "2021", "M", "true", ""),
    ]
    assert got.counted == 2
    assert got.reading.unmapped_columns == ["new"]


@pytest.mark.parametrize("values", ["[1]", '"x"', "null", '{"a": 1}'])
def test_an_object_without_a_list_of_values_is_refused(tmp_path: Path, values: str) -> None:
    text = KOLADA.replace('"values": []', f'"values": {values}')
    assert refusal(tmp_path, text, CATALOGUE).code == "F_LAYOUT"


def test_lists_are_one_record_per_object_and_nested_objects_stay_json(tmp_path: Path) -> None:
    things = [
        {"id": "G1", "title": 'a {"}] name', "members": [{"id": "0180"}, {"id": "å"}]},
        {"title": "b", "members": [], "id": "G2", "note": None, "new": 1.0},
    ]
    got = read(tmp_path, json.dumps({"values": things, "count": 2}, ensure_ascii=False), CATALOGUE)
    assert got.name == "made/long"
    assert got.texts("line", "id", "members", "note") == [
        (1, "G1", '[{"id": "0180"}, {"id": "å"}]', None),
        (2, "G2", "[]", ""),
    ]
    assert got.counted == 2
    assert got.reading.unmapped_columns == ["new"]
    short = read(tmp_path, '{"values": [{"title": "a", "id": 7}]}', CATALOGUE)
    assert (short.name, short.texts("id"), short.counted) == ("made/short", [("7",)], 1)


@pytest.mark.parametrize("cut", [20, 100, len(KOLADA) - 1])
def test_a_cut_document_is_truncated(tmp_path: Path, cut: int) -> None:
    refused = refusal(tmp_path, KOLADA[:cut], CATALOGUE)
    assert refused.code == "F_TRUNCATED"
    assert refused.line is not None


def test_a_document_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[" * 200_000, CATALOGUE).code in ("F_BOMB", "F_TRUNCATED")


def test_a_data_set_that_calls_itself_synthetic_is(tmp_path: Path) -> None:
    assert read(tmp_path, cube(), CATALOGUE).reading.origin is None
    assert read(tmp_path, cube(label="Care (syntetiska data)"), CATALOGUE).reading.origin == "synthetic"
