"""The page on a small server, followed from its own words: its commands are read from it and carried out.

Only the places differ: the home, the code and the backup are folders of the test, and everybody is the test's user. What
belongs to the machine (packages, users, systemd, the proxy) is left out, and the units are looked at by systemd itself.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from orchestration.ledger.ledger import Ledger
from orchestration.ledger.migration import differences
from orchestration.settings import REPOSITORY
from tests.support import postgres
from tests.support.command import environment, latest
from tests.support.earlier_home import as_format_1

PAGES = {name: REPOSITORY / "docs" / name for name in ("deploy.md", "deploy.sv.md")}
DEPLOY = REPOSITORY / "deploy"
MACHINE = re.compile(r"(sudo )?(apt-get|adduser|git|make|install|cp|ln|htpasswd|openssl|nginx|systemctl)\b")
_LACKING = [
    reason
    for reason, there in (
        ("PostgreSQL is not installed (apt-get install postgresql)", postgres.programs()),
        ("rsync is not installed (apt-get install rsync)", shutil.which("rsync")),
        ("dagster-postgres is not installed (make postgres)", importlib.util.find_spec("dagster_postgres")),
    )
    if not there
]
needs_postgres = pytest.mark.skipif(bool(_LACKING), reason="; ".join(_LACKING))


def commands(page: Path) -> dict[str, list[str]]:
    """The console commands of a page, by its headings' order: `Install`, `PostgreSQL` ..."""
    found: dict[str, list[str]] = {}
    for part in page.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        found[heading] = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return found


def test_both_languages_give_the_same_commands() -> None:
    english, swedish = (list(commands(page).values()) for page in PAGES.values())
    assert english == swedish
    assert sum(map(len, english)) > 30


def test_every_file_that_the_page_names_is_there() -> None:
    text = PAGES["deploy.md"].read_text(encoding="utf-8")
    for name in re.findall(r"/opt/vardlagret/(deploy/[\w.*-]+\w|dagster\.yaml)", text):
        assert list(REPOSITORY.glob(name)), name
    units = {p.name for p in DEPLOY.glob("vardlagret-*")}
    for unit in re.findall(r"`(vardlagret-\w+(?:\.\w+)?)`", text):
        assert unit in units or f"{unit}.service" in units, unit


def test_what_the_proxy_and_the_backup_need_is_made_by_commands_before_them() -> None:
    told = commands(PAGES["deploy.md"])
    needed = re.findall(
        r"(?:ssl_certificate|ssl_certificate_key|auth_basic_user_file)\s+(\S+);", (DEPLOY / "nginx.conf").read_text()
    )
    assert len(needed) == 3
    checked = next(at for at, command in enumerate(told["The proxy"]) if "nginx -t" in command)
    for path in needed:
        assert any(path in command for command in told["The proxy"][:checked]), path
    (name,) = re.findall(r"server_name (\S+);", (DEPLOY / "nginx.conf").read_text())
    assert any(f"/CN={name} " in command for command in told["The proxy"])
    made, copied = told["Backup"]
    assert made.split()[:3] == ["sudo", "install", "-d"]
    assert copied.endswith(f"{made.split()[-1]}/")
    # Settings are for the group alone, so whoever gives commands is one of it.
    assert 'sudo adduser "$USER" vardlagret' in told["Install"]


def test_the_units_are_ones_that_systemd_takes(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if not verify:
        pytest.skip("systemd-analyze is not installed (apt-get install systemd)")
    binaries = Path(sys.executable).parent
    for unit in DEPLOY.glob("vardlagret-*"):
        text = unit.read_text(encoding="utf-8").replace("/opt/vardlagret/.venv/bin", str(binaries))
        (tmp_path / unit.name).write_text(text.replace("/opt/vardlagret", str(REPOSITORY)), encoding="utf-8")
    done = subprocess.run([verify, "verify", *sorted(tmp_path.iterdir())], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    night = subprocess.run(
        [verify, "calendar", "--base-time=2026-10-24 12:00", "--iterations=2", "*-*-* 03:30:00 Europe/Stockholm"],
        capture_output=True, text=True, check=True, env=os.environ | {"TZ": "UTC"},
    )  # fmt: skip
    # In the night of the clock's change to winter time, and the night after it.
    assert "2026-10-25 02:30:00 UTC" in night.stdout
    assert "OnCalendar=*-*-* 03:30:00 Europe/Stockholm" in (DEPLOY / "vardlagret-nightly.timer").read_text()
    assert "Persistent=true" in (DEPLOY / "vardlagret-nightly.timer").read_text(), (
        "a night that was missed is made up for"
    )


def test_the_web_page_is_bound_to_the_loopback_address() -> None:
    (start,) = re.findall(r"ExecStart=(.*)", (DEPLOY / "vardlagret-webserver.service").read_text())
    assert "-h 127.0.0.1 " in start
    assert "auth_basic_user_file" in (DEPLOY / "nginx.conf").read_text()


class Machine:
    """Carries out the page's commands in folders of the test."""

    def __init__(self, folder: Path, server: postgres.Server) -> None:
        self.home, self.backup, self.server = folder / "srv", folder / "backup", server
        self.backup.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._places = [
            ("/opt/vardlagret/.venv/bin", str(Path(sys.executable).parent)),
            ("/opt/vardlagret", str(REPOSITORY)), ("/srv/vardlagret", str(self.home)),
            ("/backup/vardlagret", str(self.backup)), ("/run/postgresql", str(server.socket)),
            ("/etc/vardlagret/pseudonym.key", environment()["VARDLAGRET_PSEUDONYM_KEY_FILE"]),
        ]  # fmt: skip

    def here(self, text: str) -> str:
        for theirs, ours in self._places:
            text = text.replace(theirs, ours)
        return text

    def settings(self) -> dict[str, str]:
        """The settings' file as the units read it."""
        lines = self.here((DEPLOY / "vardlagret.env").read_text(encoding="utf-8")).splitlines()
        pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
        told = {name: value.strip('"') for name, value in pairs}
        path = f"{self.server.bin}:{os.environ['PATH']}"
        return environment() | told | {"PATH": path, "PGHOST": str(self.server.socket), "PGUSER": postgres.SUPERUSER}

    def run(self, command: str) -> str:
        """Carry out one command; it must succeed."""
        text = re.sub(r"sudo -u \w+ ", "", self.here(command))
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text], capture_output=True, text=True, check=False, env=self.settings(),
            cwd=REPOSITORY, timeout=900,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def follow(self, section: str) -> list[str]:
        """Carry out a section's commands, less the machine's own; returns what each printed."""
        return [self.run(c) for c in commands(PAGES["deploy.md"])[section] if not MACHINE.match(c)]

    def unit(self, name: str) -> str:
        """What the unit `vardlagret-<name>` starts, in the test's places; the port is a free one."""
        (start,) = re.findall(r"^ExecStart=(.*)", (DEPLOY / f"vardlagret-{name}.service").read_text(), re.MULTILINE)
        return self.here(start).replace("-p 3000 ", f"-p {self.port} ")

    @contextmanager
    def service(self, name: str) -> Iterator[None]:
        """The unit's process for as long as it is needed, ended as systemd ends it."""
        log = self.home / f"{name}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                self.unit(name).split(),
                stdout=out,
                stderr=out,
                env=self.settings(),
                cwd=REPOSITORY,
                start_new_session=True,
            )
            try:
                yield
                assert process.poll() is None, log.read_text()
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(120)

    def asked(self, query: str, **variables: object) -> dict:
        """The web page's answer to one GraphQL query; raises `URLError` until it answers."""
        request = Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def runs(self) -> dict[str, int]:
        """Dagster's runs in PostgreSQL, by status."""
        rows = self.server.ask("vardlagret_dagster", "select status, count(*) from runs group by 1")
        return {status: int(n) for status, n in rows}


def eventually(ask: Callable[[], Any], seconds: float = 180) -> Any:
    """The first answer that is one; what is started needs time until it answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            if answer := ask():
                return answer
        except URLError:
            if time.monotonic() > until:
                raise
        assert time.monotonic() < until, "no answer"
        time.sleep(1)


def backfill_on_the_page(machine: Machine) -> dict[str, int]:
    """Two months of a fact's monthly assets, asked for as the web page does; Dagster's runs when the daemon is done."""
    names = (
        "staging/stg_wait_contacts__contacts",
        *(f"intermediate/int_waits__{n}" for n in ("days", "deliveries", "monthly")),
    )
    asked = {
        "assetSelection": [{"path": name.split("/")} for name in names],
        "partitionNames": ["2024-11-01", "2024-12-01"],
    }
    told = machine.asked(
        "mutation($asked: LaunchBackfillParams!) {launchPartitionBackfill(backfillParams: $asked) {__typename "
        "... on LaunchBackfillSuccess {backfillId} ... on PythonError {message}}}",
        asked=asked,
    )["launchPartitionBackfill"]
    look = "query($id: String!) {partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}}"

    def ended() -> str | None:
        status = machine.asked(look, id=told["backfillId"])["partitionBackfillOrError"]["status"]
        return status if status.startswith(("COMPLETED", "FAIL", "CANCEL")) else None

    assert eventually(ended) == "COMPLETED_SUCCESS"
    return machine.runs()


@pytest.fixture
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = postgres.programs()
    assert folder is not None
    with postgres.server(folder) as server:
        yield Machine(tmp_path_factory.mktemp("server"), server)


@pytest.mark.postgres
@needs_postgres
def test_the_units_of_a_new_machine_begin_and_write_to_postgresql(machine: Machine) -> None:
    *_, info = machine.follow("PostgreSQL")
    assert "PostgresEventLogStorage" in info
    with machine.service("webserver"), machine.service("daemon"):
        jobs = eventually(
            lambda: machine.asked("{repositoriesOrError {... on RepositoryConnection {nodes {pipelines {name}}}}}")
        )
        assert "nightly" in {p["name"] for node in jobs["repositoriesOrError"]["nodes"] for p in node["pipelines"]}
        beats = "select distinct daemon_type from daemon_heartbeats"
        assert ["SENSOR"] in eventually(lambda: machine.server.ask("vardlagret_dagster", beats))
    assert machine.runs() == {}


@pytest.mark.long
@pytest.mark.postgres
@needs_postgres
def test_the_page_is_followed_from_its_own_words(machine: Machine, example_deliveries: Path, tmp_path: Path) -> None:
    *_, info = machine.follow("PostgreSQL")
    assert "PostgresEventLogStorage" in info
    few = ("socialstyrelsen/*bup*", "contacts/*_18_2024-1*.csv")
    for file in (p for pattern in few for p in example_deliveries.glob(pattern)):
        target = machine.home / "landing" / file.name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, target)
    (withheld,) = re.findall(
        r"^SuccessExitStatus=(\d)$", (DEPLOY / "vardlagret-nightly.service").read_text(), re.MULTILINE
    )
    machine.run(f"{machine.unit('nightly')} || [ $? -eq {withheld} ]")
    runs = machine.runs()
    assert set(runs) == {"SUCCESS"}
    (events,) = machine.server.ask("vardlagret_dagster", "select count(*) from event_logs")
    assert int(events[0]) > 100
    assert not list((machine.home / "dagster").rglob("*.db")), "nothing of it lies in SQLite"

    machine.run(f"{machine.unit('watch')} || [ $? -eq 1 ]")
    assert (machine.home / "status.html").exists()
    with machine.service("webserver"), machine.service("daemon"):
        shown = eventually(lambda: machine.asked("{runsOrError {... on Runs {results {status pipelineName}}}}"))
        assert {r["status"] for r in shown["runsOrError"]["results"]} == {"SUCCESS"}
        assert backfill_on_the_page(machine) == {"SUCCESS": runs["SUCCESS"] + 1}
    with Ledger.open(machine.home / "ledger.sqlite", read_only=True) as ledger:
        by_hand, night = ledger.runs(limit=2)
    assert [(r.kind, r.exit) for r in (by_hand, night)] == [("dagster", 0), ("nightly", night.exit)]

    machine.follow("Backup")
    assert sorted(p.name for p in machine.backup.iterdir()) == ["home.json", "raw", "releases"]
    lost = tmp_path / "lost"
    machine.home.rename(lost)
    for what in ("dropdb vardlagret_dagster", "dropuser vardlagret"):
        machine.run(what)
    machine.follow("PostgreSQL")
    rebuilt, *after = commands(PAGES["deploy.md"])["Restore"][1:]
    machine.run(commands(PAGES["deploy.md"])["Restore"][0])
    machine.run(rebuilt)
    assert differences(lost / "ledger.sqlite", machine.home / "ledger.sqlite") == {}
    for command in after:
        machine.run(command)
    assert latest(machine.home) == latest(lost)
    assert sorted(p.name for p in machine.home.rglob("cells/**/*.parquet")) == sorted(
        p.name for p in lost.rglob("cells/**/*.parquet")
    )
    assert (machine.home / "warehouse.duckdb").exists()
    assert machine.runs().keys() == {"SUCCESS"}

    # As an earlier version would have left it: the upgrade has something to migrate.
    as_format_1(machine.home)
    machine.follow("Upgrade")
    assert json.loads((machine.home / "home.json").read_text())["format"] == 2
    assert latest(machine.home) == latest(lost)


def test_a_page_that_lies_is_found(tmp_path: Path) -> None:
    """The test itself can fail: a command that the page would give wrongly is not passed over."""
    lying = tmp_path / "page.md"
    lying.write_text("# x\n\n## Restore\n```console\n$ sudo -u vardlagret false\n```\n")
    assert commands(lying) == {"Restore": ["sudo -u vardlagret false"]}
    machine = Machine(tmp_path, postgres.Server(tmp_path, tmp_path))
    with pytest.raises(AssertionError, match="exit 1"):
        machine.run(commands(lying)["Restore"][0])
