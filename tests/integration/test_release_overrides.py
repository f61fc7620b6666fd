"""Publishing over a failed check, publishing an earlier release again, and taking one back: on a small warehouse."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.ledger.acceptances import Acceptance
from orchestration.releases import again
from orchestration.releases.again import NothingToRestore
from orchestration.releases.checksums import ReleaseDamaged
from orchestration.releases.contract import FACTS
from orchestration.releases.fingerprint import slice_fingerprint
from orchestration.releases.history import latest_id, list_releases
from orchestration.releases.verify import verify
from tests.support.small_release import NOW, Small, failed, small

COSTS = next(t for t in FACTS if t.name == "fct_costs")
SLICE = ("accounts", "2024")
FAILS = {"fct_costs": [failed(SLICE)]}


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fsync: nothing here has to survive a power cut; `tests/faults/test_release_crash.py` looks at its order."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def house(tmp_path: Path) -> Small:
    return small(tmp_path / "releases")


def accept(house: Small) -> None:
    """As the command records it: for the rows that stand now."""
    with house.warehouse() as con:
        rows = slice_fingerprint(con, COSTS, SLICE)
    house.accepted.append(
        Acceptance("2026-03-02", "Anna Ek", "the owner says so", "fct_costs", "too_high", *SLICE, rows)
    )


def test_what_is_accepted_is_published_and_stands_in_the_list_and_the_provenance(house: Small) -> None:
    house.publish()
    house.rows["fct_costs"][1]["value"] = "900"
    stopped = house.publish(FAILS)
    assert (
        house.read(stopped.release_id, "fct_costs", "value, value_flags", "period = '2024'")[0][1] == "carried_forward"
    )
    accept(house)
    made = house.publish(FAILS)
    assert made.made
    assert [str(v) for (v,) in house.read(made.release_id, "fct_costs", "value", "period = '2024'")] == [
        "900.000000000000"
    ]
    (row,) = house.read(made.release_id, "withheld", "scope, name, source_id, period, action, carried_from_release, "
                        "reason_code, reason_en, checks, since_release")  # fmt: skip
    assert row[:7] == ("fact_slice", "fct_costs", "accounts", "2024", "accepted", None, "check_accepted")
    assert row[7].endswith("Anna Ek: the owner says so")
    assert row[8:] == ("too_high", made.release_id)
    run = json.loads((house.releases / made.release_id / "provenance.json").read_text())["run"]
    assert [(a["by"], a["reason"], a["dataset"], a["expectation"]) for a in run["accepted"]] == [
        ("Anna Ek", "the owner says so", "fct_costs", "too_high")
    ]
    listed = list_releases(house.releases)[-1]
    assert (listed.withheld, listed.carried_forward, listed.accepted) == (0, 0, 1)
    again_ = house.publish(FAILS, now=NOW + timedelta(days=1))
    assert not again_.made, "the same rows under the same acceptance are the same release"


def test_an_acceptance_ends_when_its_rows_change_and_reaches_no_other_slice(house: Small) -> None:
    house.publish()
    house.rows["fct_costs"][1]["value"] = "900"
    accept(house)
    first = house.publish({"fct_costs": [failed(SLICE, ("accounts", "2023"))]})
    assert {r[0]: r[1] for r in house.read(first.release_id, "withheld", "period, action", "scope = 'fact_slice'")} == {
        "2023": "carried_forward", "2024": "accepted",
    }  # fmt: skip
    house.rows["fct_costs"][1]["value"] = "901"
    second = house.publish(FAILS)
    assert {r[0] for r in house.read(second.release_id, "withheld", "action", "scope = 'fact_slice'")} == {
        "carried_forward"
    }
    assert [str(v) for (v,) in house.read(second.release_id, "fct_costs", "value", "period = '2024'")] == [
        "900.000000000000"
    ]


def test_an_earlier_release_published_again_is_the_same_to_the_byte(house: Small) -> None:
    first = house.publish().release_id
    house.rows["fct_costs"][1]["value"] = "101"
    second = house.publish().release_id
    third = again.restore(house.releases, first, run_id="r", by="Anna", reason="wrong", now=NOW)
    assert latest_id(house.releases) == third not in (first, second)
    assert verify(house.releases).problems == []
    for file in (house.releases / first / "data").iterdir():
        assert (house.releases / third / "data" / file.name).read_bytes() == file.read_bytes()
    provenance = json.loads((house.releases / third / "provenance.json").read_text())
    assert (provenance["restored_from"], provenance["previous_release"], provenance["run"]["restored_by"]) == (
        first, second, "Anna",
    )  # fmt: skip
    assert [r.restored_from for r in list_releases(house.releases)] == [None, None, first]
    with pytest.raises(NothingToRestore, match="already"):
        again.restore(house.releases, first, run_id="r", by="Anna", reason="twice", now=NOW)
    # The night goes on from it: the warehouse's content differs, and is published.
    assert house.publish().made


def test_what_cannot_be_put_back_changes_nothing(house: Small) -> None:
    first = house.publish().release_id
    with pytest.raises(NothingToRestore, match="no earlier release"):
        again.before(house.releases, first)
    house.rows["fct_costs"][1]["value"] = "101"
    second = house.publish().release_id
    assert again.before(house.releases, second) == first
    again.note_withdrawal(house.releases, first, by="Anna", reason="wrong", at="2026-03-02")
    again.note_withdrawal(house.releases, first, by="Bo", reason="again", at="2026-03-03")
    assert [r.withdrawn for r in list_releases(house.releases)] == [
        {"at": "2026-03-02", "by": "Anna", "note": "wrong"}, None,
    ]  # fmt: skip
    with pytest.raises(NothingToRestore, match="withdrawn"):
        again.restore(house.releases, first, run_id="r", by="Anna", reason="why", now=NOW)
    with pytest.raises(NothingToRestore, match="no earlier release"):
        again.before(house.releases, second)
    (house.releases / "withdrawn.json").unlink()
    damaged = house.releases / first / "data" / "areas.csv"
    damaged.chmod(0o644)
    damaged.write_bytes(b"x")
    with pytest.raises(ReleaseDamaged, match=r"areas\.csv"):
        again.restore(house.releases, first, run_id="r", by="Anna", reason="why", now=NOW)
    assert latest_id(house.releases) == second
    assert not list(house.releases.glob(".*"))
