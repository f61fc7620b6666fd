"""Incidents: what a person must know of, by pure rules from a scene of ledger, releases, disk, lock and clock.

Each code has one runbook. An incident's id is `code:subject`; the subject is chosen so that what goes on keeps its id
and what is new gets another, since the watch sends one message for each id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.ledger.clock import seconds_between
from orchestration.ledger.holds import Hold
from orchestration.ledger.lock import Holder
from orchestration.ledger.runs import KILLED, Run
from orchestration.settings import runbooks
from orchestration.watch.schedule import last_due, slow_after_seconds
from orchestration.watch.suspects import Doubtful, Suspect

RUNBOOKS = {
    "run_failed": "no-release-made",
    "run_not_started": "run-not-started",
    "run_slow": "run-slow",
    "run_stuck": "run-died",
    "headline_moved": "headline-moved",
    "delivery_late": "delivery-late",
    "file_refused": "file-refused",
    "delivery_shrunk": "file-refused",
    "records_broken": "records-quarantined",
    "month_suspect": "month-suspect",
    "check_failed": "check-failed",
    "check_broken": "check-broken",
    "release_withheld": "release-withheld",
    "release_damaged": "release-damaged",
    "publication_held": "publication-held",
    "correction_expired": "correction-expired",
    "disk_low": "disk-low",
    "home_locked": "home-locked",
}
# What turns the light of `status` red; every other incident turns it amber.
RED = ("run_failed", "run_stuck", "release_damaged", "correction_expired")
# How long after its hour the nightly may begin, and how long anything may hold the home without a history.
GRACE = timedelta(hours=1)
HELD_AT_MOST_SECONDS = 3600.0
_LATEST_STAYS = "The latest release stays; nothing new is published until this is mended."
_NO_EFFECT = "None on the release that is out."


@dataclass(frozen=True)
class Incident:
    """One entry of the contract's `status.incidents`."""

    id: str
    code: str
    since: str
    effect: str
    next_command: str
    runbook: str
    what: str
    light: str = "amber"


@dataclass(frozen=True)
class Judged:
    """A dataset's latest verdict, and since when the verdicts have been so."""

    dataset: str
    outcome: str
    since: str


@dataclass(frozen=True)
class Late:
    """A source whose delivery was expected on a day, and is late from a later one on."""

    source_id: str
    expected: date
    late_from: date


@dataclass(frozen=True)
class Scene:
    """What the rules look at.

    `runs` are those that come to a release (`Runs.builds`), newest first; `intake` is the newest `ingest` or night that
    ended well; `received` is by source, when its newest delivery came: what is refused, or has come before, is none;
    `withheld_since` is by release, with the number of entries.
    """

    command: str
    now: datetime
    runs: list[Run] = field(default_factory=list)
    intake: Run | None = None
    judged: list[Judged] = field(default_factory=list)
    received: dict[str, str] = field(default_factory=dict)
    late: list[Late] = field(default_factory=list)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    suspects: list[Suspect] = field(default_factory=list)
    shrunk: list[Doubtful] = field(default_factory=list)
    broken: list[Doubtful] = field(default_factory=list)
    withheld_since: dict[str, int] = field(default_factory=dict)
    published_at: str | None = None
    release: str | None = None
    damage: str | None = None
    disk_light: str = "green"
    free_bytes: int = 0
    holder: Holder | None = None
    hold: Hold | None = None


def incidents(scene: Scene) -> list[Incident]:
    """Every incident that stands, those about runs first. Without any run there is no history and no alarm of it."""
    return [
        *_runs(scene),
        *_intake(scene),
        *_lock(scene),
        *_release(scene),
        *_checks(scene),
        *_deliveries(scene),
        *_doubts(scene),
        *_disk(scene),
    ]


def as_answer(found: list[Incident]) -> list[dict[str, Any]]:
    return [asdict(i) for i in found]


def _incident(scene: Scene, code: str, subject: str, since: str, what: str, effect: str, next_command: str) -> Incident:
    page = f"{runbooks()}/{RUNBOOKS[code]}.md"
    light = "red" if code in RED or (code == "disk_low" and scene.disk_light == "red") else "amber"
    return Incident(f"{code}:{subject}", code, since, effect, f"{scene.command} {next_command}", page, what, light)


def _runs(scene: Scene) -> Iterator[Incident]:
    deciding = [r for r in scene.runs if r.decides]
    if not deciding:
        return
    last = deciding[0]
    if last.died:
        effect = "Nothing half is published; the latest release stays until it has been run again."
        yield _stuck(scene, last, effect)
    elif last.exit not in (None, 0, 3):
        yield _failed(scene, deciding)
    elif last.ended_at is None and (limit := slow_after_seconds(scene.runs, last.kind)) is not None:
        elapsed = seconds_between(last.started_at, scene.now.isoformat())
        if elapsed > limit:
            what = (
                f"Run {last.run_id} is in stage {last.stage} after {elapsed / 60:.0f} minutes; from "
                f"{limit / 60:.0f} on it is slow against those before."
            )
            effect = "Tonight's release comes later, or not at all."
            yield _incident(scene, "run_slow", last.run_id, last.started_at, what, effect, "status")
    due = last_due(scene.now)
    nights = [datetime.fromisoformat(r.started_at) for r in scene.runs if r.kind == "nightly"]
    if nights and min(nights) < due and not any(n >= due for n in nights) and scene.now - due > GRACE:
        missed = _first_missed(max(nights))
        what = f"No night has begun since the one that was due at {missed:%Y-%m-%d %H:%M}."
        effect = "The latest release stays; what has arrived since is not published."
        yield _incident(scene, "run_not_started", "nightly", missed.isoformat(), what, effect, "nightly")


def _intake(scene: Scene) -> Iterator[Incident]:
    """An `ingest` that died: no night takes in files that were named to it."""
    if scene.intake is not None and scene.intake.kind == "ingest" and scene.intake.died:
        effect = "What it had said is taken in is kept; of the other files nothing is."
        yield _stuck(scene, scene.intake, effect)


def _stuck(scene: Scene, run: Run, effect: str) -> Incident:
    what = f"Run {run.run_id} died in stage {run.stage}."
    # When a dead process stopped is not known: since its run was started.
    return _incident(scene, "run_stuck", run.run_id, run.started_at, what, effect, run.again)


def _first_missed(last_start: datetime) -> datetime:
    """The first hour of the nightly after a night began: the day after the latest hour that it can have been for."""
    return last_due(last_due(last_start) + timedelta(days=1, hours=12))


def _failed(scene: Scene, runs: list[Run]) -> Incident:
    """The last run ended badly: which kind, and since the first of the runs in a row that ended so."""
    last = first = runs[0]
    code = _kind_of_failure(last)
    for run in runs:
        if run.exit in (None, 0, 3, KILLED) or _kind_of_failure(run) != code:
            break
        first = run
    # The error's own words stay on this machine (`status`, the logs): they may quote what was delivered.
    what = f"Run {last.run_id} stopped in stage {last.stage} with exit {last.exit}."
    if code == "headline_moved":
        return _moved(scene, last, first)
    command = "release verify" if code == "release_damaged" else last.again
    effect = "Readers see a release that is not as it was published." if code == "release_damaged" else _LATEST_STAYS
    return _incident(scene, code, "nightly", first.ended_at or first.started_at, what, effect, command)


def _moved(scene: Scene, last: Run, first: Run) -> Incident:
    """National headlines wait; other ones, or other values of them, are another incident."""
    moved = last.moved
    names = sorted({m["indicator_id"] for m in moved})
    subject = hashlib.sha256(repr(sorted((m["indicator_id"], m["period"], m["new"]) for m in moved)).encode())
    what = f"{len(moved)} national values moved further than declared since the latest release: {', '.join(names)}."
    effect = "Everything is built and nothing is published until somebody has acknowledged them."
    command = "release publish --accept headlines --by NAME --reason WHY"
    since = first.ended_at or first.started_at
    return _incident(scene, "headline_moved", subject.hexdigest()[:12], since, what, effect, command)


def _kind_of_failure(run: Run) -> str:
    if "CorrectionExpired" in str((run.summary or {}).get("error")):
        return "correction_expired"
    if run.moved:
        return "headline_moved"
    return "release_damaged" if run.stage == "verify" else "run_failed"


def _lock(scene: Scene) -> Iterator[Incident]:
    held = scene.holder
    if held is None:
        return
    limit = max(slow_after_seconds(scene.runs, held.who) or 0.0, HELD_AT_MOST_SECONDS)
    if seconds_between(held.since, scene.now.isoformat()) > limit:
        what = f"The home is held by {held.who}, process {held.pid} on {held.host}."
        effect = "No other run can begin before it ends."
        yield _incident(scene, "home_locked", held.run_id, held.since, what, effect, "status")


def _release(scene: Scene) -> Iterator[Incident]:
    if scene.damage and not any(r.stage == "verify" and r.exit == 1 for r in scene.runs[:1]):
        effect = "Readers do not find the release that is out."
        yield _incident(
            scene, "release_damaged", "latest", scene.now.isoformat(), scene.damage, effect, "release verify"
        )
    if scene.hold:
        what = f"Publication is held by {scene.hold.by}: {scene.hold.reason}"
        effect = "The night builds and judges, and makes no release until the hold is lifted."
        command = "release publish --by NAME --reason WHY"
        yield _incident(scene, "publication_held", str(scene.hold.hold_id), scene.hold.at, what, effect, command)
    if scene.withheld_since and scene.release:
        # A slice that is newly withheld is a new incident; what is withheld still is the one that was told.
        newest = max(scene.withheld_since, key=_in_order)
        entries = sum(scene.withheld_since.values())
        what = f"{entries} entries of release {scene.release} are withheld or carried forward."
        effect = "The release is out without them, or with the previous release's values."
        since = scene.published_at if newest == scene.release else newest[:10]
        yield _incident(
            scene, "release_withheld", newest, since or newest[:10], what, effect, f"release show {scene.release}"
        )


def _in_order(release: str) -> tuple[str, int]:
    day, _, number = release.partition(".")
    return day, int(number or 0)


def _checks(scene: Scene) -> Iterator[Incident]:
    for verdict in scene.judged:
        if verdict.outcome == "failed":
            what = f"A check failed {verdict.dataset}."
            effect = "The slices that it names are withheld or carried forward."
            yield _incident(scene, "check_failed", verdict.dataset, verdict.since, what, effect, "release show")
        elif verdict.outcome == "broken":
            what = f"The checks of {verdict.dataset} could not be run."
            effect = "Nobody has judged it: it is held back whole."
            yield _incident(scene, "check_broken", verdict.dataset, verdict.since, what, effect, "nightly")


def _deliveries(scene: Scene) -> Iterator[Incident]:
    for late in scene.late:
        what = f"The delivery of {late.source_id} was expected on {late.expected}."
        yield _incident(
            scene, "delivery_late", late.source_id, late.late_from.isoformat(), what,
            "None on what is out; its newest periods are missing.", f"delivery list --source {late.source_id}",
        )  # fmt: skip
    for source_id, (files, since) in sorted(scene.refused.items()):
        what = f"{files} files of {source_id} are refused."
        yield _incident(
            scene, "file_refused", source_id, since, what, "What they hold is not published.",
            f"quarantine list --source {source_id}",
        )  # fmt: skip


def _doubts(scene: Scene) -> Iterator[Incident]:
    """What was accepted and published, and may be wrong: until it is sent anew, or somebody acknowledges it."""
    for s in scene.suspects:
        months = s.months[-1] if len(s.months) == 1 else f"{len(s.months)} months, the newest {s.months[-1]}"
        yield _incident(
            scene, "month_suspect", f"{s.source_id}.{s.reporter}.{s.signal}.{s.months[-1]}", s.since,
            f"{s.source_id}: the months of {s.reporter} look wrong ({s.signal}): {months}.",
            "What is counted from one of these months is withheld until it is sent again or let out by name."
            if s.withholds else "What is counted from these months is published and may be wrong.",
            f"delivery signals --source {s.source_id}",
        )  # fmt: skip
    for code, found in (("delivery_shrunk", scene.shrunk), ("records_broken", scene.broken)):
        for d in found:
            command = "delivery list --source" if code == "delivery_shrunk" else "quarantine list --source"
            yield _incident(
                scene, code, f"{d.source_id}.{d.delivery_sha256[:12]}", d.since, f"{d.file_name}: {d.told}.",
                "What is published rests on the records that are left.", f"{command} {d.source_id}",
            )  # fmt: skip


def _disk(scene: Scene) -> Iterator[Incident]:
    if scene.disk_light != "green":
        what = f"{scene.free_bytes / 1e9:.1f} GB are free."
        effect = "The night may stop without a release." if scene.disk_light == "red" else _NO_EFFECT
        yield _incident(scene, "disk_low", scene.disk_light, scene.now.isoformat(), what, effect, "gc --dry-run")
