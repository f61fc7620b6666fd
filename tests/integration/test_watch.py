"""The watch through the command, with a real receiver of webhooks and one of mail."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.watch.incidents import Incident
from orchestration.watch.messages import Message
from orchestration.watch.watch import look
from tests.support import receivers
from tests.support.command import VARDLAGRET, answer, environment, vardlagret

T1, T2, T3, T4 = (f"2026-11-25T0{n}:00:00.000000+00:00" for n in range(1, 5))


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict]]]:
    with receivers.webhook() as told:
        yield told


def failed_home(path: Path) -> Path:
    home = Home(path).create_or_open()
    with Ledger.open(home.ledger) as ledger:
        ledger.end_run(ledger.start_run("nightly"), exit_code=4, summary={"error": "planted"})
    return path


def watched(home: Path, *urls: str) -> dict:
    done = subprocess.run(
        [VARDLAGRET, "--home", home, "watch", "--json"], capture_output=True, text=True, check=False, timeout=120,
        env=environment() | {"VARDLAGRET_NOTIFY": " ".join(urls)},
    )  # fmt: skip
    return json.loads(done.stdout) | {"exit": done.returncode}


def test_a_failed_night_is_told_once_by_webhook_and_mail_and_told_to_have_cleared(tmp_path: Path, webhook) -> None:
    url, posted = webhook
    with receivers.mail() as (mail, mailbox):
        home = failed_home(tmp_path / "home")
        assert watched(home, url, mail)["sent"] == 1
        assert watched(home, url, mail)["sent"] == 0
        (post,) = posted
        assert post["title"] == "Vårdlagret: run failed"
        for word in ("Since:", "Effect:", "nightly", "docs/runbooks/no-release-made.md", "run_failed:nightly"):
            assert word in post["message"]
        assert "planted" not in post["message"]
        assert len(mailbox.received) == 1
        with Ledger.open(home / "ledger.sqlite") as ledger:
            ledger.end_run(ledger.start_run("nightly"), exit_code=0, summary={})
        assert watched(home, url, mail)["cleared"] == ["run_failed:nightly"]
        assert "cleared" in posted[1]["title"]
        assert len(mailbox.received) == 2


def test_what_no_receiver_took_is_tried_again(tmp_path: Path, webhook) -> None:
    url, posted = webhook
    home = failed_home(tmp_path / "home")
    gone = watched(home, "json://127.0.0.1:9/secret")
    assert (gone["exit"], gone["sent"], gone["failed"]) == (1, 0, ["receiver 1 (json)"])
    assert watched(home, url)["sent"] == len(posted) == 1


def test_a_month_built_by_hand_after_a_failed_night_makes_nothing_green(tmp_path: Path) -> None:
    home = failed_home(tmp_path / "home")
    before = answer(home, "status", expect=1)
    with Ledger.open(home / "ledger.sqlite") as ledger:
        ledger.join_run("dagster-1", "dagster")
        ledger.enter_stage("dagster-1", "int_waits__days")
        ledger.leave_stage("dagster-1", "int_waits__days", "done")
        ledger.end_run("dagster-1", exit_code=0)
        failed = ledger.last_build()
    assert failed is not None
    assert failed.kind == "nightly"
    after = answer(home, "status", expect=1)
    assert (after["publish"], after["incidents"]) == (before["publish"], before["incidents"])
    assert [i["code"] for i in watched(home)["incidents"]] == ["run_failed"]


@pytest.mark.parametrize(
    ("kind", "goes_on"), [("nightly", "nightly"), ("backfill", "backfill run"), ("ingest", "ingest PATH")]
)
def test_a_dead_run_is_closed_and_told(tmp_path: Path, kind: str, goes_on: str) -> None:
    home = Home(tmp_path / "home").create_or_open()
    script = (
        "import os, sys, pathlib; from orchestration.ledger.ledger import Ledger\n"
        "l = Ledger.open(pathlib.Path(sys.argv[1])); r = l.start_run(sys.argv[2]); l.enter_stage(r, 'dbt'); os._exit(9)"
    )
    subprocess.run([VARDLAGRET.with_name("python"), "-c", script, home.ledger, kind], check=False, env=dict(os.environ))
    told = watched(home.path)
    assert len(told["closed_runs"]) == 1
    assert [(i["code"], i["next_command"]) for i in told["incidents"]] == [
        ("run_stuck", f"vardlagret --home {home.path} {goes_on}")
    ]
    with Ledger.open(home.ledger, read_only=True) as ledger:
        assert ledger.runs()[0].exit == -9


def test_an_incident_is_acknowledged_by_name_and_only_if_it_stands(tmp_path: Path) -> None:
    home = failed_home(tmp_path / "home")
    assert "stands" in vardlagret(home, "watch", "ack", "run_failed:nightly", "--by", "Anna", expect=1).stderr
    vardlagret(home, "watch")
    vardlagret(home, "watch", "ack", "run_failed:nightly", "--by", "Anna", "--until", "2020-01-01", expect=2)
    vardlagret(home, "watch", "ack", "run_failed:nightly", "--by", "Anna")
    assert answer(home, "watch")["quiet"] == ["run_failed:nightly"]


def test_publication_is_held_and_lifted_by_name(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open().path
    with Ledger.open(home / "ledger.sqlite") as ledger:
        ledger.end_run(ledger.start_run("nightly"), exit_code=0, summary={})
    vardlagret(home, "release", "publish", "--by", "Anna", "--reason", "x", expect=1)
    vardlagret(home, "release", "hold", "--by", "Anna", "--reason", "the ministry asks")
    vardlagret(home, "release", "hold", "--by", "Bo", "--reason", "again", expect=1)
    said = answer(home, "status")
    assert said["publish"]["light"] == "amber"
    assert "the ministry asks" in said["publish"]["reason"]
    assert [i["code"] for i in said["incidents"]] == ["publication_held"]
    vardlagret(home, "release", "publish", "--by", "Bo", "--reason", "settled")
    assert answer(home, "status")["incidents"] == []


def incident(name: str) -> Incident:
    return Incident(f"disk_low:{name}", "disk_low", T1, "none", "v gc", "docs/runbooks/disk-low.md", "what")


def test_messages_are_capped_and_a_snooze_ends(tmp_path: Path) -> None:
    sent: list[Message] = []

    def send(message: Message) -> tuple[list[str], int]:
        sent.append(message)
        return [], 1

    many = [incident(str(n)) for n in range(5)]
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        look(ledger, many, now=T1, send=send, command="v", cap=3)
        assert len(sent) == 4
        assert "disk_low:4" in sent[-1].body
        ledger.quiet_incident("disk_low:0", "Anna", T1, T3)
        assert look(ledger, many, now=T2, send=send, command="v").quiet == ["disk_low:0"]
        assert look(ledger, many, now=T3, send=send, command="v").sent == 1
        assert look(ledger, many, now=T4, send=send, command="v").sent == 0
