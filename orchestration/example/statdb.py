"""Socialstyrelsen's statistical database on prescribed drugs: the long CSV (antibiotics) and the workbook (allergy).

Age bands hold a soft hyphen (U+00AD) in the CSV and a plain one in the workbook.
"""

from __future__ import annotations

from decimal import Decimal

from orchestration.example.country import NATION, Country
from orchestration.example.delivery import TextFile, Written
from orchestration.example.draw import Draw
from orchestration.example.numerals import comma, rounded
from orchestration.example.places import REGION_CODES, REGIONS
from orchestration.example.workbook import workbook

CSV_PATH = "socialstyrelsen/synthetic_Statistikdatabasen_10_antibiotics.csv"
CSV_HEADING = "Månad;Läkemedel;Region;Kön;Ålder;Patienter/1000 invånare"
CSV_FOOTER = "Socialstyrelsens statistikdatabas 2025-04-09"
CSV_MONTHS = ("September 2024", "Oktober 2024", "November 2024", "Mars 2024", "Maj 2024", "Juni 2024")
AGE_BANDS = (*(f"{age}\u00ad{age + 4}" for age in range(0, 85, 5)), "85+")

XLSX_PATH = "socialstyrelsen/synthetic_Statistikdatabasen_2025-allergy.xlsx"
XLSX_TITLE = "Läkemedelsstatistik"
XLSX_HEADINGS = ("Månad", "Läkemedel", "Region", "Kön", "Ålder", "Expedieringar/1000 invånare")
XLSX_FOOTER = "Socialstyrelsens statistikdatabas 2025-04-06"
XLSX_MONTHS = ("September 2024", "Oktober 2024", "November 2024")
DRUGS = {
    "A07EB Antiallergika, exkl. kortikosteroider": (0.0, 0.03),
    "R01AC Antiallergika, exkl. kortikosteroider": (0.04, 0.09),
    "R03BC Antiallergika, exkl. kortikosteroider": (0.0, 0.02),
    "S01G Avsvällande medel och antiallergika": (1.5, 2.8),
}


def write_csv(seed: int, country: Country) -> Written:
    """Patients per 1 000 inhabitants and month by age, the nation. One row stands twice, word for word."""
    draw = Draw(seed, "statdb_csv")
    file = TextFile(CSV_PATH, newline="\r\n", bom=True)
    file.line(CSV_HEADING)
    ages = [
        sum(pair) for pair in zip(country.ages(NATION, 2024, "women"), country.ages(NATION, 2024, "men"), strict=True)
    ]
    people = [sum(ages[low : low + 5]) for low in range(0, 85, 5)] + [sum(ages[85:])]
    for month in CSV_MONTHS:
        rates = []
        for place, band in enumerate(AGE_BANDS):
            level = 1.4 if place == 0 else 0.1 + 0.011 * place * place
            rates.append(level * draw.between(0.95, 1.05, band, month))
        whole = sum(rate * count for rate, count in zip(rates, people, strict=True)) / sum(people)
        for band, rate in [*zip(AGE_BANDS, rates, strict=True), ("0\u00ad85+", whole)]:
            row = [month, "A07AA Antibiotika", "Riket", "Båda könen", band, comma(rate, 2)]
            file.row(row)
            if (month, band) == ("November 2024", "85+"):
                file.row(row)
                file.defect(None, None, None, "duplicate")
    file.line(CSV_FOOTER)
    return file.finish(final_newline=False)


def write_xlsx(seed: int, country: Country) -> Written:
    """Dispensings per 1 000 inhabitants and month by county, the nation weighted by population."""
    draw = Draw(seed, "statdb_xlsx")
    rows: list[list[str | Decimal]] = []
    for month in XLSX_MONTHS:
        for drug, (low, high) in DRUGS.items():
            rates = {}
            for code in REGION_CODES:
                level = draw.between(low, high, drug, code)
                rates[code] = rounded(level * draw.between(0.95, 1.05, drug, code, month), 2)
            weighted = sum((rates[c] * country.people(c, 2024) for c in REGION_CODES), Decimal(0))
            places = [("Riket", rounded(weighted / country.people(NATION, 2024), 2))]
            places += [(region.county, rates[region.code]) for region in REGIONS]
            rows += [[month, drug, place, "Båda könen", "0-85+", rate] for place, rate in places]
    content = workbook(XLSX_TITLE, list(XLSX_HEADINGS), rows, XLSX_FOOTER)
    return Written(XLSX_PATH, content, len(rows))
