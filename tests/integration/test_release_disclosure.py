"""Small counts in what is published: hidden in facts and indicators alike, with everything they could be had back from."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from orchestration.releases.contract import FACTS, INDICATOR_VALUES
from orchestration.releases.suppression import REVEALING, exposed
from tests.support.small_release import COUNTS, Row, Small, area, definition, indicator, returned

READMISSIONS = next(t for t in FACTS if t.name == "fct_readmissions")
HIDDEN = [("M1", "men"), ("M1", "women"), ("M3", "men"), ("M3", "women")]


def rows() -> list[tuple[str, str, str, int]]:
    """(area, level, sex, count) of the worked case."""
    made = []
    for name, (women, men) in {**COUNTS, "01": (70, 35)}.items():
        level = "county" if name == "01" else "municipality"
        made += [(name, level, sex, n) for sex, n in (("women", women), ("men", men), ("total", women + men))]
    return made


def of_indicator(name: str, level: str, sex: str, count: int, period: str = "2024") -> Row:
    return indicator(name, period, f"{count / 10:.3f}", area_level=level, sex=sex, numerator=count, denominator=1000,
                     ci_low="0.1", ci_high="9", ci_method="wilson", ci_level="0.95")  # fmt: skip


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fsync: nothing here has to survive a power cut; `tests/faults/test_release_crash.py` looks at its order."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def house(tmp_path: Path) -> Small:
    return Small(
        tmp_path / "releases",
        {
            "fct_readmissions": [returned(*row, 1000) for row in rows()],
            "indicator_values": [of_indicator(*row) for row in rows()],
            "areas": [area("00", "nation"), area("01", "county", "00", "nation")]
            + [area(name, "municipality", "01", "county") for name in COUNTS],
        },
        [definition(rule="threshold_5")],
    )


def hidden(house: Small, release: str, table: str = "fct_readmissions", where: str = "true") -> list[tuple]:
    return house.read(release, table, "area_code, sex", f"value_status like 'suppressed%' and {where} order by all")


@pytest.mark.parametrize("table", [READMISSIONS, INDICATOR_VALUES])
def test_the_worked_case_in_a_release(house: Small, table):
    made = house.publish()
    assert hidden(house, made.release_id, table.name) == HIDDEN
    names = [c for c in REVEALING if c in table.names]
    shown = house.read(made.release_id, table.name, ", ".join(names), "value_status like 'suppressed%'")
    assert shown == [(None,) * len(names)] * 4
    primary = house.read(made.release_id, table.name, "area_code, sex", "value_status = 'suppressed_small_n'")
    assert primary == [("M1", "men")]
    assert len(house.read(made.release_id, table.name, "1", "value is not null")) == 11


def test_none_hides_nothing(house: Small):
    house.definitions = [definition(rule="none")]
    assert hidden(house, house.publish().release_id) == []


def test_d3_a_hidden_numerator_with_a_visible_interval_is_found(house: Small):
    with house.warehouse() as con:
        con.execute(
            "update published.indicator_values set value = null, numerator = null, value_status = 'suppressed_small_n'"
        )
        assert exposed(con, INDICATOR_VALUES, INDICATOR_VALUES.relation) == 15
    made = house.publish()
    file = house.releases / made.release_id / "data" / "fct_readmissions.parquet"
    assert exposed(duckdb.connect(), READMISSIONS, f"read_parquet('{file}')") == 0


def test_what_was_hidden_stays_hidden_when_a_cheaper_pattern_appears(house: Small):
    first = house.publish().release_id
    assert house.publish().made is False
    house.rows["fct_readmissions"] += [returned("M1", "municipality", "women", 500, 9000, "2023")]
    cheaper = {
        ("M2", "women"): 7,
        ("M2", "men"): 7,
        ("M2", "total"): 14,
        ("01", "women"): 57,
        ("01", "men"): 33,
        ("01", "total"): 90,
    }
    changed = [(a, level, s, cheaper.get((a, s), n)) for a, level, s, n in rows()]
    house.rows["fct_readmissions"] = [returned(*row, 1000) for row in changed]
    house.rows["indicator_values"] = [of_indicator(*row) for row in changed]
    alone = Small(house.releases.with_name("alone"), house.rows, house.definitions)
    assert set(hidden(alone, alone.publish().release_id)) == {
        ("M1", "men"),
        ("M1", "women"),
        ("M2", "men"),
        ("M2", "women"),
    }
    second = house.publish().release_id
    assert second != first
    assert set(HIDDEN) <= set(hidden(house, second))


def test_a_fact_hides_what_the_indicator_hides(house: Small):
    """The fact lacks the county, so that alone it would hide the small count only; its neighbour tells the rest."""
    house.rows["fct_readmissions"] = [returned(*row, 1000) for row in rows() if row[0] in ("M1", "M3")]
    assert hidden(house, house.publish().release_id) == HIDDEN


def test_the_count_and_its_share_are_hidden_together(house: Small):
    counts = [
        {**returned(*row, 1000), "measure": "readmission_count", "unit": "stays", "value": row[3]} for row in rows()
    ]
    house.rows["fct_readmissions"] += counts
    assert hidden(house, house.publish().release_id) == sorted(HIDDEN * 2)


def test_a_value_without_a_count_is_withheld_under_a_threshold(house: Small):
    house.rows["fct_readmissions"] = [{**returned(*row, 1000), "numerator": None} for row in rows()]
    found = house.read(house.publish().release_id, "fct_readmissions", "distinct value_status, value")
    assert found == [("withheld", None)]


def test_no_later_period_is_compared_with_a_hidden_one(house: Small):
    later = {"reference_period": "2024", "change_abs": "1", "change_pct": "2", "change_pct_better": "-2"}
    house.rows["indicator_values"] += [
        {**of_indicator(*row, period="2025"), "numerator": 500, **later, "reference_value": f"{row[3] / 10:.3f}"}
        for row in rows() if row[2] == "men"
    ]  # fmt: skip
    found = house.read(
        house.publish().release_id, "indicator_values", "area_code, reference_value is null, change_abs is null",
        "period = '2025' order by all",
    )  # fmt: skip
    assert [(a, bool(r), bool(c)) for a, r, c in found] == [
        ("01", False, False), ("M1", True, True), ("M2", False, False), ("M3", True, True), ("M4", False, False),
    ]  # fmt: skip


def test_an_unknown_rule_publishes_nothing(house: Small):
    house.definitions = [definition(rule="treshold_5")]
    with pytest.raises(ValueError, match="disclosure_rule 'treshold_5' is unknown"):
        house.publish()
    assert not (house.releases / "latest.json").exists()
