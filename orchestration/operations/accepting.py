"""Publishing over a failed check, by name and reason: recorded for exactly the rows it failed, and published at once.

The warehouse stands as it was judged, so nothing is built: gate and release run again on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orchestration.home import Home
from orchestration.ledger.runs import HELD
from orchestration.ledger.verdict import Finding, Verdict
from orchestration.operations.recording import NightlyResult, conclude, hold_with_ledger, recorded_run, released
from orchestration.releases import headlines, memory

if TYPE_CHECKING:
    import duckdb

    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.stages import Night, Progress


class NotAccepted(LookupError):
    """A check that cannot be accepted: says which can, or what to do first."""


def publish_over(
    home: Home, check: str, *, by: str, reason: str, wait_seconds: float | None, progress: Progress
) -> NightlyResult:
    """Accept a failed check, lift a hold that stands, and release what the warehouse holds.

    check: `dataset.expectation`, or the expectation alone where one dataset failed it; `headlines`, or
        `headlines.<id>`, for national headlines that moved further than declared.

    Raises:
        NotAccepted: the check has not failed, is broken, or the warehouse is not what was judged.
        HomeLocked: another run holds the home longer than `wait_seconds`.
    """
    _accept(home.open(), check, by, reason, wait_seconds)
    return recorded_run(
        home, "publish", lambda night, result, _: _publish(night, result), wait_seconds=wait_seconds, progress=progress
    )


def _accept(home: Home, check: str, by: str, reason: str, wait_seconds: float | None) -> None:
    from orchestration.warehouse.connection import open_warehouse

    with hold_with_ledger(home, "publish", wait_seconds) as ledger:
        ledger.close_dead_runs()
        if ledger.last_good_fingerprint() is None:
            raise NotAccepted(
                f"the last run did not finish its work: run `vardlagret --home {home.path} nightly`, then accept"
            )
        if check.partition(".")[0] == headlines.DATASET:
            _acknowledge(ledger, check, by, reason)
        elif check.rpartition(".")[2] in memory.REASONS:
            with open_warehouse(home.warehouse, read_only=True) as con:
                _let_go(con, home, ledger, check, by, reason)
        else:
            with open_warehouse(home.warehouse, read_only=True) as con:
                dataset, finding = _failed(con, ledger, check)
                prints = list(_fingerprints(con, dataset, finding))
            ledger.accept(by, reason, dataset, finding.expectation, prints)
        if ledger.publication_hold():
            ledger.lift_hold(by, f"accepted {check}: {reason}")


def _acknowledge(ledger: Ledger, check: str, by: str, reason: str) -> None:
    """Record that moved headlines are right: all that wait (`headlines`), or one indicator's (`headlines.<id>`)."""
    last = ledger.last_build()
    waiting = [headlines.Movement(**m) for m in (last.moved if last else [])]
    meant = [m for m in waiting if check in (headlines.DATASET, m.check)]
    if not meant:
        known = ", ".join(sorted({m.check for m in waiting})) or "none"
        raise NotAccepted(f"no headline called {check} waits to be acknowledged; those that do: {known}")
    for indicator_id in sorted({m.indicator_id for m in meant}):
        periods = {m.period: m for m in meant if m.indicator_id == indicator_id}
        prints = [((indicator_id, p), headlines.print_of(waiting, m)) for p, m in sorted(periods.items())]
        ledger.accept(by, reason, headlines.DATASET, indicator_id, prints)


def _let_go(con: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger, check: str, by: str, reason: str) -> None:
    """Record that what is gone or moved is right: all that waits (`vanished`, `moved`), or of one fact or indicator
    (`<fact>.moved`, `<indicator>.moved`)."""
    from orchestration.operations.published import release_contents
    from orchestration.releases.contract import INDICATOR_VALUES, JUDGED
    from orchestration.releases.fingerprint import slice_fingerprint

    name, _, kind = check.rpartition(".")
    waiting = [row for row in release_contents(home, "latest")["withheld"] if row["reason_code"] in memory.REASONS]
    meant = [row for row in waiting if row["reason_code"] == kind and name in ("", row["name"])]
    if not meant:
        known = ", ".join(sorted({f"{row['name']}.{row['reason_code']}" for row in waiting})) or "none"
        raise NotAccepted(f"nothing called {check} waits to be accepted; what does: {known}")
    for row in meant:
        of_values = row["scope"] == "indicator"
        dataset = INDICATOR_VALUES.name if of_values else row["name"]
        piece = (row["name"] if of_values else row["source_id"], row["period"])
        ledger.accept(by, reason, dataset, kind, [(piece, slice_fingerprint(con, JUDGED[dataset], piece))])


def _publish(night: Night, result: NightlyResult) -> str | None:
    """Gate and release on the warehouse as it stands; what it was built from stays what it was."""
    from orchestration.operations.stages import VALUES, assemble_stage, judge_stage, mask_cells, release_stage

    built = night.ledger.last_good_fingerprint()
    if built is None:
        raise NotAccepted("a run in between did not finish its work; the next night publishes with what was accepted")
    verdicts = night.ledger.latest_verdicts()
    if any(f.cell_slices for v in verdicts for f in v.findings):
        # What was accepted is in the indicators too: they are made again, and judged again.
        mask_cells(night, [v for v in verdicts if v.dataset != VALUES])
        assemble_stage(night)
        judge_stage(night)
    release_stage(night)
    conclude(night, result)
    base = built.removeprefix(HELD)
    return f"{HELD}{base}" if released(night).get("held") else base


def _failed(con: duckdb.DuckDBPyConnection, ledger: Ledger, check: str) -> tuple[str, Finding]:
    """The one failed finding that is meant, of a verdict on the rows as they are now."""
    from orchestration.releases.contract import JUDGED
    from orchestration.releases.fingerprint import data_fingerprint

    verdicts = ledger.latest_verdicts()
    failed = {f"{v.dataset}.{f.expectation}": (v, f) for v, f in _critical(verdicts)}
    meant = [name for name in failed if check in (name, name.partition(".")[2])]
    if len(meant) != 1:
        broken = [v.dataset for v in verdicts if v.outcome == "broken"]
        why = f"{len(meant)} failed checks are called {check}"
        known = f"those that failed: {', '.join(sorted(failed)) or 'none'}"
        nobody = f"; broken, so nobody has judged them and they cannot be accepted: {', '.join(broken)}"
        raise NotAccepted(f"{why}; {known}{nobody if broken else ''}")
    verdict, finding = failed[meant[0]]
    if data_fingerprint(con, JUDGED[verdict.dataset].relation) != verdict.data_fingerprint:
        raise NotAccepted(f"{verdict.dataset} is not what was judged: run the whole night, then accept")
    return verdict.dataset, finding


def _critical(verdicts: list[Verdict]) -> Iterator[tuple[Verdict, Finding]]:
    for verdict in verdicts:
        for finding in verdict.findings:
            if finding.outcome in ("failed", "masked") and finding.severity == "critical":
                yield verdict, finding


def _fingerprints(
    con: duckdb.DuckDBPyConnection, dataset: str, finding: Finding
) -> Iterator[tuple[tuple[str, str] | None, str]]:
    from orchestration.releases.contract import JUDGED
    from orchestration.releases.fingerprint import slice_fingerprint

    for piece in (*finding.slices, *finding.cell_slices) or (None,):
        yield piece, slice_fingerprint(con, JUDGED[dataset], piece)


def as_answer(home: Home, result: NightlyResult, check: str, by: str) -> dict[str, Any]:
    """What was done, for the command."""
    return {
        "accepted": check if result.error is None else None,
        "by": by,
        "release": result.release,
        "withheld": result.withheld,
        "exit": result.exit,
        "error": result.error,
        "next_command": result.next_command or f"vardlagret --home {home.path} status",
    }
