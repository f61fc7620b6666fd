"""What nobody declared is not the total: undeclared dimensions, columns and fields are refused by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import answer

if TYPE_CHECKING:
    from pathlib import Path


def cube(extra: dict[str, list[str]], *, without: str = "", **extension: Any) -> dict[str, Any]:
    """A synthetic yearly population of one municipality, with more dimensions, all of one category."""
    codes = {
        "Region": ["0380"],
        "Alder": ["tot"],
        "Kon": ["1+2"],
        "ContentsCode": ["000007ME"],
        "Tid": ["2005"],
    } | extra
    codes = {name: told for name, told in codes.items() if name != without}
    dimensions = {n: {"category": {"index": c}, **(extension if n in extra else {})} for n, c in codes.items()}
    size = [len(c) for c in codes.values()]
    cells = 1
    for n in size:
        cells *= n
    return {
        "class": "dataset", "label": "synthetic", "source": "SCB", "updated": "2025-02-21T07:00:00Z",
        "id": list(codes), "size": size, "dimension": dimensions, "value": list(range(1, cells + 1)),
        "extension": {"px": {"tableid": "TAB5557"}},
    }  # fmt: skip


TOTAL = {"elimination": True, "eliminationValueCode": "SUM"}


@pytest.mark.shows("dimension")
@pytest.mark.parametrize(
    ("document", "named"),
    [
        (cube({"Civilstand": ["OG"]}), ["Civilstand", "OG"]),
        (cube({"Fodelseland": ["SE"]}), ["Fodelseland", "SE"]),
        (cube({"Civilstand": ["TOTAL", "OG"]}), ["Civilstand", "OG"]),
        (cube({"Bakgrund": ["A"]}, extension=TOTAL), ["Bakgrund", "A"]),
        (cube({"Civilstand": ["TOTAL"]}), []),
        (cube({"Bakgrund": ["SUM"]}, extension=TOTAL), []),
        (cube({}, without="Kon"), []),
    ],
    ids=[
        "subset",
        "other subset",
        "total and part",
        "part by metadata",
        "declared as all",
        "all by metadata",
        "left out",
    ],
)
def test_a_dimension_is_the_total_only_where_something_says_so(
    tmp_path: Path, document: dict[str, Any], named: list[str]
) -> None:
    file = tmp_path / "synthetic_population.json"
    file.write_text(json.dumps(document))
    (result,) = answer(tmp_path / "home", "ingest", file, expect=3 if named else 0)["files"]
    assert result["code"] == ("F_DIMENSION" if named else None)
    assert all(word in result["message"] for word in named)


def kolada(**more: Any) -> dict[str, Any]:
    entry = {"gender": "T", "count": 1, "status": "", "value": 5.0, "isdeleted": False} | more
    return {"values": [{"kpi": "N79224", "municipality": "0001", "period": 2021, "values": [entry]}], "count": 1}


@pytest.mark.shows("page")
@pytest.mark.parametrize(
    ("document", "code"),
    [
        (kolada(), None),
        (kolada(ou="V11E1"), "F_DIMENSION"),
        (kolada() | {"next_url": "https://api.kolada.se/v3/data?page=2"}, "F_TRUNCATED"),
        (kolada() | {"previous_url": "https://api.kolada.se/v3/data?page=1"}, "F_TRUNCATED"),
        (kolada() | {"count": 2}, "F_TRUNCATED"),
    ],
    ids=["whole", "organisational unit", "first page", "last page", "fewer than count"],
)
def test_an_answer_is_whole_and_of_the_area_that_it_names(
    tmp_path: Path, document: dict[str, Any], code: str | None
) -> None:
    file = tmp_path / "synthetic_answer.json"
    file.write_text(json.dumps(document))
    (result,) = answer(tmp_path / "home", "ingest", file, expect=3 if code else 0)["files"]
    assert result["code"] == code
