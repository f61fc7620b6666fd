"""Building what has changed, as a sequence of runs: take in, plan, one run per window of months, then the rest.

One job cannot do it, since which months have changed is unknown until the intake ends. With one window, or none, the
months and everything else are one dbt run.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.operations.batches import Batch, batches_of, planner, selection
from orchestration.operations.orchestrator import launching
from orchestration.operations.stages import Night
from orchestration.planning.plan import Asked, Plan
from orchestration.warehouse.dbt import ensure_manifest
from orchestration.warehouse.monthly import Manifest
from orchestration.warehouse.windows import is_month

_AFTER = ("seeds", "staging", "intermediate", "marts", "indicators", "published", "checks", "release")


def build(
    night: Night,
    nightly_id: str,
    *,
    take_in: bool = False,
    folder: Path | None = None,
    asked: Asked = Asked(),
    chunked: bool = False,
    within: str | None = None,
) -> Plan:
    """Build the months that are due, then everything that is not monthly, up to the release; returns the plan.

    Months that stay due since they were not asked for leave the warehouse half new: then the rest is not built.
    """
    with launching(night.home, run_id=night.run_id, nightly_id=nightly_id, within=within) as launch:
        launch(["cells", "declared"] if take_in else ["declared"], folder=folder)
        manifest = Manifest.read(ensure_manifest(night.home.path))
        with night.stage("plan") as detail:
            plan = mark(night, manifest, asked)
            batches = batches_of(plan, chunked=chunked)
            detail |= {"batches": [b.words for b in batches], "left": len(plan.left)}
        monthly = [(manifest.nodes[m]["schema"], manifest.nodes[m]["name"]) for m in manifest.monthly]
        last = batches.pop() if batches and not plan.left else None
        built: set[tuple[str, str]] = set()
        for number, batch in enumerate(batches, start=1):
            night.progress(f"months, batch {number} of {len(batches) + (last is not None)}: {batch.words}")
            models = selection(night, manifest, batch, built)
            launch(models=models, batch=batch, built=_built_month(night, batch))
            built |= set(models)
        if not plan.left:
            if last:
                night.progress(f"months, batch {len(batches) + 1} of {len(batches) + 1}: {last.words}")
            models = selection(night, manifest, last, built) if last else []
            month = _built_month(night, last) if last else None
            launch(_AFTER, models, without=[*monthly, *built], batch=last, built=month, reconcile=True)
    return plan


def _built_month(night: Night, batch: Batch) -> str | None:
    """A month for which every fact of the batch is built; None where there is none."""
    states = night.ledger.month_states().values()
    built = [{s.month for s in states if s.dataset == name and s.outcome == "built"} for name in batch.facts]
    return max((m for m in set.intersection(*built) if is_month(m)), default=None) if built else None


def mark(night: Night, manifest: Manifest, asked: Asked) -> Plan:
    """Plan, and say in the ledger what is due, so that a run that is cut short loses no month. Returns the plan."""
    night.ledger.close_dead_batches()
    plan = planner(night, manifest).plan(asked)
    if asked != Asked():
        everything = planner(night, manifest).plan()
        night.ledger.mark_due((f.fact.name, m, r) for f in everything.facts for m, r in f.due.items())
    night.ledger.mark_due((f.fact.name, m, r) for f in plan.facts for m, r in f.due.items())
    return plan
