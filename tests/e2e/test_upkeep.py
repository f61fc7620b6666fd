"""Upkeep through the command: the ledger made anew, an older home migrated, a delivery purged."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from orchestration.ledger.migration import differences
from tests.support.built import Built
from tests.support.command import answer, latest, vardlagret
from tests.support.earlier_home import as_format_1


def test_a_lost_ledger_comes_back_and_the_next_night_finds_nothing_new(
    example_home: Built, example_deliveries: Path, tmp_path: Path
) -> None:
    home = example_home.copy(tmp_path / "home")
    told = answer(home, "doctor", "--rebuild-ledger")
    assert told["differences"] == {}
    assert told["replaced_readable"]
    replaced = home / told["replaced"]
    assert differences(replaced, home / "ledger.sqlite") == {}

    (home / "ledger.sqlite").write_bytes(b"no ledger at all")
    assert "--rebuild-ledger" in vardlagret(home, "doctor", expect=1).stderr
    assert "cannot be read" in vardlagret(home, "doctor", "--rebuild-ledger").stderr
    assert differences(replaced, home / "ledger.sqlite") == {}
    assert answer(home, "doctor")["ok"]
    before = latest(home)
    night = answer(home, "nightly", "--deliveries", example_deliveries)
    assert night["nothing_new"]
    assert latest(home) == before


def test_an_earlier_home_is_migrated_after_a_dry_run(
    example_home: Built, example_deliveries: Path, tmp_path: Path
) -> None:
    home = as_format_1(example_home.copy(tmp_path / "home"))
    unchanged = {p.name: p.read_bytes() for p in home.iterdir() if p.is_file()}
    for command in (["status"], ["nightly"], ["ingest", example_deliveries], ["delivery", "list"]):
        assert "doctor --migrate" in vardlagret(home, *command, expect=1).stderr
    checks = {c["name"]: c for c in answer(home, "doctor", expect=1)["checks"]}
    assert checks["home"]["next_step"].endswith("doctor --migrate")

    told = answer(home, "doctor", "--migrate", "--dry-run")
    assert (told["format"], told["dry_run"], len(told["steps"])) == (1, True, 3)
    assert {p.name: p.read_bytes() for p in home.iterdir() if p.is_file() and p.name in unchanged} == unchanged
    assert not (home / "raw" / "journal.jsonl").exists()

    vardlagret(home, "doctor", "--migrate")
    assert json.loads((home / "home.json").read_text())["format"] == 2
    assert answer(home, "doctor", "--migrate")["steps"] == []
    assert answer(home, "doctor", "--rebuild-ledger")["differences"] == {}
    before = latest(home)
    assert answer(home, "nightly", "--deliveries", example_deliveries)["nothing_new"]
    assert latest(home) == before


def test_a_purged_delivery_is_gone_known_and_refused_when_it_comes_again(
    example_deliveries: Path, tmp_path: Path
) -> None:
    home, folder = tmp_path / "home", tmp_path / "files"
    folder.mkdir()
    whole = next(
        p for p in sorted(example_deliveries.rglob("*.csv")) if "BUP" in p.name.upper() or "bup" in str(p).lower()
    )
    file = folder / whole.name
    shutil.copyfile(whole, file)
    vardlagret(home, "ingest", file)
    older = hashlib.sha256(file.read_bytes()).hexdigest()
    text = file.read_text().splitlines(keepends=True)
    # The same months once more, with another value: a revision that is sent by mistake.
    text[3] = text[3].rsplit(";", 1)[0] + ";99\n"
    file.write_text("".join(text))
    vardlagret(home, "ingest", file)
    newer = hashlib.sha256(file.read_bytes()).hexdigest()
    assert [d["delivery_sha256"] for d in answer(home, "delivery", "list")["deliveries"]] == [newer]

    refused = vardlagret(home, "delivery", "purge", "ffff", "--reason", "x", "--yes", expect=1)
    assert "0 deliveries begin with ffff" in refused.stderr
    asked = vardlagret(home, "delivery", "purge", newer[:12], "--reason", "x", expect=1)
    assert "Remove the bytes" in asked.stderr
    assert (home / "raw" / newer[:2] / newer).exists(), "nothing is removed unless it is said twice"

    told = answer(home, "delivery", "purge", newer[:12], "--reason", "held ids", "--by", "Ada", "--yes")
    assert told["delivery_sha256"] == newer
    assert not (home / "raw" / newer[:2] / newer).exists()
    assert not list((home / "cells").rglob(f"{newer}*"))
    tombstone = json.loads((home / "raw" / newer[:2] / f"{newer}.purged.json").read_text())
    assert (tombstone["by"], tombstone["reason"]) == ("Ada", "held ids")
    (purged,) = answer(home, "delivery", "list", "--purged")["purged"]
    assert (purged["delivery_sha256"], purged["by"], purged["reason"]) == (newer, "Ada", "held ids")
    assert [d["delivery_sha256"] for d in answer(home, "delivery", "list")["deliveries"]] == [older], (
        "the older is current"
    )

    again = vardlagret(home, "ingest", file, expect=3)
    assert "F_PURGED" in again.stderr
    assert "Ada" in again.stderr
    assert not (home / "raw" / newer[:2] / newer).exists()
    assert answer(home, "doctor", "--rebuild-ledger")["differences"] == {}
    assert [d["delivery_sha256"] for d in answer(home, "delivery", "list")["deliveries"]] == [older]
    assert "already" in vardlagret(home, "delivery", "purge", newer, "--reason", "x", "--yes", expect=1).stderr
