"""What a release promises those who read it, on a fuller warehouse: names, keys, rights, bytes; and damage around it.

What goes into a release, and when one is made, stands in test_release.py.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.releases.build import free_id
from orchestration.releases.checksums import ReleaseDamaged
from orchestration.releases.content import ContractBroken
from orchestration.releases.contract import TABLES, WITHHELD
from orchestration.releases.history import latest_id, release_ids
from orchestration.releases.verify import verify
from tests.support.small_release import NOW, Small, cost, definition, failed, indicator, small, verdicts, with_methods
from tests.support.sound_facts import sound_warehouse


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fsync: nothing here has to survive a power cut."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def house(tmp_path: Path) -> Small:
    return small(tmp_path / "releases")


def three_releases(house: Small) -> list[str]:
    made = [house.publish().release_id]
    for value in ("101", "102"):
        house.rows["fct_costs"][1] = cost("2024", value)
        made.append(house.publish().release_id)
    return [str(release_id) for release_id in made]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file with every fact of the expectation tests, thousands of rows; the reference tables are empty."""
    path = sound_warehouse(tmp_path_factory.mktemp("sound") / "warehouse.duckdb")
    with duckdb.connect(str(path)) as con:
        con.execute("create schema declared")
        with_methods(con)
        con.execute(
            "create table declared.deliveries "
            "(source_id varchar, layout_id varchar, delivery_sha256 varchar, extracted_at varchar)"
        )
        for table in TABLES:
            if table is not WITHHELD:
                columns = ", ".join(f"{name} {kind}" for name, kind in table.columns)
                con.execute(f"create table if not exists {table.relation} ({columns})")
    return path


def released(sound: Path, folder: Path, *, threads: int, shuffled: bool, now: datetime = NOW) -> Path:
    """Release from a copy of the warehouse, its rows as they lay or shuffled, and one slice of it withheld."""
    copied = folder / "warehouse.duckdb"
    folder.mkdir()
    shutil.copyfile(sound, copied)
    with duckdb.connect(str(copied), config={"threads": threads}) as con:
        names = con.execute("select distinct indicator_id from published.indicator_values order by all").fetchall()
        house = Small(folder / "releases", {}, [definition(name) for (name,) in names], threads)
        for table in TABLES if shuffled else ():
            if table is not WITHHELD:
                con.execute(f"create table turned as from {table.relation} order by hash({table.key[0]}, rowid)")
                con.execute(
                    f"delete from {table.relation}; insert into {table.relation} from turned; drop table turned"
                )
        made = house.release(con, verdicts(con, {"fct_costs": [failed(("owner", "2016"))]}), now)
    assert made.withheld
    return house.releases / str(made.release_id)


@pytest.fixture(scope="module")
def release(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield released(sound, tmp_path_factory.mktemp("full") / "one", threads=2, shuffled=False)


def test_shuffled_rows_and_another_number_of_threads_give_the_same_bytes(release: Path, sound: Path, tmp_path: Path):
    """All but the run's own times, and what sums them."""
    other = released(sound, tmp_path / "two", threads=1, shuffled=True, now=NOW + timedelta(minutes=7))
    files = sorted(p.relative_to(release) for p in release.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(other) for p in other.rglob("*") if p.is_file())
    differing = [str(f) for f in files if (release / f).read_bytes() != (other / f).read_bytes()]
    assert differing == ["CHECKSUMS", "provenance.json"]
    first, second = (json.loads((folder / "provenance.json").read_text()) for folder in (release, other))
    assert first.pop("run") != second.pop("run")
    assert first == second


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_csv_and_parquet_hold_the_same_rows_with_the_described_key_once(release: Path, table):
    package = json.loads((release / "datapackage.json").read_text())
    (described,) = [r for r in package["resources"] if r["name"] == table.name]
    with (release / described["path"]).open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file, strict=True)
    parquet = pq.read_table(release / described["parquet"])
    assert heading == [f["name"] for f in described["schema"]["fields"]] == parquet.schema.names
    assert len(rows) == described["rows"] == parquet.num_rows
    assert rows == [[as_text(row[name]) for name in heading] for row in parquet.to_pylist()]
    own = [heading.index(name) for name in described["schema"]["primaryKey"]]
    keys = {tuple(row[n] for n in own) for row in rows}
    assert len(keys) == len(rows)


def as_text(value: object) -> str:
    """A value as the contract writes it in CSV, by other means than the release's SQL."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value:f}".rstrip("0").rstrip(".") if value else "0"
    return str(value)


def test_every_file_but_the_checksums_is_summed_and_every_table_described(release: Path):
    files = {p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file()}
    summed = [line.split("  ", 1)[1] for line in (release / "CHECKSUMS").read_text().splitlines()]
    assert summed == sorted(files - {"CHECKSUMS"})
    package = json.loads((release / "datapackage.json").read_text())
    described = {path for r in package["resources"] for path in (r["path"], r["parquet"])}
    assert described == {name for name in files if name.startswith("data/")}


# Names and rights


@pytest.mark.parametrize(
    ("started", "day"),
    [
        ("2026-01-15T22:59:00", "2026-01-15"), ("2026-01-15T23:30:00", "2026-01-16"),
        ("2026-07-15T21:59:00", "2026-07-15"), ("2026-07-15T22:00:00", "2026-07-16"),
        ("2026-07-15T23:30:00", "2026-07-16"), ("2026-12-31T23:30:00", "2027-01-01"),
        # The night to summer time, at 02:00 winter time: midnight is still an hour behind UTC's 23.
        ("2026-03-28T23:00:00", "2026-03-29"), ("2026-03-29T22:00:00", "2026-03-30"),
    ],
)  # fmt: skip
def test_the_day_of_a_release_is_swedish_in_winter_and_in_summer(tmp_path: Path, started: str, day: str):
    assert free_id(tmp_path, datetime.fromisoformat(started).replace(tzinfo=UTC)) == f"{day}.1"


def test_the_number_is_the_smallest_free_one_also_past_nine(tmp_path: Path):
    for number in (*range(1, 12), 13):
        (tmp_path / f"2026-03-01.{number}").mkdir()
    assert free_id(tmp_path, NOW) == "2026-03-01.12"
    (tmp_path / "2026-03-01.12").mkdir()
    assert free_id(tmp_path, NOW) == "2026-03-01.14"
    assert release_ids(tmp_path)[-1] == "2026-03-01.13", "ordered by number, not by text"


def test_everybody_may_read_and_nobody_write_whoever_built_it(house: Small):
    """Also where the user's own rule is to keep everything to himself."""
    before = os.umask(0o077)
    try:
        house.publish()
    finally:
        os.umask(before)
    folder = house.releases / str(latest_id(house.releases))
    modes = {p.relative_to(folder).as_posix(): p.stat().st_mode & 0o777 for p in (folder, *folder.rglob("*"))}
    assert {name: mode for name, mode in modes.items() if mode != (0o755 if name in (".", "data") else 0o444)} == {}
    assert (house.releases / "latest.json").stat().st_mode & 0o777 == 0o644


def test_what_a_killed_build_left_is_removed_read_only_or_not(house: Small):
    left = house.releases / ".building-0123456789ab" / "data"
    left.mkdir(parents=True)
    (left / "fct_costs.csv").write_text("half")
    (left / "fct_costs.csv").chmod(0o444)
    left.chmod(0o555)
    (house.releases / ".latest-01234567").write_text("{")
    house.publish()
    assert sorted(p.name for p in house.releases.iterdir()) == ["2026-03-01.1", "latest.json"]


# Damage around a release


@pytest.mark.parametrize("said", ["", "{", "[]", "{}", '{"release": "2026-03-01.1"}', "null", "\x00" * 64])
def test_an_unreadable_pointer_is_told_and_nothing_is_published_over_it(house: Small, said: str):
    house.publish()
    pointer = house.releases / "latest.json"
    pointer.write_text(said)
    assert "is no pointer to a release" in verify(house.releases).problems[0]
    house.rows["fct_costs"][1] = cost("2024", "101")
    with pytest.raises(ReleaseDamaged, match="remove it, and the next night points to the newest sound release"):
        house.publish()
    assert (pointer.read_text(), release_ids(house.releases)) == (said, ["2026-03-01.1"])


def test_a_pointer_to_another_release_or_to_none_is_found(house: Small):
    first, second, _ = three_releases(house)
    pointer = json.loads((house.releases / "latest.json").read_text())
    (house.releases / "latest.json").write_text(json.dumps({**pointer, "release": second}))
    assert verify(house.releases).problems == ["latest.json names other checksums", "latest.json names another content"]
    assert verify(house.releases, first).problems == []
    (house.releases / "latest.json").write_text(json.dumps({**pointer, "release": "2020-01-01.1"}))
    assert "there is no release 2020-01-01.1" in verify(house.releases).problems[0]


def test_a_lost_pointer_comes_back_to_the_newest_release(house: Small):
    """Not to the first: readers would be sent years back, and carried values be taken from there."""
    newest = three_releases(house)[-1]
    before = (house.releases / "latest.json").read_bytes()
    (house.releases / "latest.json").unlink()
    again = house.publish(now=NOW + timedelta(days=3))
    assert (again.made, again.release_id) == (False, newest)
    assert (house.releases / "latest.json").read_bytes() == before


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_nothing_is_carried_forward_from_a_file_that_was_altered(house: Small, damage: str):
    """It would come out as a published value under sound checksums."""
    first = str(house.publish().release_id)
    file = house.releases / first / "data" / "fct_costs.parquet"
    for path in (file.parent, file):
        path.chmod(0o755)
    if damage == "gone":
        file.unlink()
    else:
        with duckdb.connect() as con:
            con.execute(f"create table t as from read_parquet('{file}'); update t set value = 999")
            con.execute(f"copy t to '{file}' (format parquet)")
    house.rows["fct_costs"][1] = cost("2024", "1005")
    with pytest.raises(ReleaseDamaged, match=f"data/fct_costs.parquet of release {first} is not what was published"):
        house.publish({"fct_costs": [failed(("accounts", "2024"))]})
    assert (release_ids(house.releases), latest_id(house.releases)) == ([first], first)


def test_an_indicator_that_no_definition_stands_behind_is_never_published(house: Small):
    """It would be decided on by nobody, and pass even where every check failed."""
    house.rows["indicator_values"].append(indicator("01", "2024", "7", "orphan"))
    with pytest.raises(ContractBroken, match=r"indicator_values: \['orphan'\] have no definition"):
        house.publish({"indicator_values": [failed()]})
    assert list(house.releases.iterdir()) == []
