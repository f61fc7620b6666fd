"""What is gone or has moved waits for a name; a key that stands twice withholds its slice: on a small warehouse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.ledger.acceptances import Acceptance
from orchestration.releases.contract import JUDGED
from orchestration.releases.fingerprint import slice_fingerprint
from tests.support.small_release import Small, cost, indicator, small


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def house(tmp_path: Path) -> Small:
    made = small(tmp_path / "releases")
    made.rows["fct_costs"].append(cost("2024", "95", area="03"))
    made.publish()
    return made


def reasons(house: Small, release_id: str | None) -> set[tuple]:
    assert release_id
    return set(house.read(release_id, "withheld", "name, period, action, reason_code"))


def accept(house: Small, dataset: str, expectation: str, piece: tuple[str, str]) -> None:
    with house.warehouse() as con:
        rows = slice_fingerprint(con, JUDGED[dataset], piece)
    house.accepted.append(Acceptance("2026-03-02", "Anna Ek", "asked", dataset, expectation, *piece, rows))


def test_a_fact_key_that_is_gone_stays_and_the_rest_is_published(house: Small) -> None:
    house.rows["fct_costs"] = [cost("2023", "90"), cost("2024", "101")]
    made = house.publish()
    assert reasons(house, made.release_id) == {("fct_costs", "2024", "carried_forward", "vanished")}
    rows = house.read(made.release_id or "", "fct_costs", "area_code, value::int, value_flags", "period = '2024'")
    assert sorted(rows) == [("01", 101, ""), ("03", 95, "carried_forward")]
    accept(house, "fct_costs", "vanished", ("accounts", "2024"))
    made = house.publish()
    assert reasons(house, made.release_id) == set()
    assert house.read(made.release_id or "", "fct_costs", "count(*)", "period = '2024'") == [(1,)]


def test_a_whole_slice_that_is_gone_waits_too(house: Small) -> None:
    house.rows["fct_costs"] = house.rows["fct_costs"][1:]
    made = house.publish()
    assert (
        reasons(house, made.release_id) == {("fct_costs", "2023", "carried_forward", "vanished")} if made.made else True
    )
    assert house.read(made.release_id or "", "fct_costs", "count(*)", "period = '2023'") == [(1,)]


def test_an_indicator_that_lost_a_region_keeps_its_period(house: Small) -> None:
    house.rows["indicator_values"] = [r for r in house.rows["indicator_values"] if r["period"] != "2023"]
    made = house.publish()
    assert {r for r in reasons(house, made.release_id) if r[3] == "vanished"} == {
        ("returned", "2023", "carried_forward", "vanished"), ("cost", "2023", "carried_forward", "vanished"),
    }  # fmt: skip


@pytest.mark.parametrize(("value", "waits"), [("150", False), ("151", True), ("66.9", True), ("67.1", False)])
def test_a_cost_moves_one_and_a_half_times_at_most(house: Small, value: str, waits: bool) -> None:
    house.rows["fct_costs"][1] = cost("2024", value)
    made = house.publish()
    assert (("fct_costs", "2024", "carried_forward", "moved") in reasons(house, made.release_id)) is waits


@pytest.mark.parametrize(("value", "waits"), [("25", False), ("25.1", True)])
def test_a_share_moves_ten_points_at_most(house: Small, value: str, waits: bool) -> None:
    house.rows["indicator_values"][1] = indicator("01", "2024", value)
    made = house.publish()
    assert (("returned", "2024", "carried_forward", "moved") in reasons(house, made.release_id)) is waits


def test_what_was_published_as_unfinished_may_move(tmp_path: Path) -> None:
    made = small(tmp_path / "releases")
    made.rows["indicator_values"][1] = indicator("01", "2024", "15", value_flags="preliminary")
    made.publish()
    made.rows["indicator_values"][1] = indicator("01", "2024", "60")
    assert reasons(made, made.publish().release_id) == set()


def test_a_new_version_of_a_definition_takes_the_place_of_the_old(house: Small) -> None:
    for row in house.rows["indicator_values"]:
        row["definition_version"] = 2
    house.definitions = [d.model_copy(update={"definition_version": 2}) for d in house.definitions]
    assert reasons(house, house.publish().release_id) == set()


def test_a_key_that_stands_twice_withholds_its_slice_alone(house: Small) -> None:
    house.rows["fct_costs"].append(cost("2024", "77"))
    made = house.publish()
    assert ("fct_costs", "2024", "carried_forward", "duplicate_key") in reasons(house, made.release_id)
    assert ("cost", "2024", "carried_forward", "input_withheld") in reasons(house, made.release_id)
    assert not any(period == "2023" for _, period, _, _ in reasons(house, made.release_id))
