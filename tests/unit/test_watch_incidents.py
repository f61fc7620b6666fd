"""The rules of incidents: each with a scene in which it stands and one in which it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from orchestration.ledger.holds import Hold
from orchestration.ledger.lock import Holder
from orchestration.ledger.runs import Run
from orchestration.settings import REPOSITORY
from orchestration.watch.incidents import RUNBOOKS, Judged, Late, Scene, incidents
from orchestration.watch.schedule import last_due
from orchestration.watch.suspects import Doubtful, Suspect

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)  # 06:00 in Sweden, after a night that was due at 02:30 UTC


def run(
    start: str, end: str | None, exit_code: int | None = 0, *, stage: str = "release", error: str | None = None,
    pid_alive: bool | None = True, moved: tuple = (),
) -> Run:  # fmt: skip
    summary = {"error": error, "nothing_new": False, "moved": moved}
    return Run(
        f"nightly-{start}", "n", "nightly", 1, "h", f"2026-11-{start}:00.000000+00:00",
        f"2026-11-{end}:00.000000+00:00" if end else None, stage, exit_code, None, None, summary, pid_alive,
    )  # fmt: skip


MOVED = {"indicator_id": "readmissions", "period": "2024", "new": "9.9"}
GOOD = run("25T02:30", "25T02:40")
BEFORE = [run(f"{day}T02:30", f"{day}T02:40") for day in ("24", "23", "22")]
EARLIER = "2026-11-25T00:00:00.000000+00:00"
STANDING = {
    "run_failed": Scene("v", NOW, [run("25T02:30", "25T02:40", 4)]),
    "correction_expired": Scene("v", NOW, [run("25T02:30", "25T02:40", 4, error="CorrectionExpired: ...")]),
    "release_damaged": Scene("v", NOW, [run("25T02:30", "25T02:40", 1, stage="verify")]),
    "run_stuck": Scene("v", NOW, [run("25T02:30", None, None, pid_alive=False)]),
    "run_slow": Scene("v", NOW, [run("25T02:30", None, None), *BEFORE]),
    "run_not_started": Scene("v", NOW, BEFORE),
    "home_locked": Scene("v", NOW, [GOOD], holder=Holder(1, "h", "gc", EARLIER, "gc")),
    "release_withheld": Scene("v", NOW, [GOOD], release="2026-11-25.1", withheld_since={"2026-11-24.1": 2}),
    "publication_held": Scene("v", NOW, [GOOD], hold=Hold(1, EARLIER, "Anna", "why", None, None, None)),
    "check_failed": Scene("v", NOW, [GOOD], judged=[Judged("fct_costs", "failed", EARLIER)]),
    "check_broken": Scene("v", NOW, [GOOD], judged=[Judged("fct_costs", "broken", EARLIER)]),
    "headline_moved": Scene("v", NOW, [run("25T02:30", "25T02:40", 4, moved=(MOVED,))]),
    "delivery_late": Scene("v", NOW, [GOOD], late=[Late("skr_costs", date(2026, 1, 1), date(2026, 7, 1))]),
    "file_refused": Scene("v", NOW, [GOOD], refused={"skr_costs": (1, EARLIER)}),
    "month_suspect": Scene(
        "v", NOW, [GOOD], suspects=[Suspect("patient_register", "18", "volume_spike", ("2024-03",), EARLIER)]
    ),
    "delivery_shrunk": Scene("v", NOW, [GOOD], shrunk=[Doubtful("skr_costs", "ab" * 32, "f", EARLIER, "1 record")]),
    "records_broken": Scene("v", NOW, [GOOD], broken=[Doubtful("skr_costs", "ab" * 32, "f", EARLIER, "6 of 9")]),
    "disk_low": Scene("v", NOW, [GOOD], disk_light="red", free_bytes=5),
}


@pytest.mark.parametrize("code", RUNBOOKS)
def test_each_code_stands_alone_in_its_scene(code: str) -> None:
    (found,) = incidents(STANDING[code])
    assert found.code == code
    assert found.id.startswith(f"{code}:")
    assert Path(urlsplit(found.runbook).path).is_file()
    assert found.next_command.startswith("v ")


def test_a_runbook_is_a_file_of_the_machine_or_a_page_where_they_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VARDLAGRET_RUNBOOKS", raising=False)
    (found,) = incidents(STANDING["run_stuck"])
    assert found.runbook == (REPOSITORY / "docs" / "runbooks" / "run-died.md").as_uri()
    monkeypatch.setenv("VARDLAGRET_RUNBOOKS", "https://git.example.se/docs/runbooks/")
    (found,) = incidents(STANDING["run_stuck"])
    assert found.runbook == "https://git.example.se/docs/runbooks/run-died.md"


def test_a_good_night_and_a_home_without_history_raise_no_alarm() -> None:
    assert incidents(Scene("v", NOW, [GOOD, *BEFORE], judged=[Judged("fct_costs", "warned", EARLIER)])) == []
    assert incidents(Scene("v", NOW)) == []
    assert incidents(Scene("v", NOW, [run("25T02:30", None, None)])) == []  # a first night that takes long


BY_HAND = replace(run("25T04:00", "25T04:01", stage="int_waits__days"), kind="dagster")


@pytest.mark.parametrize("code", ["run_failed", "run_stuck", "headline_moved", "correction_expired", "run_not_started"])
def test_months_built_by_hand_say_nothing_of_the_night_before_them(code: str) -> None:
    scene = STANDING[code]
    assert incidents(replace(scene, runs=[BY_HAND, *scene.runs])) == incidents(scene)


def test_a_by_hand_run_that_fails_or_comes_to_a_release_decides() -> None:
    night = run("25T02:30", "25T02:40", 4)
    (failed,) = incidents(Scene("v", NOW, [replace(BY_HAND, exit=4), GOOD]))
    assert (failed.code, failed.next_command) == ("run_failed", "v nightly")
    assert incidents(Scene("v", NOW, [replace(BY_HAND, stage="release"), night])) == []


def test_a_backfill_that_stops_or_dies_goes_on_as_a_backfill() -> None:
    for backfill in (run("25T03:30", "25T03:40", 4), run("25T03:30", None, None, pid_alive=False)):
        (found,) = incidents(Scene("v", NOW, [replace(backfill, kind="backfill"), GOOD]))
        assert found.next_command == "v backfill run"


def test_a_backfill_is_slow_against_backfills() -> None:
    long = replace(run("25T03:00", None, None), kind="backfill")
    assert incidents(Scene("v", NOW, [long, GOOD, *BEFORE])) == []
    held = Holder(1, "h", "backfill", "2026-11-25T03:00:00.000000+00:00", "backfill")
    past = [replace(run(f"{day}T10:00", f"{day}T11:30"), kind="backfill") for day in ("22", "23", "24")]
    assert incidents(Scene("v", NOW, [long, GOOD, *past[::-1]], holder=held)) == []
    quick = [replace(run(f"{day}T10:00", f"{day}T10:20"), kind="backfill") for day in ("22", "23", "24")]
    told = incidents(Scene("v", NOW, [long, GOOD, *quick[::-1]], holder=held))
    assert [i.code for i in told] == ["run_slow", "home_locked"]


def test_an_ingest_that_died_is_told_until_another_or_a_night_has_ended_well() -> None:
    dead = replace(run("25T03:00", "25T03:01", -9, stage="take_in"), run_id="ingest-1", kind="ingest")
    (found,) = incidents(Scene("v", NOW, [GOOD], intake=dead))
    assert (found.id, found.next_command, found.light) == ("run_stuck:ingest-1", "v ingest PATH", "red")
    (again,) = incidents(Scene("v", NOW, [GOOD], intake=replace(dead, exit=None, ended_at=None, pid_alive=False)))
    assert again.id == found.id
    for alive in (replace(dead, exit=3), replace(dead, exit=None, ended_at=None, pid_alive=True), GOOD):
        assert incidents(Scene("v", NOW, [GOOD], intake=alive)) == []


def test_a_failure_that_goes_on_keeps_its_id_and_its_beginning() -> None:
    nights = [run(f"{day}T02:30", f"{day}T02:40", 4) for day in ("25", "24")]
    (found,) = incidents(Scene("v", NOW, [*nights, BEFORE[1]]))
    assert (found.id, found.since[:10]) == ("run_failed:nightly", "2026-11-24")


def test_another_headline_is_another_incident_and_no_value_is_in_it() -> None:
    nights = [run(f"{day}T02:30", f"{day}T02:40", 4, moved=(MOVED,)) for day in ("25", "24")]
    (one,) = incidents(Scene("v", NOW, nights))
    (other,) = incidents(Scene("v", NOW, [run("25T02:30", "25T02:40", 4, moved=(MOVED | {"new": "9.8"},))]))
    assert (one.code, one.since[:10]) == ("headline_moved", "2026-11-24")
    assert one.id != other.id
    assert "9.9" not in str(one)


def test_no_error_text_leaves_in_an_incident() -> None:
    (found,) = incidents(Scene("v", NOW, [run("25T02:30", "25T02:40", 4, error="could not convert 19121212-1212")]))
    assert "1212" not in str(found)


def test_a_newly_withheld_slice_is_a_new_incident() -> None:
    ids = [
        incidents(Scene("v", NOW, [GOOD], release="2026-11-25.10", withheld_since=since))[0].id
        for since in ({"2026-11-25.9": 1}, {"2026-11-25.9": 1, "2026-11-25.10": 1})
    ]
    assert ids == ["release_withheld:2026-11-25.9", "release_withheld:2026-11-25.10"]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-29T01:29+00:00", "2026-03-28T02:30+00:00"),  # the night the clock goes forward: 03:30 is 01:30 UTC
        ("2026-03-29T01:30+00:00", "2026-03-29T01:30+00:00"),
        ("2026-10-25T02:29+00:00", "2026-10-24T01:30+00:00"),  # the night it goes back: 03:30 is 02:30 UTC
        ("2026-10-25T02:30+00:00", "2026-10-25T02:30+00:00"),
        ("2028-02-29T12:00+00:00", "2028-02-29T02:30+00:00"),
        ("2028-03-01T01:00+00:00", "2028-02-29T02:30+00:00"),
    ],
)
def test_the_hour_of_the_night_across_clock_changes_and_leap_day(now: str, due: str) -> None:
    assert last_due(datetime.fromisoformat(now)).timestamp() == datetime.fromisoformat(due).timestamp()


def test_a_machine_that_was_off_for_three_nights_has_one_incident_since_the_first() -> None:
    (found,) = incidents(Scene("v", NOW, [BEFORE[2]]))
    assert (found.code, found.since[:16]) == ("run_not_started", "2026-11-23T03:30")


def test_every_runbook_is_of_a_code_or_linked_from_the_operation_page() -> None:
    page = (REPOSITORY / "docs" / "nightly-operation.md").read_text(encoding="utf-8")
    pages = {p.stem for p in Path(REPOSITORY / "docs" / "runbooks").glob("*.md")}
    assert set(RUNBOOKS.values()) <= pages
    assert [p for p in pages if p not in RUNBOOKS.values() and f"runbooks/{p}.md" not in page] == []


def test_a_month_that_is_withheld_is_told_apart() -> None:
    found = [
        Suspect("patient_register", "18", "volume_spike", ("2024-03",), EARLIER, withholds)
        for withholds in (True, False)
    ]
    told = [i.effect for i in incidents(Scene("v", NOW, [GOOD], suspects=found))]
    assert ["withheld" in effect for effect in told] == [True, False]
