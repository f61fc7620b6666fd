"""A small set of the campaign's faults, several in one night: each is told of by its own means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import engine
from expectations.declarations import Suite, load
from orchestration.releases import memory
from orchestration.releases.contract import Table
from tests.injections import aggregates, nights
from tests.injections.campaign import one
from tests.injections.homes import Place
from tests.injections.outcome import ORDER, Outcome
from tests.injections.sound import aggregates as tables
from tests.support.command import vardlagret

TOLD = ORDER[: ORDER.index("no effect")]
CAUGHT = {
    "unit | skr_costs | thousands of kronor written as kronor (× 1 000)",
    "unit | skr_hsr | share as a fraction (÷ 100)",
    "complement | kolada | share of calls that were not answered",
    "unit | scb_population | thousands (÷ 1 000)",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("injected")
    vardlagret(root / "none", "example", root / "example", "--from", "2024-01", "--to", "2024-01", "--quiet")
    base, sounds = tables(root / "example")
    place = Place(root / "home", sounds, base)
    nights.preload()
    place.build()
    return place


@pytest.fixture(scope="module")
def found(place: Place) -> dict[str, Outcome]:
    faults = [f for f in aggregates.FAULTS if f.name in CAUGHT]
    assert len(faults) == len(CAUGHT)
    return dict(zip((f.name for f in faults), one(place, "before", faults, place.root.parent / "faults"), strict=True))


def test_the_sound_update_is_published_without_an_alarm(place: Place) -> None:
    answers = place.answers("update")
    assert answers["night"]["exit_code"] == 0
    assert answers["status"]["incidents"] == []


@pytest.mark.parametrize("name", sorted(CAUGHT))
def test_a_fault_is_told_of(name: str, found: dict[str, Outcome]) -> None:
    assert found[name].effect in TOLD, found[name]


@pytest.mark.long
def test_without_the_checks_a_fault_is_silent(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign can fail: where no check may stop anything, a fault that one of them stops is found silent."""

    def harmless(*arguments: Any, **named: Any) -> Suite:
        suite = load(*arguments, **named)
        quiet = tuple(e.model_copy(update={"severity": "info"}) for e in suite.expectations)
        return suite.model_copy(update={"expectations": quiet})

    def forgetful(con: duckdb.DuckDBPyConnection, table: Table, *rest: Any) -> None:
        lost(con, table, *rest)
        con.execute(f"delete from _lost_{table.name}")

    # The night runs in a child that is forked from here, and so has it as well.
    lost = memory._lost
    monkeypatch.setattr(engine, "load", harmless)
    monkeypatch.setattr(memory, "_lost", forgetful)
    fault = next(f for f in aggregates.FAULTS if f.name == "unit | skr_hsr | share as a fraction (÷ 100)")
    (outcome,) = one(place, "before", [fault], tmp_path)
    assert outcome.effect == "SILENT", outcome
