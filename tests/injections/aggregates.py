"""Faults in the owners' tables: costs, reports, Kolada, population, staff, drugs, waits, surveys."""

from __future__ import annotations

from tests.injections.changes import (
    comma_as_thousands,
    complement,
    decimal_lost,
    doubled,
    each,
    everywhere,
    last_period_again,
    one_cell,
    only,
    plus,
    rotated,
    swapped,
    that,
    thinned,
    times,
    value_is,
    values_rotated,
    without,
    years_later,
    zero_for_missing,
)
from tests.injections.fault import Change, Fault, Start, in_bytes, in_cells
from tests.injections.sheets import Cell, Files
from tests.injections.sound import Sound

_WORD = {
    "skr_costs": "kostnad_per",
    "skr_hsr": "bilaga",
    "kolada": "data_regions",
    "scb_population": "county_age_sex",
    "sos_staff": "personal",
    "sos_statdb": "antibiotics",
    "sos_bup_waits": "vantetider_bup",
    "sos_region_survey": "regionenkat",
    "varden_i_siffror": "vardenisiffror",
}
AGGREGATED = tuple(_WORD)
CARE = that(item=r"^Hälso- och sjukvård\|")
PRIMARY = that(item=r"\|Primärvård\|")
PHONE, READMITTED = that(item="N79179"), that(item="U79092")
TRUST, DAYS = that(item="fa71c2b4"), that(item="d12c61b5|56cfbd8e|a833a45a|d3ff4470|f5643b3e")


def _fault(
    kind: str, source: str, what: str, change: Change, *, word: str | None = None, start: Start = "before"
) -> Fault:
    return Fault(kind, source, what, in_cells(word or _WORD[source], change), start)


def _numerator(column: str, where_item: str) -> Change:
    """The value's column holds the count of another column of the same record."""

    def change(c: Cell) -> None:
        place = {"bilaga": 7, "vis": 14}[column]
        if c.rest[place].strip():
            c.value = c.rest[place].replace(" ", "")

    return each(change, that(item=where_item))


def _rows_of_before(sound: Sound) -> Files:
    """The export of an earlier time, under the update's name: the newest period is not in it."""
    names = dict(zip(sorted(sound.before), sorted(sound.update), strict=True))
    return {names[name]: data for name, data in sound.before.items()}


def _cut_in_half(data: bytes) -> bytes:
    """The first half, to the end of a line."""
    return data[: data.index(b"\n", len(data) // 2) + 1]


def _cut_last_tenth(data: bytes) -> bytes:
    return data[: data.index(b"\n", len(data) * 9 // 10) + 1]


def _latin_twice(data: bytes) -> bytes:
    """Read as Latin-1 and written as UTF-8: Hälso becomes HÃ¤lso."""
    return data.decode("utf-8-sig").encode().decode("latin-1").encode()


def _question_marks(data: bytes) -> bytes:
    text = data.decode("utf-8-sig")
    return "".join("?" if ch in "åäöÅÄÖ" else ch for ch in text).encode()


COSTS = [
    _fault("unit", "skr_costs", "thousands of kronor written as kronor (× 1 000)", times(1000, CARE)),
    _fault("unit", "skr_costs", "one region in thousands (÷ 1 000)", times(0.001, that("Uppsala"))),
    _fault("decimals", "skr_costs", "decimal comma lost in one region", decimal_lost(that("Kalmar"))),
    _fault("decimals", "skr_costs", "mark one place to the left everywhere", comma_as_thousands(CARE)),
    _fault("sign", "skr_costs", "income's sign on one service", times(-1, that(item="Somatisk sluten vård"))),
    _fault("sign", "skr_costs", "one region's signs", times(-1, that("Dalarna"))),
    _fault("swap of regions", "skr_costs", "Halland and Kronoberg", swapped("Halland", "Kronoberg")),
    _fault("swap of regions", "skr_costs", "Skåne and Gotland", swapped("Skåne", "Gotland")),
    _fault("last year as this", "skr_costs", "every value of the year before", last_period_again()),
    _fault("last year as this", "skr_costs", "one region's values of the year before", last_period_again(that("Örebro"))),
    _fault("+1 % everywhere", "skr_costs", "new year", times(1.01, decimals=7)),
    _fault("+1 % everywhere", "skr_costs", "a closed year, sent again", times(1.01, that(period="2016"), new=False,
                                                                            decimals=7), start="update"),
    _fault("+10 % everywhere", "skr_costs", "new year", times(1.1, decimals=7)),
    _fault("zero for missing", "skr_costs", "one region's primary care is 0",
           value_is("0", lambda c: PRIMARY(c) and "Gävleborg" in c.area)),
    _fault("subset", "skr_costs", "primary care alone", only(PRIMARY)),
    _fault("subset", "skr_costs", "primary care alone, all years, as a first delivery", only(PRIMARY, new=False),
           start="nothing"),
    _fault("rows lost", "skr_costs", "one service of one region",
           without(lambda c: "Somatisk sluten vård" in c.item and c.area == "Uppsala")),
    _fault("rows lost", "skr_costs", "every seventh row", thinned(7)),
    _fault("rows lost", "skr_costs", "one region", without(that("Västernorrland"))),
    _fault("codes renumbered", "skr_costs", "services slide one step in the list", rotated("item", CARE, 2)),
    _fault("codes renumbered", "skr_costs", "cost and drug accounts change names",
           rotated("item", CARE, 3)),
    _fault("sorted without labels", "skr_costs", "values one row down", values_rotated(CARE)),
    _fault("future period", "skr_costs", "the new year dated ten years on", years_later(10)),
    _fault("rows twice", "skr_costs", "one region again, each value a tenth higher", doubled(that("Halland"), 1.1)),
    _fault("parts against total", "skr_costs", "Riket 5 % higher than its regions",
           times(1.05, lambda c: "Riket" in c.area or c.area.startswith("Samtliga"))),
    _fault("scale of one region", "skr_costs", "Jämtland × 1.5", times(1.5, that("Jämtland"))),
    _fault("one cell × 10", "skr_costs", "Blekinge, somatic inpatient care",
           one_cell("Blekinge", r"Somatisk sluten vård\|Netto")),
    Fault("stale export", "skr_costs", "an export of the year before comes after the new one", _rows_of_before, "update"),
    Fault("truncated file", "skr_costs", "half of the file", in_bytes("kostnad", _cut_in_half)),
    Fault("encoding", "skr_costs", "UTF-8 read as Latin-1 and written again", in_bytes("kostnad", _latin_twice)),
]  # fmt: skip
REPORT = [
    _fault("count for percent", "skr_hsr", "numerators in the column of shares", _numerator("bilaga", r"Andel")),
    _fault("complement", "skr_hsr", "one indicator as the share that waited longer",
           complement(that(item="hjärtsjukvård.*Andel"))),
    _fault("complement", "skr_hsr", "one region's waits", complement(that("Kronoberg", "90 dagar"))),
    _fault("decimals", "skr_hsr", "decimal comma lost in one region", decimal_lost(that("Halland"))),
    _fault("unit", "skr_hsr", "share as a fraction (÷ 100)", times(0.01, that(item="Andel"), decimals=3)),
    _fault("unit", "skr_hsr", "visits per inhabitant instead of per 1 000", times(0.001, that(item="1 000 inv"),
                                                                                decimals=3)),
    _fault("swap of regions", "skr_hsr", "Värmland and Örebro", swapped("Värmland", "Örebro län")),
    _fault("codes renumbered", "skr_hsr", "indicators of waits change names",
           rotated("item", that(item="90 dagar i (gyn|orto|special|hjärt).*Andel"))),
    _fault("parts against total", "skr_hsr", "Riket 10 % lower than its regions", times(0.9, that("Riket"))),
    _fault("+10 % everywhere", "skr_hsr", "visits", times(1.1, that(item="Läkarbesök i"))),
    Fault("truncated file", "skr_hsr", "half of the file", in_bytes("bilaga", _cut_in_half)),
    Fault("encoding", "skr_hsr", "å, ä, ö as question marks", in_bytes("bilaga", _question_marks)),
]  # fmt: skip
KOLADA = [
    _fault("last year as this", "kolada", "answered calls", last_period_again(PHONE)),
    _fault("last year as this", "kolada", "three questions", last_period_again()),
    _fault("complement", "kolada", "share of calls that were not answered", complement(PHONE)),
    _fault("complement", "kolada", "one region", complement(that("0012", "N79179"))),
    _fault("swap of sexes", "kolada", "women and men in municipalities", swapped("K", "M", "sex"), word="data_muni"),
    _fault("swap of regions", "kolada", "0007 and 0014", swapped("0007", "0014")),
    _fault("swap of regions", "kolada", "the region's and the municipality's codes slide one step", rotated("area")),
    _fault("codes renumbered", "kolada", "N79179 and N79222 change numbers", swapped("N79179", "N79222", "item")),
    _fault("zero for missing", "kolada", "three regions are 0", value_is("0.0", that("000[345]", "N79179"))),
    _fault("future period", "kolada", "the new year dated 2031", years_later(7)),
    _fault("future period", "kolada", "this year's whole value before it has ended", years_later(2)),
    _fault("+1 % everywhere", "kolada", "population", times(1.01), word="data_population"),
    _fault("unit", "kolada", "population in thousands", times(0.001, decimals=1), word="data_population"),
    _fault("parts against total", "kolada", "men 10 % more, total as it was", times(1.1, that(sex="^M$")),
           word="data_population"),
    _fault("count for percent", "kolada", "calls instead of their share", times(1234, PHONE, decimals=0)),
    _fault("rows lost", "kolada", "half of the regions", without(that(r"00(0[3-9]|10)"))),
    _fault("closed period moved", "kolada", "2022 revised by 8 points",
           plus(-8, lambda c: c.item == "N79179" and c.period == "2022", new=False), start="update"),
    _fault("rows twice", "kolada", "a question's values twice, the second a tenth lower", doubled(READMITTED, 0.9)),
    _fault("one cell × 10", "kolada", "readmissions of 0018", one_cell("0018", "U79092")),
    Fault("truncated file", "kolada", "half of the answer", in_bytes("data_regions", _cut_in_half)),
    Fault("stale export", "kolada", "an answer of the year before comes after the new one", _rows_of_before, "update"),
]  # fmt: skip
POPULATION = [
    _fault("ages lost", "scb_population", "80 years and older", without(that(item=r"^([89]\d|100\+)$"))),
    _fault("ages lost", "scb_population", "one age of one county", without(that("^Uppsala$", "^40$"))),
    _fault("codes renumbered", "scb_population", "ages slide one step", rotated("item")),
    _fault("swap of sexes", "scb_population", "in the new year", swapped("Females", "Males", "sex")),
    _fault("subset", "scb_population", "women alone", only(that(sex="Females"))),
    _fault("swap of regions", "scb_population", "Halland and Kalmar", swapped("Halland", "Kalmar")),
    _fault("last year as this", "scb_population", "new year", last_period_again()),
    _fault("+1 % everywhere", "scb_population", "new year", times(1.01)),
    _fault("+10 % everywhere", "scb_population", "new year", times(1.1)),
    _fault("unit", "scb_population", "thousands (÷ 1 000)", times(0.001)),
    _fault("scale of one region", "scb_population", "Skåne ÷ 10", times(0.1, that("Skane"))),
    _fault("rows lost", "scb_population", "one county", without(that("Gavleborg"))),
    _fault("future period", "scb_population", "the new year dated ten years on", years_later(20)),
    _fault("last month as this", "scb_population", "monthly table", last_period_again(), word="TAB6471"),
    _fault("subset", "scb_population", "one sex, without the total", only(that(sex="^1$"), new=False), word="TAB6471"),
    _fault("ages lost", "scb_population", "90 years and older, monthly table", without(that(item="^(90|100)"), new=False),
           word="TAB6471"),
    _fault("+1 % everywhere", "scb_population", "the newest month", times(1.01), word="TAB6471"),
    Fault("truncated file", "scb_population", "the last tenth is missing", in_bytes("county_age_sex", _cut_last_tenth)),
    Fault("stale export", "scb_population", "tables of an earlier time come after the new ones", _rows_of_before,
          "update"),
]  # fmt: skip
STAFF = [
    _fault("codes renumbered", "sos_staff", "professions slide one step", rotated("item")),
    _fault("swap of regions", "sos_staff", "Gotland and Stockholm", swapped("Gotlands län", "Stockholms län")),
    _fault("unit", "sos_staff", "per 10 000 inhabitants", times(0.1, decimals=0)),
    _fault("unit", "sos_staff", "head counts instead of rates", times(3.4, that("Uppsala"), decimals=0)),
    _fault("+10 % everywhere", "sos_staff", "new year", times(1.1)),
    _fault("+1 % everywhere", "sos_staff", "new year", times(1.01)),
    _fault("rows lost", "sos_staff", "one profession", without(that(item="Psykolog"))),
    _fault("last year as this", "sos_staff", "the year before under the new year", lambda cells: cells),
    _fault("sorted without labels", "sos_staff", "values one row down", values_rotated()),
    _fault("sign", "sos_staff", "one region", times(-1, that("Kalmar"))),
]  # fmt: skip
DRUGS = [
    _fault("ages lost", "sos_statdb", "85 years and older", without(that(item=r"85\+$"), new=False)),
    _fault("last month as this", "sos_statdb", "newest month", last_period_again()),
    _fault("decimals", "sos_statdb", "decimal comma lost", decimal_lost()),
    _fault("+10 % everywhere", "sos_statdb", "newest month", times(1.1)),
    _fault("codes renumbered", "sos_statdb", "ages slide one step", rotated("item", everywhere, 1)),
    _fault("date form", "sos_statdb", "months as numbers", each(_month_number := lambda c: setattr(
        c, "period", "11/2024"))),
]  # fmt: skip
BUP = [
    _fault("unit", "sos_bup_waits", "weeks instead of days (÷ 7)", times(1 / 7, decimals=1)),
    _fault("unit", "sos_bup_waits", "one region in weeks", times(1 / 7, that("^Skåne$"), decimals=1)),
    _fault("last month as this", "sos_bup_waits", "newest month", last_period_again()),
    _fault("zero for missing", "sos_bup_waits", "N written as 0", zero_for_missing()),
    _fault("decimals", "sos_bup_waits", "18,5 written as 185 in one region", decimal_lost(that("Gävleborg"), new=False)),
    _fault("swap of regions", "sos_bup_waits", "Kalmar and Dalarna",
           swapped("Kalmar", "Dalarna", new=False), start="update"),
    _fault("sorted without labels", "sos_bup_waits", "values one row down", values_rotated()),
    _fault("parts against total", "sos_bup_waits", "all regions 40 % lower", times(0.6, that("Alla regioner"), decimals=1)),
    _fault("months repeated", "sos_bup_waits", "the months of the first half stand for those of the second",
           lambda cells: _half_again(cells)),
    _fault("future period", "sos_bup_waits", "the newest month dated a year on", years_later(1)),
    _fault("scale of one region", "sos_bup_waits", "Värmland × 3 in the newest month", times(3, that("Värmland"))),
]  # fmt: skip
SURVEY = [
    _fault("complement", "sos_region_survey", "share without a named doctor", complement(that(item="q35"))),
    _fault("zero for missing", "sos_region_survey", "unanswered questions as 0", zero_for_missing()),
    _fault("count for percent", "sos_region_survey", "the count in the share's column of one region",
           value_is("243807", that("^04$", "q35"))),
    _fault("codes renumbered", "sos_region_survey", "questions 35 and 38 change places",
           swapped("q35_andel_procent", "q38_andel_sabo_procent", "item")),
    _fault("unit", "sos_region_survey", "numbers in thousands", times(0.001, that(item="q36"), decimals=0)),
    _fault("swap of regions", "sos_region_survey", "09 and 01", swapped("09", "01")),
]  # fmt: skip
FIGURES = [
    _fault("complement", "varden_i_siffror", "share without trust", complement(TRUST)),
    _fault("swap of sexes", "varden_i_siffror", "in the newest year", swapped("Kvinnor", "Män", "sex")),
    _fault("future period", "varden_i_siffror", "dated 2036", years_later(20)),
    _fault("count for percent", "varden_i_siffror", "numerators in the column of values",
           _numerator("vis", "fa71c2b4")),
    _fault("zero for missing", "varden_i_siffror", "trust in Gotland is 0", value_is("0", that("^9$", "fa71c2b4"))),
    _fault("last year as this", "varden_i_siffror", "every value of the year before", last_period_again()),
    _fault("+10 % everywhere", "varden_i_siffror", "days of care", times(1.1, DAYS)),
    _fault("sign", "varden_i_siffror", "one region's days of care", times(-1, lambda c: DAYS(c) and c.area == "5")),
    _fault("swap of regions", "varden_i_siffror", "1 and 14", swapped("1", "14")),
    _fault("rows lost", "varden_i_siffror", "men", without(that(sex="Män"))),
    _fault("scale of one region", "varden_i_siffror", "Gotland ÷ 2", times(0.5, that("^9$"))),
    Fault("date form", "varden_i_siffror", "periods as 31/12/2016", in_cells("vardenisiffror", each(
        lambda c: setattr(c, "period", f"31/12/{c.period}") if len(c.period) == 4 else None, new=True))),
]  # fmt: skip


def _half_again(cells: list[Cell]) -> list[Cell]:
    """The second half of the periods holds the values of the first."""
    periods = list(dict.fromkeys(c.period for c in cells))
    half = len(periods) // 2
    of = dict(zip(periods[half : 2 * half], periods[:half], strict=True))
    values = {(c.area, c.period): c.value for c in cells}
    return [c.moved(value=values[c.area, of[c.period]]) if c.period in of else c for c in cells]


FAULTS = [*COSTS, *REPORT, *KOLADA, *POPULATION, *STAFF, *DRUGS, *BUP, *SURVEY, *FIGURES]
