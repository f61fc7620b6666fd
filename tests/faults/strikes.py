"""One `kill -9`: at a drawn moment of a stage, by the clock or inside a write; and what must hold after it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from orchestration.ledger.file import LedgerError
from orchestration.ledger.ledger import Ledger
from orchestration.releases.history import latest_id, release_ids
from orchestration.releases.verify import verify
from tests.faults.nights import FIRST_STAGE, RUNS, STAGES, Place
from tests.faults.writes import Writes


@dataclass(frozen=True)
class Strike:
    """One kill.

    Attributes:
        run: what was struck: `ingest`, `nightly`, or its last part.
        aimed: the stage that was meant to be struck; `stage` is the one that the ledger says it died in.
        kind: the kind of file whose write it waited for, None for a kill by the clock.
        inside: the file that was being written when the process was stopped: written last, and not closed.
        stopped_after: seconds from the beginning of the aimed stage.
    """

    run: str
    aimed: str
    stage: str
    kind: str | None
    inside: str | None
    stopped_after: float


def strike(
    place: Place, run: str, aimed: str, measured: dict[str, Any], rng: Random, *, in_a_write: bool
) -> Strike | None:
    """Start a run and kill it, by the clock or upon a write. None where it ended before the drawn moment came."""
    expected = measured[aimed]
    kinds = sorted(expected["writes"])
    kind = rng.choice(kinds) if kinds and in_a_write else None
    # Fewer than were measured: events that follow upon each other are told as one.
    number = rng.randint(1, max(1, expected["writes"][kind] * 3 // 4)) if kind else 0
    after = rng.random() * expected["seconds"]
    with Writes(place.home.path) as writes:
        child = place.start(RUNS[run])
        begun = time.monotonic() if FIRST_STAGE[run] == aimed else None
        before = 0
        stage = FIRST_STAGE[run]
        ended = False
        while not ended:
            writes.look(0.005)
            for line in child.lines():
                ended = ended or line.startswith(("= ", "! "))
                stage = line if line in STAGES else stage
                if line == aimed and begun is None:
                    begun, before = time.monotonic(), writes.counted.get(str(kind), 0)
            if begun is None:
                continue
            passed = stage in STAGES and STAGES.index(stage) > STAGES.index(aimed)
            due = writes.counted.get(kind, 0) - before >= number if kind else time.monotonic() - begun >= after
            if due or passed:
                break
        os.killpg(child.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        writes.look(0)
        inside = writes.underway if kind else None
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        os.close(child.said)
    if ended or begun is None:
        return None
    died = place.run(lambda home, *_: died_in(home.ledger))
    return Strike(run, aimed, died or "start", kind, inside, round(stopped - begun, 3))


def died_in(ledger: Any) -> str | None:
    """The stage of the run that is still open in the ledger."""
    try:
        with Ledger.open(ledger, read_only=True) as opened:
            runs = opened.open_runs()
            return runs[-1].stage if runs else None
    except LedgerError:
        return None


@dataclass(frozen=True)
class Kept:
    """What a home has acknowledged: receipts, runs that ended, releases; and what is wrong with any of it."""

    receipts: list[str]
    ended: list[str]
    releases: dict[str, str]
    content: str
    problems: list[str]
    state: str

    def lost_since(self, earlier: Kept) -> list[str]:
        lost = sorted({*earlier.receipts} - {*self.receipts}) + sorted({*earlier.ended} - {*self.ended})
        changed = [name for name, sums in earlier.releases.items() if self.releases.get(name) != sums]
        return [f"lost: {what}" for what in lost] + [f"release changed: {name}" for name in changed]


def kept(place: Place) -> Kept:
    """Read the home again, every release and every delivery by its checksums."""
    return Kept(**place.run(lambda home, *_: asdict(_read(home))))


def _read(home: Any) -> Kept:
    from orchestration.operations.nightly import input_fingerprint

    problems, releases = [], {}
    for name in release_ids(home.releases):
        found = verify(home.releases, name).problems
        problems += [f"release {name}: {p}" for p in found]
        releases[name] = hashlib.sha256((home.releases / name / "CHECKSUMS").read_bytes()).hexdigest()
    content = ""
    if latest_id(home.releases):
        problems += [f"latest: {p}" for p in verify(home.releases).problems]
        content = json.loads((home.releases / "latest.json").read_text())["content_sha256"]
    with Ledger.open(home.ledger, read_only=True) as ledger:
        receipts = ledger.receipts()
        for sha256 in sorted({r.delivery_sha256 for r in receipts if r.delivery_sha256}):
            raw = home.raw_file(sha256)
            if not raw.exists() or hashlib.sha256(raw.read_bytes()).hexdigest() != sha256:
                problems.append(f"bytes of {sha256[:12]}, which has a receipt, are not in the raw store")
        ended = [f"run {r.run_id} {r.exit}" for r in ledger.runs(limit=1000) if r.ended_at]
        current = ledger.current_deliveries()
        cells = hashlib.sha256()
        for delivery in ledger.deliveries():
            if delivery.cells_path and any(d.delivery_sha256 == delivery.delivery_sha256 for d in current):
                cells.update((home.cells / delivery.cells_path).read_bytes())
        state = input_fingerprint(current, cells.hexdigest())
    names = [f"receipt {r.receipt_id} {r.file_name} {r.outcome} {r.delivery_sha256}" for r in receipts]
    return Kept(names, ended, releases, content, problems, state)


def leftovers(place: Place) -> list[str]:
    """What an interrupted run left half done and the next should have cleared away."""
    home = place.home
    found = [p for p in home.releases.iterdir() if p.name.startswith(".")]
    found += [*home.raw.glob(".incoming-*"), *(p for p in home.cells.rglob(".*") if p.is_file())]
    return [f"left behind: {p.relative_to(home.path)}" for p in found]
