"""Status: can tonight's numbers be published, and if not, what is the next command? From ledger and releases only."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.deliveries.refusal import FILE_WARNINGS
from orchestration.home import Home
from orchestration.ledger.holds import Hold
from orchestration.ledger.ledger import Ledger, Run
from orchestration.ledger.lock import holder
from orchestration.operations.step_log import compared
from orchestration.settings import TIME_ZONE
from orchestration.sources.catalogue import Catalogue
from orchestration.sql import quoted
from orchestration.watch.incidents import as_answer, incidents
from orchestration.watch.scene import disk_light, expected_after, free_bytes, last_received, scene_of


def status(home: Home, ledger: Ledger, catalogue: Catalogue) -> dict[str, Any]:
    """The contract's `status`, without its head."""
    scene = scene_of(home, ledger, catalogue)
    runs = scene.runs
    last = next((r for r in runs if r.kind in ("nightly", "dagster", "backfill")), None)
    facts = _facts(home, ledger)
    release = _release(home)
    disk = _disk(home)
    return {
        "publish": _publish(home, last, facts, release, disk, scene.hold),
        "run": _open_run(runs, home),
        "sources": _sources(ledger, catalogue),
        "facts": facts,
        "release": release,
        "disk": disk,
        "incidents": as_answer(incidents(scene)),
        "night": compared(ledger),
    }


def _publish(
    home: Home, last: Run | None, facts: list[dict], release: dict | None, disk: dict, hold: Hold | None
) -> dict[str, Any]:
    command = f"vardlagret --home {home.path}"
    stopped = [f["fact"] for f in facts if f["verdict"] in ("failed", "broken")]
    if last is None:
        return _light("no", "amber", "No run has ended yet.", f"{command} nightly")
    if last.ended_at is None and last.pid_alive is not False:
        return _light("no", "amber", f"Run {last.run_id} is in stage {last.stage}.", f"{command} status")
    if last.exit == -9 or last.ended_at is None:
        return _light("no", "red", f"Run {last.run_id} died in stage {last.stage}.", f"{command} nightly")
    if last.exit not in (0, 3):
        error = (last.summary or {}).get("error") or f"exit {last.exit}"
        return _light("no", "red", f"Run {last.run_id} stopped in stage {last.stage}: {error}", f"{command} nightly")
    if hold:
        reason = f"Publication is held by {hold.by} since {hold.at[:16]}: {hold.reason}"
        return _light("no", "amber", reason, f"{command} release publish --by NAME --reason WHY")
    if release is None and (home.releases / "latest.json").exists():
        return _light("no", "red", "The latest release is not where latest.json says.", f"{command} release verify")
    if release is None:
        return _light("no", "amber", "Nothing has been released.", f"{command} nightly")
    if release["withheld"]:
        reason = f"{release['withheld']} entries are withheld or carried forward."
        return _light("partly", "amber", reason, f"{command} release show {release['id']}")
    if stopped:
        return _light(
            "partly", "amber", f"Verdicts stop {', '.join(stopped)}.", f"{command} release show {release['id']}"
        )
    if disk["light"] == "red":
        return _light("yes", "red", "The disk is nearly full.", f"{command} doctor")
    return _light("yes", "green", f"Release {release['id']} is out.", None)


def _light(state: str, light: str, reason: str, next_command: str | None) -> dict[str, Any]:
    return {"state": state, "light": light, "reason": reason, "next_command": next_command}


def _open_run(runs: list[Run], home: Home) -> dict[str, Any] | None:
    run = next((r for r in runs if r.ended_at is None), None)
    if run is None:
        return None
    held = holder(home)
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "stage": run.stage,
        "pid_alive": run.pid_alive,
        "holder": held.run_id if held else None,
    }


def _sources(ledger: Ledger, catalogue: Catalogue) -> list[dict[str, Any]]:
    current: dict[str, list] = {}
    for delivery in ledger.current_deliveries():
        current.setdefault(delivery.source_id, []).append(delivery)
    received = last_received(ledger)
    refused = Counter(f.source_id for f in ledger.refused_files() if f.source_id)
    held = {d.delivery_sha256 for deliveries in current.values() for d in deliveries}
    told = {r.delivery_sha256: r for r in ledger.receipts() if r.delivery_sha256 in held}
    warned = Counter(r.source_id for r in told.values() if r.code in FILE_WARNINGS)
    quarantined: Counter[str] = Counter()
    for count in ledger.record_counts():
        quarantined[count.source_id] += count.quarantined
    return [
        _source(
            s.source_id,
            s.rhythm,
            received.get(s.source_id),
            refused[s.source_id],
            quarantined[s.source_id],
            warned[s.source_id],
        )
        for s in catalogue.sources
    ]


def _source(
    source_id: str, rhythm: str, received: str | None, refused: int, quarantined: int, warned: int
) -> dict[str, Any]:
    expected = expected_after(received, rhythm)
    light = "amber" if expected and datetime.now(ZoneInfo(TIME_ZONE)).date() > expected[1] else "green"
    if refused or quarantined or warned:
        light = "amber"
    return {
        "source_id": source_id,
        "last_received_at": received,
        "expected_next": expected[0].isoformat() if expected else None,
        "light": light,
        "refused_last": refused,
        "quarantined_last": quarantined,
        "warned_last": warned,
    }


def _facts(home: Home, ledger: Ledger) -> list[dict[str, Any]]:
    newest = _newest_periods(home)
    return [
        {
            "fact": v.dataset,
            "newest_period": newest.get(v.dataset),
            "missing": [],
            "failed": sorted({p for f in v.findings if f.outcome != "passed" for _, p in f.slices}),
            "verdict": v.outcome,
        }
        for v in ledger.latest_verdicts()
    ]


def _newest_periods(home: Home) -> dict[str, str]:
    """The newest period of each fact in the latest release: the one that ends last, the shortest of those."""
    import duckdb

    from orchestration.releases.history import latest_id

    latest = latest_id(home.releases)
    if latest is None:
        return {}
    found = {}
    with duckdb.connect() as connection:
        for path in sorted((home.releases / latest / "data").glob("fct_*.parquet")):
            # Written into the query: a bound value makes DuckDB import pandas, half of this command's time.
            newest = connection.execute(
                f"select max_by(period, (period_end, period_start, period)) from read_parquet({quoted(str(path))})"
            ).fetchone()
            if newest and newest[0] is not None:
                found[path.stem] = newest[0]
    return found


def _release(home: Home) -> dict[str, Any] | None:
    from orchestration.releases.history import latest_id, list_releases

    latest = latest_id(home.releases)
    found = next((r for r in list_releases(home.releases) if r.id == latest), None)
    if found is None:
        return None
    return {
        "id": found.id,
        "published_at": found.published_at,
        "withheld": found.withheld,
        "carried_forward": found.carried_forward,
    }


def _disk(home: Home) -> dict[str, Any]:
    free = free_bytes(home)
    return {"free_bytes": free, "light": disk_light(free)}
