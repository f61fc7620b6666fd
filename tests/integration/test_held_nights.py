"""Nights while publication is held, through the night itself: what is built is published when the hold is lifted.

Deliveries are real ones of the example and are taken in; dbt and the checks are left out, since what they make plays no
part here: the warehouse holds the staff table of the current delivery, and everything passes.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.example.write import write_example
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.operations import building
from orchestration.operations.holding import hold_publication, lift_hold
from orchestration.operations.ingest import ingest_paths
from orchestration.operations.nightly import run_nightly
from orchestration.operations.recording import NightlyResult
from orchestration.operations.stages import Night, release_stage
from tests.support.command import answer, vardlagret
from tests.support.small_release import Small, cost, indicator, small, verdicts

HEADLINE = "primary_care_net_cost"
# The headline of the second delivery; the first one's is 4000.
LATER = {"headline": "4000"}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A delivery, and its owner's revision."""
    folder = write_example(tmp_path_factory.mktemp("deliveries") / "example").target
    (a,) = (folder / "socialstyrelsen").glob("*personal*2016*.csv")
    b = folder.parent / "synthetic_personal_later.csv"
    b.write_bytes(a.read_bytes().replace(b";1648", b";1650"))
    assert a.read_bytes() != b.read_bytes()
    return a, b


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose nights build a small warehouse from what is current, and count how often they do."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    home = Home(tmp_path / "home").create_or_open()

    def build(night: Night, *_: Any, **__: Any) -> SimpleNamespace:
        (current,) = {d.delivery_sha256 for d in night.ledger.current_deliveries()}
        house: Small = small(night.home.releases)
        house.rows["fct_costs"] = [cost("2024", str(int(current[:4], 16)))]
        value = "4000" if night.ledger.receipts()[0].delivery_sha256 == current else LATER["headline"]
        house.rows["indicator_values"] = [
            indicator("00", "2024", value, HEADLINE, area_level="nation", unit="SEK_per_inhabitant")
        ]
        house.file = night.home.warehouse
        with house.warehouse() as con:
            judged = verdicts(con, {})
        night.ledger.add_verdicts(night.run_id, judged)
        release_stage(night)
        return SimpleNamespace(left=[])

    monkeypatch.setattr(building, "build", build)
    return home


def night(home: Home, file: Path | None = None) -> NightlyResult:
    if file is not None:
        ingest_paths(home, [file], as_of=None, reason=None, wait_seconds=0)
    result = run_nightly(home.path)
    assert result.error is None, result.error
    return result


def built(result: NightlyResult) -> bool:
    return "release" in {s["name"] for s in result.stages}


def test_what_was_built_while_held_is_published_when_the_hold_is_lifted(home: Home, staff: tuple[Path, Path]) -> None:
    a, b = staff
    first = night(home, a)
    hold_publication(home, by="Anna", reason="wait")
    held = night(home, b)
    assert (held.release, built(held)) == (None, True)
    still = night(home)
    assert (still.nothing_new, built(still)) == (True, False), "what is built is not built again while held"
    lift_hold(home, by="Anna", reason="go on")
    after = night(home)
    assert after.release not in (None, first.release)
    assert night(home).nothing_new


def test_a_retraction_while_held_leaves_nothing_of_it_behind(home: Home, staff: tuple[Path, Path]) -> None:
    """A is out, B is built and held, A comes back: the night builds A again, for the warehouse holds B."""
    a, b = staff
    first = night(home, a)
    hold_publication(home, by="Anna", reason="wait")
    assert built(night(home, b))
    back = night(home, a)
    assert built(back), "the same deliveries as the release that is out, but not as the warehouse"
    with Ledger.open(home.ledger, read_only=True) as ledger:
        ledger_says = ledger.latest_verdicts()
    lift_hold(home, by="Anna", reason="go on")
    after = night(home)
    assert (after.release, after.exit, built(after)) == (None, 0, True)
    assert [r.name for r in home.releases.iterdir() if r.is_dir()] == [first.release]
    assert night(home).nothing_new
    with Ledger.open(home.ledger, read_only=True) as ledger:
        assert [v.data_fingerprint for v in ledger.latest_verdicts()] == [v.data_fingerprint for v in ledger_says]


def test_a_headline_that_moved_waits_for_a_name(
    home: Home, staff: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The night ends with 4, status and watch say so, the command publishes what the night built, and all is quiet."""
    a, b = staff
    monkeypatch.setitem(LATER, "headline", "4300")
    first = night(home, a)
    ingest_paths(home, [b], as_of=None, reason=None, wait_seconds=0)
    for _ in range(2):
        waiting = run_nightly(home.path)
        assert (waiting.exit, waiting.release, [m["new"] for m in waiting.moved]) == (4, None, ["4300"])
    told = answer(home.path, "status")
    assert (told["publish"]["state"], told["publish"]["light"]) == ("no", "amber")
    assert told["publish"]["next_command"].endswith("release publish --accept headlines --by NAME --reason WHY")
    assert [(h["indicator_id"], h["period"], h["old"], h["new"]) for h in told["headlines"]] == [
        (HEADLINE, "2024", "4000", "4300")
    ]
    assert [i["code"] for i in told["incidents"]] == ["headline_moved"]
    assert "4300" not in str(told["incidents"]), "messages hold no value"
    assert f"moved: {HEADLINE} 2024 total: 4000 to 4300" in vardlagret(home.path, "status").stdout

    who = ("--by", "Anna Ek", "--reason", "a region has changed its accounts")
    said = vardlagret(home.path, "release", "publish", "--accept", "headlines.other", *who, expect=1).stderr
    assert f"those that do: headlines.{HEADLINE}" in said
    done = answer(home.path, "release", "publish", "--accept", "headlines", *who)
    assert done["release"] not in (None, first.release)
    told = answer(home.path, "status")
    assert (told["publish"]["light"], told["headlines"], told["incidents"]) == ("green", [], [])
    assert night(home).nothing_new


def test_the_light_is_no_brighter_than_what_stands_and_nobody_has_taken_on(
    home: Home, staff: tuple[Path, Path], tmp_path: Path
) -> None:
    a, _ = staff
    release = night(home, a).release
    assert answer(home.path, "status")["publish"]["light"] == "green"
    cut = tmp_path / "synthetic_personal_cut.csv"
    cut.write_bytes(b"\n".join(a.read_bytes().splitlines()[:3]) + b"\n")
    ingest_paths(home, [cut], as_of=None, reason=None, wait_seconds=0)
    told = answer(home.path, "status")
    (incident,) = told["incidents"]
    assert (incident["code"], incident["light"]) == ("file_refused", "amber")
    assert (told["publish"]["state"], told["publish"]["light"]) == ("yes", "amber")
    assert told["publish"]["reason"] == f"Release {release} is out. 1 files of sos_staff are refused."
    assert told["publish"]["next_command"] == incident["next_command"]
    vardlagret(home.path, "watch")
    vardlagret(home.path, "watch", "ack", incident["id"], "--by", "Anna Ek")
    told = answer(home.path, "status")
    assert (told["publish"]["light"], [i["id"] for i in told["incidents"]]) == ("green", [incident["id"]])
