"""The runs before, compared: how long each took, by stage, and how many records it accounted for."""

from __future__ import annotations

from statistics import median
from typing import Any

from orchestration.ledger.clock import seconds_between
from orchestration.ledger.runs import Run
from orchestration.overview import lights

KINDS = ("nightly", "dagster", "backfill")
SHOWN = 14


def nights(runs: list[Run]) -> dict[str, Any]:
    """Keys `runs` (newest first: outcome, seconds, records) and `stages` (the last full night against those before).

    A run is compared with earlier ones of its kind that built something; seconds are those of the wall clock.
    """
    built = [r for r in runs if r.kind in KINDS]
    return {"runs": [_run(r, built[place + 1 :]) for place, r in enumerate(built[:SHOWN])], "stages": _stages(built)}


def _run(run: Run, earlier: list[Run]) -> dict[str, Any]:
    seconds = seconds_between(run.started_at, run.ended_at) if run.ended_at else None
    past = [
        seconds_between(r.started_at, r.ended_at) for r in earlier if r.ended_at and _full(r) and r.kind == run.kind
    ]
    records, before = _records(run), next((n for r in earlier if (n := _records(r)) is not None), None)
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "stage": run.stage,
        "exit": run.exit,
        "light": lights.of_exit(run.exit),
        "release": run.release,
        "nothing_new": bool((run.summary or {}).get("nothing_new")),
        "seconds": seconds,
        "seconds_usual": median(past) if past else None,
        "seconds_light": lights.of_seconds(seconds or 0, past),
        "records": records,
        "records_before": before,
        "records_light": lights.of_rows(records, before) if records is not None else "green",
    }


def _stages(runs: list[Run]) -> list[dict[str, Any]]:
    """Every stage of the last run that built something, with its median over the runs of its kind before it."""
    full = [_seconds_by_stage(r) for r in runs if _full(r) and r.kind == "nightly"]
    if not full:
        return []
    last, earlier = full[0], full[1:]
    found = []
    for name, seconds in last.items():
        past = [night[name] for night in earlier if name in night]
        usual = median(past) if past else None
        found.append(
            {"name": name, "seconds": seconds, "seconds_usual": usual, "light": lights.of_seconds(seconds, past)}
        )
    return found


def _seconds_by_stage(run: Run) -> dict[str, float]:
    """A stage that was entered several times counts with all of them."""
    found: dict[str, float] = {}
    for stage in (run.summary or {}).get("stages", []):
        found[stage["name"]] = found.get(stage["name"], 0.0) + float(stage["seconds"] or 0)
    return found


def _full(run: Run) -> bool:
    return run.built and bool(run.summary)


def _records(run: Run) -> int | None:
    """The records that a run accounted for; None where it ended before it counted them."""
    sources = (run.summary or {}).get("sources")
    return sum(counts["records_raw"] for counts in sources.values()) if sources else None
