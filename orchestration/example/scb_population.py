"""SCB's population files saved as CSV: foreign-born by county and municipality 2018, and county by age and sex.

The first has blank rows, a heading over three rows with a quoted line end inside, a hierarchy (nation, county,
municipality, three sexes each), `-` for zero, blanks between thousands, and total population as its fourth column.
The second is plain, with county names in ASCII ("Gotaland" is Västra Götaland).
"""

from __future__ import annotations

from orchestration.example.country import Country, shared_out
from orchestration.example.delivery import TextFile, Written
from orchestration.example.draw import Draw
from orchestration.example.numerals import comma, grouped, percent
from orchestration.example.places import REGIONS, municipalities

TABLE_PATH = "scb/synthetic_folkmangd_lan_kommun_2018.csv"
WIDTH = 36
_LONG = " " * 44
TITLE = "Utrikes födda efter län, kommun och födelseland 31 december 2018"
FOOTER = "¹⁾ De nordiska länderna samt de 12 vanligaste födelseländerna därutöver"
HEADING = (
    ["Län", "", "Kön", "Folk-", "därav utrikes födda efter födelseland1)"],
    ["", "Kommun", "", "mängd", "Samtliga", "I procent", "Norden utom", "därav", _LONG, _LONG, _LONG,
     "EU28 utom Norden", "", "", "Europa utom EU28 och Norden", "", "", _LONG, "Afrika", _LONG, _LONG,
     "Nord-amerika", "Syd-amerika", "Asien", _LONG, _LONG, _LONG, _LONG, _LONG, "Oceanien", "Sovjet-unionen", "Okänt"],
    ["", "", "", "", "", "av folk-\nmängden", "Sverige", "Danmark", "Finland", "Island", "Norge", "", "Polen",
     "Tyskland", "", "Bosnien och Hercegovina", "Jugo-slavien", "Turkiet", "", "Eritrea", "Somalia", "", "", "",
     "Afghan-istan", "Irak", "Iran", "Syrien", "Thailand"],
)  # fmt: skip
# Areas of birth and their weight, and below each the countries named, the last weight being all the others.
BIRTH = (
    (120, (20, 75, 3, 22, 0)),
    (190, (47, 26, 117)),
    (132, (30, 33, 25, 44)),
    (112, (22, 35, 55)),
    (21, ()),
    (37, ()),
    (381, (27, 74, 40, 95, 22, 123)),
    (3, ()),
    (3, ()),
    (1, ()),
)

AGES_PATH = "scb/synthetic_sweden_population_county_age_sex_2000_2015.csv"
AGES_HEADING = "age,sex,region,year,population"
AGES_YEARS = (2013, 2014, 2015)


def _padded(fields: list[str]) -> list[str]:
    return fields + [""] * (WIDTH - len(fields))


def _born(total: int) -> list[int]:
    """People by area and country of birth, in the order of the columns; parts add up."""
    columns: list[int] = []
    for area, (_, countries) in zip(shared_out(total, [weight for weight, _ in BIRTH]), BIRTH, strict=True):
        columns.append(area)
        columns += shared_out(area, countries)[:-1] if countries else []
    return columns


def write_table(seed: int, country: Country) -> Written:
    """Population and foreign-born of the nation, 21 counties and 290 municipalities, 31 December 2018."""
    draw = Draw(seed, "foreign_born")
    leaves: dict[tuple[str, str], list[int]] = {}
    for municipality in municipalities():
        share = draw.between(0.06, 0.28, municipality.code)
        for sex in ("women", "men"):
            people = country.people(municipality.code, 2018, sex)
            born = max(1, int(people * share * draw.between(0.96, 1.04, municipality.code, sex)))
            leaves[municipality.code, sex] = [people, born, *_born(born)]
    file = TextFile(TABLE_PATH, bom=True)
    blank = _padded([])
    for fields in (blank, blank, _padded([TITLE]), blank, *map(_padded, HEADING), blank):
        file.row(fields, records=0)
    areas = [("Riket", "", list(municipalities()))]
    for region in REGIONS:
        inside = [m for m in municipalities() if m.county_code == region.code]
        areas.append((region.county, "", inside))
        areas += [("", municipality.name, [municipality]) for municipality in inside]
    for county, name, inside in areas:
        sums = {s: [sum(x) for x in zip(*(leaves[m.code, s] for m in inside), strict=True)] for s in ("women", "men")}
        both = [w + m for w, m in zip(sums["women"], sums["men"], strict=True)]
        for sex, values in (("Båda könen", both), ("Kvinnor", sums["women"]), ("Män", sums["men"])):
            texts = [grouped(value) if value else "-" for value in values]
            texts.insert(2, comma(percent(values[1], values[0]), 1))
            file.row(_padded([county, name, sex, *texts]))
    file.row(blank, records=0)
    file.row(_padded([FOOTER]), records=0)
    return file.finish()


def write_ages(country: Country) -> Written:
    """Population by single year of age, sex, county and year."""
    file = TextFile(AGES_PATH, delimiter=",")
    file.line(AGES_HEADING)
    sexes = (("women", "Females"), ("men", "Males"))
    counts = {
        (sex, region.code, year): country.ages(region.code, year, sex)
        for sex, _ in sexes
        for region in REGIONS
        for year in AGES_YEARS
    }
    for age in range(101):
        for sex, label in sexes:
            for region in REGIONS:
                for year in AGES_YEARS:
                    count = counts[sex, region.code, year][age]
                    file.row(["100+" if age == 100 else str(age), label, region.ascii_name, str(year), str(count)])
    return file.finish()
