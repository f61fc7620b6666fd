"""A night that an expired correction stops, mended by following its message and nothing else."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import REPOSITORY
from tests.real import DELIVERIES, needs_deliveries
from tests.support.built import Built
from tests.support.command import VARDLAGRET, environment, latest
from tests.support.receivers import Mailbox, mail, webhook
from tests.support.runbook import commands

SURVEY = "regionenkat_2025_fast_lakarkontakt.csv"


def survey(target: Path, old: str, new: str) -> None:
    """The real survey with one row written otherwise."""
    assert DELIVERIES is not None
    text = next(DELIVERIES.rglob(SURVEY)).read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new), encoding="utf-8")


def run(
    corrections: Path, *command: object, expect: int | None, receivers: str = ""
) -> subprocess.CompletedProcess[str]:
    told = {"VARDLAGRET_CORRECTIONS": str(corrections), "VARDLAGRET_NOTIFY": receivers}
    done = subprocess.run(
        [str(VARDLAGRET), *map(str, command)], capture_output=True, text=True, check=False, env=environment() | told
    )
    assert expect is None or done.returncode == expect, done.stdout + done.stderr
    return done


@pytest.fixture
def night_shift() -> Iterator[tuple[str, list[dict], Mailbox]]:
    """URLs of a webhook and of a mailbox, and what came to each."""
    with webhook() as (url, posted), mail() as (address, mailbox):
        yield f"{url} {address}", posted, mailbox


@needs_deliveries
@pytest.mark.parametrize("mended", ["08;Kalmar;73;181234;90"])
def test_the_message_alone_leads_to_a_release(mended: str, real_warehouse: Built, tmp_path: Path, night_shift) -> None:
    urls, posted, mailbox = night_shift
    home, corrections = real_warehouse.copy(tmp_path / "home"), tmp_path / "corrections"
    shutil.copytree(REPOSITORY / "corrections", corrections)
    before = latest(home)
    survey(tmp_path / SURVEY, "08;Kalmar;73;179;90", mended)
    run(corrections, "--home", home, "ingest", tmp_path / SURVEY, expect=0)

    night = json.loads(
        run(corrections, "--home", home, "nightly", "--json", "--quiet", expect=4).stdout.strip().splitlines()[-1]
    )
    assert "the owner has mended it" in night["error"]
    assert SURVEY in night["error"]
    assert latest(home) == before, "the latest release stays"
    run(corrections, "--home", home, "watch", expect=0, receivers=urls)
    (post,) = [p for p in posted if p["title"] == "Vårdlagret: correction expired"]
    assert "docs/runbooks/correction-expired.md" in post["message"]
    assert "179" not in post["message"], "no value of a delivery is sent"
    assert "Vårdlagret: correction expired" in mailbox.titles

    # What a reader of the message does.
    found = re.search(r"Delete lines (\d+) to (\d+) of (\S+) \(the entry `- correction_id: (\S+)`\)", night["error"])
    assert found, night["error"]
    first, last, file = int(found[1]), int(found[2]), Path(found[3])
    assert file.is_relative_to(corrections)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    assert found[4] in lines[first - 1]
    assert not lines[last:] or lines[last].startswith(("- correction_id", "#", "\n"))
    file.write_text("".join(lines[: first - 1] + lines[last:]), encoding="utf-8")
    remaining = json.loads(run(corrections, "corrections", "--json", expect=0).stdout)["corrections"]
    assert found[4] not in {c["correction_id"] for c in remaining}
    assert len(remaining) == 2

    # The runbook's command is the one that the night itself names.
    (typed,) = commands("correction-expired")
    assert typed.replace(" H ", f" {home} ") == night["next_command"]
    command = shlex.split(night["next_command"])
    assert command[0] == "vardlagret"
    done = run(corrections, *command[1:], "--json", expect=None)
    again = json.loads(done.stdout.strip().splitlines()[-1])
    assert again["error"] is None, again
    assert again["release"] == latest(home)["release"] != before["release"]
    values = (home / "releases" / again["release"] / "data" / "corrections.csv").read_text()
    assert "gavleborg" in values
    assert "kalmar" not in values
    run(corrections, "--home", home, "watch", expect=0, receivers=urls)
    assert "Vårdlagret: cleared, correction expired" in mailbox.titles
    assert [p for p in posted if "correction_expired:nightly has cleared" in p["message"]]


@needs_deliveries
def test_a_correction_that_matches_nothing_stops_the_night_too(tmp_path: Path) -> None:
    home, corrections = tmp_path / "home", tmp_path / "corrections"
    shutil.copytree(REPOSITORY / "corrections", corrections)
    survey(tmp_path / SURVEY, "21;Gävleborg", "20;Dalarna")
    run(corrections, "--home", home, "ingest", tmp_path / SURVEY, expect=0)
    done = run(corrections, "--home", home, "nightly", "--json", expect=4)
    error = json.loads(done.stdout.strip().splitlines()[-1])["error"]
    assert "named_doctor_2025_gavleborg matches no record" in error
    assert "Delete lines" in error


@needs_deliveries
def test_a_correction_is_added_listed_and_expires(tmp_path: Path) -> None:
    """Only what fits the survey as delivered is written, and only what fits no more is deleted."""
    home, corrections = tmp_path / "home", tmp_path / "corrections"
    shutil.copytree(REPOSITORY / "corrections", corrections)
    ledger = corrections / "sos_region_survey.yml"
    before = ledger.read_text(encoding="utf-8")
    survey(tmp_path / SURVEY, "08;Kalmar", "08;Kalmar")
    run(corrections, "--home", home, "ingest", tmp_path / SURVEY, expect=0)

    def standing() -> dict[str, str]:
        answer = json.loads(run(corrections, "--home", home, "corrections", "list", "--json", expect=0).stdout)
        return {c["correction_id"]: c["state"] for c in answer["corrections"]}

    assert set(standing().values()) == {"applied"}
    words = [
        "--home", home, "corrections", "add", "--source", "sos_region_survey", "--layout", "named_doctor",
        "--record", "region_code=03", "--record", "question=q35_andel_procent", "--record", "year=2025",
        "--column", "value", "--right", "39", "--reason", "misprint", "--evidence", "the owner's letter", "--by", "M. Ek",
    ]  # fmt: skip
    refused = run(corrections, *words, "--wrong", "46", "--id", "uppsala", expect=1)
    assert "which is gone from" in refused.stderr
    assert ledger.read_text(encoding="utf-8") == before, "nothing was written"
    added = run(corrections, *words, "--wrong", "38", "--id", "uppsala", expect=0)
    assert SURVEY in added.stdout
    assert standing()["uppsala"] == "applied"
    assert "exists" in run(corrections, *words, "--wrong", "38", "--id", "uppsala", expect=1).stderr

    assert "--anyway" in run(corrections, "--home", home, "corrections", "expire", "uppsala", expect=1).stderr
    survey(tmp_path / SURVEY, "03;Uppsala;38", "03;Uppsala;39")
    run(
        corrections,
        "--home",
        home,
        "ingest",
        tmp_path / SURVEY,
        "--as-of",
        "2030-01-01",
        "--reason",
        "mended",
        expect=0,
    )
    assert standing() | {"uppsala": "expired"} == standing()
    run(corrections, "--home", home, "corrections", "expire", "uppsala", expect=0)
    assert "uppsala" not in standing()
    assert ledger.read_text(encoding="utf-8") == before
    assert (
        "no correction uppsala" in run(corrections, "--home", home, "corrections", "expire", "uppsala", expect=1).stderr
    )
