"""A release built from a small warehouse: what is in it, when one is made, what is carried, what never changes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.releases.content import ContractBroken
from orchestration.releases.contract import TABLES
from orchestration.releases.history import latest_id, list_releases
from orchestration.releases.verify import verify
from tests.support.small_release import NOW, Small, cost, failed, indicator, small, verdicts


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fsync: nothing here has to survive a power cut; `tests/faults/test_release_crash.py` looks at its order."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def house(tmp_path: Path) -> Small:
    return small(tmp_path / "releases")


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def test_a_release_holds_what_the_contract_says(house: Small):
    made = house.publish()
    # 22:30 UTC in winter is 23:30 in Stockholm; half an hour later it is the next day there.
    assert (made.made, made.due, made.release_id) == (True, True, "2026-03-01.1")
    folder = house.releases / "2026-03-01.1"
    names = {f"data/{t.name}.{kind}" for t in TABLES for kind in ("csv", "parquet")}
    assert set(bytes_of(folder)) == names | {"CHECKSUMS", "datapackage.json", "provenance.json", "quality.json"}
    checked = subprocess.run(["sha256sum", "-c", "--strict", "CHECKSUMS"], cwd=folder, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    lines = sorted(f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}" for n in names)
    content = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    pointer = json.loads((house.releases / "latest.json").read_text())
    assert pointer == {
        "release": "2026-03-01.1",
        "checksums_sha256": hashlib.sha256((folder / "CHECKSUMS").read_bytes()).hexdigest(),
        "content_sha256": content,
    }
    assert made.content_sha256 == content
    assert (folder.stat().st_mode & 0o777, (folder / "data" / "areas.csv").stat().st_mode & 0o777) == (0o755, 0o444)


def test_datapackage_describes_every_table_and_says_synthetic(house: Small):
    house.publish()
    folder = house.releases / "2026-03-01.1"
    package = json.loads((folder / "datapackage.json").read_text())
    assert "SYNTETISKA" in package["title"]
    assert {s["licence"] for s in package["sources"]} == {"CC0"}
    for resource in package["resources"]:
        with (folder / resource["path"]).open(newline="") as file:
            heading, *rows = csv.reader(file)
        assert heading == [f["name"] for f in resource["schema"]["fields"]]
        assert len(rows) == resource["rows"]
        assert set(resource["schema"]["primaryKey"]) <= set(heading)


def test_times_stand_under_run_in_provenance_alone(house: Small):
    house.publish()
    provenance = json.loads((house.releases / "2026-03-01.1" / "provenance.json").read_text())
    assert set(provenance["run"]) == {"run_id", "started_at", "published_at", "host", "accepted", "holds"}
    assert "2026-03-01T" not in json.dumps({k: v for k, v in provenance.items() if k != "run"})


def test_the_same_again_makes_none_in_any_order_with_any_threads(house: Small):
    first = house.publish()
    before = bytes_of(house.releases)
    for rows in house.rows.values():
        rows.reverse()
    house.threads = 1
    again = house.publish(now=NOW + timedelta(days=2))
    assert (again.made, again.due, again.release_id) == (False, False, first.release_id)
    assert again.content_sha256 == first.content_sha256
    assert bytes_of(house.releases) == before


def test_the_date_of_a_release_is_the_swedish_one_and_the_number_the_smallest_free(house: Small):
    house.publish(now=NOW + timedelta(minutes=40))
    house.rows["fct_costs"].append(cost("2022"))
    house.publish(now=NOW + timedelta(minutes=50))
    assert [r.id for r in list_releases(house.releases)] == ["2026-03-02.1", "2026-03-02.2"]


def test_content_does_not_depend_on_the_releases_before(tmp_path: Path):
    """Two homes end with the same rows, one of them after a release in between: the same content, byte for byte."""
    once, twice = small(tmp_path / "once"), small(tmp_path / "twice")
    twice.publish()
    for house in (once, twice):
        house.rows["indicator_values"][3]["value"] = "101"
    one, two = once.publish(), twice.publish()
    assert one.content_sha256 == two.content_sha256
    assert set(twice.read(two.release_id, "indicator_values", "first_release")) == {(None,)}
    assert twice.publish().made is False


def test_a_row_gone_upstream_waits_for_a_name_and_the_old_release_is_untouched(house: Small):
    first = house.publish().release_id
    before = bytes_of(house.releases / first)
    house.rows["fct_costs"].pop()
    second = house.publish().release_id
    assert house.read(second, "fct_costs", "period, value_flags")[1:] == [("2024", "carried_forward")]
    assert bytes_of(house.releases / first) == before
    assert verify(house.releases, first).problems == []


def test_what_fails_keeps_its_previous_values_flagged_and_listed(house: Small):
    first = house.publish().release_id
    house.rows["fct_costs"][1] = cost("2024", "1005")
    house.rows["indicator_values"][3]["value"] = "1005"
    fails = {"fct_costs": [failed(("accounts", "2024"))]}
    made = house.publish(fails)
    assert (made.made, made.carried_forward) == (True, 2)
    second = made.release_id
    assert house.read(second, "fct_costs", "period, value::varchar, value_flags") == [
        ("2023", "90.000000000000", ""),
        ("2024", "100.500000000000", "carried_forward"),
    ]
    value = "value::varchar, value_flags"
    assert house.read(second, "indicator_values", value, "indicator_id = 'cost' and period = '2024'") == [
        ("100.500000000000", "carried_forward")
    ]
    listed = house.read(
        second, "withheld", "scope, name, period, action, carried_from_release, reason_code, since_release"
    )
    assert listed == [
        ("fact_slice", "fct_costs", "2024", "carried_forward", first, "check_failed", second),
        ("indicator", "cost", "2024", "carried_forward", first, "input_withheld", second),
    ]
    assert house.publish(fails).made is False, "the same failure on the same data is no news"
    house.rows["fct_costs"].append(cost("2022"))
    third = house.publish(fails).release_id
    assert house.read(third, "withheld", "distinct carried_from_release, since_release") == [(first, second)]


def test_what_fails_at_first_is_left_out_and_listed(house: Small):
    fails = {"fct_costs": [failed(("accounts", "2024"))]}
    made = house.publish(fails)
    assert house.read(made.release_id, "fct_costs", "period") == [("2023",)]
    assert house.read(made.release_id, "withheld", "name, action, carried_from_release, since_release") == [
        ("fct_costs", "withheld", None, made.release_id),
        ("cost", "withheld", None, made.release_id),
    ]
    assert house.publish(fails).made is False
    (summary,) = list_releases(house.releases)
    assert (summary.withheld, summary.carried_forward, summary.values) == (2, 0, 3)


def test_no_value_is_compared_with_one_that_is_withheld(house: Small):
    made = house.publish({"indicator_values": [failed(("returned", "2023"))]})
    (row,) = house.read(made.release_id, "indicator_values", "*", "indicator_id = 'returned'")
    shown = dict(zip((c for c, _ in next(t for t in TABLES if t.name == "indicator_values").columns), row, strict=True))
    assert (shown["period"], str(shown["value"])) == ("2024", "15.000000000000")
    compared = ("reference_period", "reference_value", "change_abs", "change_pct", "change_pct_better")
    assert [shown[c] for c in compared] == [None] * 5


def test_a_comparison_with_a_published_value_stands(house: Small):
    made = house.publish()
    found = house.read(made.release_id, "indicator_values", "change_pct::int", "reference_period = '2023'")
    assert found == [(20,)]


def test_an_emptied_table_keeps_its_values(house: Small):
    house.publish()
    house.rows["fct_costs"] = []
    second = house.publish({"fct_costs": [failed()]})
    assert len(house.read(second.release_id, "fct_costs")) == 2


def test_a_missing_verdict_withholds(house: Small):
    made = house.publish(missing=["fct_costs"])
    assert {row["reason_code"] for row in made.withheld} == {"check_did_not_run", "input_withheld"}


def test_when_everything_is_withheld_a_release_is_due_and_none_is_made(house: Small):
    made = house.publish({"areas": [failed()]})
    assert (made.made, made.due, latest_id(house.releases)) == (False, True, None)
    assert made.reason == "everything is withheld"
    assert len(made.withheld) == 8
    assert list(house.releases.iterdir()) == []


def test_failed_areas_stay_as_they_were(house: Small):
    house.publish()
    house.rows["areas"].append({**house.rows["areas"][1], "area_code": "99"})
    second = house.publish({"areas": [failed()]})
    assert house.read(second.release_id, "areas", "area_code") == [("00",), ("01",)]


def test_nothing_at_all_is_no_release(tmp_path: Path):
    made = Small(tmp_path / "releases", {}).publish()
    assert (made.made, made.due) == (False, False)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("alter table marts.fct_costs drop column unit", r"marts.fct_costs: missing \['unit'\]"),
        ("alter table marts.fct_costs add column extra int", r"not in the contract \['extra'\]"),
        ("alter table marts.fct_costs alter value type double", r"value is DOUBLE, not DECIMAL\(28,12\)"),
        ("drop table marts.fct_costs", "marts.fct_costs is not in the warehouse"),
        ("insert into marts.areas select * from marts.areas limit 1", "1 keys stand more than once"),
    ],
)
def test_a_table_that_breaks_the_contract_stops_the_release(house: Small, statement: str, said: str):
    house.publish()
    before = bytes_of(house.releases)
    with house.warehouse() as con:
        judged = verdicts(con, {})
        con.execute(statement)
        with pytest.raises(ContractBroken, match=said):
            house.release(con, judged)
    assert bytes_of(house.releases) == before


@pytest.mark.parametrize("damage", ["changed", "gone", "added", "pointer", "content", "listing"])
def test_verify_finds_every_damage(house: Small, damage: str):
    name = house.publish().release_id
    folder = house.releases / name
    assert verify(house.releases).problems == []
    file = folder / "data" / "areas.csv"
    for path in (folder / "data", folder, file):
        path.chmod(0o755)
    if damage == "changed":
        file.write_bytes(file.read_bytes().replace(b"00", b"01", 1))
    elif damage == "gone":
        file.unlink()
    elif damage == "added":
        (folder / "data" / "extra.csv").write_text("x")
    elif damage == "pointer":
        pointer = json.loads((house.releases / "latest.json").read_text())
        (house.releases / "latest.json").write_text(json.dumps({**pointer, "content_sha256": "0" * 64}))
    elif damage == "content":
        _resign(folder, "provenance.json", lambda text: text.replace('"content_sha256": "', '"content_sha256": "0'))
    else:
        _resign(folder, "datapackage.json", lambda text: text.replace('"rows": 2', '"rows": 3'))
    assert verify(house.releases).problems


def _resign(folder: Path, name: str, change) -> None:
    """Change a description, its line in CHECKSUMS and the pointer, as one would who covers his tracks."""
    file, sums, pointer = folder / name, folder / "CHECKSUMS", folder.parent / "latest.json"
    for path in (file, sums):
        path.chmod(0o644)
    old, listing = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (file, sums))
    file.write_text(change(file.read_text()))
    sums.write_text(sums.read_text().replace(old, hashlib.sha256(file.read_bytes()).hexdigest()))
    pointer.write_text(pointer.read_text().replace(listing, hashlib.sha256(sums.read_bytes()).hexdigest()))


def test_a_site_built_afterwards_is_no_damage(house: Small):
    folder = house.releases / str(house.publish().release_id)
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("later")
    assert verify(house.releases).problems == []


def test_verify_of_what_is_not_there(house: Small):
    assert verify(house.releases).problems
    house.publish()
    assert verify(house.releases, "2020-01-01.1").problems
    assert verify(house.releases, "../releases").problems


def test_a_revised_definition_starts_a_new_series(house: Small):
    house.publish()
    house.rows["indicator_values"][3] |= {"definition_version": 2}
    house.definitions[1] = house.definitions[1].model_copy(update={"definition_version": 2})
    second = house.publish().release_id
    found = house.read(second, "indicator_values", "definition_version, period", "indicator_id = 'cost'")
    assert found == [(1, "2023"), (2, "2024")]


def test_rows_are_unchanged_by_the_order_of_their_rows(tmp_path: Path):
    """Two homes, the same rows in another order: the same content."""
    one, other = small(tmp_path / "one"), small(tmp_path / "other")
    other = replace(other, rows={name: rows[::-1] for name, rows in other.rows.items()}, threads=1)
    one.rows["indicator_values"].append(indicator("09", "2024", None))
    other.rows["indicator_values"].insert(0, indicator("09", "2024", None))
    assert one.publish().content_sha256 == other.publish().content_sha256
