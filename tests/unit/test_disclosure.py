"""Disclosure control against the worked case, and what a reader can work out afterwards."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.releases.disclosure import (
    SECONDARY,
    SMALL,
    Cell,
    is_small,
    possible,
    relations,
    sums_on,
    suppress,
    threshold_of,
)
from tests.support.small_release import COUNTS

COUNTY = ("01", "county")
TOWNS = {name: (name, "municipality") for name in COUNTS}
SUMS = ((COUNTY, frozenset(TOWNS.values())),)


def cell(area: tuple[str, str], sex: str, count: float, base: float | None = None) -> Cell:
    return Cell((*area, sex), "table", area, sex, count, base)


def by_sex(area: tuple[str, str], women: float, men: float) -> list[Cell]:
    return [cell(area, "women", women), cell(area, "men", men), cell(area, "total", women + men)]


def worked_case() -> list[Cell]:
    cells = [c for name, (w, m) in COUNTS.items() for c in by_sex(TOWNS[name], w, m)]
    return cells + by_sex(COUNTY, 70, 35)


def ranges(cells: list[Cell], hidden: set, sums=SUMS) -> dict:
    place = {c.key: i for i, c in enumerate(cells)}
    known = relations(cells, sums)
    return {key: possible(cells, known, {place[k] for k in hidden}, place[key]) for key in hidden}


def test_one_hidden_cell_alone_is_worked_out():
    key = ("M1", "municipality", "men")
    assert ranges(worked_case(), {key}) == {key: (3, 3)}


def test_the_cheapest_rectangle_protects_it():
    hidden = suppress(worked_case(), 5, SUMS)
    assert hidden == {
        ("M1", "municipality", "men"): SMALL,
        ("M1", "municipality", "women"): SECONDARY,
        ("M3", "municipality", "men"): SECONDARY,
        ("M3", "municipality", "women"): SECONDARY,
    }
    expected = {"men": (0, 10), "women": (5, 15)}
    for (_, _, sex), (low, high) in ranges(worked_case(), set(hidden)).items():
        assert (low, high) == pytest.approx(expected[sex])


def test_two_releases_together_tell_nothing_more():
    """Showing one corner of the rectangle later gives all; a cell once hidden stays hidden, whatever else has changed."""
    first = set(suppress(worked_case(), 5, SUMS))
    shown_later = first - {("M3", "municipality", "men")}
    assert ranges(worked_case(), shown_later)[("M1", "municipality", "men")] == (3, 3)
    cheaper = [
        c if c.area != TOWNS["M2"] else cell(c.area, c.sex, {"women": 7, "men": 7, "total": 14}[c.sex])
        for c in worked_case()
        if c.area != COUNTY
    ] + by_sex(COUNTY, 57, 33)
    alone, after = suppress(cheaper, 5, SUMS), suppress(cheaper, 5, SUMS, earlier=first)
    assert not first <= set(alone)
    assert first <= set(after)


@pytest.mark.parametrize(
    ("count", "base", "answer"),
    [(0, None, False), (1, None, True), (4, None, True), (5, None, False), (96, 100, True), (95, 100, False),
     (100, 100, False), (0, 3, True), (3, 3, True), (0, 100, False)],
)  # fmt: skip
def test_primary_bounds(count, base, answer):
    """True zeroes stay, unless so few people stand behind them that they all fall in one category."""
    assert is_small(cell(COUNTY, "total", count, base), 5) is answer


def areas(*rows: tuple[str, str, str | None, str | None], until: date | None = None) -> list[dict]:
    return [
        {"area_code": c, "area_level": level, "parent_code": p, "parent_level": pl,
         "valid_from": date(1952, 1, 1), "valid_to": until} for c, level, p, pl in rows
    ]  # fmt: skip


GOTLAND = areas(("00", "nation", None, None), ("09", "region", "00", "nation"), ("09", "county", "00", "nation"),
                ("0980", "municipality", "09", "county"))  # fmt: skip


def test_d1_gotland_is_region_county_and_municipality():
    sums = sums_on(GOTLAND, date(2024, 12, 31))
    levels = [
        cell((c, level), "total", 7) for c, level in (("09", "region"), ("09", "county"), ("0980", "municipality"))
    ]
    hidden = suppress(levels, 5, sums, earlier={("09", "region", "total")})
    assert set(hidden) == {c.key for c in levels}


def test_d2_one_hidden_municipality_takes_another_with_it():
    cells = [cell((f"010{n}", "municipality"), "total", count) for n, count in enumerate((3, 40, 60, 80))]
    cells.append(cell(COUNTY, "total", 183))
    sums = ((COUNTY, frozenset(c.area for c in cells[:-1])),)
    assert suppress(cells, 5, sums) == {
        ("0100", "municipality", "total"): SMALL,
        ("0101", "municipality", "total"): SECONDARY,
    }
    without_total = suppress(cells[:-1], 5, sums)
    assert set(without_total) == {("0100", "municipality", "total")}


def test_a_true_zero_is_not_hidden_for_another_even_where_that_were_cheaper():
    counts = {"M1": (12, 3), "M2": (0, 15), "M3": (20, 16)}
    cells = [c for name, pair in counts.items() for c in by_sex((name, "municipality"), *pair)]
    cells += by_sex(COUNTY, 32, 34)
    hidden = suppress(cells, 5, ((COUNTY, frozenset((name, "municipality") for name in counts)),))
    assert ("M1", "municipality", "men") in hidden
    assert ("M2", "municipality", "women") not in hidden


def test_a_sum_that_does_not_hold_is_no_relation():
    """Noise of the statistics office, or another coverage: the parts do not give the whole away."""
    assert relations([*by_sex(COUNTY, 70, 35)[:2], cell(COUNTY, "total", 108)], ()) == []
    assert relations(by_sex(COUNTY, 70, 35), ()) == [(2, (0, 1))]


def test_every_hidden_cell_of_a_country_keeps_its_width():
    """Eight counties of six municipalities with many small counts: each audited by both linear programs."""
    cells, nation, rows = [], [0, 0], [("00", "nation", None, None)]
    for c in range(1, 9):
        code, county = f"{c:02d}", [0, 0]
        rows.append((code, "county", "00", "nation"))
        for m in range(6):
            women, men = (c * 7 + m * 13) % 29, (c * 11 + m * 5) % 23
            rows.append((f"{code}{m:02d}", "municipality", code, "county"))
            cells += by_sex((f"{code}{m:02d}", "municipality"), women, men)
            county = [county[0] + women, county[1] + men]
        cells += by_sex((code, "county"), *county)
        nation = [nation[0] + county[0], nation[1] + county[1]]
    cells += by_sex(("00", "nation"), *nation)
    sums = sums_on(areas(*rows), date(2024, 1, 1))
    hidden = suppress(cells, 5, sums)
    assert {c.key for c in cells if 0 < c.count < 5} <= set(hidden)
    assert len(hidden) < len(cells) / 2
    assert min(high - low for low, high in ranges(cells, set(hidden), sums).values()) >= 10 - 1e-6
    assert hidden == suppress(cells, 5, sums)


def test_areas_add_up_as_they_stood_on_the_day():
    gone = areas(("0199", "municipality", "09", "county"), until=date(1999, 12, 31))
    children = dict(sums_on([*GOTLAND, *gone], date(2024, 1, 1)))
    assert children[("09", "county")] == {("0980", "municipality")}
    assert ("0199", "municipality") in dict(sums_on([*GOTLAND, *gone], date(1999, 1, 1)))[("09", "county")]


def test_rules():
    assert threshold_of("none") is None
    assert threshold_of("threshold_5") == threshold_of("threshold:5") == 5
    with pytest.raises(ValueError, match="write none, or threshold_5"):
        threshold_of("treshold_5")


def test_a_sum_holds_though_a_part_is_missing_that_counts_nothing() -> None:
    """Three regions deliver and make up the nation: the third is what is left of it."""
    nation, regions = ("00", "nation"), [(code, "region") for code in ("01", "12", "18", "19")]
    sums = ((nation, frozenset(regions)),)
    cells = [cell(a, "total", n) for a, n in zip(regions, (110, 70, 4), strict=False)] + [cell(nation, "total", 184)]
    hidden = suppress(cells, 5, sums)
    assert hidden[("18", "region", "total")] == SMALL
    assert len(hidden) == 2
    low, high = ranges(cells, set(hidden), sums)[("18", "region", "total")]
    assert high - low >= 10
    # Where they do not make up the whole, the missing one has the rest, and nothing can be worked out.
    cells[-1] = cell(nation, "total", 240)
    assert set(suppress(cells, 5, sums)) == {("18", "region", "total")}
