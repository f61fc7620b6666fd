"""Socialstyrelsen's tables with a title line and a footer (staff, waits in child psychiatry), and its region survey."""

from __future__ import annotations

from decimal import Decimal

from orchestration.example.country import Country
from orchestration.example.delivery import TextFile, Written
from orchestration.example.draw import Draw
from orchestration.example.numerals import rounded, short_comma
from orchestration.example.places import REGION_CODES, REGIONS, municipalities, sample

STAFF_PATH = "socialstyrelsen/synthetic_personal_per_100000_2016.csv"
STAFF_TITLE = (
    "Hälso- och sjukvårdspersonal per 100 000, Offentlig och privat regi, Alla sysselsatta, Alla näringsgrenar, 2016"
)
STAFF_HEADING = "Grupp;Region;2016"
STAFF_FOOTER = "Socialstyrelsens statistikdatabas 2019-04-07"
PROFESSIONS = {
    "Arbetsterapeut": (90, 200),
    "Barnmorska": (66, 96),
    "Fysioterapeut": (120, 240),
    "Läkare": (335, 620),
    "Psykolog": (52, 140),
    "Sjuksköterska": (1050, 1580),
}

WAITS_PATH = "socialstyrelsen/synthetic_vantetider_bup_2026-08-24.csv"
WAITS_TITLE = (
    "Väntetider till barn- och ungdomspsykiatrin, Kontaktstatus: Genomförd, Fas: Första besök, "
    "Medianvärdet för väntetid, 50:e percentilen, Alla kön, Ålder: Alla åldrar"
)
WAITS_FOOTER = "Socialstyrelsens statistikdatabas 2026-08-24"
WAITS_MONTHS = (
    ("2025", "Juli"), ("2025", "Augusti"), ("2025", "September"), ("2025", "Oktober"), ("2025", "November"),
    ("2025", "December"), ("2026", "Januari"), ("2026", "Februari"), ("2026", "Mars"), ("2026", "April"),
    ("2026", "Maj"), ("2026", "Juni"),
)  # fmt: skip

SURVEY_PATH = "socialstyrelsen/synthetic_regionenkat_2025_fast_lakarkontakt.csv"
SURVEY_HEADING = "lan_code;region;q35_andel_procent;q36_antal;q38_andel_sabo_procent"


def write_staff(seed: int, country: Country) -> Written:
    """Licensed people per 100 000 by profession and county, then by municipality; no row for the nation.

    A county's rate is the mean of its municipalities' weighted by population.
    """
    draw = Draw(seed, "staff")
    file = TextFile(STAFF_PATH, bom=True)
    file.line(STAFF_TITLE)
    file.line(STAFF_HEADING)
    people = {m.code: country.people(m.code, 2016) for m in municipalities()}
    for profession, (low, high) in PROFESSIONS.items():
        level = {code: draw.between(low, high, profession, code) for code in REGION_CODES}
        rates = {code: round(level[code[:2]] * draw.between(0.8, 1.2, profession, code)) for code in people}
        for region in REGIONS:
            inside = [code for code in people if code[:2] == region.code]
            rate = Decimal(sum(rates[c] * people[c] for c in inside)) / sum(people[c] for c in inside)
            file.row([profession, region.county, str(rounded(rate, 0))])
        for municipality in sample():
            value = str(rates[municipality.code])
            if (profession, municipality.code) == ("Sjuksköterska", "0160"):
                file.row([profession, municipality.full_name, "1_000"])
                file.defect("2016", "1_000", "R_NUMBER")
            else:
                file.row([profession, municipality.full_name, value])
    file.line(STAFF_FOOTER)
    return file.finish(final_newline=False)


def _median_days(draw: Draw, code: str, month: int) -> Decimal:
    """A municipality's median in whole or half days; longer after the summer and the turn of the year."""
    season = (1.2, 1.35, 0.85, 0.9, 0.95, 0.95, 1.25, 0.95, 0.95, 1.05, 1.0, 1.0)[month]
    days = draw.between(15, 34, code[:2]) * draw.between(0.85, 1.2, code) * season
    return rounded(2 * days * draw.between(0.9, 1.1, code, month), 0) / 2


def _pooled_median(medians: dict[str, Decimal], people: dict[str, int]) -> Decimal:
    """As if half of all waited at or below it: weighted by people, and no mean of medians."""
    reached, half = 0, sum(people[c] for c in medians) / 2
    for code in sorted(medians, key=lambda c: (medians[c], c)):
        reached += people[code]
        if reached >= half:
            return medians[code]
    raise ValueError("nobody has a median this month: let at least one area report")


def _waits(draw: Draw, country: Country, month: int) -> dict[str, Decimal]:
    """Medians of one month by municipality and region (pooled from its municipalities), and the nation's."""
    people = {m.code: country.people(m.code, 2025) for m in municipalities()}
    medians = {code: _median_days(draw, code, month) for code in people}
    for region in REGION_CODES:
        medians[region] = _pooled_median({c: v for c, v in medians.items() if c[:2] == region}, people)
    people |= {region: country.people(region, 2025) for region in REGION_CODES}
    shown = {region: medians[region] for region in REGION_CODES if not _not_shown(draw, region, month)}
    return {**medians, "00": _pooled_median(shown, people)}


def _not_shown(draw: Draw, code: str, month: int) -> bool:
    """`N`: a whole region has it seven months running, others now and then; never the nation."""
    place = "09" if code == "0980" else code
    return code != "00" and ((place == "25" and month < 7) or draw.chance(0.012, "N", place, month))


def write_waits(seed: int, country: Country) -> Written:
    """Median days to the first visit, a column per month; nation, regions, municipalities."""
    draw = Draw(seed, "waits")
    file = TextFile(WAITS_PATH)
    file.line(WAITS_TITLE)
    file.row(["", *(year for year, _ in WAITS_MONTHS)], records=0)
    file.row(["Region", *(month for _, month in WAITS_MONTHS)], records=0)
    medians = [_waits(draw, country, month) for month in range(len(WAITS_MONTHS))]
    names = {"00": "Alla regioner"} | {region.code: region.waits_name for region in REGIONS}
    names |= {municipality.code: municipality.full_name for municipality in sample()}
    for code, name in names.items():
        texts = ["N" if _not_shown(draw, code, i) else short_comma(days[code], 1) for i, days in enumerate(medians)]
        if code == "0181":
            texts[8] = "27.5"
        file.row([name, *texts], records=len(texts))
        if code == "0181":
            file.defect("2026 Mars", "27.5", "R_NUMBER")
    file.line(WAITS_FOOTER)
    return file.finish()


def write_survey(seed: int, country: Country) -> Written:
    """Named doctor: share and number of inhabitants, share in special housing; empty: not answered.

    RIKET is, as printed in the report, the plain mean of the regions' shares and the sum of their numbers.
    """
    draw = Draw(seed, "survey")
    file = TextFile(SURVEY_PATH)
    file.line(SURVEY_HEADING)
    shares: list[int] = []
    numbers: list[int] = []
    housing: list[int] = []
    for region in REGIONS:
        share = None if draw.chance(0.18, "share", region.code) else draw.whole(18, 95, "percent", region.code)
        asked = (
            None if draw.chance(0.45, "housing", region.code) else draw.whole(85, 100, "housing percent", region.code)
        )
        number = None
        if share is not None and not draw.chance(0.15, "number", region.code):
            number = country.people(region.code, 2024) * share // 100
        told = (share, number, asked)
        file.row([region.code, region.name, *("" if v is None else str(v) for v in told)], records=3)
        for value, column in zip(told, (shares, numbers, housing), strict=True):
            column += [] if value is None else [value]
    means = [str(rounded(Decimal(sum(column)) / len(column), 0)) for column in (shares, housing)]
    file.row(["00", "RIKET", means[0], str(sum(numbers)), means[1]], records=3)
    return file.finish()
