"""SKR's cost table per inhabitant and service, a pivot saved as CSV: net kronor per inhabitant, current prices.

`Riket` and `Riket exkl gotland` are weighted by population, a region without the service counting 0, as in the
owner's own. The lawful oddities are kept: net costs below 0, exact zeros, scientific notation with a comma, services
that only a few regions have. Municipal rows carry the municipality's full name.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from orchestration.example.country import Country
from orchestration.example.delivery import TextFile, Written
from orchestration.example.draw import Draw
from orchestration.example.numerals import exact, excel_general, from_comma
from orchestration.example.places import GOTLAND, REGION_CODES, REGIONS, sample

PATH = "skr/synthetic_kostnad_per_invanare_per_specialitet.csv"
HEADING = "Huvudområde;Område;Delområde;Underkonto;År;Region;Värde"
YEARS = (2014, 2015, 2016, 2017)
NET = "Nettokostnad exkl läkemedel"
BENEFIT = "därav läkemedelskostnader inom förmånen"
# The owner's order: Swedish alphabet, but for Gotland, which stands between the two nations.
ORDER = (
    "10",
    "20",
    "21",
    "13",
    "23",
    "06",
    "08",
    "07",
    "25",
    "12",
    "01",
    "04",
    "03",
    "17",
    "24",
    "22",
    "19",
    "14",
    "18",
    "05",
)


@dataclass(frozen=True)
class Service:
    """One line of the table: service and account, its level, how many regions have it, its level in municipalities."""

    labels: tuple[str, str, str, str]
    level: float
    regions: int
    municipal: float | None

    @property
    def account(self) -> str:
        return self.labels[3]


def services() -> list[Service]:
    """All services and accounts, in the owner's order."""
    lines = (Path(__file__).parent / "cost_services.csv").read_text(encoding="utf-8").splitlines()
    fields = [line.split(";") for line in lines[3:]]
    return [Service((f[0], f[1], f[2], f[3]), float(f[4]), int(f[5]), float(f[6]) if f[6] else None) for f in fields]


def _regional(service: Service, draw: Draw) -> dict[tuple[str, int], Decimal]:
    """Kronor per inhabitant by region and year, as printed. Absent: the region has no such service that year."""
    key = service.labels
    having = sorted(draw.first(list(REGION_CODES), service.regions, "having", *key))
    values: dict[tuple[str, int], float] = {}
    for region in having:
        own = draw.between(0.75, 1.25, "region", *key, region)
        for year in YEARS:
            if service.regions < 21 and len(having) > 1 and draw.chance(0.06, "pause", *key, region, year):
                continue
            growth = 1 + 0.025 * (year - YEARS[0])
            values[region, year] = service.level * own * growth * draw.between(0.97, 1.03, "year", *key, region, year)
    odd = sorted(values)[draw.whole(0, len(values) - 1, "odd", *key)]
    if service.account == NET and key[2] in {"Övrig primärvård", "Social verksamhet", "Övrig utbildningsv"}:
        values[odd] = -0.3 * values[odd]
    elif service.account == BENEFIT and 2 < service.level < 15:
        # Below 0.0001 Excel prints an exponent; from 0.00006 on, the nation's part of it keeps to twelve decimals.
        values[odd] = draw.between(6e-5, 9e-5, "tiny", *key)
    elif service.account == BENEFIT and service.level < 2:
        values[odd] = 0.0
    return {place: printed(value) for place, value in values.items()}


def printed(value: float) -> Decimal:
    """The value as a reader of the printed text has it."""
    text = excel_general(exact(value))
    return Decimal(text.replace(",", ".")) if "E" in text else from_comma(text)


def weighted(values: dict[str, Decimal], people: dict[str, int]) -> Decimal:
    """Mean over all the people, an absent region counting 0."""
    return sum((values[c] * people[c] for c in values), Decimal(0)) / sum(people.values())


def write(seed: int, country: Country) -> Written:
    """The whole table, with two planted defects in rows of their own."""
    draw = Draw(seed, "skr_costs")
    file = TextFile(PATH, newline="\r\n", bom=True)
    file.line(HEADING)
    names = {region.code: region.name for region in REGIONS}
    people = {year: {code: country.people(code, year) for code in REGION_CODES} for year in YEARS}
    for service in services():
        values = _regional(service, draw)
        for year in YEARS:
            ours = {code: values[code, year] for code in REGION_CODES if (code, year) in values}
            rows = [(names[code], ours[code]) for code in ORDER if code in ours]
            if rows:
                mainland = {code: value for code, value in ours.items() if code != GOTLAND}
                counted = {code: count for code, count in people[year].items() if code != GOTLAND}
                rows.append(("Riket exkl gotland", weighted(mainland, counted)))
            if GOTLAND in ours:
                rows.append((names[GOTLAND], ours[GOTLAND]))
            if ours:
                rows.append(("Riket", weighted(ours, people[year])))
            if service.municipal is not None:
                rows += _municipal(service, service.municipal, year, draw)
            for name, value in rows:
                file.row([*service.labels, str(year), name, excel_general(value)])
            _plant(file, service, year)
    return file.finish()


def _municipal(service: Service, level: float, year: int, draw: Draw) -> list[tuple[str, Decimal]]:
    rows = []
    for municipality in sample():
        own = draw.between(0.8, 1.25, "municipality", *service.labels, municipality.code)
        noise = draw.between(0.98, 1.02, "municipal year", *service.labels, municipality.code, year)
        rows.append((municipality.full_name, exact(level * own * noise * (1 + 0.03 * (year - YEARS[0])))))
    return rows


def _plant(file: TextFile, service: Service, year: int) -> None:
    """Rows of their own, so that nothing sound is missing when they are quarantined."""
    if year == 2016 and service.account == NET and service.labels[2] == "Barnhälsovård":
        file.row([*service.labels, str(year), "Botkyrka kommun", "52.3170912"])
        file.defect("Värde", "52.3170912", "R_NUMBER")
        file.row([*service.labels, str(year), "Mälardalen", "249,1830664"])
        file.defect("Region", "Mälardalen", "R_AREA")
