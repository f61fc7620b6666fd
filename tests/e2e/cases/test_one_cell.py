"""One absurd cell withholds itself and what is summed from it; everything else is published, and the cell is named."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.example import skr_costs
from orchestration.example.write import example_files
from tests.support.command import answer, latest

GENERAL = (
    "Hälso- och sjukvård;Primärvård;Allmänläkarvård inkl. jourverksamhet;Nettokostnad exkl läkemedel;2015;Stockholm;"
)
MUSEUMS = "Regional utveckling;Kultur;Museieverksamhet;Nettokostnad exkl läkemedel;2016;Skåne;"


def put(text: str, start: str, value: str) -> tuple[str, int]:
    """The file with another value in the one line that starts so, and that line's number."""
    found = [n for n, line in enumerate(text.splitlines(), start=1) if line.lstrip("\ufeff").startswith(start)]
    assert len(found) == 1, start
    return re.sub(f"{re.escape(start)}[^\r\n]*", start + value, text), found[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict, dict[str, int]]:
    """A night on the example's costs and population: kronor for kronor per inhabitant once in care, once outside."""
    folder, home = tmp_path_factory.mktemp("deliveries"), tmp_path_factory.mktemp("home") / "home"
    lines = {}
    for written in example_files():
        if not written.path.startswith(("skr/synthetic_kostnad", "scb/")):
            continue
        content = written.content
        if written.path == skr_costs.PATH:
            text, lines["general"] = put(content.decode("utf-8"), GENERAL, "61234567890,5")
            text, lines["museums"] = put(text, MUSEUMS, "999999999999,5")
            content = text.encode("utf-8")
        (folder / Path(written.path).name).write_bytes(content)
    return home, answer(home, "nightly", "--deliveries", folder, expect=3), lines


def read(home: Path, query: str) -> list[tuple]:
    data = home / "releases" / latest(home)["release"] / "data"
    return duckdb.sql(query.replace("$", str(data))).fetchall()


def test_everything_else_is_published(built: tuple[Path, dict, dict[str, int]]) -> None:
    home, night, _ = built
    assert {(w["name"], w["period"]) for w in night["withheld"] if w["scope"] == "fact_slice"} == {
        ("fct_costs", "2015"), ("fct_costs", "2016"),
    }  # fmt: skip
    assert {w["reason_code"] for w in night["withheld"]} == {"cells_withheld"}
    hidden = read(
        home,
        "select distinct area_code, period from '$/fct_costs.parquet' where value_status = 'withheld' order by all",
    )
    assert hidden == [("01", "2015"), ("12", "2016")]
    assert read(home, "select count(*) from '$/fct_population.parquet'")[0][0] > 0


def test_a_cell_outside_health_care_touches_no_indicator(built: tuple[Path, dict, dict[str, int]]) -> None:
    home, night, _ = built
    assert {w["period"] for w in night["withheld"] if w["scope"] == "indicator"} == {"2015"}
    services = read(
        home,
        "select distinct service_code from '$/fct_costs.parquet' where value_status = 'withheld' and area_code = '12'",
    )
    assert {s for (s,) in services} == {"culture_museums", "regional_development_total"}


def test_no_sum_over_the_cell_is_published(built: tuple[Path, dict, dict[str, int]]) -> None:
    home, _, _ = built
    kept = read(
        home,
        "select distinct service_code from '$/fct_costs.parquet' where value is not null and area_code = '01' "
        "and period = '2015' and service_level <> 'leaf'",
    )
    assert {s for (s,) in kept}.isdisjoint({"primary_care", "health_care", "health_care_excl_dental_political"})
    assert "somatic_care" in {s for (s,) in kept}
    values = read(home, "select max(value) from '$/fct_costs.parquet' where measure = 'cost_per_inhabitant_sek'")
    assert values[0][0] < 100_000


def test_the_cells_are_named_inside_the_home_alone(built: tuple[Path, dict, dict[str, int]]) -> None:
    home, _, lines = built
    named = {(c["area_code"], c["period"], c["line"]) for c in answer(home, "release", "cells")["cells"] if c["file"]}
    assert named >= {("01", "2015", lines["general"]), ("12", "2016", lines["museums"])}
    assert not read(home, "select * from '$/withheld.parquet' where area_level is not null")
