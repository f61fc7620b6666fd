"""SKR's attachment to its report on health care: one row per indicator, region and period, an Excel sheet saved as CSV.

Kept lawfully: headings and labels with blanks at their ends, two columns of one heading and one without, an indicator
that stands under two areas, a region whose value is missing with its reason (counted in Riket all the same), numerators
of readmissions that are the placeholder 0. Municipal rows stand under readmissions within 30 days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from orchestration.example.country import NATION, Country
from orchestration.example.delivery import SYNTHETIC, TextFile, Written
from orchestration.example.draw import Draw
from orchestration.example.numerals import comma, grouped, percent, rounded
from orchestration.example.places import REGION_CODES, REGIONS, municipalities, sample

PATH = "skr/synthetic_halso_och_sjukvardsrapporten_2018_bilaga.csv"
HEADING = (
    "Huvud_ID;Område ;Indikatornamn;Landsting och regioner;landstingskod;Mätperiod;Värde;Täljare;Nämnare;"
    "Konfidensintervall låg gräns;Konfidensintervall hög gräns;Avvikelse riket procent ;Avvikelse riket procent ;;"
    "Måttenhet ;Önskad riktning värde ;Målnivå/er SoS/Kval reg;Källa;Kommentar "
)
_WAITS = "Väntetider i vården, Sveriges Kommuner och Landsting"
_REGISTER = "Patientregistret, Socialstyrelsen"
_SAFETY = "Patientsäkerhet, Sveriges Kommuner och Landsting"
_ACTIVITY = "Verksamhetsstatistik, Sveriges Kommuner och Landsting"
_PERCENT, _BEDS, _USE = "Andel (%)", "Antal per 100 disponibla vårdplatser", "Antal per 1 000 inv"
_HUNDRED_BEDS = "Antal överbeläggningar per hundra disponibla vårdplatser."
_HEART, _BONES, _MIND = "Hjärtsjukdom", "Ortopedi - rörelseorganens sjukdomar ", "Psykisk hälsa "
_CLOSE, _ACCESS = "Sammanhållet vårdsystem – god och nära vård", "Tillgänglighet - väntetider "
_SAFE, _VISITS, _WOMEN = "Patientsäkerhet ", "Befolkningens vårdutnyttjande", "Kvinnosjukdom och förlossning "
_FIRST, _SURGERY = "Genomförda första besök inom 90 dagar i ", "Genomförda operationer/åtgärder inom 90 dagar i "
_OUTLIED, _CROWDED = "Utlokaliserade patienter i somatisk slutenvård", "Överbeläggningar i somatisk slutenvård"
READMISSIONS = "Patienter med oplanerad återinskrivning inom 30 dagar"
_SCHIZOPHRENIA = "Återinskrivning inom 28 dagar efter vård för schizofreni"
_OTHER_VISITS = "Andra besök än läkarbesök i hälso- och sjukvård"
_SEVEN_DAYS = "Genomförda läkarbesök inom sju dagar i primärvård"


@dataclass(frozen=True)
class Block:
    """One indicator under one area. `kind`: share (counts given), interval (limits given), readmission, rate."""

    area: str
    name: str
    period: str
    kind: str
    low: float
    high: float
    base: float
    unit: str
    desired: str
    source: str
    deviation_decimals: int = 2
    missing: str = ""


BLOCKS = (
    Block(_HEART, _FIRST + "hjärtsjukvård", "2017", "share", 70, 96, 0.0042, _PERCENT, "Högt ", _WAITS, 1, "04"),
    Block(_HEART, _SURGERY + "hjärtsjukvård", "2017", "share", 78, 97, 0.0016, _PERCENT, "Högt ", _WAITS, 1, "07"),
    Block(_WOMEN, _FIRST + "gynekologisk vård", "2017", "share", 85, 99, 0.023, _PERCENT, "Högt ", _WAITS),
    Block(_CLOSE, READMISSIONS, "2016", "readmission", 7.4, 12, 0.0235, _PERCENT, "Lågt", _REGISTER, 2, "23"),
    Block(_CLOSE, _OUTLIED, "2017", "rate", 0.8, 5, 0, _BEDS, "Lågt", _SAFETY),
    Block(_CLOSE, _CROWDED, "2017", "rate", 2, 7, 0, _HUNDRED_BEDS, "Lågt", _SAFETY),
    Block(_BONES, _FIRST + "ortopedisk vård", "2017", "share", 62, 97, 0.024, _PERCENT, "Högt", _WAITS),
    Block(_BONES, _SURGERY + "ortopedisk vård", "2017", "share", 68, 92, 0.0092, _PERCENT, "Högt", _WAITS),
    Block(_SAFE, _OUTLIED, "2017", "rate", 0.8, 5, 0, _BEDS, "Lågt ", _SAFETY),
    Block(_SAFE, "Överbeläggningar i psykiatrisk slutenvård", "2017", "rate", 0.6, 4, 0, _BEDS, "Lågt ", _SAFETY),
    Block(_SAFE, _CROWDED, "2017", "rate", 2, 7, 0, _BEDS, "Lågt ", _SAFETY),
    Block(_MIND, _FIRST + "allmänpsykiatrisk vård", "2017", "share", 82, 99, 0.0063, _PERCENT, "Högt", _WAITS),
    Block(_MIND, _SCHIZOPHRENIA, "2013-2016", "interval", 7.5, 16, 0.0012, _PERCENT, "Lågt", _REGISTER),
    Block(_ACCESS, _FIRST + "specialiserad vård", "2017", "share", 74, 97, 0.19, _PERCENT, "Högt", _WAITS),
    Block(_ACCESS, _SEVEN_DAYS, "2017 H2", "share", 82, 95, 0.022, _PERCENT, "Högt", _WAITS),
    Block(_ACCESS, _SURGERY + "specialiserad vård", "2017", "share", 63, 92, 0.06, _PERCENT, "Högt", _WAITS),
    Block(_ACCESS, _FIRST + "allmänpsykiatrisk vård", "2017", "share", 82, 99, 0.0063, _PERCENT, "Högt", _WAITS),
    Block(_VISITS, _OTHER_VISITS, "2016", "rate", 3100, 4900, 0, _USE, "Ej angivet ", _ACTIVITY),
    Block(_VISITS, "Läkarbesök i hälso- och sjukvård", "2016", "rate", 2100, 3600, 0, _USE, "Ej angivet ", _ACTIVITY),
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A value with the counts it rests on (0 of 0 where the indicator has none)."""

    value: Decimal
    numerator: int
    denominator: int


def _cell(block: Block, code: str, country: Country, draw: Draw) -> Cell:
    """Drawn by the indicator's name and not by its area, so that an indicator under two areas is the same."""
    year = int(block.period[:4])
    level = draw.between(block.low, block.high, block.name, code[:2])
    if block.kind == "rate":
        return Cell(rounded(level, 4), 0, 0)
    if len(code) == 4:
        level += draw.between(-0.6, 0.6, "municipal", block.name, code)
    denominator = int(country.people(code, year) * block.base * draw.between(0.9, 1.1, "base", block.name, code)) + 30
    numerator = round(denominator * level / 100)
    return Cell(percent(numerator, denominator), numerator, denominator)


def _pooled(cells: Iterable[Cell]) -> Cell:
    parts = list(cells)
    numerator, denominator = sum(c.numerator for c in parts), sum(c.denominator for c in parts)
    return Cell(percent(numerator, denominator), numerator, denominator)


def _cells(block: Block, country: Country, draw: Draw) -> dict[str, Cell]:
    """Cells by region, and by municipality where the block has them; then a region pools its municipalities."""
    if block.name != READMISSIONS:
        return {code: _cell(block, code, country, draw) for code in REGION_CODES}
    cells = {m.code: _cell(block, m.code, country, draw) for m in municipalities()}
    return cells | {code: _pooled(cells[m] for m in cells if m[:2] == code) for code in REGION_CODES}


def _nation(block: Block, cells: dict[str, Cell], country: Country) -> Cell:
    """Pooled counts, regions without a printed value included; rates weighted by population."""
    if block.kind == "rate":
        year = int(block.period[:4])
        weighted = sum((cells[c].value * country.people(c, year) for c in REGION_CODES), Decimal(0))
        return Cell(weighted / country.people(NATION, year), 0, 0)
    return _pooled(cells[code] for code in REGION_CODES)


def _row(block: Block, name: str, code: str, cell: Cell | None, nation: Cell) -> list[str]:
    head = ["", block.area, block.name, name, code, block.period]
    tail = ["", block.unit, block.desired, "", f"{block.source} {SYNTHETIC}"]
    if cell is None:
        # In some indicators the sheet divides the empty cell: minus 100 percent.
        deviation = "-100,0" if block.kind == "share" else ""
        return [*head, "", "", "", "", "", deviation, "", *tail, "Uppgift saknas "]
    counts, limits = ["", ""], ["", ""]
    if block.kind == "share":
        counts = [grouped(cell.numerator), grouped(cell.denominator)]
    if block.kind == "readmission":
        counts = ["0", grouped(cell.denominator)]
    if block.kind in ("readmission", "interval"):
        share = float(cell.value) / 100
        half = 196 * sqrt(share * (1 - share) / cell.denominator)
        limits = [comma(float(cell.value) - half, 1), comma(float(cell.value) + half, 1)]
    apart = 100 * (cell.value / nation.value - 1)
    deviations = [_signed(apart, block.deviation_decimals), _signed(apart, 1)]
    return [*head, comma(cell.value, 1), *counts, *limits, *deviations, *tail, ""]


def _signed(value: Decimal, decimals: int) -> str:
    text = comma(value, decimals)
    return text.lstrip("-") if not text.strip("-0,") else text


def write(seed: int, country: Country) -> Written:
    """The whole sheet."""
    draw = Draw(seed, "skr_report")
    file = TextFile(PATH, newline="\r\n", bom=True)
    file.line(HEADING)
    for block in BLOCKS:
        cells = _cells(block, country, draw)
        nation = _nation(block, cells, country)
        for region in REGIONS:
            shown = None if region.code == block.missing else cells[region.code]
            file.row(_row(block, region.report_name, region.code, shown, nation))
        file.row(_row(block, "Riket", "46", nation, nation))
        if block.name == READMISSIONS:
            for municipality in sample():
                file.row(_row(block, municipality.full_name, municipality.code, cells[municipality.code], nation))
    return file.finish()
