"""SCB's code lists of counties and municipalities (CC0), as plain CSV."""

from __future__ import annotations

from orchestration.example.delivery import TextFile, Written
from orchestration.example.places import REGIONS, municipalities

COUNTIES_PATH = "geography/synthetic_counties.csv"
MUNICIPALITIES_PATH = "geography/synthetic_municipalities.csv"
BOTH_PATH = "geography/synthetic_municipality_county.csv"
COUNTIES_HEADING = "county_code,county_name,county_name_short"
MUNICIPALITIES_HEADING = "municipality_code,municipality_name,municipality_name_short,county_code"
BOTH_HEADING = f"{MUNICIPALITIES_HEADING},county_name,county_name_short"


def write_all() -> list[Written]:
    """Counties, municipalities, and municipalities with their county."""
    counties = TextFile(COUNTIES_PATH, delimiter=",")
    counties.line(COUNTIES_HEADING)
    names = {region.code: [region.county, region.county_short] for region in REGIONS}
    for code, told in names.items():
        counties.row([code, *told])
    alone, both = TextFile(MUNICIPALITIES_PATH, delimiter=","), TextFile(BOTH_PATH, delimiter=",")
    alone.line(MUNICIPALITIES_HEADING)
    both.line(BOTH_HEADING)
    for m in municipalities():
        fields = [m.code, m.full_name, m.name, m.county_code]
        alone.row(fields)
        both.row([*fields, *names[m.county_code]])
    return [counties.finish(), alone.finish(), both.finish()]
