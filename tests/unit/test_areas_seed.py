"""The areas crosswalk: counts, parents, dates, and aliases that mean one area at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest

from orchestration.sources.catalogue import load_catalogue
from tests.support.crosswalk import SEEDS, Row, aliases, areas, overlap, overlapping, resolve, span

# --- areas -----------------------------------------------------------------------------------------------------------


def test_the_areas_valid_today_are_counted() -> None:
    today = Counter(r["area_level"] for r in areas() if not r["valid_to"])
    assert today == {"nation": 1, "nation_part": 1, "county": 21, "region": 21, "municipality": 290}


def test_dates_are_dates_and_do_not_overlap() -> None:
    for row in areas():
        assert date.fromisoformat(row["valid_from"]) >= date(1974, 1, 1)
        assert not row["valid_to"] or date.fromisoformat(row["valid_to"]) > date.fromisoformat(row["valid_from"])
    assert overlapping(areas(), lambda r: (r["area_level"], r["area_code"])) == []


def test_the_parent_exists_at_the_same_time() -> None:
    known = {(r["area_level"], r["area_code"]): r for r in areas()}
    levels = {"nation": "", "nation_part": "nation", "county": "nation", "region": "nation", "municipality": "county"}
    for row in areas():
        assert row["parent_level"] == levels[row["area_level"]]
        if row["parent_code"]:
            assert (row["parent_level"], row["parent_code"]) in known
            parent_key = (row["parent_level"], row["parent_code"])
            parents = [r for r in areas() if (r["area_level"], r["area_code"]) == parent_key]
            assert any(overlap(row, parent) for parent in parents), row["area_code"]
        if row["area_level"] == "municipality":
            assert row["area_code"][:2] == row["parent_code"]


def test_every_ceased_area_names_a_successor_that_begins_the_day_after() -> None:
    ceased = [r for r in areas() if r["valid_to"]]
    assert all(not r["successor_code"] for r in areas() if not r["valid_to"])
    assert {(r["area_level"], r["area_code"]) for r in ceased} == {
        ("municipality", "1917"), ("municipality", "2023"), ("county", "11"), ("county", "12"), ("county", "14"),
        ("county", "15"), ("county", "16"), ("county", "20"),
    }  # fmt: skip
    for row in ceased:
        following = date.fromordinal(date.fromisoformat(row["valid_to"]).toordinal() + 1).isoformat()
        assert any(
            (r["area_level"], r["area_code"], r["valid_from"]) == (row["area_level"], row["successor_code"], following)
            for r in areas()
        ), row["name_sv"]


@pytest.mark.parametrize(
    ("code", "valid_from"),
    [("0461", "1992-01-01"), ("0488", "1992-01-01"), ("1814", "1995-01-01"), ("1290", "1997-01-01"),
     ("1490", "1998-01-01"), ("0643", "1998-01-01"), ("0140", "1999-01-01"), ("0330", "2003-01-01"),
     ("0331", "2007-01-01"), ("0480", "1974-01-01"), ("1280", "1974-01-01"), ("1480", "1974-01-01")],
)  # fmt: skip
def test_codes_begin_with_their_division(code: str, valid_from: str) -> None:
    assert [r["valid_from"] for r in areas() if r["area_code"] == code] == [valid_from]


def test_the_recoded_municipalities_of_1997_and_1998_are_all_dated() -> None:
    begun = Counter((r["valid_from"][:4], r["parent_code"]) for r in areas() if r["area_level"] == "municipality")
    assert begun["1997", "12"] == 13
    assert begun["1998", "14"] == 34
    assert begun["1998", "06"] == 2


def test_municipalities_of_today_have_a_group_and_others_none() -> None:
    for row in areas():
        grouped = row["area_level"] == "municipality" and not row["valid_to"]
        assert bool(row["skr_group_code"]) == bool(row["skr_group_name_sv"]) == grouped
        assert "ovägt" not in row["skr_group_name_sv"]
    assert len({(r["skr_group_code"], r["skr_group_name_sv"]) for r in areas() if r["skr_group_code"]}) == 9


# --- aliases ---------------------------------------------------------------------------------------------------------


def test_no_text_of_a_system_means_two_areas_at_one_time() -> None:
    assert overlapping(aliases(), lambda r: (r["system"], r["alias"].lower())) == []


def test_an_overlap_would_be_found() -> None:
    row = {"system": "s", "alias": "Heby", "valid_from": "", "valid_to": "2006-12-31"}
    later = {**row, "alias": "heby", "valid_from": "2007-01-01", "valid_to": ""}
    key: Callable[[Row], tuple[str, ...]] = lambda r: (r["system"], r["alias"].lower())  # noqa: E731
    assert overlapping([row, later], key) == []
    assert overlapping([row, {**later, "valid_from": "2006-12-31"}], key) == [("s", "heby")]


def test_aliases_are_trimmed_sourced_and_lead_to_an_area_of_their_dates() -> None:
    for row in aliases():
        assert row["alias"] == " ".join(row["alias"].split()), row
        assert row["source"], row
        spans = [span(a) for a in areas() if (a["area_level"], a["area_code"]) == (row["area_level"], row["area_code"])]
        assert spans, row
        # A text without dates stands for the area as it is today, whatever the year.
        for day in [row["valid_from"], row["valid_to"]] if row["valid_from"] or row["valid_to"] else ["2020-01-01"]:
            assert not day or any(first <= day <= last for first, last in spans), row


def test_every_system_that_a_source_declares_exists() -> None:
    declared = {area.system for _, layout in load_catalogue().layouts() for area in layout.areas}
    assert declared
    assert declared <= {row["system"] for row in aliases()}


@pytest.mark.parametrize(
    ("system", "nation"),
    [("county_name", 1), ("region_name", 2), ("region_code_46", 1), ("region_code_00", 1), ("scb_code", 1),
     ("kolada", 1), ("statdb_code", 1), ("vis_code", 0), ("county_ascii", 0), ("municipality_name", 0)],
)  # fmt: skip
def test_each_system_covers_whole_levels(system: str, nation: int) -> None:
    mine = [r for r in aliases() if r["system"] == system and not r["valid_to"]]
    covered = Counter(level for level, _ in {(r["area_level"], r["area_code"]) for r in mine})
    assert all(covered[level] in (0, size) for level, size in {"county": 21, "region": 21, "municipality": 290}.items())
    assert sum(covered.values()) >= 21
    assert sum(r["area_level"] == "nation" for r in mine) == nation


@pytest.mark.parametrize(
    ("system", "text", "day", "area"),
    [
        ("scb_code", "1917", "2006-12-31", ("municipality", "1917")),
        ("scb_code", "1917", "2007-01-01", None),
        ("scb_code", "0331", "2006-01-01", None),
        ("scb_code", "0331", "2007-01-01", ("municipality", "0331")),
        ("municipality_name", "Heby", "2006-01-01", ("municipality", "1917")),
        ("municipality_name", "Heby", "2007-01-01", ("municipality", "0331")),
        ("municipality_name", "Malung", "2007-01-01", ("municipality", "2023")),
        ("municipality_name", "Malung-Sälen", "2008-01-01", ("municipality", "2023")),
        ("kolada", "0331", "2005-01-01", ("municipality", "0331")),
        ("scb_code", "15", "1997-01-01", ("county", "15")),
        ("scb_code", "12", "1996-01-01", None),
        ("region_name", "Gotland", "2020-01-01", ("region", "09")),
        ("municipality_name", "Gotland", "2020-01-01", ("municipality", "0980")),
        ("county_name", "Gotlands län", "2020-01-01", ("county", "09")),
        ("region_name", "Gotlands kommun", "2020-01-01", ("municipality", "0980")),
        ("region_name", "RIKET", "2020-01-01", ("nation", "00")),
        ("region_name", "Alla regioner", "2020-01-01", ("nation", "00")),
        ("region_name", "Riket exkl gotland", "2020-01-01", ("nation_part", "00X09")),
        ("region_name", "Västra Götalandsregionen", "2020-01-01", ("region", "14")),
        ("region_name", "Jämtlands län", "2020-01-01", ("region", "23")),
        ("county_ascii", "Gotaland", "2010-01-01", ("county", "14")),
        ("county_ascii", "Gotland", "2010-01-01", ("county", "09")),
        ("county_name", "Botkyrka kommun", "2020-01-01", ("municipality", "0127")),
        ("vis_code", "1", "2020-01-01", ("region", "01")),
        ("vis_code", "114", "2020-01-01", ("municipality", "0114")),
        ("statdb_code", "0", "2020-01-01", ("nation", "00")),
        ("kolada", "0009", "2020-01-01", ("region", "09")),
    ],
)
def test_known_texts(system: str, text: str, day: str, area: tuple[str, str] | None) -> None:
    assert resolve(system, text, day) == area


@pytest.mark.parametrize(
    ("system", "text"),
    [("region_name", "Atlantis"), ("region_name", "Genomsnitt region/län"), ("region_name", "Totalt"),
     ("region_name", "Vistra Gétalandsregionen"), ("region_name", ""), ("county_name", "Stockholm"),
     ("municipality_name", "Stockholms län"), ("scb_code", "1"), ("scb_code", "46"), ("vis_code", "01"),
     ("region_code_46", "00"), ("region_code_00", "46"), ("kolada", "01"), ("kolada", "G92793")],
)  # fmt: skip
def test_the_unknown_stays_unknown(system: str, text: str) -> None:
    assert resolve(system, text) is None


def test_old_waiting_time_codes_are_no_system() -> None:
    """SKR's older codes collide with SCB's: 10 was Stockholm, 51 Västra Götaland, 65 Norrbotten."""
    for system in {row["system"] for row in aliases()}:
        assert resolve(system, "10") not in {("region", "01"), ("county", "01")}
        assert {resolve(system, code) for code in ("26", "27", "41", "42", "51", "54", "65")} == {None}


def test_the_seeds_are_utf8_with_unix_line_ends() -> None:
    for path in (SEEDS / "seed_areas.csv", SEEDS / "seed_area_aliases.csv"):
        content = path.read_bytes()
        assert b"\r" not in content
        assert not content.startswith(b"\xef\xbb\xbf")
        assert content.endswith(b"\n")
