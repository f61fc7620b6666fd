"""Backfills: what would be rebuilt and why, and rebuilding it in batches that may be cut short and begun again."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.lock import holder
from orchestration.ledger.windows import Batch as PastBatch
from orchestration.operations.batches import Batch, batches_of
from orchestration.operations.nightly import built_from
from orchestration.operations.recording import NO_RELEASE, NightlyResult, conclude, recorded_run
from orchestration.operations.stages import Night, Progress
from orchestration.planning.plan import Asked, FactPlan, Plan, Reason, distinct
from orchestration.planning.planner import Planner
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.dbt import read_manifest
from orchestration.warehouse.fingerprint import code_fingerprint
from orchestration.warehouse.monthly import Manifest
from orchestration.warehouse.windows import OPEN, Window

# Stages after the months: everything that is not monthly, checks and release.
_AFTER = ("reconcile", "fact_checks", "indicators", "checks", "release")


def backfill_plan(home: Home, ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """The contract's `backfill plan`, less the shared head. Reads the ledger, the cells and dbt's manifest only."""
    manifest = Manifest.of(read_manifest(home.path))
    plan = Planner(home, ledger, load_catalogue(), manifest).plan(asked)
    batches = batches_of(plan, chunked=True)
    seconds, rests_on = estimate(ledger, batches)
    held = holder(home)
    affected = [f for f in plan.facts if f.due]
    return {
        "windows": [_window(f, w) for f in affected for w in f.windows],
        "open": [{"fact": f.fact.name, "reasons": _distinct(f.due[OPEN])} for f in affected if OPEN in f.due],
        "provenance": [
            {"fact": f.fact.name, "months": sorted(f.provenance - {OPEN})} for f in plan.facts if f.provenance - {OPEN}
        ],
        "models": sorted({manifest.nodes[m]["name"] for f in affected for m in f.fact.models}),
        "indicators": sorted({i for f in affected for i in f.fact.indicators}),
        "batches": len(batches),
        "estimate_seconds": seconds,
        "estimate_from_runs": rests_on,
        "blocked_by": held and {"pid": held.pid, "run_id": held.run_id, "since": held.since, "who": held.who},
        "left": len(plan.left),
    }


def _window(planned: FactPlan, window: Window) -> dict[str, Any]:
    return {
        "fact": planned.fact.name,
        "from": window.first,
        "to": window.last,
        "months": len(window),
        "reasons": _distinct([r for m in window.months for r in planned.due[m]]),
    }


def _distinct(reasons: Sequence[Reason]) -> list[Reason]:
    """Each reason once, with the contract's three keys."""
    return distinct(
        {"code": r["code"], "detail": r["detail"], "delivery_sha256": r.get("delivery_sha256")} for r in reasons
    )


def estimate(ledger: Ledger, batches: Sequence[Batch]) -> tuple[int | None, int]:
    """Seconds that batches and what follows them should take, and from how many past batches that was learnt.

    A batch costs a start (that of the quickest) and a time per month (the median beyond it); None without a past.
    """
    past = [b for b in ledger.batches() if b.outcome == "built" and b.seconds is not None]
    if not past:
        return None, 0
    if not batches:
        return 0, len(past)
    start = min(b.seconds or 0 for b in past)
    per_month = median(_beyond(b, start) for b in past)
    months = [len(b.window) if b.window else 0 for b in batches]
    return round(sum(start + per_month * n for n in months) + _afterwards(ledger)), len(past)


def _beyond(batch: PastBatch, start: float) -> float:
    return ((batch.seconds or 0) - start) / max(batch.months, 1)


def _afterwards(ledger: Ledger) -> float:
    """Median seconds, over recent runs, of what follows the months."""
    told = []
    for run in ledger.builds(limit=20):
        stages = [s for s in ledger.stages_of(run.run_id) if s["name"] in _AFTER and s["seconds"] is not None]
        if any(s["name"] == "release" for s in stages):
            told.append(sum(s["seconds"] for s in stages))
    return median(told) if told else 0.0


def run_backfill(home: Home, asked: Asked, *, wait_seconds: float | None, progress: Progress) -> NightlyResult:
    """Build what is due or asked for, at most 24 months at a time, then yearly facts, checks and release.

    Cut short, it goes on when called again: each month's state stands in the ledger. Months that are due and were not
    asked for leave the warehouse half new; then no release is made, and the exit is 4. Raises `HomeLocked`.
    """
    return recorded_run(
        home.open(),
        "backfill",
        lambda night, result, _: _work(night, result, asked),
        wait_seconds=wait_seconds,
        progress=progress,
    )


def _work(night: Night, result: NightlyResult, asked: Asked) -> str | None:
    from orchestration.operations.building import build

    plan: Plan = build(night, result.nightly_id, asked=asked, chunked=True)
    if plan.left:
        result.exit = NO_RELEASE
        result.error = f"{len(plan.left)} months stay due and were not asked for, so nothing is published"
        result.next_command = f"vardlagret --home {night.home.path} backfill run"
        return None
    conclude(night, result)
    return built_from(night, code_fingerprint())


def past_batches(ledger: Ledger, nightly_id: str) -> list[dict[str, Any]]:
    """The batches of one run, oldest first."""
    runs = {r.run_id for r in ledger.runs(limit=200) if r.nightly_id == nightly_id}
    return [
        {"facts": list(b.datasets), "from": b.first, "to": b.last, "months": b.months, "kind": b.kind,
         "seconds": b.seconds, "outcome": b.outcome}
        for b in reversed(ledger.batches()) if b.run_id in runs
    ]  # fmt: skip
