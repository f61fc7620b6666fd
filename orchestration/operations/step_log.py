"""One line per step of a run, always with the same keys: in `H/logs/steps.log`, and in production on standard error.

`VARDLAGRET_LOG=json` makes every line a JSON object, for a collector of logs; `text`, the default, is for people. A
line holds no value of a delivery and no error's own words: those are in `status` and in the night's log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from statistics import median
from typing import Any

from orchestration.ledger.clock import now
from orchestration.ledger.ledger import Ledger, Run
from orchestration.settings import log_format

#: So many earlier nights are compared with.
NIGHTS = 7
# What a step counts: names of its details that are added up.
_ROWS = {
    "take_in": ("loaded",),
    "declare": ("current_deliveries",),
    "dbt": ("months",),
    "reconcile": ("accepted", "quarantined", "duplicate"),
    "indicators": ("values",),
    "fact_checks": ("passed", "warned", "failed", "broken", "masked_cells"),
    "checks": ("passed", "warned", "failed", "broken"),
}


@dataclass(frozen=True)
class StepLine:
    """One step that began or ended.

    Attributes:
        at: RFC 3339, UTC.
        event: `begun` or `ended`; of the keys below only `step` is known when it begins.
        outcome: `done` or `failed`.
        seconds, rows: what it took and what it counted: deliveries loaded (take_in) or current (declare), months (dbt),
            records (reconcile), values (indicators), datasets judged (checks).
        usual_seconds, usual_rows: medians over earlier nights that built something; None without any.
        error: the kind of error.
    """

    at: str
    nightly_id: str
    run_id: str
    kind: str
    step: str
    event: str
    outcome: str | None = None
    seconds: float | None = None
    rows: int | None = None
    usual_seconds: float | None = None
    usual_rows: float | None = None
    error: str | None = None

    def text(self, form: str) -> str:
        if form == "json":
            return json.dumps(asdict(self), ensure_ascii=False)
        told = ((f.name, getattr(self, f.name)) for f in fields(self))
        return " ".join(f"{name}={'-' if value is None else value}" for name, value in told)


@dataclass(frozen=True)
class Usual:
    """Medians of a step over `nights` earlier nights."""

    seconds: float
    rows: float | None
    nights: int


def rows_of(step: str, detail: Mapping[str, Any]) -> int | None:
    """What a step counted, from its details in the ledger; None where it counts nothing, or failed before it did."""
    found = [detail[name] for name in _ROWS.get(step, ()) if isinstance(detail.get(name), int)]
    return sum(found) if found else None


def usual(ledger: Ledger, before: str | None = None) -> dict[str, Usual]:
    """Per step, the medians of the newest nights that ended well and built something, leaving out the run `before`."""
    seconds: dict[str, list[float]] = {}
    rows: dict[str, list[int]] = {}
    for run in [r for r in _nights(ledger) if r.run_id != before][:NIGHTS]:
        for step in ledger.stages_of(run.run_id):
            if step["outcome"] == "done":
                seconds.setdefault(step["name"], []).append(step["seconds"])
                counted = rows_of(step["name"], step["detail"])
                if counted is not None:
                    rows.setdefault(step["name"], []).append(counted)
    return {
        name: Usual(round(median(took), 2), median(rows[name]) if name in rows else None, len(took))
        for name, took in seconds.items()
    }


def _nights(ledger: Ledger) -> list[Run]:
    """Nights that ended well and built something, newest first."""
    return [r for r in ledger.builds() if r.kind == "nightly" and r.built]


class StepLog:
    """Writes the lines of one run's steps."""

    def __init__(self, logs: Path, ledger: Ledger, run_id: str) -> None:
        run = ledger.run(run_id)
        self._file = logs / "steps.log"
        self._blank = StepLine("", run.nightly_id if run else run_id, run_id, run.kind if run else "", "", "begun")
        self._ledger = ledger

    def begun(self, step: str) -> None:
        self._write(replace(self._blank, at=now(), step=step))

    def ended(self, step: str, seconds: float, detail: Mapping[str, Any], error: BaseException | None = None) -> None:
        before = usual(self._ledger, self._blank.run_id).get(step)
        self._write(
            replace(
                self._blank, at=now(), step=step, event="ended",
                outcome="failed" if error else "done",
                seconds=round(seconds, 2),
                rows=rows_of(step, detail),
                usual_seconds=before.seconds if before else None,
                usual_rows=before.rows if before else None,
                error=type(error).__name__ if error else None,
            )
        )  # fmt: skip

    def _write(self, line: StepLine) -> None:
        form = log_format()
        if form == "json":
            # What a step prints is turned into the night's log; this goes to where the service's log is collected.
            print(line.text(form), file=sys.__stderr__, flush=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line.text(form) + "\n")
