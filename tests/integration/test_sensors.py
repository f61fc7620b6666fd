"""The landing's sensor, evaluated on a real home: whole files start a night once, others do not."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs.sensors import ATTEMPTS, FILES, sensors
from orchestration.example.write import write_example
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.lock import hold
from tests.support.command import vardlagret


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("VARDLAGRET_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home").create_or_open()


def evaluate(name: str = "landing") -> dg.SensorResult | dg.SkipReason:
    (sensor,) = [s for s in sensors().sensors or [] if s.name == name]
    with dg.DagsterInstance.ephemeral() as instance:
        return sensor(dg.build_sensor_context(instance=instance))


def key_after(instance: dg.DagsterInstance) -> str | None:
    """The key of the run that the sensor asks for on this instance; None when it asks for none."""
    (sensor,) = [s for s in sensors().sensors or [] if s.name == "landing"]
    found = sensor(dg.build_sensor_context(instance=instance))
    return found.run_requests[0].run_key if isinstance(found, dg.SensorResult) and found.run_requests else None


def end_a_run(instance: dg.DagsterInstance, tags: dict[str, str], status: dg.DagsterRunStatus) -> None:
    """A run of the sensor, as the daemon would have launched it, that has ended so."""

    @dg.job(name="nightly")
    def nightly() -> None: ...

    run = instance.create_run_for_job(nightly, tags=tags)
    instance.report_run_canceled(run) if status is dg.DagsterRunStatus.CANCELED else instance.report_run_failed(run)


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED])
def test_a_run_that_ended_before_it_gave_a_receipt_is_asked_for_again(
    status: dg.DagsterRunStatus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(home, tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        first = key_after(instance)
        assert first == key_after(instance), "while its run has not ended, the files are one run"
        tags = {FILES: first.split("-")[1]}
        end_a_run(instance, tags, status)
        assert key_after(instance) is None, "not at once"
        monkeypatch.setattr("orchestration.defs.sensors.PAUSE_SECONDS", 0.0)
        second = key_after(instance)
        assert second not in (None, first)
        for _ in range(ATTEMPTS - 2):
            end_a_run(instance, tags, status)
        assert key_after(instance) not in (None, first, second)
        end_a_run(instance, tags, status)
        assert key_after(instance) is None, "not for ever"


def lay(home: Home, tmp_path: Path, name: str = "synthetic_counties.csv", source: str = "scb_geography") -> Path:
    file = next((write_example(tmp_path / "example").target).rglob("synthetic_counties.csv"))
    target = home.landing / source / name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(file, target)
    return target


def test_an_empty_landing_starts_nothing(home: Home) -> None:
    found = evaluate()
    assert isinstance(found, dg.SkipReason)
    assert "no whole file" in str(found.skip_message)


def test_a_whole_file_starts_one_night_and_another_file_another(home: Home, tmp_path: Path) -> None:
    lay(home, tmp_path)
    first, again = evaluate(), evaluate()
    assert isinstance(first, dg.SensorResult)
    assert isinstance(again, dg.SensorResult)
    assert first.run_requests
    assert again.run_requests
    assert first.run_requests[0].run_key == again.run_requests[0].run_key, "the same files are one run"
    lay(home, tmp_path, "synthetic_more.csv")
    more = evaluate()
    assert isinstance(more, dg.SensorResult)
    assert more.run_requests
    assert more.run_requests[0].run_key != first.run_requests[0].run_key


@pytest.mark.parametrize("name", ["synthetic_counties.csv.part", ".hidden.csv"])
def test_a_file_that_is_still_being_written_starts_nothing(name: str, home: Home, tmp_path: Path) -> None:
    lay(home, tmp_path, name)
    assert isinstance(evaluate(), dg.SkipReason)


def test_while_another_run_holds_the_home_nothing_is_started(home: Home, tmp_path: Path) -> None:
    lay(home, tmp_path)
    with hold(home, run_id="r", who="backfill"):
        found = evaluate()
    assert isinstance(found, dg.SkipReason)
    assert "backfill" in str(found.skip_message)


def test_a_file_that_has_its_receipt_starts_no_second_night(home: Home, tmp_path: Path) -> None:
    odd = lay(home, tmp_path, "synthetic\u202ecounties.csv")
    assert isinstance(evaluate(), dg.SensorResult)
    vardlagret(home.path, "nightly", expect=None)
    assert odd.exists(), "refused by its name, it lies where it lay"
    assert isinstance(evaluate(), dg.SkipReason)


def test_the_watch_looks_and_says_what_stands(home: Home) -> None:
    quiet = evaluate("watch")
    assert isinstance(quiet, dg.SkipReason)
    assert str(quiet.skip_message).startswith("no incident"), "a first night without history raises no alarm"
    vardlagret(home.path, "release", "hold", "--by", "M. Ek", "--reason", "the owner asked us to wait")
    found = evaluate("watch")
    with Ledger.open(home.ledger, read_only=True) as ledger:
        standing = [i for i, kept in ledger.incidents().items() if kept.cleared_at is None]
    assert isinstance(found, dg.SkipReason)
    assert standing
    assert all(i in str(found.skip_message) for i in standing)
