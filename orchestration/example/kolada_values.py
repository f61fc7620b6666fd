"""Kolada's values (API v3): regions and municipalities, each indicator at one area and year with its genders.

Kept lawfully: genders in any order, a missing cell as an absent row, a value "Missing" that is null, a value that the
owner marks as deleted, the unweighted mean of a group of municipalities.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from orchestration.example.country import NATION, Country
from orchestration.example.delivery import Defect, Written, json_file
from orchestration.example.draw import Draw
from orchestration.example.numerals import Number, rounded
from orchestration.example.places import REGION_CODES, municipalities, sample

REGIONS_PATH = "kolada/synthetic_data_regions.json"
MUNICIPALITIES_PATH = "kolada/synthetic_data_municipalities.json"
POPULATION_PATH = "kolada/synthetic_data_population.json"
YEARS = range(2019, 2025)
GENDERS = {"T": "total", "K": "women", "M": "men"}
Item = dict[str, object]


def _value(gender: str, value: Number | None, status: str = "", deleted: bool = False, count: int = 1) -> Item:
    return {
        "gender": gender,
        "count": count,
        "status": status,
        "value": None if value is None else float(value),
        "isdeleted": deleted,
    }


def _item(kpi: str, area: str, year: int, values: list[Item]) -> Item:
    return {"kpi": kpi, "municipality": area, "period": year, "values": values}


def _file(path: str, items: list[Item], defects: tuple[Defect, ...] = ()) -> Written:
    answer = {"values": items, "count": len(items), "next_url": None, "previous_url": None}
    records = sum(len(values) for item in items if isinstance(values := item["values"], list))
    return json_file(path, answer, 0, records, defects)


def _region_id(code: str) -> str:
    return "00" + code


def _genders(draw: Draw, *key: object) -> list[str]:
    return sorted(GENDERS, key=lambda gender: draw.unit("order", gender, *key))


def _by_sex(level: float, gap: float, women: int, men: int) -> dict[str, float]:
    """Women and men half a gap below and above, the total weighted between them."""
    values = {"K": level - gap / 2, "M": level + gap / 2}
    return {**values, "T": (values["K"] * women + values["M"] * men) / (women + men)}


def write_regions(seed: int, country: Country) -> Written:
    """Telephone access (N79179), first contact within 90 days (N79222), readmissions at 65 and over (U79092)."""
    draw = Draw(seed, "kolada_regions")
    items: list[Item] = []
    for kpi, low, high, years in (("N79179", 72, 96, YEARS), ("N79222", 68, 95, range(2021, 2025))):
        for year in years:
            absent = draw.first(list(REGION_CODES), 1, "absent", kpi, year)
            known = {}
            for code in (code for code in REGION_CODES if code not in absent):
                known[code] = rounded(draw.between(low, high, kpi, code) + draw.between(-3, 3, kpi, code, year), 1)
            people = {code: country.people(code, year) for code in known}
            nation = sum((known[c] * people[c] for c in known), Decimal(0)) / sum(people.values())
            items.append(_item(kpi, "0000", year, [_value("T", rounded(nation, 1))]))
            items += [_item(kpi, _region_id(code), year, [_value("T", value)]) for code, value in known.items()]
    for year in YEARS:
        items += _readmissions_65(draw, country, year)
    return _file(REGIONS_PATH, items)


def _readmissions_65(draw: Draw, country: Country, year: int) -> list[Item]:
    """Whole percent; the nation is weighted by people of 65 and over. One region never reports."""
    exact: dict[str, dict[str, float]] = {}
    for code in (code for code in REGION_CODES if code != "23"):
        level = draw.between(14, 20, "U79092", code) + draw.between(-1, 1, "U79092", code, year)
        women, men = country.people_65(code, year, "women"), country.people_65(code, year, "men")
        exact[code] = _by_sex(level, draw.between(0, 3, "gap", code), women, men)
    nation = {}
    for gender, sex in GENDERS.items():
        people = {code: country.people_65(code, year, sex) for code in exact}
        nation[gender] = sum(exact[code][gender] * people[code] for code in exact) / sum(people.values())
    items = []
    for area, values in [("0000", nation), *((_region_id(code), values) for code, values in exact.items())]:
        order = _genders(draw, area, year)
        items.append(_item("U79092", area, year, [_value(g, rounded(values[g], 0)) for g in order]))
    return items


def write_population(seed: int, country: Country) -> Written:
    """Inhabitants on 31 December (N01951): nation, regions, and the example's municipalities, by gender."""
    draw = Draw(seed, "kolada_population")
    areas = [
        ("0000", NATION),
        *((_region_id(code), code) for code in REGION_CODES),
        *((m.code, m.code) for m in sample()),
    ]
    items = []
    for year in YEARS:
        for area, code in areas:
            order = _genders(draw, area, year)
            values = [_value(gender, country.people(code, year, GENDERS[gender])) for gender in order]
            items.append(_item("N01951", area, year, values))
    return _file(POPULATION_PATH, items)


def write_municipalities(seed: int, country: Country) -> Written:
    """Readmissions among the old (N20506, K10's wording), net cost (N20014) and cost (N20007) of elderly care."""
    draw = Draw(seed, "kolada_municipalities")
    items: list[Item] = []
    for year in YEARS:
        items += _readmissions_k10(draw, country, year)
    for kpi, low, high, weight in (
        ("N20014", 9_500, 17_500, country.people),
        ("N20007", 62_000, 98_000, country.people_65),
    ):
        for year in YEARS:
            items += _costs(draw, kpi, low, high, year, weight)
    # An area that no list knows. JSON has no lines, so the key gives none.
    items.append(_item("N20014", "9999", 2024, [_value("T", 12345.6)]))
    defect = Defect(MUNICIPALITIES_PATH, None, "municipality", "9999", "R_AREA", "quarantined")
    return _file(MUNICIPALITIES_PATH, items, (defect,))


def _readmissions_k10(draw: Draw, country: Country, year: int) -> list[Item]:
    """The nation is weighted over all 290 municipalities, of which the example's are printed."""
    levels: dict[str, dict[str, float]] = {}
    weights: dict[str, int] = {}
    for municipality in municipalities():
        code = municipality.code
        level = draw.between(6.5, 11, "N20506", code) + draw.between(-0.8, 0.8, "N20506", code, year)
        women, men = country.people(code, year, "women"), country.people(code, year, "men")
        levels[code] = _by_sex(level, draw.between(0, 2, "gap", code), women, men)
        weights[code] = women + men
    whole = sum(weights.values())
    nation = {gender: sum(levels[c][gender] * weights[c] for c in levels) / whole for gender in GENDERS}
    items = []
    for area, values in [("0000", nation), *((m.code, levels[m.code]) for m in sample())]:
        order = _genders(draw, "N20506", area, year)
        if (area, year) == ("0188", 2021):
            items.append(_item("N20506", area, year, [_value(g, None, status="Missing") for g in order]))
        elif (area, year) == ("0114", 2019):
            items.append(_item("N20506", area, year, [_value(g, rounded(values[g], 1), deleted=True) for g in order]))
        else:
            items.append(_item("N20506", area, year, [_value(g, rounded(values[g], 1)) for g in order]))
    return items


def _costs(draw: Draw, kpi: str, low: float, high: float, year: int, weight: Callable[[str, int], int]) -> list[Item]:
    growth = 1 + 0.035 * (year - YEARS[0])
    exact = {
        m.code: draw.between(low, high, kpi, m.code) * growth * draw.between(0.98, 1.02, kpi, m.code, year)
        for m in municipalities()
    }
    people = {code: weight(code, year) for code in exact}
    nation = sum(exact[code] * people[code] for code in exact) / sum(people.values())
    items = [_item(kpi, "0000", year, [_value("T", rounded(nation, 6))])]
    items += [_item(kpi, m.code, year, [_value("T", rounded(exact[m.code], 6))]) for m in sample()]
    if kpi == "N20014":
        members = [exact[m.code] for m in municipalities() if m.skr_group == "A2"]
        mean = rounded(sum(members) / len(members), 6)
        items.append(_item(kpi, "G92793", year, [_value("T", mean, count=len(members))]))
    return items
