"""National headlines that move between two releases: what waits, what does not, and what an acknowledgement lets out."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.indicators.catalogue import load_definitions
from orchestration.ledger.acceptances import Acceptance
from orchestration.releases.headlines import DATASET, Limit, load_limits, print_of
from tests.support.small_release import Row, Small, failed, indicator, small

LIMIT = Limit(indicator_id="returned", most=Decimal(1), because="made up for this test")


def nation(value: str | None, period: str = "2024", sex: str = "total", flags: str = "") -> Row:
    return indicator("00", period, value, area_level="nation", sex=sex, value_flags=flags)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A home that has published 12 percent for the nation in 2024, and 14 percent of it unfinished for 2025."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    made = small(tmp_path / "releases")
    made.limits = (LIMIT,)
    made.rows["indicator_values"] += [nation("12"), nation("14", "2025", flags="provisional")]
    made.publish()
    return made


def move(house: Small, value: str | None, period: str = "2024") -> None:
    rows = house.rows["indicator_values"]
    (place,) = [
        i for i, r in enumerate(rows) if (r["area_level"], r["period"], r["sex"]) == ("nation", period, "total")
    ]
    rows[place] = nation(value, period, flags=rows[place]["value_flags"])


@pytest.mark.parametrize(
    ("value", "waits"), [("13", False), ("11", False), ("13.000001", True), ("10.9", True), (None, True)]
)
def test_a_headline_waits_when_it_moves_further_than_declared_or_is_gone(
    house: Small, value: str | None, waits: bool
) -> None:
    move(house, value)
    made = house.publish()
    assert (made.made, made.held, made.due) == ((False, True, True) if waits else (True, False, True))
    assert [(m.indicator_id, m.period, m.old, m.new, m.most) for m in made.moved] == (
        [("returned", "2024", "12", value, "1")] if waits else []
    )
    assert len(list(house.releases.glob("2*"))) == (1 if waits else 2)


def test_what_was_unfinished_a_new_period_a_region_and_another_indicator_may_move(house: Small) -> None:
    move(house, "25", "2025")
    house.rows["indicator_values"].append(nation("99", "2026"))
    for row in house.rows["indicator_values"]:
        if row["area_level"] == "region":
            row |= {"value": "77", "reference_period": None, "reference_value": None, "change_abs": None,
                    "change_pct": None, "change_pct_better": None}  # fmt: skip
    made = house.publish()
    assert (made.made, made.moved) == (True, [])


def test_what_is_carried_forward_has_not_moved(house: Small) -> None:
    move(house, "25")
    made = house.publish({"indicator_values": [failed(("returned", "2024"))]})
    assert (made.made, made.moved) == (True, [])


def test_an_acknowledgement_holds_for_these_values_alone(house: Small) -> None:
    house.rows["indicator_values"].append(nation("20", sex="women"))
    house.publish()
    move(house, "25")
    waiting = house.publish().moved
    (movement,) = waiting
    said = ("2026-03-02", "Anna Ek", "a region has left", DATASET, "returned", "returned", "2024")
    house.accepted.append(Acceptance(*said, print_of(waiting, movement)))
    move(house, "26")
    assert house.publish().held, "other values than those that were acknowledged"
    move(house, "25")
    made = house.publish()
    assert (made.made, made.moved) == (True, [])
    assert not house.publish().held, "what is out has not moved"


def test_every_declared_headline_is_an_indicator_with_a_nation() -> None:
    known = {d.indicator_id: d for d in load_definitions()}
    limits = load_limits()
    assert {limit.indicator_id for limit in limits} <= known.keys()
    assert all("nation" in known[limit.indicator_id].area_levels for limit in limits)
    assert {known[limit.indicator_id].domain for limit in limits} >= {"readmissions", "waits", "costs"}


def test_a_limit_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "headlines.yml"
    file.write_text("- {indicator_id: a, most: 1, because: because of this}\n" * 2)
    with pytest.raises(ValueError, match="a stands twice"):
        load_limits(file)
