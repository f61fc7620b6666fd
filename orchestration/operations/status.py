"""Status: can tonight's numbers be published, and if not, what is the next command? From ledger and releases only."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import Any

from orchestration.deliveries.refusal import FILE_WARNINGS
from orchestration.home import Home
from orchestration.ledger.holds import Hold
from orchestration.ledger.ledger import CurrentDelivery, Ledger, Run
from orchestration.ledger.lock import holder
from orchestration.overview import lights
from orchestration.overview.months import months_by_region
from orchestration.overview.nights import nights
from orchestration.overview.published import held_slices, tables_compared, withheld_entries
from orchestration.overview.shares import quarantine_shares
from orchestration.overview.words import PUBLISH
from orchestration.sources.catalogue import Catalogue
from orchestration.sql import quoted
from orchestration.watch.incidents import Incident, Scene, as_answer, incidents
from orchestration.watch.scene import disk_light, expected_after, free_bytes, scene_of


def status(home: Home, ledger: Ledger, catalogue: Catalogue) -> dict[str, Any]:
    """The contract's `status`, without its head."""
    scene = scene_of(home, ledger, catalogue)
    runs = scene.runs
    last = next((r for r in runs if r.decides), None)
    standing = incidents(scene)
    moment = scene.now.astimezone(UTC).isoformat()
    quiet = {i for i, r in ledger.incidents().items() if r.cleared_at is None and r.quiet(moment)}
    release = _release(home)
    current = ledger.current_deliveries()
    months = months_by_region(home, ledger, catalogue, current, held_slices(release["entries"] if release else []))
    facts = _facts(home, ledger, months)
    disk = _disk(home)
    return {
        "publish": _dimmed(_publish(home, last, facts, release, disk, scene.hold), standing, quiet),
        "run": _open_run(ledger, home),
        "sources": _sources(ledger, catalogue, current, scene),
        "facts": facts,
        "release": release,
        "disk": disk,
        "headlines": last.moved if last else [],
        "incidents": as_answer(standing),
        "months": months,
        "quarantine": quarantine_shares(ledger.record_counts(), runs, catalogue),
        "nights": nights(runs),
    }


def _publish(
    home: Home, last: Run | None, facts: list[dict], release: dict | None, disk: dict, hold: Hold | None
) -> dict[str, Any]:
    command = f"vardlagret --home {home.path}"
    stopped = [f["fact"] for f in facts if f["verdict"] in ("failed", "broken")]
    if last is None:
        return _light("no", "amber", "no_run", f"{command} nightly")
    run = {"run": last.run_id, "stage": last.stage}
    if last.ended_at is None and not last.died:
        return _light("no", "amber", "running", f"{command} status", **run)
    again = f"{command} {last.again}"
    if last.died:
        return _light("no", "red", "died", again, **run)
    if last.moved:
        accept = f"{command} release publish --accept headlines --by NAME --reason WHY"
        return _light("no", "amber", "moved", accept, values=len(last.moved))
    if not last.ended_well:
        error = (last.summary or {}).get("error")
        return _light("no", "red", "stopped", again, words=error, **run, exit=last.exit)
    if hold:
        words = f"by {hold.by}: {hold.reason}"
        return _light(
            "no", "amber", "held", f"{command} release publish --by NAME --reason WHY", words=words, since=hold.at[:16]
        )
    if release is None and (home.releases / "latest.json").exists():
        return _light("no", "red", "release_gone", f"{command} release verify")
    if release is None:
        return _light("no", "amber", "no_release", f"{command} nightly")
    show = f"{command} release show {release['id']}"
    if release["withheld"]:
        return _light("partly", "amber", "withheld", show, entries=release["withheld"])
    if stopped and release["accepted"]:
        return _light("yes", "amber", "accepted", show, slices=release["accepted"])
    if stopped:
        return _light("partly", "amber", "verdicts", show, datasets=", ".join(stopped))
    if disk["light"] == "red":
        return _light("yes", "red", "disk", f"{command} doctor")
    return _light("yes", "green", "out", None, release=release["id"])


def _dimmed(publish: dict[str, Any], standing: list[Incident], quiet: set[str]) -> dict[str, Any]:
    """The light is no brighter than that of any incident that stands and that nobody has taken on."""
    grave = lights.ORDER.index
    loud = [i for i in standing if i.id not in quiet and grave(i.light) > grave(publish["light"])]
    if not loud:
        return publish
    worst = max(loud, key=lambda i: grave(i.light))
    state = "no" if worst.code == "release_damaged" else publish["state"]
    reason = f"{publish['reason']} {worst.what}"
    return {**publish, "state": state, "light": worst.light, "reason": reason, "next_command": worst.next_command}


def _light(
    state: str, light: str, code: str, next_command: str | None, *, words: str | None = None, **about: object
) -> dict[str, Any]:
    """`words` are somebody's own, a person's or an error's: said here, and nowhere but on this machine."""
    reason = PUBLISH[code].about(**about).en
    if words:
        reason = f"{reason.removesuffix('.')}: {words}"
    said = {"state": state, "light": light, "reason": reason, "next_command": next_command}
    return {**said, "code": code, "about": about}


def _open_run(ledger: Ledger, home: Home) -> dict[str, Any] | None:
    runs = ledger.open_runs()
    if not runs:
        return None
    run, held = runs[-1], holder(home)
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "stage": run.stage,
        "pid_alive": run.pid_alive,
        "holder": held.run_id if held else None,
    }


def _sources(
    ledger: Ledger, catalogue: Catalogue, current: list[CurrentDelivery], scene: Scene
) -> list[dict[str, Any]]:
    late = {x.source_id for x in scene.late}
    refused = Counter(f.source_id for f in ledger.refused_files() if f.source_id)
    held = {d.delivery_sha256 for d in current}
    told = {r.delivery_sha256: r for r in ledger.receipts() if r.delivery_sha256 in held}
    warned = Counter(r.source_id for r in told.values() if r.code in FILE_WARNINGS)
    quarantined: Counter[str] = Counter()
    for count in ledger.record_counts():
        quarantined[count.source_id] += count.quarantined
    return [
        _source(
            s.source_id,
            s.rhythm,
            s.source_id in late,
            scene.received.get(s.source_id),
            refused[s.source_id],
            quarantined[s.source_id],
            warned[s.source_id],
        )
        for s in catalogue.sources
    ]


def _source(
    source_id: str, rhythm: str, late: bool, received: str | None, refused: int, quarantined: int, warned: int
) -> dict[str, Any]:
    expected = expected_after(received, rhythm)
    return {
        "source_id": source_id,
        "rhythm": rhythm,
        "last_received_at": received,
        "expected_next": expected[0].isoformat() if expected else None,
        "late": late,
        "light": "amber" if late or refused or quarantined or warned else "green",
        "refused_last": refused,
        "quarantined_last": quarantined,
        "warned_last": warned,
    }


def _facts(home: Home, ledger: Ledger, months: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`missing`: months that a region has not sent; `failed`: periods a critical check failed, months cut short."""
    newest = _newest_periods(home)
    absent: dict[str, set[str]] = {}
    for source in months:
        for fact in source["facts"]:
            sent = [region["states"].items() for region in source["regions"]]
            absent.setdefault(fact, set()).update(m for states in sent for m, state in states if state == "missing")
    cut = {key for key, state in ledger.month_states().items() if state.outcome == "failed"}
    return [
        {
            "fact": v.dataset,
            "newest_period": newest.get(v.dataset),
            "missing": sorted(absent.get(v.dataset, ())),
            "failed": sorted(
                {p for f in v.findings if (f.severity, f.outcome) == ("critical", "failed") for _, p in f.slices}
                | {month for fact, month in cut if fact == v.dataset}
            ),
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
            # Without parameters: to convert one DuckDB imports pandas, which takes longer than all the rest.
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
        "accepted": found.accepted,
        "entries": withheld_entries(home.releases, found.id),
        "tables": tables_compared(home.releases, found.id),
    }


def _disk(home: Home) -> dict[str, Any]:
    free = free_bytes(home)
    return {"free_bytes": free, "light": disk_light(free)}
