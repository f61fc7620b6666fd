"""Zeros, doubles and old tables sent as new ones, in an export as its owner sends it: none is published as a value.

One synthetic export of Vården i siffror, 21 regions and six years; each fault lies in a measure and a year of its own.
"""

from __future__ import annotations

import math

import duckdb
import pytest

from orchestration.example.varden_i_siffror import _regions
from tests.support.command import latest, vardlagret

HEADING = (
    "Datum och tid för uttag;Register/källa;Titel;Diagramrubrik;Indikator-Id;Mätperiod;Länskod;Enhetskod;Enhetstyp;"
    "Enhetsnamn;Ålder;Kön/Totalt;Måttenhet;Värde;Täljare;Nämnare/antal fall;KI-Låg;KI-Hög;Täckningsgrad i %;Bortfall i %;"
    "Önskat värde;Högsta målnivå;Utgivare målnivå;Område"
)
TRUST, CARE = "fa71c2b4-a471-4950-8ac7-c1195b31f76a", "56cfbd8e-f931-49d2-8b1b-640c98e08c67"
YEARS = range(2009, 2015)
GOTLAND = "09"


def trust(n: int, year: int) -> float:
    return round(50 + n + 2 * math.sin(3 * n + 5 * year), 1)


def care(n: int, year: int) -> float:
    return round((700 + 25 * n) * (1 + 0.03 * math.sin(4 * n + 3 * year)), 1)


def export() -> str:
    """Gotland's trust in 2014 is 0 (about 57 before); its care days of 2012 are doubled; 2010's were 2009's again."""
    lines = [HEADING]
    for n, (code, unit) in enumerate(_regions()):
        for year in YEARS:
            values = {TRUST: trust(n, year), CARE: care(n, 2009 if year == 2010 else year)}
            if code == GOTLAND and year == 2014:
                values[TRUST] = 0
            if code == GOTLAND and year == 2012:
                values[CARE] *= 2
            for indicator, value in values.items():
                measure = "%" if indicator == TRUST else "antal"
                lines.append(
                    ";".join(["2019-03-27 13:24:46", "syntetiska data", "synthetic", "synthetic", indicator, str(year),
                              *unit, "Alla", "Totalt", measure, f"{value:.1f}".replace(".", ","), "-", "-", "-", "-",
                              "0", "-", "Högt", "-", "-", "synthetic"])
                )  # fmt: skip
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], tuple[str, float | None]]:
    """What was published, by indicator, area and year: status and value."""
    home, sent = tmp_path_factory.mktemp("jumps") / "home", tmp_path_factory.mktemp("sent")
    (sent / "synthetic_vardenisiffror_export_2019-03-27.csv").write_bytes(export().encode())
    vardlagret(home, "nightly", "--deliveries", sent, expect=3)
    table = home / "releases" / latest(home)["release"] / "data" / "indicator_values.parquet"
    rows = duckdb.sql(
        f"select indicator_id, area_code, period, value_status, value::double from '{table}' where area_level = 'region'"
    ).fetchall()
    return {(r[0], r[1], r[2]): (r[3], r[4]) for r in rows}


@pytest.mark.parametrize(
    ("indicator", "area", "year"),
    [
        ("trust_health_centres", GOTLAND, "2014"),
        ("care_days_standardised", GOTLAND, "2012"),
        ("care_days_standardised", GOTLAND, "2010"),
        ("care_days_standardised", "01", "2010"),
    ],
)
def test_a_wrong_value_is_not_published(
    shown: dict[tuple[str, str, str], tuple[str, float | None]], indicator: str, area: str, year: str
) -> None:
    assert shown.get((indicator, area, year), ("withheld", None))[1] is None


def test_sound_years_beside_are_published(shown: dict[tuple[str, str, str], tuple[str, float | None]]) -> None:
    gotland = [code for code, _ in _regions()].index(GOTLAND)
    assert shown["trust_health_centres", GOTLAND, "2013"] == ("normal", trust(gotland, 2013))
    assert shown["care_days_standardised", "01", "2013"] == ("normal", care(0, 2013))
