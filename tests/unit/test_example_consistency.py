"""The invented numbers agree with each other: parts with wholes, ratios with their counts, nations with their regions.

Files are read here with `csv` and `json` alone, so that a mistake of the readers cannot hide one of the writers.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest

from orchestration.example.country import NATION, Country, shared_out
from orchestration.example.numerals import comma, excel_general, grouped, short_comma
from orchestration.example.places import REGION_CODES, REGIONS, municipalities, sample
from orchestration.example.write import example_files

SEEDS = (1, 2, 3)
Files = dict[str, str]


@pytest.fixture(scope="module", params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def files(seed: int) -> Files:
    """Texts by name, without `synthetic_`; lines that a defect is planted in are left out of CSV by `_rows`."""
    return {
        f.name.removeprefix("synthetic_"): f.content.decode("utf-8-sig")
        for f in example_files(seed)
        if not f.path.endswith(".xlsx")
    }


@pytest.fixture(scope="module")
def country(seed: int) -> Country:
    return Country(seed)


def _rows(text: str, delimiter: str = ";", skip: int = 0) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[skip:]


def _number(text: str) -> Decimal:
    return Decimal(text.replace(" ", "").replace(",", "."))


def _one_decimal(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def test_costs_of_the_nation_are_weighted_by_population_with_and_without_gotland(
    files: Files, country: Country
) -> None:
    names = {region.name: region.code for region in REGIONS}
    cells: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(dict)
    for row in _rows(files["kostnad_per_invanare_per_specialitet.csv"], skip=1):
        if "." not in row[6]:
            assert row[5] not in cells[tuple(row[:5])], row
            cells[tuple(row[:5])][row[5]] = _number(row[6])
    nations = 0
    for key, values in cells.items():
        people = {name: country.people(code, int(key[4])) for name, code in names.items()}
        for nation, left_out in (("Riket", ()), ("Riket exkl gotland", ("Gotland",))):
            counted = {name: count for name, count in people.items() if name not in left_out}
            expected = sum(values.get(name, Decimal(0)) * count for name, count in counted.items()) / sum(
                counted.values()
            )
            assert values.get(nation, Decimal(0)) == pytest.approx(expected, rel=Decimal("1e-5"), abs=Decimal("1e-9"))
            nations += nation in values
    assert nations > 600


def test_costs_keep_the_lawful_oddities_and_a_plausible_primary_care(files: Files) -> None:
    rows = _rows(files["kostnad_per_invanare_per_specialitet.csv"], skip=1)
    texts = [row[6] for row in rows]
    assert any("E-05" in text for text in texts)
    assert any(text == "0" for text in texts)
    assert any(text.startswith("-") for text in texts)
    # Twelve decimals are what a value may have: fewer of the exponent's digits than that would be rounded.
    for text in (t for t in texts if "E" in t):
        assert -int(Decimal(text.replace(",", ".")).as_tuple().exponent) <= 12
    care: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row[1] == "Primärvård" and "förmånen" not in row[3] and "." not in row[6] and not row[5].endswith("kommun"):
            care[row[4], row[5]] += _number(row[6])
    assert {(year, region) for year, region in care if region != "Mälardalen"} >= {
        ("2014", "Riket"),
        ("2017", "Gotland"),
    }
    assert all(2000 < total < 8000 for (_, region), total in care.items() if region != "Mälardalen")


def test_some_regions_lack_some_services(files: Files) -> None:
    rows = [r for r in _rows(files["kostnad_per_invanare_per_specialitet.csv"], skip=1) if r[2] == "Sluten primärvård"]
    regions = {row[5] for row in rows if row[3].startswith("Netto")}
    assert 4 <= len(regions) < 21


def test_shares_are_the_ratio_of_their_counts(files: Files) -> None:
    rows = _rows(files["halso_och_sjukvardsrapporten_2018_bilaga.csv"], skip=1)
    ratios = [row for row in rows if row[7] not in ("", "0")]
    assert len(ratios) > 150
    for row in ratios:
        assert _number(row[6]) == _one_decimal(100 * _number(row[7]) / _number(row[8])), row
    phone = [r for r in _rows(files["vardenisiffror_export_2019-03-27.csv"], skip=1) if r[4].startswith("43f0")]
    for row in (r for r in phone if r[13] not in ("UNK", "..") and "undecember" not in r[5]):
        assert _number(row[13]) == _one_decimal(100 * _number(row[14]) / _number(row[15])), row
        assert 0 <= _number(row[14]) <= _number(row[15])


def test_the_report_pools_regions_and_municipalities(files: Files) -> None:
    by_indicator: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(dict)
    for row in _rows(files["halso_och_sjukvardsrapporten_2018_bilaga.csv"], skip=1):
        by_indicator[row[1], row[2]][row[4]] = row
    assert len(by_indicator) == 19
    for (_, indicator), rows in by_indicator.items():
        regions = [_number(rows[code][6]) for code in REGION_CODES if rows[code][6]]
        assert min(regions) <= _number(rows["46"][6]) <= max(regions)
        if rows["01"][7] not in ("", "0") and len(regions) == 21:
            for column in (7, 8):
                assert sum(_number(rows[code][column]) for code in REGION_CODES) == _number(rows["46"][column])
        if indicator == "Patienter med oplanerad återinskrivning inom 30 dagar":
            assert {row[7] for row in rows.values()} == {"0", ""}
            assert (rows["23"][6], rows["23"][18]) == ("", "Uppgift saknas ")
            assert sum(_number(rows[c][8]) for c in REGION_CODES if c != "23") < _number(rows["46"][8])
            inside = [_number(row[8]) for code, row in rows.items() if len(code) == 4 and code[:2] == "13"]
            assert sum(inside) == _number(rows["13"][8])
            assert rows["0980"][6:9] == rows["09"][6:9]
            assert len([code for code in rows if len(code) == 4]) == len(sample())
            for row in rows.values():
                assert not row[9] or _number(row[9]) <= _number(row[6]) <= _number(row[10])


def test_an_indicator_under_two_areas_has_the_same_values(files: Files) -> None:
    seen: dict[tuple[str, str, str], set[tuple[str, ...]]] = defaultdict(set)
    for row in _rows(files["halso_och_sjukvardsrapporten_2018_bilaga.csv"], skip=1):
        seen[row[2], row[4], row[5]].add(tuple(row[6:11]))
    assert {len(values) for values in seen.values()} == {1}


def test_women_men_and_total_of_the_export(files: Files) -> None:
    rows = [r for r in _rows(files["vardenisiffror_export_2019-03-27.csv"], skip=1) if not r[4].startswith("43f0")]
    triples: dict[tuple[str, str, str], dict[str, list[str]]] = defaultdict(dict)
    for row in rows:
        triples[row[2], row[5], row[6]][row[11]] = row
    odd = 0
    for (title, _, _), sexes in triples.items():
        women, men, total = (_number(sexes[sex][13]) for sex in ("Kvinnor", "Män", "Totalt"))
        assert min(women, men) <= total <= max(women, men)
        if title.startswith("Vårddagar"):
            assert {(row[14], row[15]) for row in sexes.values()} == {("-", "0")}
            assert Decimal("0.05") * (men - women) <= total - women <= Decimal("0.95") * (men - women)
        else:
            for column in (14, 15):
                assert sum(int(sexes[s][column]) for s in ("Kvinnor", "Män")) == int(sexes["Totalt"][column])
            odd += _one_decimal(100 * Decimal(sexes["Totalt"][14]) / Decimal(sexes["Totalt"][15])) != total
            assert 0 < total < 100
    assert odd > 10, "a weighted survey whose every value is a ratio is no trap"


def test_region_and_municipalities_of_the_telephone_export_agree(files: Files) -> None:
    rows = [r for r in _rows(files["vardenisiffror_export_2019-03-27.csv"], skip=1) if r[4].startswith("43f0")]
    known = {(row[5], row[7], row[8]): row for row in rows if row[13] not in ("UNK", "..")}
    municipal = [key for key in known if key[2] == "Kommun"]
    assert len({code for _, code, _ in municipal}) == len(sample())
    compared = 0
    for period, code, _ in municipal:
        if code == "980" and (period, "9", "Län") in known:
            assert known[period, "9", "Län"][13:16] == known[period, "980", "Kommun"][13:16]
            compared += 1
    assert compared >= 5
    assert {row[13] for row in rows if row[14] == "-"} == {"UNK", ".."}
    months = {row[6] for row in rows if row[8] == "Län" and "maj" in row[5] and row[13] != "UNK"}
    assert 5 <= len(months) <= 8


def test_staff_of_a_county_is_the_mean_of_its_municipalities(files: Files, country: Country) -> None:
    rows = [line.split(";") for line in files["personal_per_100000_2016.csv"].split("\n")[2:-1]]
    value = {(row[0], row[1]): row[2] for row in rows}
    assert len(value) == len(rows) == 6 * (21 + len(sample()))
    halland = [m for m in sample() if m.county_code == "13"]
    people = {m.full_name: country.people(m.code, 2016) for m in halland}
    for profession in {row[0] for row in rows}:
        mean = sum(int(value[profession, name]) * count for name, count in people.items()) / sum(people.values())
        assert abs(int(value[profession, "Hallands län"]) - mean) <= 0.5
        assert value[profession, "Gotlands län"] == value[profession, "Gotlands kommun"]


def test_waits_of_the_nation_lie_within_the_regions_and_are_no_mean(files: Files) -> None:
    lines = [line.split(";") for line in files["vantetider_bup_2026-08-24.csv"].split("\n")[3:-2]]
    rows = {row[0]: row[1:] for row in lines}
    assert len(rows) == 1 + 21 + len(sample())
    assert rows["Norrbotten"][:7] == ["N"] * 7
    assert "N" not in rows["Alla regioner"]
    regions = [row[1:] for row in lines[1:22]]
    means = 0
    for month in range(12):
        known = [_number(row[month]) for row in regions if row[month] != "N"]
        nation = _number(rows["Alla regioner"][month])
        assert min(known) <= nation <= max(known)
        means += abs(sum(known) / len(known) - nation) < Decimal("0.1")
    assert means < 6
    assert all(text in ("N", "27.5") or _number(text) % Decimal("0.5") == 0 for row in rows.values() for text in row)


def test_the_survey_prints_plain_means_and_sums(files: Files) -> None:
    rows = _rows(files["regionenkat_2025_fast_lakarkontakt.csv"], skip=1)
    regions, nation = rows[:-1], rows[-1]
    assert nation[:2] == ["00", "RIKET"]
    shares = [int(row[2]) for row in regions if row[2]]
    assert int(nation[2]) == int((Decimal(sum(shares)) / len(shares)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert int(nation[3]) == sum(int(row[3]) for row in regions if row[3])
    assert len(shares) < 21


def test_population_adds_up_over_areas_sexes_and_birth(files: Files, country: Country) -> None:
    rows = _rows(files["folkmangd_lan_kommun_2018.csv"], skip=8)[:-2]
    assert len(rows) == 3 * (1 + 21 + 290)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    wholes: dict[tuple[str, str], int] = {}
    county = ""
    for row in rows:
        assert len(row) == 36
        county = row[0] or county
        people = int(_number(row[3]))
        if row[0]:
            wholes[county, row[2]] = people
        else:
            sums[county, row[2]] += people
            sums["Riket", row[2]] += people
        born = [0 if text == "-" else int(_number(text)) for text in row[6:32]]
        assert sum(born[i] for i in (0, 5, 8, 12, 15, 16, 17, 23, 24, 25)) == int(_number(row[4]))
        assert _number(row[5]) == _one_decimal(100 * _number(row[4]) / people)
    assert sums == wholes
    for (name, sex), people in wholes.items():
        assert sex != "Båda könen" or people == wholes[name, "Kvinnor"] + wholes[name, "Män"]
    assert any("-" in row[6:32] for row in rows)
    assert wholes["Riket", "Båda könen"] == country.people(NATION, 2018)


def test_population_by_age_adds_up_to_the_county(files: Files, country: Country) -> None:
    rows = _rows(files["sweden_population_county_age_sex_2000_2015.csv"], ",", 1)
    assert len(rows) == 101 * 2 * 21 * 3
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        sums[row[2], row[3]] += int(row[4])
    expected = {(r.ascii_name, str(y)): country.people(r.code, y) for r in REGIONS for y in (2013, 2014, 2015)}
    assert sums == expected
    for region in REGIONS:
        for year in (2014, 2015):
            assert abs(expected[region.ascii_name, str(year)] / expected[region.ascii_name, str(year - 1)] - 1) < 0.03


def test_the_noise_of_the_statistics_office(files: Files, country: Country) -> None:
    answer = json.loads(files["TAB6471_data.json"])
    areas, ages, sexes, _, months = answer["size"]
    assert len(answer["value"]) == areas * ages * sexes * months
    values = iter(answer["value"])
    gaps, sums = [], defaultdict(int)
    for area in range(areas):
        for _ in range(ages):
            total, men, women = ([next(values) for _ in range(months)] for _ in range(sexes))
            gaps += [m + w - t for t, m, w in zip(total, men, women, strict=True)]
            for month, count in enumerate(total):
                sums[area, month] += count
    assert max(map(abs, gaps)) <= 8
    assert len(set(gaps)) > 8, "no noise"
    for (area, month), count in sums.items():
        assert abs(count - country.people(REGION_CODES[area], 2026, month=month + 1)) <= 4 * ages


def test_kolada_values_agree(files: Files, country: Country) -> None:
    orders, known = set(), {}
    for name in ("data_regions.json", "data_municipalities.json", "data_population.json"):
        answer = json.loads(files[name])
        assert answer["count"] == len(answer["values"])
        for item in answer["values"]:
            orders.add("".join(v["gender"] for v in item["values"]))
            for value in item["values"]:
                key = (item["kpi"], item["municipality"], item["period"], value["gender"])
                assert key not in known
                known[key] = value
    assert len(orders) > 3
    for (kpi, area, year, gender), value in known.items():
        assert (value["value"] is None) == (value["status"] == "Missing")
        if gender == "T" and (kpi, area, year, "K") in known and value["value"] is not None:
            women, men = known[kpi, area, year, "K"]["value"], known[kpi, area, year, "M"]["value"]
            if kpi == "N01951":
                assert women + men == value["value"]
            else:
                assert min(women, men) <= value["value"] <= max(women, men)
        if kpi.startswith(("N79", "U79", "N205")) and value["value"] is not None:
            assert 0 < value["value"] < 100
    for year in range(2019, 2025):
        people = [known["N01951", "00" + code, year, "T"]["value"] for code in REGION_CODES]
        assert sum(people) == known["N01951", "0000", year, "T"]["value"] == country.people(NATION, year)
        assert known["N01951", "0009", year, "T"]["value"] == known["N01951", "0980", year, "T"]["value"]
        for kpi in ("N79179", "U79092"):
            regions = [v["value"] for k, v in known.items() if k[0] == kpi and k[1] != "0000" and k[2:] == (year, "T")]
            assert len(regions) == 20
            assert min(regions) <= known[kpi, "0000", year, "T"]["value"] <= max(regions)
    assert sum(value["isdeleted"] for value in known.values()) == 3
    assert any(key[1].startswith("G") and value["count"] > 1 for key, value in known.items())


def test_code_lists_are_whole() -> None:
    assert len(REGION_CODES) == 21
    assert len(municipalities()) == len({m.code for m in municipalities()}) == 290
    assert {m.county_code for m in municipalities()} == set(REGION_CODES)
    assert all(m.full_name.endswith(" kommun") for m in municipalities())
    assert 12 <= len(sample()) <= 20
    assert {"0980", "0127"} <= {m.code for m in sample()}
    assert len({m.county_code for m in sample()}) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("177.09218521", "177,0921852"),
        ("4790.3231214", "4790,323121"),
        ("0.0000156170", "1,5617E-05"),
        ("0.000000812031", "8,12031E-07"),
        ("0.00045495", "0,00045495"),
        ("-4674.1292249", "-4674,129225"),
        ("-0.0256037423", "-0,025603742"),
        ("19.93925", "19,93925"),
        ("0", "0"),
        ("100", "100"),
    ],
)
def test_excel_general(value: str, text: str) -> None:
    assert excel_general(Decimal(value)) == text


def test_other_numerals() -> None:
    assert comma(0.25, 1) == "0,3"
    assert comma(100, 1) == "100,0"
    assert short_comma(68.04, 1) == "68"
    assert short_comma(100, 1) == "100"
    assert grouped(1904005) == "1 904 005"
    assert shared_out(10, [1, 1, 1]) == [4, 3, 3]
    assert sum(shared_out(999, [5, 0, 3, 7])) == 999
