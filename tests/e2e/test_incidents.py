"""Every incident is made to happen, told by webhook and mail, and cleared by what its runbook says, read from the runbook.

Time is never waited for: what lies in the past (earlier nights, a receipt, a run that hangs) is written into the ledger
as it would stand there. Processes, files, the disk, the checks and the releases are real. `correction_expired` has its
own night in `test_correction_night.py`, with the real survey.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.ledger.ledger import Ledger
from orchestration.settings import REPOSITORY
from orchestration.watch.incidents import GRACE, RUNBOOKS
from orchestration.watch.scene import FREE_BYTES_AMBER
from orchestration.watch.schedule import last_due
from tests.e2e import test_correction_night
from tests.e2e.cases import test_signals_in_the_night as signals
from tests.support import receivers
from tests.support.command import VARDLAGRET, latest
from tests.support.revised import revised
from tests.support.runbook import commands
from tests.support.shift import Shift, copy_of_the_code, stage_of

pytestmark = pytest.mark.long

WAITS = "synthetic_vantetider_bup_2026-08-24.csv"
CARE = "synthetic_vardenisiffror_export_2019-03-27.csv"
# Which test makes which incident happen.
OF_THE_NIGHT = {"check_failed", "check_broken", "release_withheld", "release_damaged", "run_stuck", "run_failed"}
OF_TIME_AND_PEOPLE = {
    "run_not_started", "delivery_late", "publication_held", "file_refused", "run_slow", "home_locked", "run_stuck",
}  # fmt: skip


def test_every_incident_is_made_to_happen() -> None:
    by_themselves = {
        "month_suspect": signals.test_a_silent_a_repeated_and_an_incomplete_month_are_told_by_the_night,
        "records_broken": signals.test_records_that_contradict_each_other_are_told_where_they_are_too_many,
        "delivery_shrunk": signals.test_a_file_that_shrank_stands_until_it_is_replaced,
        "disk_low": test_a_full_disk_clears_by_its_runbook,
        "headline_moved": test_a_headline_that_moved_waits_and_clears_by_its_runbook,
        "correction_expired": test_correction_night.test_the_message_alone_leads_to_a_release,
    }
    assert set(RUNBOOKS) == OF_THE_NIGHT | OF_TIME_AND_PEOPLE | by_themselves.keys()


@pytest.fixture(scope="module")
def files(example_deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small deliveries; the second with a share of 140 percent in one month."""
    folder = tmp_path_factory.mktemp("files")
    for name in (WAITS, CARE):
        shutil.copyfile(next(example_deliveries.rglob(name)), folder / name)
    text = (folder / CARE).read_text(encoding="utf-8-sig")
    line = next(x for x in text.splitlines() if ";2018 december;1;1;" in x and "telefon" in x)
    value = line.split(";")[13]
    wrong = folder / "wrong" / CARE
    wrong.parent.mkdir()
    wrong.write_text(text.replace(line, line.replace(f";{value};", ";140,0;", 1)), encoding="utf-8-sig")
    return folder


@pytest.fixture(scope="module")
def after_the_first_night(files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home and its code: the checks of one dataset are gone, another fails in one month."""
    folder = tmp_path_factory.mktemp("shift")
    code = copy_of_the_code(folder / "code")
    (code / "expectations" / "suites" / "fct_observations.yml").unlink()
    shift = Shift(folder / "home", code, [], [], receivers.Mailbox())
    shift.run("ingest", files / WAITS, files / "wrong" / CARE)
    shift.run("nightly", "--quiet", expect={3})
    return shift.home, code


@contextmanager
def on_shift(made: tuple[Path, Path], folder: Path) -> Iterator[Shift]:
    """A copy of home and code with receivers of its own, in which the incidents of the first night are told."""
    home, code = made
    shutil.copytree(home, folder / "home", symlinks=True)
    with receivers.webhook() as (url, posted), receivers.mail() as (mail, mailbox):
        yield Shift(folder / "home", code, [url, mail], posted, mailbox)


def codes(incidents: set[str]) -> set[str]:
    """The incidents' codes. How full the test's own disk is does not count."""
    return {i.partition(":")[0] for i in incidents} - {"disk_low"}


def past(home: Path, statement: str, *values: object) -> None:
    """Write the past into the ledger."""
    with Ledger.open(home / "ledger.sqlite") as ledger, ledger.transaction() as connection:
        connection.execute(statement, values)


def ago(**much: int) -> str:
    return (datetime.now(UTC) - timedelta(**much)).isoformat(timespec="microseconds")


def test_checks_releases_deaths_and_failures_clear_by_their_runbooks(
    after_the_first_night: tuple[Path, Path], files: Path, tmp_path: Path
) -> None:
    home, code = after_the_first_night
    code = shutil.copytree(code, tmp_path / "code")
    with on_shift((home, code), tmp_path) as shift:
        first = shift.look()
        fired = codes(first.opened)
        assert {"check_failed:fct_wait_times", "check_broken:fct_observations"} <= first.opened
        assert shift.look().opened == set(), "what was told is not told again"

        release = latest(shift.home)["release"]
        backup = tmp_path / "backup"
        shutil.copytree(shift.home / "releases", backup / "releases")
        damage(shift.home / "releases" / release / "data" / "areas.csv")
        shift.run("nightly", "--quiet", expect={1})
        fired |= (opened := codes(shift.look().opened))
        assert opened == {"release_damaged"}
        shift.follow("release_damaged", block=0, short_of="nightly", ID=release, BACKUP=backup)
        shift.run("release", "verify", release)

        # The night that the runbook ends with is killed while it begins.
        kill_in(shift, "declare", "plan", "dbt")
        died = shift.look()
        fired |= codes(died.opened)
        assert codes(died.cleared) == {"release_damaged"}
        (shift.home / "warehouse.duckdb").write_bytes(b"a block of the disk came back as noise" * 200)
        shift.shell(*commands(RUNBOOKS["run_stuck"]), expect={4})
        failed = shift.look()
        fired |= codes(failed.opened)
        assert fired == OF_THE_NIGHT
        assert codes(failed.cleared) == {"run_stuck"}

        # What three runbooks ask for, and the one night that they all end with.
        suite = Path("expectations") / "suites" / "fct_observations.yml"
        shutil.copyfile(REPOSITORY / suite, code / suite)
        shift.follow("release_withheld")
        shift.follow("check_broken", short_of="nightly")
        shift.follow("check_failed", short_of="nightly", FILE=files / CARE)
        shift.follow("run_failed")
        mended = shift.look()
        assert {"run_failed:nightly", "check_failed:fct_wait_times", "check_broken:fct_observations"} <= mended.cleared
        assert "release_withheld" in codes(mended.cleared)
        assert mended.opened == set()
        newer = latest(shift.home)["release"]
        assert newer != release

        # A night that only died ends well by its own runbook.
        shift.run("ingest", revised(files / WAITS, tmp_path / "later"))
        kill_in(shift, "declare", "plan", "dbt")
        assert codes(shift.look().opened) == {"run_stuck"}
        shift.follow("run_stuck")
        assert codes(shift.look().cleared) == {"run_stuck"}
        newer = latest(shift.home)["release"]
        # Without a backup: from another release, and where there is none with those bytes, that release once more.
        for block in (1, 2):
            damage(shift.home / "releases" / newer / "data" / "areas.csv")
            shift.run("release", "verify", expect={1})
            shift.follow(
                "release_damaged", block=block, ID=newer, SOUND=release, FILE="areas.csv", NAME="Anna", WHY="tried"
            )
            shift.run("release", "verify")
        assert latest(shift.home)["release"] not in (release, newer)


def damage(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"Stockholm", b"Stockhelm", 1))


def kill_in(shift: Shift, *stages: str) -> None:
    """Start a night, and kill it when it is in one of these stages."""
    process = start(shift)
    while stage_of(shift.home) not in stages:
        assert process.poll() is None, f"the night ended before its stages {stages}"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def start(shift: Shift) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(VARDLAGRET), "--home", str(shift.home), "nightly", "--quiet"], env=shift.environment(),
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_what_is_late_held_refused_slow_or_locked_clears_by_its_runbook(
    after_the_first_night: tuple[Path, Path], files: Path, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    if now - last_due(now) <= GRACE:
        pytest.skip("the nightly's own hour: a night that has not begun is not missed before it has passed")
    with on_shift(after_the_first_night, tmp_path) as shift:
        shift.look()
        fired: set[str] = set()
        past(shift.home, "update runs set started_at = ?, ended_at = ?", ago(days=3, minutes=10), ago(days=3))
        past(shift.home, "update receipts set received_at = '2024' || substr(received_at, 5)")
        shift.run("release", "hold", "--by", "Anna", "--reason", "'a question is open'")
        fired |= (opened := codes(shift.look().opened))
        assert opened == {"run_not_started", "delivery_late", "publication_held"}

        shift.follow("run_not_started")
        assert codes(shift.look().cleared) == {"run_not_started"}
        shift.follow("publication_held", NAME="Anna", WHY="settled")
        assert codes(shift.look().cleared) == {"publication_held"}
        shift.follow("delivery_late", block=0, SOURCE="sos_bup_waits")
        shift.follow("delivery_late", block=1, SOURCE="sos_bup_waits", NAME="Anna")
        quiet = shift.look()
        assert (quiet.quiet, quiet.cleared) == ({"delivery_late:sos_bup_waits"}, set())
        shift.run("ingest", files / WAITS)
        assert codes(shift.look().cleared) == set(), "what has come before is no delivery"
        shift.follow("delivery_late", block=2, FILE=revised(files / WAITS, tmp_path))
        assert codes(shift.look().cleared) == {"delivery_late"}

        (cut := tmp_path / WAITS).write_bytes((files / WAITS).read_bytes()[:-90])
        shift.run("ingest", cut, expect={3})
        fired |= (opened := codes(shift.look().opened))
        assert opened == {"file_refused"}
        shift.follow("file_refused", SOURCE="sos_bup_waits", FILE=files / WAITS)
        assert codes(shift.look().cleared) == {"file_refused"}

        process = night_that_stands_still(shift)
        try:
            fired |= (opened := codes(shift.look().opened))
            assert {"run_slow", "home_locked"} <= opened
            shift.follow("run_slow")
            assert process.poll() is None
            shift.follow("home_locked", PID=process.pid)
            process.wait()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        ended = shift.look()
        assert {"run_slow", "home_locked"} <= codes(ended.cleared)
        fired |= codes(ended.opened)
        assert fired >= OF_TIME_AND_PEOPLE


def night_that_stands_still(shift: Shift) -> subprocess.Popen[bytes]:
    """A night that is stopped while it works, and began hours ago as the ledger and the lock's note have it.

    Three nights of ten minutes are its history: without one nothing is slow.
    """
    (shift.home / "landing" / "notes.txt").write_text("nothing that a layout fits")
    process = start(shift)
    while stage_of(shift.home) is None:
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGSTOP)
    while in_a_transaction(shift.home):
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.05)
        os.kill(process.pid, signal.SIGSTOP)
    copied = (
        "insert into runs (run_id, nightly_id, kind, pid, born, host, started_at, ended_at, stage, exit, summary) select "
        "run_id || ?, nightly_id, kind, pid, born, host, ?, ?, stage, exit, summary from runs where kind = 'nightly' and exit = 3 limit 1"
    )
    for day in (4, 5, 6):
        past(shift.home, copied, f"-{day}", ago(days=day, minutes=10), ago(days=day))
    past(
        shift.home,
        "update runs set started_at = ?, ended_at = ? where ended_at > ?",
        ago(days=2),
        ago(days=2),
        ago(days=2),
    )
    past(shift.home, "update runs set started_at = ? where ended_at is null", ago(hours=5))
    note = shift.home / "home.lock.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"since": ago(hours=5)}))
    return process


def in_a_transaction(home: Path) -> bool:
    """Whether a process that is stopped holds the ledger: then nobody else could write to it."""
    with closing(sqlite3.connect(home / "ledger.sqlite", timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("begin immediate")
            connection.execute("rollback")
        except sqlite3.OperationalError:
            return True
    return False


def test_a_headline_that_moved_waits_and_clears_by_its_runbook(example_deliveries: Path, tmp_path: Path) -> None:
    """The owner revises the nation's net cost of primary care by 200 kronor; 100 are declared."""
    cost = next(example_deliveries.rglob("*per_specialitet.csv"))
    before = "Allmänläkarvård inkl. jourverksamhet;Nettokostnad exkl läkemedel;2017;Riket;2516"
    text = cost.read_text(encoding="utf-8-sig")
    assert text.count(before) == 1
    revised = tmp_path / "synthetic_revised.csv"
    revised.write_text(text.replace(before, before.replace("2516", "2716")), encoding="utf-8-sig")
    with receivers.webhook() as (url, posted), receivers.mail() as (mail, mailbox):
        shift = Shift(tmp_path / "home", REPOSITORY, [url, mail], posted, mailbox)
        shift.run("ingest", cost)
        shift.run("nightly", "--quiet", expect={0, 3})
        shift.look()
        release = latest(shift.home)["release"]
        shift.run("ingest", revised)
        shift.run("nightly", "--quiet", expect={4})
        assert codes(shift.look().opened) == {"headline_moved"}
        assert "2716" not in json.dumps([*posted, *mailbox.titles], default=str)
        shift.follow("headline_moved", block=0, PERIOD="2017")
        assert latest(shift.home)["release"] == release
        shift.follow("headline_moved", block=1, NAME="Anna", WHY="'the owner says so'")
        assert latest(shift.home)["release"] != release
        assert codes(shift.look().cleared) == {"headline_moved"}


def test_a_full_disk_clears_by_its_runbook(after_the_first_night: tuple[Path, Path], tmp_path: Path) -> None:
    """The disk is a file system in memory of a little over 5 GB, of which old logs take a part."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5150000000", "tmpfs", disk], check=False)
    if mounted.returncode != 0:
        pytest.skip("a file system cannot be mounted here: it takes root")
    try:
        with on_shift(after_the_first_night, disk) as shift:
            old = shift.home / "logs" / "old.log"
            with old.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - FREE_BYTES_AMBER + 20_000_000)
            long_ago = time.time() - 60 * 86400
            os.utime(old, (long_ago, long_ago))
            assert "disk_low:amber" in shift.look().opened
            shift.follow("disk_low")
            assert shift.look().cleared == {"disk_low:amber"}
            assert not old.exists()
    finally:
        subprocess.run(["umount", disk], check=True)
