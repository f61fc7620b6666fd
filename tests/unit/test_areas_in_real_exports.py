"""Every area text of the real exports resolves, under the system that its source declares, to the right area."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable

import pytest

from orchestration.sources.catalogue import load_catalogue
from tests.real import DELIVERIES, needs_deliveries
from tests.support.crosswalk import areas, resolve

pytestmark = [pytest.mark.deliveries, needs_deliveries]


def _rows(path: str, delimiter: str = ";") -> Iterable[list[str]]:
    assert DELIVERIES is not None
    with (DELIVERIES / path).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.reader(file, delimiter=delimiter)


def _column(path: str, heading: str, delimiter: str = ";", title_lines: int = 0) -> set[str]:
    """Distinct texts under a heading; footers are shorter than the heading row."""
    rows = list(_rows(path, delimiter))[title_lines:]
    at = [h.strip() for h in rows[0]].index(heading)
    return {row[at].strip() for row in rows[1:] if len(row) == len(rows[0])}


def _population_2018(position: int) -> set[str]:
    rows = list(_rows("scb/folkmangd_lan_kommun_2018.csv"))[8:]
    return {row[position].strip() for row in rows if row[2]} - {""}


def _kolada(name: str, field: str) -> set[str]:
    assert DELIVERIES is not None
    values = json.loads((DELIVERIES / "kolada" / name).read_text(encoding="utf-8"))["values"]
    return {item[field] for item in values}


def _pxweb(name: str) -> set[str]:
    assert DELIVERIES is not None
    answer = json.loads((DELIVERIES / "scb" / name).read_text(encoding="utf-8"))
    return set(answer["dimension"]["Region"]["category"]["index"])


def _allergy() -> set[str]:
    from python_calamine import CalamineWorkbook

    assert DELIVERIES is not None
    book = CalamineWorkbook.from_path(DELIVERIES / "socialstyrelsen" / "Statistikdatabasen_2025-allergy.xlsx")
    rows = [row for row in book.get_sheet_by_index(0).to_python() if row[1] != ""]
    at = rows[0].index("Region")
    return {str(row[at]) for row in rows[1:]}


SOS = "socialstyrelsen"
REAL: dict[str, tuple[str, str, int, Callable[[], set[str]]]] = {
    # what: source and layout, system, how many texts, where they stand
    "vis": ("varden_i_siffror/export", "vis_code", 21,
            lambda: _column("varden_i_siffror/vardenisiffror_export_2019-03-27.csv", "Enhetskod")),
    "pivot": ("skr_costs/pivot", "region_name", 23,
              lambda: _column("skr/kostnad_per_invanare_per_specialitet.csv", "Region")),
    "hsr": ("skr_hsr", "region_code_46", 22,
            lambda: _column("skr/halso_och_sjukvardsrapporten_2018_bilaga.csv", "landstingskod")),
    "hsr names": ("", "region_name", 22,
                  lambda: _column("skr/halso_och_sjukvardsrapporten_2018_bilaga.csv", "Landsting och regioner")),
    "staff": ("sos_staff", "county_name", 21,
              lambda: _column(f"{SOS}/personal_per_100000_2016.csv", "Region", title_lines=1)),
    "bup": ("sos_bup_waits", "region_name", 22,
            lambda: _column(f"{SOS}/vantetider_bup_2026-08-24.csv", "Region", title_lines=2)),
    "survey": ("sos_region_survey/named_doctor", "region_code_00", 22,
               lambda: _column(f"{SOS}/regionenkat_2025_fast_lakarkontakt.csv", "lan_code")),
    "survey names": ("", "region_name", 22,
                     lambda: _column(f"{SOS}/regionenkat_2025_fast_lakarkontakt.csv", "region")),
    "drugs csv": ("sos_statdb/drugs_csv", "county_name", 1,
                  lambda: _column(f"{SOS}/Statistikdatabasen_10_antibiotics.csv", "Region")),
    "drugs xlsx": ("sos_statdb/drugs_xlsx", "county_name", 22, _allergy),
    "ascii": ("scb_population/county_age_sex", "county_ascii", 21,
              lambda: _column("scb/sweden_population_county_age_sex_2000_2015.csv", "region", ",")),
    "2018 counties": ("scb_population/county_municipality", "county_name", 22, lambda: _population_2018(0)),
    "2018 municipalities": ("scb_population/county_municipality", "municipality_name", 290,
                            lambda: _population_2018(1)),
    "pxweb data": ("scb_population/json_stat", "scb_code", 21, lambda: _pxweb("TAB6471_data.json")),
    "pxweb metadata": ("", "scb_code", 312, lambda: _pxweb("TAB6471_metadata.json")),
    "kolada areas": ("", "kolada", 312, lambda: _kolada("municipality.json", "id")),
    **{f"kolada {name}": ("kolada/data", "kolada", n, lambda name=name: _kolada(name, "municipality"))  # type: ignore[misc]
       for name, n in (("data_grp_data.json", 8), ("data_kld_data.json", 3), ("data_n00945.json", 3),
                       ("data_regions_slice_reconstructed.json", 22))},
    "counties": ("", "county_name", 21, lambda: _column("geography/counties.csv", "county_name", ",")),
    "municipality codes": ("", "scb_code", 290,
                           lambda: _column("geography/municipalities.csv", "municipality_code", ",")),
    "full names": ("", "county_name", 290, lambda: _column("geography/municipalities.csv", "municipality_name", ",")),
    "short names": ("", "municipality_name", 290,
                    lambda: _column("geography/municipality_county.csv", "municipality_name_short", ",")),
    "groups": ("", "municipality_name", 290, lambda: _column("kolada/skr_kommungrupp_membership.csv", "kommun", ",")),
}  # fmt: skip


@pytest.mark.parametrize("what", REAL)
def test_every_area_of_the_real_exports_resolves(what: str) -> None:
    layout_name, system, expected, read = REAL[what]
    if layout_name:
        source_id, _, layout_id = layout_name.partition("/")
        declared = {
            area.system
            for source, layout in load_catalogue().layouts()
            if source.source_id == source_id and layout_id in ("", layout.layout_id)
            for area in layout.areas
        }
        assert system in declared, "the declaration names another system"
    texts = read()
    assert len(texts) == expected
    assert {text for text in texts if resolve(system, text) is None} == set()


def test_code_and_name_of_one_row_are_the_same_region() -> None:
    hsr = [[h.strip() for h in row] for row in _rows("skr/halso_och_sjukvardsrapporten_2018_bilaga.csv")]
    name, code = hsr[0].index("Landsting och regioner"), hsr[0].index("landstingskod")
    assert all(resolve("region_name", r[name]) == resolve("region_code_46", r[code]) for r in hsr[1:])
    vis = list(_rows("varden_i_siffror/vardenisiffror_export_2019-03-27.csv"))
    unit, named = vis[0].index("Enhetskod"), vis[0].index("Enhetsnamn")
    assert {
        (r[unit], r[named]) for r in vis[1:] if resolve("vis_code", r[unit]) != resolve("region_name", r[named])
    } == set()
    survey = list(_rows(f"{SOS}/regionenkat_2025_fast_lakarkontakt.csv"))
    assert all(resolve("region_code_00", r[0]) == resolve("region_name", r[1]) for r in survey[1:])


def test_the_seeded_areas_are_those_of_the_code_lists() -> None:
    listed = {tuple(row) for row in list(_rows("geography/municipalities.csv", ","))[1:]}
    today = [r for r in areas() if r["area_level"] == "municipality" and not r["valid_to"]]
    assert {(r["area_code"], r["name_sv"], r["short_name_sv"], r["parent_code"]) for r in today} == listed
    counties = {tuple(row) for row in list(_rows("geography/counties.csv", ","))[1:]}
    now = [r for r in areas() if r["area_level"] == "county" and not r["valid_to"]]
    assert {(r["area_code"], r["name_sv"], r["short_name_sv"]) for r in now} == counties
    groups = {(r[0], r[4]) for r in list(_rows("kolada/skr_kommungrupp_membership.csv", ","))[1:]}
    assert {(r["area_code"], r["skr_group_code"]) for r in today} == groups
    assert {r["kolada_id"] for r in areas()} - {""} == _kolada("municipality.json", "id")
