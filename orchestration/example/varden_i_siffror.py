"""The export of Vården i siffror: one row per indicator, unit, sex and period, months and half-years under one id.

Kept lawfully: `UNK` and `-` for missing, denominator 0 where a value is no ratio, a weighted survey whose value is not
numerator by denominator, half-years that are two-week samples and not sums of months, months of unusual volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from orchestration.example.country import Country
from orchestration.example.delivery import SYNTHETIC, TextFile, Written
from orchestration.example.draw import Draw
from orchestration.example.numerals import percent, short_comma
from orchestration.example.places import REGION_CODES, REGIONS, municipalities, sample

PATH = "varden_i_siffror/synthetic_vardenisiffror_export_2019-03-27.csv"
HEADING = (
    "Datum och tid för uttag;Register/källa;Titel;Diagramrubrik;Indikator-Id;Mätperiod;Länskod;Enhetskod;Enhetstyp;"
    "Enhetsnamn;Ålder;Kön/Totalt;Måttenhet;Värde;Täljare;Nämnare/antal fall;KI-Låg;KI-Hög;Täckningsgrad i %;"
    "Bortfall i %;Önskat värde;Högsta målnivå;Utgivare målnivå;Område"
)
MONTHS = (
    "januari", "februari", "mars", "april", "maj", "juni",
    "juli", "augusti", "september", "oktober", "november", "december",
)  # fmt: skip
PHONE_YEARS = (2018, 2017, 2016)
TRUST_YEARS = (2015, 2014, 2013)
CARE_DAY_YEARS = (2016, 2015, 2014)


@dataclass(frozen=True)
class Indicator:
    """What is the same in every row of one indicator and sex."""

    drawn_at: str
    register: str
    title: str
    chart: str
    id: str
    sex: str
    unit: str
    desired: str
    area: str

    def row(self, period: str, unit: tuple[str, str, str, str], values: list[str]) -> list[str]:
        """`unit`: county code, unit code, type, name. `values`: value, numerator, denominator, limits, coverage."""
        before = [self.drawn_at, f"{self.register} {SYNTHETIC}", self.title, self.chart, self.id, period]
        return [*before, *unit, "Alla", self.sex, self.unit, *values, "-", self.desired, "-", "-", self.area]


def _indicator(kind: str, id: str, sex: str, clock: str) -> Indicator:
    told = {
        "trust": (
            "Vårdbarometern, Sveriges Kommuner och Landsting",
            "Stort förtroende för vårdcentraler",
            "Andel invånare som har stort eller mycket stort förtroende för vårdcentraler.",
            ("%", "Högt", "Patientfokuserad hälso- och sjukvård"),
        ),
        "care_days": (
            "Patientregistret, Socialstyrelsen",
            "Vårddagar per 1 000 invånare",
            "Antal vårddagar per 1 000 invånare. Åldersstandardiserade värden.",
            ("Antal per tusen", "Ej angivet", "Effektiv hälso- och sjukvård"),
        ),
        "phone": (
            "Väntetider i vården, Sveriges Kommuner och Landsting",
            "Primärvårdens tillgänglighet per telefon",
            "Andel besvarade telefonsamtal i primärvård. Enbart landsting med datoriserade telefonsystem.",
            ("%", "Högt", "Hälso- och sjukvård i rimlig tid"),
        ),
    }[kind]
    return Indicator(f"2019-03-27 {clock}", told[0], told[1], told[2], id, sex, *told[3])


TRUST = {
    "total": _indicator("trust", "fa71c2b4-a471-4950-8ac7-c1195b31f76a", "Totalt", "13:24:46"),
    "women": _indicator("trust", "d3ff4470-836c-498e-9e25-2e02a31f12f0", "Kvinnor", "13:24:52"),
    "men": _indicator("trust", "d12c61b5-4260-4947-b755-e76dded17f77", "Män", "13:24:52"),
}
CARE_DAYS = {
    "men": _indicator("care_days", "f5643b3e-f6aa-4427-8bec-9bb2d6fda817", "Män", "13:24:46"),
    "women": _indicator("care_days", "a833a45a-3aea-473a-b75e-7b1c1e485dee", "Kvinnor", "13:24:57"),
    "total": _indicator("care_days", "56cfbd8e-f931-49d2-8b1b-640c98e08c67", "Totalt", "13:25:09"),
}
PHONE = _indicator("phone", "43f08212-9015-4369-a7ac-9dfd9ed939af", "Totalt", "13:25:13")
UNKNOWN = ["UNK", "-", "-", "-", "-", "-"]


def _regions() -> list[tuple[str, tuple[str, str, str, str]]]:
    units = []
    for region in REGIONS:
        code = str(int(region.code))
        units.append((region.code, (code, code, "Län", region.report_name)))
    return units


def _municipalities() -> list[tuple[str, tuple[str, str, str, str]]]:
    return [(m.code, (str(int(m.county_code)), str(int(m.code)), "Kommun", m.full_name)) for m in sample()]


def _trust(draw: Draw, sex: str, region: str, year: int) -> list[str]:
    """The value is weighted: in two rows of five it is not the ratio of the answers."""
    answers = {
        one: draw.whole(350, 2400, one, region) + draw.whole(-30, 30, one, region, year) for one in ("women", "men")
    }
    level = draw.between(54, 70, "level", region) + draw.between(-2, 2, "year", region, year)
    values = {
        "women": level - draw.between(0, 3, "gap", region, year),
        "men": level + draw.between(0, 3, "gap", region, year),
    }
    skew = {
        one: draw.between(-4, 4, one, "weight", region, year) for one in values if draw.chance(0.4, one, region, year)
    }
    trusting = {one: round(answers[one] * (values[one] + skew.get(one, 0.0)) / 100) for one in values}
    count = answers[sex] if sex != "total" else sum(answers.values())
    share = values[sex] if sex != "total" else sum(values[one] * answers[one] for one in values) / count
    half = 196 * sqrt(share / 100 * (1 - share / 100) / count)
    numerator = trusting[sex] if sex != "total" else sum(trusting.values())
    limits = [short_comma(share - half, 1), short_comma(share + half, 1)]
    return [short_comma(share, 1), str(numerator), str(count), *limits, "0"]


def _care_days(draw: Draw, country: Country, sex: str, region: str, year: int) -> list[str]:
    """Standardised days per 1 000: no ratio of counts, so numerator `-` and denominator 0."""
    women = draw.between(700, 900, region) * (1 - 0.02 * (year - 2014)) + draw.between(-8, 8, region, year)
    men = women * draw.between(1.05, 1.15, "men", region)
    value = {"women": women, "men": men, "total": women + 0.46 * (men - women)}[sex]
    half = 2.0 * sqrt(1_000_000 / country.people(region, year, sex))
    return [short_comma(value, 1), "-", "0", short_comma(value - half, 1), short_comma(value + half, 1), "0"]


def _calls(draw: Draw, people: int, period: str, code: str) -> tuple[int, int]:
    """Calls answered and calls of a municipality's health centres; a half-year is a two-week sample of its own."""
    half_year, county = period[-2] == "H", code[:2]
    calls = int(people * draw.between(0.008, 0.011, period, code) * (1 if half_year else 8)) + 20
    if not half_year and draw.chance(0.01, "spike", period, county):
        calls *= 12
    level = draw.between(0.82, 0.92, "level", county) + draw.between(-0.04, 0.04, "county", period, county)
    return int(calls * (level + draw.between(-0.03, 0.03, "municipality", period, code))), calls


def _phone(draw: Draw, country: Country, period: str, code: str) -> list[str]:
    """A region's calls are those of its municipalities."""
    inside = [code] if len(code) == 4 else [m.code for m in municipalities() if m.county_code == code]
    pairs = [_calls(draw, country.people(one, int(period[:4])), period, one) for one in inside]
    answered, calls = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    return [short_comma(percent(answered, calls), 1), str(answered), str(calls), "-", "-", "0"]


def periods(year: int) -> list[str]:
    """The owner's order: newest first, each half-year before its months."""
    second = [f"{year} {month}" for month in reversed(MONTHS[6:])]
    return [f"{year} H2", *second, f"{year} H1", *(f"{year} {month}" for month in reversed(MONTHS[:6]))]


def write(seed: int, country: Country) -> Written:
    """The whole export, with a thirteenth month, an undeclared marker and a conflict planted."""
    draw = Draw(seed, "varden_i_siffror")
    file = TextFile(PATH, newline="\r\n", bom=True)
    file.line(HEADING)
    for sex, indicator in TRUST.items():
        for code, unit in _regions():
            for year in TRUST_YEARS:
                file.row(indicator.row(str(year), unit, _trust(draw, sex, code, year)))
    for sex, indicator in CARE_DAYS.items():
        for code, unit in _regions():
            for year in CARE_DAY_YEARS:
                file.row(indicator.row(str(year), unit, _care_days(draw, country, sex, code, year)))
    # A few regions report months, all of them the half-years.
    monthly = draw.first(list(REGION_CODES), 8, "monthly")
    for code, unit in [*_regions(), *_municipalities()]:
        for period in (period for year in PHONE_YEARS for period in periods(year)):
            reports = len(code) == 4 or "H" in period or code in monthly
            place = "09" if code == "0980" else code
            known = reports and not draw.chance(0.02, "unknown", period, place)
            values = _phone(draw, country, period, code) if known else UNKNOWN
            if (code, period) == ("0127", "2017 oktober"):
                file.row(PHONE.row(period, unit, ["..", *UNKNOWN[1:]]))
                file.defect("Värde", "..", "R_MISSING_MARKER")
            elif (code, period) == ("1380", "2018 maj"):
                _conflict(file, unit, period, _phone(draw, country, period, code))
            else:
                file.row(PHONE.row(period, unit, values))
        if code == "01":
            file.row(PHONE.row("2018 undecember", unit, ["90,1", "901", "1000", "-", "-", "0"]))
            file.defect("Mätperiod", "2018 undecember", "R_PERIOD")
    return file.finish()


def _conflict(file: TextFile, unit: tuple[str, str, str, str], period: str, values: list[str]) -> None:
    """The same key twice, with two percent fewer calls answered: nothing says which value is right."""
    fewer = int(values[1]) - int(values[2]) // 50
    other = [short_comma(percent(fewer, int(values[2])), 1), str(fewer), *values[2:]]
    for told in (values, other):
        file.row(PHONE.row(period, unit, told))
        file.defect("Värde", told[0], "R_CONFLICT")
