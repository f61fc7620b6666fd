"""Files that contradict themselves, made of the example's own: each with the file as it is, which breaks nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.deliveries.ceilings import RuleCounter
from orchestration.deliveries.reading import read_to_cells, recognise
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.catalogue import load_catalogue
from tests.support.built import Built

CATALOGUE = load_catalogue()
Edit = Callable[[list[list[str]]], None]


def broken(file: Path, text: str, tmp_path: Path) -> dict[tuple[str, str | None], int]:
    """The records that break a rule, by rule and column. Raises `FileRefused`."""
    path = tmp_path / file.name
    path.write_text(text, encoding="utf-8")
    recognised = recognise(path, file.name, CATALOGUE)
    cells = tmp_path / f"{'0' * 64}.parquet"
    read_to_cells(path, file.name, "0" * 64, recognised, cells)
    found, _ = RuleCounter().breaches(recognised.source.source_id, recognised.layout, cells)
    return {(b.rule, b.column): b.records for b in found}


def edited(file: Path, edit: Edit) -> str:
    """The file with its fields edited by row."""
    rows = [line.split(";") for line in file.read_text(encoding="utf-8-sig").splitlines()]
    edit(rows)
    return "\r\n".join(";".join(row) for row in rows) + "\r\n"


def swapped(column: str, one: str, other: str) -> Edit:
    """Exchange two texts of a column; the others are not touched."""

    def edit(rows: list[list[str]]) -> None:
        place = [name.strip() for name in rows[0]].index(column)
        change = {one: other, other: one}
        for row in rows[1:]:
            row[place] = change.get(row[place], row[place])

    return edit


@pytest.fixture(scope="module")
def hsr(example_deliveries: Path) -> Path:
    return next(p for p in example_deliveries.rglob("*.csv") if b"landstingskod" in p.read_bytes()[:2000])


@pytest.fixture(scope="module")
def vis(example_deliveries: Path) -> Path:
    return next(example_deliveries.rglob("*vardenisiffror*.csv"))


@pytest.fixture(scope="module")
def bup(example_deliveries: Path) -> Path:
    return next(example_deliveries.rglob("*vantetider_bup*.csv"))


def more(found: dict[tuple[str, str | None], int], file: Path, tmp_path: Path) -> dict[tuple[str, str | None], int]:
    """What the edit broke beside what the example breaks on purpose."""
    sound = broken(file, file.read_text(encoding="utf-8-sig"), tmp_path)
    return {key: n - sound.get(key, 0) for key, n in found.items() if n != sound.get(key, 0)}


@pytest.mark.shows("contradiction")
def test_a_code_beside_another_regions_name(hsr: Path, tmp_path: Path) -> None:
    text = edited(hsr, swapped("landstingskod", "07", "08"))
    changed = more(broken(hsr, text, tmp_path), hsr, tmp_path)
    assert changed.keys() == {("R_AREA", "region")}
    assert changed["R_AREA", "region"] == sum(";07;" in line or ";08;" in line for line in text.splitlines()) > 0


@pytest.mark.shows("contradiction")
@pytest.mark.parametrize(("column", "told"), [("Enhetskod", "unit_name"), ("Länskod", "county_code")])
def test_a_county_beside_another_units_name(column: str, told: str, vis: Path, tmp_path: Path) -> None:
    changed = more(broken(vis, edited(vis, swapped(column, "7", "8")), tmp_path), vis, tmp_path)
    assert {rule for rule, _ in changed} == {"R_AREA"}
    assert told in {place for _, place in changed}


@pytest.mark.shows("contradiction")
def test_an_id_of_one_sex_beside_the_other(vis: Path, tmp_path: Path) -> None:
    text = edited(vis, swapped("Kön/Totalt", "Män", "Kvinnor"))
    changed = more(broken(vis, text, tmp_path), vis, tmp_path)
    assert changed.keys() == {("R_CODE", "sex")}
    assert changed["R_CODE", "sex"] > 0


@pytest.mark.shows("order")
@pytest.mark.parametrize(
    ("years", "refused"),
    [
        (["2025"] * 6 + ["2026"] * 6, False),
        (["2025"] * 12, True),  # July to June of one year
        (["2025"] * 6 + ["2027"] * 6, True),  # a year left out
    ],
)
def test_months_above_columns_follow_each_other(years: list[str], refused: bool, bup: Path, tmp_path: Path) -> None:
    lines = bup.read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].split(";")[1:] == ["2025"] * 6 + ["2026"] * 6
    text = "\n".join([lines[0], ";".join(["", *years]), *lines[2:]]) + "\n"
    if not refused:
        assert more(broken(bup, text, tmp_path), bup, tmp_path) == {}
        return
    with pytest.raises(FileRefused) as error:
        broken(bup, text, tmp_path)
    assert error.value.code == "F_PERIOD"
    assert "Januari" in error.value.message


@pytest.mark.shows("label")
@pytest.mark.parametrize(
    ("dimension", "labels", "said"),
    [
        ("Kon", {"1": "män", "2": "kvinnor"}, None),
        ("Kon", {"2": "män", "1": "kvinnor"}, "code '2' is labelled 'män'"),
        ("Region", {"01": "01 Stockholms län"}, None),
        ("Region", {"01": "01 Uppsala län"}, "code '01' is labelled"),
        ("Region", {"01": "a name of no area"}, None),
    ],
)
def test_labels_of_a_cube_mean_their_codes(
    dimension: str, labels: dict[str, str], said: str | None, example_deliveries: Path, tmp_path: Path
) -> None:
    for file in sorted(example_deliveries.rglob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8-sig"))
        cube = document.get("dimension", {}) if isinstance(document, dict) else {}
        codes = cube.get(dimension, {}).get("category", {}).get("index", {})
        if set(labels) <= set(codes):
            break
    else:
        pytest.fail("no cube of the example has these codes")
    cube[dimension]["category"]["label"] = {code: code for code in codes} | labels
    text = json.dumps(document, ensure_ascii=False)
    if said is None:
        broken(file, text, tmp_path)
        return
    with pytest.raises(FileRefused) as error:
        broken(file, text, tmp_path)
    assert error.value.code == "F_DIMENSION"
    assert said in error.value.message


def test_the_example_has_no_contradiction(example_home: Built) -> None:
    counter = RuleCounter()
    for cells in sorted((example_home.home / "cells").rglob("*.parquet")):
        source, layout = cells.parent.parent.name, cells.parent.name
        found, _ = counter.breaches(source, CATALOGUE[source].layout(layout), cells)
        assert not [
            b for b in found if b.column in ("region", "unit_name", "county_code", "title", "municipality", "sex")
        ]
